"""Rendered lines to files: placed, levelled, mixed and written block by block, with stems, chapters and subtitles."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..audio.loudness import LoudnessMeter
from .levels import NEW_SHARE, Levels, level_roles, read_levels, write_levels
from .limiter import limited
from .mixing import EFFECTS, MUSIC, Bed, Event, MixBlock, mix
from .music import LONGEST_BED_S, LONGEST_EFFECT_S, Sound, duck, read_sound
from .pacing import Placed
from .subtitles import SubtitleWriter
from .tagged import Tags, Writer, open_writer

if TYPE_CHECKING:
    from ..script.model import Script
    from ..types import FloatArray
    from .lines import PlannedLine
    from .options import ProductionOptions
    from .store import LineStore, Take

#: The ceiling is kept this much lower inside, dB: what is rounded afterwards stays under it.
_MARGIN_DB = 0.1

#: A programme that misses its target by more is mixed again with a corrected gain, LU.
_NEAR_LU = 0.3
_ATTEMPTS = 3

_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')


@dataclass(frozen=True, slots=True)
class ChapterSpan:
    """Where a chapter stands, samples, and what it is called."""

    number: int
    title: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Assembled:
    """What was written.

    Attributes:
        programme: the file.
        subtitles: files of the whole and of the chapters.
        stems: name -> file.
        chapters: where they are, and their files in the same order where they were asked for.
        chapter_files: see there.
        samples: length of the programme.
        loudness_lufs: measured in what was written.
        peak_dbtp: the same.
        levels: the gains.
        warnings: about files.
    """

    programme: Path
    subtitles: tuple[Path, ...]
    stems: dict[str, Path]
    chapters: tuple[ChapterSpan, ...]
    chapter_files: tuple[Path, ...]
    samples: int
    loudness_lufs: float
    peak_dbtp: float
    levels: Levels
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is mixed.

    Attributes:
        script: its chapters.
        placed: every line, in order.
        store: where their sounds are.
        sample_rate: of all of them.
        offsets_db: role -> loudness over that of the others.
        folder: what paths of the script are relative to.
        extra: sounds that are no lines (the audible mark): begin and samples.
        rendered: numbers of the lines that are new in this run.
    """

    script: Script
    placed: Sequence[Placed]
    store: LineStore
    sample_rate: int
    offsets_db: dict[str, float]
    folder: Path
    extra: tuple[tuple[int, FloatArray], ...] = ()
    rendered: frozenset[int] = frozenset()


def assemble(
    material: Material,
    options: ProductionOptions,
    target: Path,
    *,
    new_mark: Callable[[], str | None],
    narrator: str = "",
    on_second: Callable[[float, float], None] | None = None,
) -> Assembled:
    """Writes the programme and what belongs to it.

    Args:
        material: what is mixed.
        options: how.
        target: folder of the results, which exists.
        new_mark: makes the metadata mark of each file.
        narrator: who reads, for the tags.
        on_second: told how many seconds of how many are written.

    Raises:
        OutputError, AudioError: a file cannot be written, or a sound of the user cannot be read.
    """
    rate = material.sample_rate
    kept = None if options.relevel else read_levels(target / "levels.json")
    levels = level_roles(_spoken(material), material.offsets_db, kept, material.rendered)
    length = max((placed.end for placed in material.placed), default=0)
    length = max([length, *(begin + len(waveform) for begin, waveform in material.extra)])
    length += round(options.pacing.tail_s * rate)
    chapters = chapter_spans(material, length)
    beds = tuple(_beds(material, options, chapters))
    effects = _effects(material)

    def blocks(gain_db: float) -> Iterator[MixBlock]:
        events = _events(material, levels, effects, options.effects_db)
        return mix(events, beds, length, rate, gain=10 ** (gain_db / 20))

    ceiling = 10 ** ((options.ceiling_dbtp - _MARGIN_DB) / 20)
    gain_db = 0.0
    is_same = len(material.rendered) <= NEW_SHARE * sum(placed.line.is_spoken for placed in material.placed)
    if kept is not None and kept.target_lufs == options.loudness_lufs and is_same:
        gain_db = kept.programme_db
    elif options.loudness_lufs is not None and math.isfinite(levels.speech_lufs):
        first = options.loudness_lufs - levels.speech_lufs
        gain_db = _settled(lambda db: limited((one.mix for one in blocks(db)), ceiling), first, options, rate)
    tags = Tags(
        title=options.title or material.script.title,
        author=options.author or material.script.author,
        narrator=narrator,
        chapters=tuple((one.begin / rate, one.title) for one in chapters) if len(chapters) > 1 else (),
        duration_s=length / rate,
        cover=options.cover_data,
        language=material.script.language,
    )
    meter = LoudnessMeter(rate)
    name = safe_name(tags.title)
    with ExitStack() as stack:
        programme = target / f"{name}.{options.format}"
        writer, warning = open_writer(programme, rate, options.format, mark=new_mark(), tags=tags)
        stack.enter_context(writer)
        stems = _Stems(stack, material, options, target / "stems", new_mark, length)
        parts = _Parts(stack, chapters, options, target / "chapters", rate, tags, new_mark)
        done = 0
        for block in limited((stems.pass_on(one) for one in blocks(gain_db)), ceiling):
            meter.add(block)
            writer.write(block)
            parts.write(block)
            done += len(block)
            if on_second is not None:
                on_second(done / rate, length / rate)
    subtitles = write_subtitles(material, chapters, options, target, name)
    levels = replace(levels, programme_db=gain_db, target_lufs=options.loudness_lufs)
    write_levels(target / "levels.json", levels)
    return Assembled(
        programme=programme,
        subtitles=subtitles,
        stems=stems.paths,
        chapters=chapters,
        chapter_files=parts.paths,
        samples=length,
        loudness_lufs=meter.integrated_lufs(),
        peak_dbtp=20 * math.log10(meter.peak) if meter.peak else -math.inf,
        levels=levels,
        warnings=(warning,) if warning else (),
    )


def chapter_spans(material: Material, length: int) -> tuple[ChapterSpan, ...]:
    """Where each chapter with a line stands; together they are the whole programme."""
    begins: dict[int, int] = {}
    for placed in material.placed:
        begins.setdefault(placed.line.chapter, placed.begin)
    early = round(0.3 * material.sample_rate)
    numbers = sorted(begins)
    starts = [0, *(max(0, begins[number] - early) for number in numbers[1:])]
    ends = [*starts[1:], length]
    return tuple(
        ChapterSpan(number, material.script.chapters[number].title or f"{number + 1}", begin, end)
        for number, begin, end in zip(numbers, starts, ends, strict=True)
    )


def write_subtitles(
    material: Material, chapters: Sequence[ChapterSpan], options: ProductionOptions, target: Path, name: str
) -> tuple[Path, ...]:
    """Subtitles of the whole and, where chapters are files of their own, of each."""
    if not options.subtitles:
        return ()
    paths: list[Path] = []
    with SubtitleWriter(target / name, options.subtitles, material.sample_rate) as whole:
        for placed in material.placed:
            if placed.line.is_spoken:
                whole.add(placed, _take(material, placed))
        paths += whole.paths
    if options.chapters or options.chapter_subtitles:
        (target / "chapters").mkdir(parents=True, exist_ok=True)
        for span in chapters:
            stem = target / "chapters" / chapter_name(span)
            with SubtitleWriter(stem, options.subtitles, material.sample_rate, offset=span.begin) as part:
                for placed in material.placed:
                    if placed.line.is_spoken and placed.line.chapter == span.number:
                        part.add(placed, _take(material, placed))
                paths += part.paths
    return tuple(paths)


def safe_name(title: str) -> str:
    """A title as a file name on every system; ``programme`` where nothing is left of it."""
    name = _UNSAFE.sub(" ", title).strip(" .")
    encoded = name.encode()[:120]
    return encoded.decode(errors="ignore").strip(" .") or "programme"


def chapter_name(span: ChapterSpan) -> str:
    """File name of a chapter, without a suffix."""
    return f"{span.number + 1:03d} {safe_name(span.title)}"


def _take(material: Material, placed: Placed) -> Take:
    take = material.store.find(placed.line.identity)
    if take is None:
        material.store.read(placed.line.identity)  # raises what is wrong with it
        raise AssertionError("a line that can be read has its facts")
    return take


def _spoken(material: Material) -> Iterator[tuple[PlannedLine, Take]]:
    for placed in material.placed:
        if placed.line.is_spoken:
            yield placed.line, _take(material, placed)


def _settled(
    render: Callable[[float], Iterator[FloatArray]], gain_db: float, options: ProductionOptions, rate: int
) -> float:
    """The gain with which the finished mix meets its target, found by measuring it."""
    assert options.loudness_lufs is not None
    for _ in range(_ATTEMPTS):
        meter = LoudnessMeter(rate, peaks=False)
        for block in render(gain_db):
            meter.add(block)
        missing = options.loudness_lufs - meter.integrated_lufs()
        if not math.isfinite(missing) or abs(missing) <= _NEAR_LU:
            break
        gain_db += missing
    return round(gain_db, 2)


def _events(material: Material, levels: Levels, effects: dict[Path, Sound], effects_db: float) -> Iterator[Event]:
    """Everything that sounds beside music, in the order of its beginning."""
    store, waiting = material.store, sorted(material.extra, key=lambda one: one[0])
    for placed in material.placed:
        while waiting and waiting[0][0] <= placed.begin:
            yield _extra_event(*waiting.pop(0))
        if placed.line.sound is not None:
            waveform = effects[placed.line.sound].waveform
            yield Event(
                placed.begin,
                placed.begin + len(waveform),
                EFFECTS,
                10 ** (effects_db / 20),
                lambda waveform=waveform: waveform,  # type: ignore[misc]
            )
        if placed.line.is_spoken:
            role_db = levels.roles[placed.line.role] + material.offsets_db.get(placed.line.role, 0.0)
            gain = 10 ** ((role_db + placed.line.gain_db) / 20)
            identity = placed.line.identity
            yield Event(
                placed.begin,
                placed.end,
                placed.line.role,
                gain,
                lambda identity=identity: store.read(identity),  # type: ignore[misc]
            )
    for one in waiting:
        yield _extra_event(*one)


def _extra_event(begin: int, waveform: FloatArray) -> Event:
    return Event(begin, begin + len(waveform), EFFECTS, 1.0, lambda: waveform)


def _effects(material: Material) -> dict[Path, Sound]:
    paths = {placed.line.sound for placed in material.placed if placed.line.sound is not None}
    return {path: read_sound(path, material.sample_rate, longest_s=LONGEST_EFFECT_S) for path in sorted(paths)}


def _beds(material: Material, options: ProductionOptions, chapters: Sequence[ChapterSpan]) -> Iterator[Bed]:
    """The music of each chapter that has any."""
    rate = material.sample_rate
    speech = [(placed.begin, placed.end) for placed in material.placed if placed.line.is_spoken]
    sounds = _LastSound(rate)
    for span in chapters:
        named = material.script.chapters[span.number].music
        path = options.music if named is None else (material.folder / named).absolute()
        if path is None:
            continue
        sounds.get(path)  # what cannot be read is told before anything is mixed
        yield Bed(
            span.begin,
            span.end,
            duck(speech, span.begin, span.end, options.ducking, rate),
            lambda begin, end, path=path: sounds.get(path).looped(begin, end, rate),  # type: ignore[misc]
        )


class _LastSound:
    """Music by its file; only the last one is kept in memory."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._last: tuple[Path, Sound] | None = None

    def get(self, path: Path) -> Sound:
        """The sound of a file."""
        if self._last is None or self._last[0] != path:
            self._last = None
            self._last = path, read_sound(path, self._rate, longest_s=LONGEST_BED_S)
        return self._last[1]


class _Stems:
    """Files of what each role, the music and the effects add; each as long as the programme."""

    def __init__(
        self,
        stack: ExitStack,
        material: Material,
        options: ProductionOptions,
        folder: Path,
        new_mark: Callable[[], str | None],
        length: int,
    ) -> None:
        self.paths: dict[str, Path] = {}
        self._writers: dict[str, Writer] = {}
        if not options.stems:
            return
        folder.mkdir(parents=True, exist_ok=True)
        suffix = "wav" if options.format == "wav" else "flac"
        names = list(dict.fromkeys(placed.line.role for placed in material.placed if placed.line.is_spoken))
        if any(placed.line.sound is not None for placed in material.placed) or material.extra:
            names.append(EFFECTS)
        if options.music is not None or any(chapter.music for chapter in material.script.chapters):
            names.append(MUSIC)
        for name in names:
            self.paths[name] = folder / f"{safe_name(name)}.{suffix}"
            writer, _ = open_writer(
                self.paths[name], material.sample_rate, suffix, mark=new_mark(), tags=Tags(title=name)
            )
            self._writers[name] = stack.enter_context(writer)

    def pass_on(self, block: MixBlock) -> FloatArray:
        """Writes the stems of a block and gives its mix."""
        import numpy as np

        for name, writer in self._writers.items():
            writer.write(block.tracks.get(name, np.zeros(len(block.mix), np.float32)))
        return block.mix


class _Parts:
    """A file for each chapter, cut out of the programme as it passes."""

    def __init__(
        self,
        stack: ExitStack,
        chapters: Sequence[ChapterSpan],
        options: ProductionOptions,
        folder: Path,
        rate: int,
        tags: Tags,
        new_mark: Callable[[], str | None],
    ) -> None:
        self.paths: tuple[Path, ...] = ()
        self._position = 0
        self._chapters: list[ChapterSpan] = []
        self._open: tuple[ExitStack, Writer] | None = None
        if not options.chapters:
            return
        folder.mkdir(parents=True, exist_ok=True)
        suffix = "m4a" if options.format == "m4b" else options.format
        self._chapters = list(chapters)
        self._stack, self._rate, self._tags, self._new_mark = stack, rate, tags, new_mark
        self._suffix = suffix
        self.paths = tuple(folder / f"{chapter_name(span)}.{suffix}" for span in chapters)
        self._folder = folder
        stack.push(self._leave)

    def write(self, block: FloatArray) -> None:
        """Takes the next samples of the programme."""
        while self._chapters and len(block):
            span = self._chapters[0]
            if self._open is None:
                inner = ExitStack()
                tags = replace(self._tags, title=span.title, chapters=())
                path = self._folder / f"{chapter_name(span)}.{self._suffix}"
                writer, _ = open_writer(path, self._rate, self._suffix, mark=self._new_mark(), tags=tags)
                self._open = inner, inner.enter_context(writer)
            count = min(len(block), span.end - self._position)
            self._open[1].write(block[:count])
            self._position += count
            block = block[count:]
            if self._position == span.end:
                self._open[0].close()
                self._open = None
                self._chapters.pop(0)

    def _leave(self, *error: object) -> bool:
        if self._open is not None:
            self._open[0].__exit__(*error)  # type: ignore[arg-type]
            self._open = None
        return False
