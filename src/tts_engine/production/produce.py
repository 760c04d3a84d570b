"""A script to a finished programme in a folder, and again after every change.

    FOLDER/
      <title>.wav .srt .vtt .json    the programme and its exact subtitles
      chapters/  stems/              where they were asked for
      timeline.svg                   who speaks when
      production.json                what was done, measured and noticed
      lines/                         the store of rendered lines
      levels.json  takes.json        gains and takes that are kept from run to run

What is in the store is never rendered again. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BusyError, ControlError, TextError, near_matches
from ..ledger import Rendering
from ..script.model import NARRATOR
from ..speaking import unshared
from .assembling import Assembled, Material, assemble
from .audible import notice_lines, notice_tones
from .casting.cast import Cast, CastEntry, cast_roles, known_voices
from .casting.cast_file import cast_path, read_cast, write_cast
from .checks import MEANINGS, Finding, check_loudness
from .lines import PlannedLine, plan
from .options import ProductionOptions
from .pacing import Placed, lay_out
from .picture import timeline_svg
from .rendering import OnProgress, Progress, Rendered, Renderer
from .store import LineStore
from .takes import read_takes, write_takes

if TYPE_CHECKING:
    from ..ledger import Ledger
    from ..pipeline import Synthesizer, Turn
    from ..script.model import Script


@dataclass(frozen=True, slots=True)
class Production:
    """A finished programme.

    Attributes:
        folder: where everything stands.
        files: the files that were written, see ``Assembled``.
        cast: who spoke with which voice.
        cast_file: where that can be changed.
        rendered: numbers of the lines that were rendered in this run.
        reused: how many were there already.
        audio_s: length of the programme, seconds.
        synthesis_s: seconds of rendering in this run.
        rendered_s: seconds of speech that were rendered in this run.
        total_s: seconds of the whole run.
        findings: what the checks noticed.
        warnings: everything that a listener or the author should know.
        timeline: every line with its place, for those who go on with it.
        sample_rate: of the places.
    """

    folder: Path
    files: Assembled
    cast: Cast
    cast_file: Path
    rendered: tuple[int, ...]
    reused: int
    audio_s: float
    synthesis_s: float
    rendered_s: float
    total_s: float
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    timeline: tuple[Placed, ...]
    sample_rate: int

    @property
    def programme(self) -> Path:
        """The audio file."""
        return self.files.programme


def produce(
    script: Script | str | Path,
    folder: str | Path,
    options: ProductionOptions | None = None,
    *,
    synthesizer: Synthesizer | Callable[[], Synthesizer] | None = None,
    cast: str | Path | None = None,
    ledger: Ledger | None = None,
    on_progress: OnProgress | None = None,
    turn: Turn = unshared,
) -> Production:
    """Renders what is missing of a script and writes the programme.

    Args:
        script: a script, or the file of one; prose is annotated first.
        folder: of the results, made if missing.
        options: how; None for the defaults.
        synthesizer: who speaks, or what makes it once the script has been read; None for that of the deployment's
            settings.
        cast: file of the cast; None for ``SCRIPT.cast.json`` beside the script, or ``cast.json`` in the folder.
        ledger: where the run is written down; None for nowhere.
        on_progress: told about every line and every second of the mix; what it raises ends the run, which can go on.
        turn: as for ``Synthesizer.stream``, where others use the same engine.

    Raises:
        TextError: the script cannot be read, or has nothing to say.
        ControlError, ConfigError: an option, the cast file or a line asks for something that is not allowed.
        AudioError: a recording or music of the script cannot be used.
        OutputError: the folder cannot be written to.
        BusyError: another run is using the folder.
    """
    from ..audio.atomic import output_error

    began = time.perf_counter()
    options, target = options or ProductionOptions(), Path(folder)
    origin, script, told = _opened(script)
    if not any(line.text.strip() for line in script.lines):
        raise TextError("剧本里没有可说的内容。The script has nothing to say.", code="script_empty")
    if synthesizer is None:
        from ..api import open_synthesizer
        from ..settings import load_settings

        synthesizer = open_synthesizer(load_settings()[0])
    elif callable(synthesizer):
        synthesizer = synthesizer()
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(target, error) from error
    cast_file = Path(cast) if cast is not None else target / "cast.json" if origin is None else cast_path(origin)
    with _locked(target):
        people = _cast(script, synthesizer, cast_file, options)
        relative = target if origin is None else origin.parent
        done = _produce(script, relative, target, options, synthesizer, people, cast_file, on_progress, turn, began)
    if ledger is not None:
        spoken = [one for one in done.timeline if one.line.is_spoken]
        ledger.record(
            Rendering(
                programme=options.title or script.title or target.name,
                characters=sum(len(one.line.text) for one in spoken),
                audio_s=done.audio_s,
                rendered_s=done.rendered_s,
                render_s=done.synthesis_s,
                lines=len(spoken),
                lines_rendered=len(done.rendered),
            )
        )
    return dataclasses.replace(done, warnings=(*told, *done.warnings))


def _produce(
    script: Script,
    relative: Path,
    target: Path,
    options: ProductionOptions,
    synthesizer: Synthesizer,
    people: Cast,
    cast_file: Path,
    on_progress: OnProgress | None,
    turn: Turn,
    began: float,
) -> Production:
    labelling = synthesizer.labelling
    store = LineStore(target / "lines", labelling.new_mark)
    renderer = Renderer(synthesizer, store, turn)
    takes = read_takes(target / "takes.json")

    def planned() -> list[PlannedLine]:
        lines = plan(script, people, identify=renderer.identify, folder=relative, base=options.base, takes=takes)
        return notice_lines(list(lines), labelling, people, renderer.identify)

    lines = planned()
    if options.again:
        _check_selection(lines, options, script)
    if options.again and not options.only_changed:
        chosen = [line for line in lines if options.again.has(line.number, line.role, line.chapter + 1)]
        takes |= {line.first: line.take + 1 for line in chosen if line.is_spoken}
        lines = planned()
    work = renderer.render_all(lines, len(lines), on_progress)
    write_takes(target / "takes.json", takes)
    findings: list[Finding] = []
    if options.check is not None:
        from .hearing_back import hear_back

        heard, better = hear_back(lines, renderer, store, options, on_progress)
        findings += heard
        if better:
            takes |= better
            write_takes(target / "takes.json", takes)
            lines = planned()
            _add(work, renderer.render_all(lines, len(lines)))

    rate = synthesizer.sample_rate
    tones, start_s = notice_tones(labelling, rate)
    titled = frozenset(
        index
        for index, chapter in enumerate(script.chapters)
        if chapter.lines and chapter.title and chapter.lines[0].text.strip() == chapter.title.strip()
    )
    lengths = ((line, _length(store, line)) for line in lines)
    placed = tuple(lay_out(lengths, rate, options.pacing, titled=titled, start_s=start_s))
    material = Material(
        script=script,
        placed=placed,
        store=store,
        sample_rate=rate,
        offsets_db=people.offsets_db,
        folder=relative,
        extra=tones(max(one.end for one in placed)),
        rendered=frozenset(work.rendered),
    )

    def report_mix(done_s: float, total_s: float) -> None:
        if on_progress is not None:
            on_progress(Progress(round(done_s), round(total_s), 0, done_s, None, "mix"))

    narrator = people.entries[NARRATOR].voice if NARRATOR in people.entries else ""
    files = assemble(material, options, target, new_mark=labelling.new_mark, narrator=narrator, on_second=report_mix)
    noticed, warnings = _noticed(store, placed, files)
    findings += noticed
    done = Production(
        folder=target,
        files=files,
        cast=people,
        cast_file=cast_file,
        rendered=tuple(work.rendered),
        reused=work.reused,
        audio_s=files.samples / rate,
        synthesis_s=work.synthesis_s,
        rendered_s=work.audio_s,
        total_s=time.perf_counter() - began,
        findings=tuple(findings),
        warnings=(*people.warnings, *files.warnings, *warnings, *_about_programme(files, options)),
        timeline=placed,
        sample_rate=rate,
    )
    _write_picture(done, script)
    _write_report(done, script, options)
    return done


def _opened(script: Script | str | Path) -> tuple[Path | None, Script, tuple[str, ...]]:
    """The file that a script came from, the script, and warnings of its reading."""
    from ..script.model import Script

    if isinstance(script, Script):
        return None, script, ()
    from .sources import load_script

    return Path(script), *load_script(Path(script))


def _cast(script: Script, synthesizer: Synthesizer, cast_file: Path, options: ProductionOptions) -> Cast:
    """The cast as it is and as it becomes; every voice in it is known."""
    kept = read_cast(cast_file)
    people = cast_roles(script, known_voices(synthesizer.voices()), kept, narrator=options.narrator)
    for name, entry in people.entries.items():
        if entry.voice and (name in script.roles or name == NARRATOR):
            _check_voice(synthesizer, name, entry, options)
    if people.entries != kept:
        write_cast(cast_file, people.entries)
    return people


def _check_voice(synthesizer: Synthesizer, name: str, entry: CastEntry, options: ProductionOptions) -> None:
    try:
        synthesizer.identify("好", dataclasses.replace(options.base, voice=entry.voice))
    except ControlError as error:
        raise ControlError(
            f"角色 {name}：{error.message} (role {name})", code=error.code, **(error.fields | {"role": name})
        ) from error


def _check_selection(lines: Sequence[PlannedLine], options: ProductionOptions, script: Script) -> None:
    """Refuses a selection of what is not there."""
    numbers, roles = {line.number for line in lines}, {line.role for line in lines}
    again = options.again
    for line in sorted(again.lines - numbers):
        raise ControlError(
            f"没有第 {line} 条，共 {len(script.lines)} 条。"
            f"There is no line {line}; the script has {len(script.lines)}.",
            code="line_unknown",
            option="line",
            value=line,
        )
    for role in sorted(again.roles - roles):
        near = near_matches(role, roles)
        raise ControlError(
            f"没有角色 {role!r}，有：{'、'.join(sorted(roles))}。"
            f"There is no role {role!r}{'; did you mean ' + ', '.join(near) + '?' if near else '.'}",
            code="role_unknown",
            option="role",
            value=role,
            near=near,
        )
    for chapter in sorted(number for number in again.chapters if not 1 <= number <= len(script.chapters)):
        raise ControlError(
            f"没有第 {chapter} 章，共 {len(script.chapters)} 章。"
            f"There is no chapter {chapter}; the script has {len(script.chapters)}.",
            code="chapter_unknown",
            option="chapter",
            value=chapter,
        )


def _length(store: LineStore, line: PlannedLine) -> int:
    if not line.is_spoken:
        return 0
    take = store.find(line.identity)
    assert take is not None  # rendered a moment ago
    return take.samples


def _add(work: Rendered, more: Rendered) -> None:
    work.rendered = sorted({*work.rendered, *more.rendered})
    work.synthesis_s += more.synthesis_s
    work.audio_s += more.audio_s
    work.characters += more.characters


def _noticed(store: LineStore, placed: Sequence[Placed], files: Assembled) -> tuple[list[Finding], list[str]]:
    """What the checks say of each line, and warnings with the number of their line."""
    from ..audio.loudness import gated_lufs

    findings: list[Finding] = []
    warnings: dict[str, list[int]] = {}
    loudness = []
    for one in placed:
        line = one.line
        for warning in line.warnings:
            warnings.setdefault(warning, []).append(line.number)
        if not line.is_spoken:
            continue
        take = store.find(line.identity)
        if take is None:
            continue
        import numpy as np

        findings += [Finding(line.number, flag) for flag in take.flags]
        for warning in take.warnings:
            warnings.setdefault(warning, []).append(line.number)
        loudness.append((line.number, line.role, gated_lufs(np.array(take.blocks_lufs)) + line.gain_db))
    findings += check_loudness(loudness)
    told = []
    for warning, numbers in warnings.items():
        shown = "、".join(map(str, numbers[:8])) + ("…" if len(numbers) > 8 else "")
        told.append(f"第 {shown} 条：{warning}")
    return findings, told


def _about_programme(files: Assembled, options: ProductionOptions) -> tuple[str, ...]:
    """Where the whole misses what was asked for."""
    told = []
    if options.loudness_lufs is not None and math.isfinite(files.loudness_lufs):
        off = files.loudness_lufs - options.loudness_lufs
        if abs(off) > 1.0:
            told.append(
                f"整体响度 {files.loudness_lufs:.1f} LUFS，目标 {options.loudness_lufs:g}。"
                "要重新测量请用 --relevel。"
                f"The programme has {files.loudness_lufs:.1f} LUFS, not {options.loudness_lufs:g};"
                " --relevel measures anew."
            )
    if files.peak_dbtp > options.ceiling_dbtp + 0.05:
        told.append(
            f"真峰值 {files.peak_dbtp:.1f} dBTP 超过上限 {options.ceiling_dbtp:g}。"
            f"The true peak is {files.peak_dbtp:.1f} dBTP, over {options.ceiling_dbtp:g}."
        )
    for role, drift in files.levels.drifted.items():
        told.append(
            f"{role} 比其他角色{'响' if drift > 0 else '轻'} {abs(drift):.1f} LU，要重新测量请用 --relevel。"
            f"{role} is {abs(drift):.1f} LU {'above' if drift > 0 else 'below'} the others; --relevel measures anew."
        )
    return tuple(told)


def _write_picture(done: Production, script: Script) -> None:
    from ..audio.atomic import write_whole

    rate = done.sample_rate
    spoken = [one for one in done.timeline if one.line.is_spoken]
    time_s: dict[str, float] = {}
    for one in spoken:
        time_s[one.line.role] = time_s.get(one.line.role, 0.0) + (one.end - one.begin) / rate
    roles = sorted(time_s, key=lambda role: (role != NARRATOR, -time_s[role]))
    chapters = [(span.begin / rate, span.title) for span in done.files.chapters] if len(script.chapters) > 1 else []
    minutes, seconds = divmod(round(done.audio_s), 60)
    title = f"{script.title or 'programme'}  {minutes}:{seconds:02d}  {len(spoken)} 条 lines"
    spans = ((one.begin / rate, one.end / rate, one.line.role, one.line.text) for one in spoken)
    svg = timeline_svg(spans, chapters, roles[:12], done.audio_s, title)
    write_whole(done.folder / "timeline.svg", svg.encode())


def _write_report(done: Production, script: Script, options: ProductionOptions) -> None:
    from ..audio.atomic import write_whole

    rate, files = done.sample_rate, done.files
    report = {
        "version": 1,
        "title": script.title,
        "programme": files.programme.name,
        "audio_s": round(done.audio_s, 3),
        "loudness_lufs": _number(files.loudness_lufs),
        "target_lufs": options.loudness_lufs,
        "peak_dbtp": _number(files.peak_dbtp),
        "lines": len(done.timeline),
        "rendered": list(done.rendered),
        "reused": done.reused,
        "synthesis_s": round(done.synthesis_s, 2),
        "total_s": round(done.total_s, 2),
        "roles": {
            name: {
                "voice": done.cast.entries[name].voice,
                "measured_lufs": _number(files.levels.measured.get(name, -math.inf)),
                "gain_db": gain,
            }
            for name, gain in files.levels.roles.items()
            if name in done.cast.entries
        },
        "programme_gain_db": files.levels.programme_db,
        "chapters": [
            {"title": span.title, "begin_s": round(span.begin / rate, 3), "end_s": round(span.end / rate, 3)}
            for span in files.chapters
        ],
        "findings": [
            {"line": one.line, "what": one.what, "meaning": "".join(MEANINGS[one.what][0]), "detail": one.detail}
            for one in done.findings
        ],
        "warnings": list(done.warnings),
        "timeline": [
            {
                "line": one.line.number,
                "role": one.line.role,
                "begin": one.begin,
                "end": one.end,
                "identity": one.line.identity if one.line.is_spoken else None,
                "take": one.line.take,
            }
            for one in done.timeline
        ],
    }
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    write_whole(done.folder / "production.json", text.encode())


def _number(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BusyError(
            f"{folder} 正被另一次制作使用，请等它结束。Another run is using {folder}: wait until it has ended.",
            code="folder_busy",
            path=str(folder),
            retry_after_s=60,
        ) from error
    try:
        yield
    finally:
        lock.release()
