"""What is finished, in the form that somebody needs: files by name, one file of everything, subtitles, a list.

    folder, .zip        one file per line, called by its id or number
    .wav .mp3 .m4a ...  everything in order in one file, with the pauses of a text, or at the times of the cues
    .srt .vtt .lrc      subtitles of that one file
    .jsonl .csv         one row per line: id, file, length, warnings, error

Read and written block by block, whatever the length; files appear whole or not at all.
"""

from __future__ import annotations

import csv
import itertools
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..audio.atomic import begin_file, output_error, write_whole
from ..audio.formats import AUDIO_FORMATS
from ..errors import AudioError, ControlError, JobError
from .model import Entry
from .rendering import read_times

if TYPE_CHECKING:
    from ..audio.files import AudioWriter
    from ..audio.labelling import Labelling
    from ..types import FloatArray, SentenceTiming
    from .job import Job

SUBTITLES = ("srt", "vtt", "lrc")
LISTS = ("jsonl", "csv")
SUFFIXES = (*AUDIO_FORMATS, *SUBTITLES, *LISTS, "zip")

_BLOCK = 1 << 16
_SAMPLE_RATE = 24_000
_COLUMNS = ("line", "id", "state", "file", "audio_s", "warnings", "error")


def export(
    job: Job,
    path: Path,
    *,
    is_partial: bool = False,
    labelling: Labelling | None = None,
    loudness_lufs: float | None = None,
) -> Path:
    """Writes what is finished to ``path``; its suffix says in which form, no suffix means a folder.

    Args:
        job: also one that runs.
        path: what to write; replaced if it exists, a folder is added to.
        is_partial: leave out what is not done; otherwise that is an error.
        labelling: how a file that is joined says that it was made by AI; None for the mark of the metadata.
        loudness_lufs: programme loudness of a file that is joined.

    Raises:
        JobError: not everything is done (``job_incomplete``).
        ControlError: no such form.
        OutputError: it cannot be written.
    """
    form = path.suffix.lower().lstrip(".")
    if form and form not in SUFFIXES and not path.is_dir():
        raise ControlError(
            f"导出应为目录或以下之一：{'、'.join(SUFFIXES)}，收到 {path.name!r}。"
            f"Export takes a folder or one of {', '.join(SUFFIXES)}; got {path.name!r}.",
            code="export_unknown",
            value=path.name,
            allowed=list(SUFFIXES),
        )
    if form not in LISTS and not is_partial:
        _check_whole(job)
    if path.is_dir() or not form:
        _folder(job, path)
    elif form == "zip":
        _archive(job, path)
    elif form in LISTS:
        _list(job, path, form)
    elif form in SUBTITLES:
        from ..audio.subtitles import subtitles

        write_whole(path, subtitles(tuple(_times(job)), form).encode())
    else:
        _joined(job, path, form, labelling, loudness_lufs)
    return path


def _check_whole(job: Job) -> None:
    counts = job.counts()
    missing = counts.total - counts.states["done"]
    if missing:
        raise JobError(
            f"任务还有 {missing} 项未完成（失败 {counts.states['failed']}）。"
            "请先用 resume 或 retry，或加 --partial 只导出已完成的。"
            f"{missing} of the job are not done: resume or retry it, or export with --partial what there is.",
            code="job_incomplete",
            missing=missing,
        )


def _lines(job: Job) -> Iterator[tuple[str, list[Entry]]]:
    """Name without suffix and finished parts of each line that has any; no name twice."""
    given: set[str] = set()
    for line, parts in itertools.groupby(job.entries("done"), key=lambda entry: entry.task.line):
        entries = list(parts)
        name = entries[0].task.name or f"{line:06d}"
        while name.casefold() in given:  # a line that is called like the number of another
            name += "_"
        given.add(name.casefold())
        yield name, entries


def _folder(job: Job, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(folder, error) from error
    for name, parts in _lines(job):
        target = folder / f"{name}.{_format(parts[0])}"
        if len(parts) > 1:
            _join(job, parts, target, _format(parts[0]))
            continue
        partial = begin_file(target)
        try:
            shutil.copyfile(job.folder / parts[0].task.file, partial.hidden)
            partial.commit()
        except OSError as error:
            raise output_error(target, error) from error
        finally:
            partial.discard()


def _archive(job: Job, path: Path) -> None:
    partial = begin_file(path)
    try:
        with zipfile.ZipFile(partial.hidden, "w", zipfile.ZIP_STORED) as archive:  # audio does not get smaller
            for name, parts in _lines(job):
                kind = _format(parts[0])
                if len(parts) == 1:
                    archive.write(job.folder / parts[0].task.file, f"{name}.{kind}")
                    continue
                whole = path.parent / f".{path.name}-{name}.part"
                try:
                    archive.write(_join(job, parts, whole, kind), f"{name}.{kind}")
                finally:
                    whole.unlink(missing_ok=True)
        partial.commit()
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        partial.discard()


def _list(job: Job, path: Path, form: str) -> None:
    partial = begin_file(path)
    try:
        with partial.hidden.open("w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="") as file:
            write: Callable[[dict[str, Any]], object]
            if form == "csv":
                table = csv.DictWriter(file, _COLUMNS)
                table.writeheader()
                write = table.writerow
            else:

                def write(row: dict[str, Any]) -> object:
                    return file.write(json.dumps(row, ensure_ascii=False) + "\n")

            for entry in job.entries():
                write(_row(entry, as_text=form == "csv"))
        partial.commit()
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        partial.discard()


def _row(entry: Entry, *, as_text: bool) -> dict[str, Any]:
    result, error = entry.result, entry.error
    warnings = result.warnings if result else ()
    return {
        "line": entry.task.line,
        "id": entry.task.name,
        "state": entry.state,
        "file": result.file if result else None,
        "audio_s": round(result.audio_s, 3) if result else None,
        "warnings": " ".join(warnings) if as_text else list(warnings),
        "error": (error["message"] if as_text else error) if error else None,
    }


def _joined(job: Job, path: Path, form: str, labelling: Labelling | None, loudness_lufs: float | None) -> None:
    from ..audio.labelling import Labelling as Label

    mark = (labelling or Label()).new_mark()
    _join(job, job.entries("done"), path, form, mark=mark, loudness_lufs=loudness_lufs)


def _join(
    job: Job, entries: Any, path: Path, form: str, *, mark: str | None = None, loudness_lufs: float | None = None
) -> Path:
    """One file of several finished ones, in order."""
    from ..audio.files import AudioWriter
    from ..audio.labelling import Labelling as Label

    mark = mark or Label().new_mark()
    with AudioWriter(path, _SAMPLE_RATE, form, loudness_lufs=loudness_lufs, mark=mark) as writer:
        for entry, silence_s in _placed(entries):
            _silence(writer, silence_s)
            for block in _blocks(job.folder / entry.task.file):
                writer.write(block)
    return path


def _placed(entries: Any) -> Iterator[tuple[Entry, float]]:
    """Finished tasks with the silence before each: the pause of the text, or what is left until the cue begins."""
    at_s = pause_s = 0.0
    for entry in entries:
        assert entry.result is not None  # only finished ones come here
        slot = entry.task.slot
        silence_s = pause_s if slot is None else max(0.0, slot.begin_s - at_s)
        yield entry, silence_s
        at_s += silence_s + entry.result.audio_s
        pause_s = entry.task.pause_after_s


def _times(job: Job) -> Iterator[SentenceTiming]:
    """When each sentence is heard in the joined file."""
    import dataclasses

    at_s = 0.0
    for entry, silence_s in _placed(job.entries("done")):
        at_s += silence_s
        for sentence in read_times(job.folder / entry.task.file):
            words = tuple(
                dataclasses.replace(word, begin_s=word.begin_s + at_s, end_s=word.end_s + at_s)
                for word in sentence.words
            )
            yield dataclasses.replace(
                sentence, begin_s=sentence.begin_s + at_s, end_s=sentence.end_s + at_s, words=words
            )
        assert entry.result is not None
        at_s += entry.result.audio_s


def _silence(writer: AudioWriter, seconds: float) -> None:
    import numpy as np

    left = round(seconds * _SAMPLE_RATE)
    while left > 0:
        writer.write(np.zeros(min(left, _BLOCK), np.float32))
        left -= _BLOCK


def _blocks(file: Path) -> Iterator[FloatArray]:
    import soundfile

    with ExitStack() as stack:
        try:
            source: Any = stack.enter_context(soundfile.SoundFile(str(file)))
            yield from source.blocks(_BLOCK, dtype="float32")
        except soundfile.LibsndfileError as error:
            raise AudioError(
                f"无法读取 {file.name} 来拼接；要拼接请以 wav、flac、mp3、ogg 或 opus 合成。"
                "Cannot read it to join it: render as wav, flac, mp3, ogg or opus what is to be joined.",
                path=str(file),
            ) from error


def _format(entry: Entry) -> str:
    return str(entry.task.options.get("format", "wav"))
