"""The library of one's own voices: create, mix, list, show, rename, export, import, delete.

The folder may be used by several processes at the same time. Whoever writes holds its lock; readers need none, since
files appear whole. A voice that is here is an ordinary voice: ``voice="own:小王"``, mixes, emotions and all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ..audio.atomic import output_error, write_whole
from ..errors import ControlError, FeatureMissingError, near_matches
from .archive import pack, read_archive, refused, unpack
from .consent import checked_statement, refuse_public_figures
from .names import checked_name, new_id, same_name
from .record import Consent, Source, VoiceRecord, VoiceVersion
from .shelf import Shelf, style_bytes, style_name, version_of

if TYPE_CHECKING:
    from ..types import FloatArray
    from .tune_voice import TunedDecoder
    from .workshop import Workshop

OnProgress = Callable[[float, str], None]
LOCK = ".lock"
METHODS = ("fast", "thorough")


class VoiceLibrary:
    """The own voices of one folder.

    Args:
        directory: of the library; made when the first voice is stored.
        workshop: opens the engine that voices are made and measured with; None for a library that only manages.
        refused_names: the operator's addition to the list of names that are refused.
    """

    def __init__(
        self,
        directory: str | Path = "voices",
        *,
        workshop: Callable[[], Workshop] | None = None,
        refused_names: str | Path | None = None,
    ) -> None:
        self.directory = Path(directory)
        self.shelf = Shelf(self.directory)
        self._open_workshop = workshop
        self._refused_names = Path(refused_names) if refused_names else None

    def list(self) -> tuple[VoiceRecord, ...]:
        """Every voice, by identifier."""
        return self.shelf.records()

    def show(self, name: str) -> VoiceRecord:
        """The voice of this identifier or display name, with or without ``own:`` before it.

        Raises:
            ControlError: no such voice; lists near matches.
            AssetDamagedError: it is there and cannot be read.
        """
        record = self.shelf.record(str(name).removeprefix("own:").partition("@")[0])
        if record is None:
            near = near_matches(str(name), self.shelf.names())
            chinese = f"是否指 {'、'.join(near)}？" if near else "用 tts-engine voice list 查看。"
            english = f"did you mean {', '.join(near)}?" if near else "see tts-engine voice list."
            raise ControlError(
                f"声音库中没有 {str(name)!r}，{chinese}There is no own voice {str(name)!r}: {english}",
                code="voice_unknown",
                option="voice",
                value=str(name)[:100],
                near=near,
            )
        return record

    def create(
        self,
        name: str,
        recordings: Sequence[str | Path | tuple[str, bytes]],
        *,
        consent: str | None,
        method: str = "fast",
        update: bool = False,
        on_progress: OnProgress = lambda share, what: None,
    ) -> VoiceRecord:
        """Makes the most similar voice that the engine can speak with from recordings of one person.

        Args:
            name: for people.
            recordings: audio files, or (file name, content); a few seconds to an hour, one speaker.
            consent: who agrees to what; stored with the voice.
            method: ``fast`` (seconds) or ``thorough`` (minutes, needs the extra ``[train]``).
            update: whether the voice is there already and gets a new version.
            on_progress: told the share done, 0-1, and what is being done.

        Raises:
            ControlError: name, consent or method not allowed, or the name is refused.
            AudioError: a recording cannot be used; says which and why.
            FeatureMissingError: ``thorough`` without its extra.
        """
        from .making import make_voice

        statement = checked_statement(consent)
        if method not in METHODS:
            raise ControlError(
                f"method 应为 {'、'.join(METHODS)}，收到 {method!r}。method must be one of {', '.join(METHODS)},"
                f" got {method!r}.",
                option="method",
                value=str(method),
            )
        name = self._usable(name, statement, update=update)
        made = make_voice(self._workshop(), recordings, method=method, on_progress=on_progress)
        version = self._version(
            made.pack,
            made.lufs,
            made.pitch_hz,
            method=method,
            sources=made.sources,
            speech_s=made.speech_s,
            mix=made.mix,
            figures=made.figures,
            notes=made.notes,
            consent=Consent(statement, _now(), tuple(source.sha256 for source in made.sources)),
        )
        return self._store(name, made.gender, version, made.pack, update=update)

    def mix(self, name: str, spec: str, *, update: bool = False) -> VoiceRecord:
        """Keeps a mix of voices under a name of its own; consents of the own voices in it go with it.

        Raises:
            ControlError: not a name, not a mix, an unknown voice, or the name is taken or refused.
        """
        name = self._usable(name, "", update=update)
        workshop = self._workshop()
        canonical = workshop.voices.canonical(spec)
        style = workshop.voices.pack(canonical)
        measured = workshop.measure(style)
        version = self._version(
            style,
            measured.lufs,
            measured.pitch_hz,
            method="mix",
            mix=canonical,
            consent=self._consent_of(canonical),
        )
        gender = "female" if measured.pitch_hz[0] > 165 else "male"
        return self._store(name, gender, version, style, update=update)

    def tune(
        self,
        name: str,
        corpus: str | Path,
        *,
        consent: str | None,
        output: str | Path | None = None,
        steps: int | None = None,
        device: str = "cpu",
        on_progress: OnProgress = lambda share, what: None,
    ) -> TunedDecoder:
        """Fine-tunes the decoder on a corpus of the speaker whose fitted voice this is.

        Args:
            name: of a voice of this library.
            corpus: folder of recordings with their texts beside them.
            consent: who agrees to what; stored with the result.
            output: folder of state and result; None for ``tuned`` in the voice's folder.
            steps: most steps; None takes the default.
            device: of torch, ``cpu`` or ``cuda``.
            on_progress: told the share done, 0-1, and what is being done.

        Raises:
            ControlError: no such voice, no consent, or a corpus that is too small.
            FeatureMissingError: torch is not installed.
        """
        from .thorough import require_torch

        statement = checked_statement(consent)
        refuse_public_figures(name, statement, self._refused_names)
        record = self.show(name)
        require_torch(has_recogniser=True)
        from .tune_voice import tune_voice

        return tune_voice(
            self._workshop(),
            self.shelf.style(record, record.current.version),
            Path(corpus),
            Path(output) if output else self.directory / record.id / "tuned",
            consent=Consent(statement, _now(), ()),
            steps=steps,
            device=device,
            on_progress=on_progress,
        )

    def rename(self, name: str, new_name: str) -> VoiceRecord:
        """Another display name for a voice; its identifier stays.

        Raises:
            ControlError: no such voice, or a name that is taken, refused or not allowed.
        """
        with self._locked():
            record = self.show(name)
            checked = self._usable(new_name, "", besides=record.id)
            return self._write(dataclasses.replace(record, name=checked))

    def delete(self, name: str) -> VoiceRecord:
        """Removes a voice with all its versions; what it was.

        Raises:
            ControlError: no such voice.
            OutputError: the files cannot be removed.
        """
        with self._locked():
            record = self.show(name)
            gone = self.directory / f".deleted-{secrets.token_hex(8)}"
            try:
                (self.directory / record.id).rename(gone)
                shutil.rmtree(gone)
            except OSError as error:
                raise output_error(gone, error) from error
        return record

    def export(self, name: str, path: str | Path) -> Path:
        """Writes a voice with its consent and all versions to one file.

        Raises:
            ControlError: no such voice.
            AssetDamagedError: a style of it is damaged.
            OutputError: the file cannot be written.
        """
        return write_whole(Path(path), self.export_bytes(name))

    def export_bytes(self, name: str) -> bytes:
        """What ``export`` writes."""
        record = self.show(name)
        return pack(record, {item.version: self.shelf.style(record, item.version) for item in record.versions})

    def import_file(self, source: str | Path | bytes, *, name: str | None = None) -> VoiceRecord:
        """Takes in a voice that ``export`` wrote, under its own name or another.

        Raises:
            ControlError: not such a file, or the name is taken or refused.
        """
        where = "upload" if isinstance(source, bytes) else str(source)
        data = source if isinstance(source, bytes) else read_archive(Path(source))
        record, styles = unpack(data, where)
        for item in record.versions:
            if item.method != "mix" and item.consent is None:
                raise refused(where, "a voice from recordings without its consent")
        statements = " ".join(item.consent.statement for item in record.versions if item.consent)
        with self._locked():
            checked = self._usable(name or record.name, statements)
            record = dataclasses.replace(record, id=self._free_id(checked), name=checked)
            for version, style in styles.items():
                self._write_style(record.id, version, style)
            return self._write(record)

    def _workshop(self) -> Workshop:
        if self._open_workshop is None:
            raise FeatureMissingError(
                "这个声音库未连接合成引擎，不能创建声音。This library has no engine to make voices with:"
                " open it with a workshop.",
                code="workshop_missing",
            )
        return self._open_workshop()

    def _usable(self, name: str, statement: str, *, update: bool = False, besides: str = "") -> str:
        """The name in one spelling, if a voice may be called so."""
        from ..acoustic.voices import MANDARIN, is_pack_name

        checked = checked_name(name)
        refuse_public_figures(checked, statement, self._refused_names)
        mine = next(
            (one for one in self.list() if same_name(checked) in (same_name(one.name), one.id) and one.id != besides),
            None,
        )
        if update:
            return self.show(checked).name
        if mine is not None or is_pack_name(checked) or checked in MANDARIN.values():
            what = mine.id if mine is not None else checked
            raise ControlError(
                f"名称 {checked!r} 已被使用（{what}），请换一个名称，或用 --update 为它添加新版本。"
                f"The name {checked!r} is taken ({what}): choose another, or add a version with --update.",
                code="voice_name_taken",
                option="name",
                value=checked,
            )
        return checked

    def _consent_of(self, spec: str) -> Consent | None:
        """What the own voices of a mix were allowed for, together; None where there is none."""
        from ..acoustic.voices import OWN, parse_mix

        consents = []
        for part in parse_mix(spec):
            if part.startswith(OWN):
                record = self.show(part)
                wanted = part.partition("@")[2]
                consents += [item.consent for item in record.versions if item.version == wanted and item.consent]
        if not consents:
            return None
        sources = tuple(dict.fromkeys(source for item in consents for source in item.sources))
        statement = " / ".join(dict.fromkeys(item.statement for item in consents))[:2000]
        return Consent(statement, min(item.date for item in consents), sources)

    def _version(
        self, style: FloatArray, lufs: float, pitch_hz: tuple[float, float, float], *, method: str, **facts: object
    ) -> VoiceVersion:
        model = self._workshop().model
        return VoiceVersion(
            version_of(style),
            _now(),
            _engine_version(),
            model,
            method,
            lufs,
            pitch_hz,
            **facts,  # type: ignore[arg-type]
        )

    def _store(self, name: str, gender: str, version: VoiceVersion, style: FloatArray, *, update: bool) -> VoiceRecord:
        with self._locked():
            if update:
                old = self.show(name)
                kept = tuple(item for item in old.versions if item.version != version.version)
                record = dataclasses.replace(old, gender=gender, versions=(*kept, version))
            else:
                name = self._usable(name, "")  # somebody may have been faster
                record = VoiceRecord(self._free_id(name), name, gender, (version,))
            self._write_style(record.id, version.version, style)
            return self._write(record)

    def _free_id(self, name: str) -> str:
        return new_id(name, {entry.name for entry in self.directory.iterdir()})

    def _write_style(self, identifier: str, version: str, style: FloatArray) -> None:
        folder = self.directory / identifier
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise output_error(folder, error) from error
        write_whole(folder / style_name(version), style_bytes(style))

    def _write(self, record: VoiceRecord) -> VoiceRecord:
        description = json.dumps(record.to_dict(), ensure_ascii=False, indent=1)
        write_whole(self.directory / record.id / "voice.json", description.encode())
        return record

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock

        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.directory / LOCK)
            lock.acquire(timeout=60)
        except OSError as error:  # Timeout of filelock is one too
            raise output_error(self.directory, error) from error
        try:
            yield
        finally:
            lock.release()


def _engine_version() -> str:
    """Version of this package as installed; asking the package itself would turn the layers upside down."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tts-engine")
    except PackageNotFoundError:
        return "unknown"


def _now() -> str:
    return datetime.now(timezone.utc).replace(microsecond=0).isoformat()


__all__ = ["Consent", "Source", "VoiceLibrary", "VoiceRecord", "VoiceVersion"]
