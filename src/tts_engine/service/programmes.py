"""Programmes of the page: a script or prose, cast and produced into a folder of the outputs, again after every change.

The folder is called by the title, so producing a script again renders only what changed. What came from a browser may
not name files of this machine.
"""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ControlError, DrainingError, OutputError
from .scheduler import Cancelled
from .words import plain

if TYPE_CHECKING:
    from ..production import Production
    from ..production.rendering import Progress
    from ..script.model import Script
    from ..settings import Settings
    from .desk import Desk
    from .engine import EngineHolder
    from .running import OnProgress

#: Folder of the programmes below that of the results.
PROGRAMMES = "programmes"

FORMATS = ("mp3", "wav", "flac", "opus", "m4b")

_CLIENT = "programmes"
_UNFIT = re.compile(r"[^\w-]+")
_SHOWN = {".wav", ".flac", ".mp3", ".opus", ".m4b", ".m4a", ".srt", ".vtt", ".svg"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text as a script, before anything is rendered.

    Attributes:
        text: in the native form, for people to edit.
        form: what it was read as, one of ``script.FORMATS``, and why.
        cast: role, voice and why, in order of appearance.
        warnings: what a person should look at.
    """

    text: str
    form: str
    cast: tuple[tuple[str, str, str], ...]
    warnings: tuple[str, ...]


class Programmes:
    """The programmes of one server. Safe to use from any number of threads.

    Args:
        settings: folders.
        engine: renders.
        desk: gives the turns.
    """

    def __init__(self, settings: Settings, engine: EngineHolder, desk: Desk) -> None:
        self._root = (settings.outputs / PROGRAMMES).absolute()
        self._engine = engine
        self._desk = desk
        self._stops: dict[str, threading.Event] = {}
        self._is_closed = False

    def prepare(self, text: str, title: str = "") -> Prepared:
        """The text as a script with a voice for every role.

        Raises:
            TextError: it cannot be read; says where it is wrong.
        """
        from ..production.casting.cast import cast_roles, known_voices
        from ..production.sources import load_text
        from ..script import write
        from ..script.checking import check

        loaded = load_text(text, title)
        people = cast_roles(loaded.script, known_voices(self._engine.obtain().voices()))
        cast = tuple((role, entry.voice, entry.why) for role, entry in people.entries.items())
        slips = tuple(map(str, check(loaded.script)))
        form = f"{loaded.format} {loaded.reason}".strip()
        return Prepared(write(loaded.script), form, cast, (*loaded.warnings, *people.warnings, *slips))

    def produce(
        self,
        text: str,
        cast: Mapping[str, str],
        on_progress: OnProgress,
        *,
        title: str = "",
        format: str = "mp3",
        stems: bool = False,
        client: str = "",
    ) -> Production:
        """The finished programme.

        Args:
            text: a script in any of its forms, or prose.
            cast: role -> voice; roles that are not in it are cast by the engine.
            on_progress: told a share from 0 to 1 and a few words.
            title: of the programme and its folder; empty for the script's own.
            format: one of ``FORMATS``.
            stems: whether every role gets a file of its own too.
            client: who asks; ``stop`` knows it by this name.

        Raises:
            TTSError: the script cannot be read, a voice is not there, the disk is full, ...
            Cancelled: ``stop`` was called, or the server goes down; what is rendered is kept.
        """
        from ..production import ProductionOptions, produce
        from ..production.sources import load_text

        script = with_voices(load_text(text, title).script, cast)
        _refuse_paths(script)
        title = title or script.title or plain("tab_script").split()[0]
        name = _UNFIT.sub("_", title).strip("_")[:60] or "programme"
        options = ProductionOptions(format=format, stems=stems, title=title)
        stop = self._stops[client] = threading.Event()

        def report(progress: Progress) -> None:
            if stop.is_set() or self._is_closed:
                raise Cancelled
            share = 0.95 * progress.done / max(1, progress.total) if progress.what == "render" else 0.97
            on_progress(share, plain("produce_" + progress.what, progress.done, progress.total))

        try:
            return produce(
                script,
                self._root / name,
                options,
                synthesizer=self._engine.obtain(),
                on_progress=report,
                turn=self._desk.patiently(_CLIENT, stop),
            )
        except DrainingError as error:
            raise Cancelled from error
        finally:
            self._stops.pop(client, None)

    def stop(self, client: str) -> None:
        """Ends what this client has produced, after the sentence in hand; it can be gone on with."""
        stop = self._stops.get(client)
        if stop is not None:
            stop.set()

    def close(self) -> None:
        """Ends every production: the server goes down."""
        self._is_closed = True
        for stop in list(self._stops.values()):
            stop.set()

    def file(self, name: str, path: str) -> Path:
        """A file of a programme that people may have.

        Raises:
            OutputError: there is none.
        """
        root = (self._root / Path(name).name).resolve()
        found = (root / path).resolve()
        is_inside = found.is_relative_to(root) and found.relative_to(root).parts[:1] != ("lines",)
        if not is_inside or found.suffix not in _SHOWN or not found.is_file():
            raise OutputError(
                f"没有文件 {name}/{path}。There is no file {path} in the programme {name}.",
                code="result_gone",
                path=path,
            )
        return found

    def files(self, done: Production) -> tuple[str, ...]:
        """What of a programme can be had, as paths for ``file``: the programme first."""
        files, folder = done.files, done.folder.resolve()
        paths = (files.programme, *files.subtitles, *files.stems.values())
        return tuple(path.resolve().relative_to(folder).as_posix() for path in paths if path.suffix in _SHOWN)


def with_voices(script: Script, cast: Mapping[str, str]) -> Script:
    """The script whose roles have these voices."""
    roles = {
        name: dataclasses.replace(role, voice=cast[name].strip()) if cast.get(name, "").strip() else role
        for name, role in script.roles.items()
    }
    return dataclasses.replace(script, roles=roles)


def _refuse_paths(script: Script) -> None:
    named = [line.sound for line in script.lines] + [role.reference for role in script.roles.values()]
    named += [chapter.music for chapter in script.chapters]
    for path in filter(None, named):
        raise ControlError(
            f"网页上的剧本不能使用服务器上的文件（{path}），请用命令行 tts-engine produce。"
            f"A script of the page may not name files of the server ({path}): use tts-engine produce.",
            code="path_forbidden",
            value=path,
        )
