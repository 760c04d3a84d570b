"""Recordings of a command: heard before anything else is loaded, so that a bad one is refused at once."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..options import SynthesisOptions
    from ..types import ReferenceStyle


def hear_references(options: SynthesisOptions, *, quiet: bool = False) -> SynthesisOptions:
    """The options with what is heard in the recordings in their place; says on stderr what that is.

    Raises:
        AudioError: a recording cannot be used; says which.
    """
    if options.ref_audio is None and not options.references:
        return options  # what stands alone has no effect, which the result says
    from ..referring import hear_all

    with quiet_decoders():
        heard = hear_all(options)
    styles = {"ref_audio": heard.ref_audio, **(heard.references or {})}
    for name, style in styles.items():
        if style is not None and not quiet:
            click.echo(f"参考 reference {name}: {_told(style)}", err=True)  # type: ignore[arg-type]
    return heard


def _told(style: ReferenceStyle) -> str:
    from ..emotion.vocabulary import chinese
    from ..hearing.report import likeness, summary

    names = likeness(style, chinese)
    return summary(style)[0] + (f"；听起来像 sounds like {names}" if names else "")


@contextlib.contextmanager
def quiet_decoders() -> Iterator[None]:
    """Keeps what the decoder of MP3 writes to stderr off the terminal; what Python writes there is still seen.

    libmpg123 complains of harmless things in the middle of files that decode well, and libsndfile lets nobody tell it
    not to. Only for a command, which has one thread: the stream belongs to the whole process.
    """
    try:
        sys.stderr.flush()
        terminal = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except (OSError, ValueError, AttributeError):  # no stderr at all
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)
