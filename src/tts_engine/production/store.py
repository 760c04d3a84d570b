"""The store of rendered lines: one sound under one name, whole or not there, whoever asks and how often.

    lines/3f/3f9a….flac     the samples, 16 bit, with the mark of synthetic audio
    lines/3f/3f9a….json     when each sentence, word and character is heard; loudness; what was noticed

The second file is written last: where it stands, the line is finished. So a run that died goes on where it was, and
lines that were taken out and put back are still there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AudioError, OutputError
from ..types import SentenceTiming, Span, Timing

if TYPE_CHECKING:
    from ..types import FloatArray

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Take:
    """What is known of a rendered line.

    Attributes:
        identity: its name in the store.
        samples: its length.
        sample_rate: samples per second.
        sentences: when they are heard, counted from the line's beginning.
        blocks_lufs: momentary loudness, one block of 400 ms every 100 ms, LUFS; -99 for silence.
        peak: greatest absolute value, true peak.
        syllables: what was to be said, toneless pinyin and English words, in order.
        flags: what the checks noticed, stable names.
        warnings: of the rendering.
        synthesis_s: seconds that it took.
    """

    identity: str
    samples: int
    sample_rate: int
    sentences: tuple[SentenceTiming, ...]
    blocks_lufs: tuple[float, ...]
    peak: float
    syllables: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    synthesis_s: float = 0.0

    @property
    def audio_s(self) -> float:
        """Length in seconds."""
        return self.samples / self.sample_rate


class LineStore:
    """The folder of rendered lines.

    Args:
        folder: made on first writing.
        new_mark: makes the metadata mark of each file, None for none.
    """

    def __init__(self, folder: Path, new_mark: Callable[[], str | None]) -> None:
        self._folder = folder
        self._new_mark = new_mark

    def find(self, identity: str) -> Take | None:
        """What is known of a line; None where it is not there, or not whole."""
        import soundfile

        try:
            data = json.loads(self._path(identity, ".json").read_text("utf-8"))
            take = _from_plain(data)
            info = soundfile.info(str(self.audio(identity)))
        except (OSError, ValueError, KeyError, TypeError, soundfile.SoundFileError):
            return None
        is_whole = data.get("version") == _VERSION and (info.frames, info.samplerate) == (
            take.samples,
            take.sample_rate,
        )
        return take if is_whole else None

    def audio(self, identity: str) -> Path:
        """The file with its samples."""
        return self._path(identity, ".flac")

    def add(self, take: Take, waveform: FloatArray) -> Take:
        """Keeps a line.

        Raises:
            OutputError: it cannot be written.
        """
        from ..audio.atomic import output_error, write_whole
        from ..audio.files import AudioWriter

        path = self.audio(take.identity)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(path, error) from error
        with AudioWriter(path, take.sample_rate, "flac", mark=self._new_mark()) as writer:
            writer.write(waveform)
        text = json.dumps(_to_plain(take), ensure_ascii=False, separators=(",", ":"))
        write_whole(self._path(take.identity, ".json"), text.encode())
        return take

    def read(self, identity: str) -> FloatArray:
        """(samples,) float32 of a line.

        Raises:
            AudioError: it has gone, or is damaged.
        """
        import soundfile

        try:
            waveform: FloatArray = soundfile.read(str(self.audio(identity)), dtype="float32")[0]
        except (OSError, soundfile.SoundFileError) as error:
            raise AudioError(
                f"读不出已渲染的一条 {self.audio(identity)}，再运行一次会重新渲染它。"
                f"A rendered line cannot be read; running again renders it anew: {error}.",
                code="line_unreadable",
                path=str(self.audio(identity)),
            ) from error
        return waveform

    def sweep(self, keep: Iterable[str]) -> int:
        """Number of lines removed that are not among those to keep.

        Raises:
            OutputError: one cannot be removed.
        """
        wanted, removed = set(keep), 0
        for file in sorted(self._folder.glob("??/*.json")):
            if file.stem in wanted:
                continue
            try:
                file.unlink()
                self.audio(file.stem).unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(
                    f"无法删除 {file}：{error.strerror}。Cannot remove: {error.strerror}.", path=str(file)
                ) from error
            removed += 1
        return removed

    def bytes(self) -> int:
        """Room that the store takes on the disk."""
        return sum(os.path.getsize(file) for file in self._folder.glob("??/*"))  # noqa: PTH202

    def _path(self, identity: str, suffix: str) -> Path:
        return self._folder / identity[:2] / f"{identity}{suffix}"


def _to_plain(take: Take) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "identity": take.identity,
        "samples": take.samples,
        "sample_rate": take.sample_rate,
        "peak": round(take.peak, 5),
        "blocks_lufs": [round(value, 2) for value in take.blocks_lufs],
        "syllables": list(take.syllables),
        "flags": list(take.flags),
        "warnings": list(take.warnings),
        "synthesis_s": round(take.synthesis_s, 3),
        "sentences": [
            {
                **_timing(sentence),
                "words": [_timing(word) for word in sentence.words],
                "characters": [_timing(item) for item in sentence.characters],
            }
            for sentence in take.sentences
        ],
    }


def _from_plain(data: Mapping[str, Any]) -> Take:
    return Take(
        identity=data["identity"],
        samples=data["samples"],
        sample_rate=data["sample_rate"],
        sentences=tuple(
            SentenceTiming(
                *_parts(sentence),
                words=tuple(Timing(*_parts(word)) for word in sentence["words"]),
                characters=tuple(Timing(*_parts(item)) for item in sentence["characters"]),
            )
            for sentence in data["sentences"]
        ),
        blocks_lufs=tuple(data["blocks_lufs"]),
        peak=data["peak"],
        syllables=tuple(data["syllables"]),
        flags=tuple(data["flags"]),
        warnings=tuple(data["warnings"]),
        synthesis_s=data["synthesis_s"],
    )


def _timing(timing: Timing) -> dict[str, Any]:
    return {"t": timing.text, "s": [timing.span.begin, timing.span.end, timing.begin_s, timing.end_s]}


def _parts(data: Mapping[str, Any]) -> tuple[str, Span, float, float]:
    begin, end, begin_s, end_s = data["s"]
    return data["t"], Span(begin, end), begin_s, end_s
