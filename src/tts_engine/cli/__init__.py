"""The command line: thin commands around the core.

Audio and data go to stdout or files, everything said to a person goes to stderr, so that commands work in pipes.
Exit codes come from ``errors.OUTCOMES``; Ctrl+C ends with 130 and leaves no half file.
"""

from __future__ import annotations

import logging
import os
import sys

import click

from ..errors import TTSError, outcome_of
from . import (  # noqa: F401 - each registers its commands
    analyze,
    batch,
    book,
    doctor,
    emotions,
    explain,
    keys,
    models,
    produce,
    say,
    script,
    serve,
    stats,
    verify,
    voice,
    voices,
    worker,
    write,
)
from .root import group

EXIT_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Entry point of ``tts-engine``: runs a command and exits with its typed exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        status = group.main(args=arguments, standalone_mode=False, prog_name="tts-engine")
    except TTSError as error:
        click.echo(f"错误 error [{error.code}]: {error.message}", err=True)
        status = outcome_of(error).exit_code
    except click.exceptions.Abort:
        click.echo("已中断 interrupted", err=True)
        status = EXIT_INTERRUPTED
    except KeyboardInterrupt:
        click.echo("已中断 interrupted", err=True)
        status = EXIT_INTERRUPTED
    except click.ClickException as error:
        error.show()
        status = 64
    except BrokenPipeError:  # the reader of our stdout has gone: not our failure, but nobody hears the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    sys.exit(status if isinstance(status, int) else 0)
