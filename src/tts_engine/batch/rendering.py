"""Renders one task into its finished file, or finds that it is there already.

    audio/000012-<identity>.wav     appears whole, by renaming, and last of all
    audio/000012-<identity>.json    its account: digest, length, warnings, times; written just before

The name of the file holds the identity of its content, so whoever gets a task a second time finds what was made of it.
What this module does not know: who keeps the tasks and who runs them.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..audio.atomic import begin_file, output_error, write_whole
from ..errors import JobError, SynthesisError, TTSError
from ..identity import digest_of_file
from ..speaking import unshared
from .fitting import fit_slot
from .model import Result, Task

if TYPE_CHECKING:
    from ..pipeline import Lexicon, Synthesizer, Turn
    from ..types import SentenceTiming, SynthesisChunk, SynthesisResult


def render_task(
    task: Task,
    synthesizer: Synthesizer,
    folder: Path,
    *,
    lexicon: Lexicon | None = None,
    on_chunk: Callable[[SynthesisChunk], None] | None = None,
    turn: Turn = unshared,
) -> Result:
    """The finished file of a task; rendered only where it is not there yet.

    Files come out the same, byte for byte, whenever and wherever the same engine renders them with as many threads
    (but Ogg, which numbers its streams by chance).

    Args:
        task: what to render.
        synthesizer: the engine that it was planned for.
        folder: of the job.
        lexicon: readings for this job.
        on_chunk: called after each sentence; what it raises ends the rendering and leaves nothing behind.
        turn: as for ``Synthesizer.stream``.

    Raises:
        JobError: the task was planned for another engine (``engine_changed``).
        TTSError: it cannot be rendered; ``errors.OUTCOMES`` says whether it may be later.
        OutputError: the file cannot be written.
    """
    found = find_result(task, folder)
    if found is not None:
        return found
    if task.engine and task.engine != synthesizer.identity:
        raise JobError(
            f"任务是为另一个引擎建立的（{task.engine}），现在是 {synthesizer.identity}。"
            "请用原来的模型和版本继续，或重新运行输入。"
            "The job was planned for another engine: go on with that model and version, or run the input again.",
            code="engine_changed",
        )
    path = folder / task.file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path.parent, error) from error
    partial = begin_file(path)
    try:
        options = task.synthesis_options()

        def speak(speed: float) -> SynthesisResult:
            return synthesizer.synthesize_to_file(
                task.text,
                dataclasses.replace(options, speed=speed),
                path=partial.hidden,
                on_chunk=on_chunk,
                lexicon=lexicon,
                turn=turn,
                produce_id=task.identity[:32],
            )

        result = speak(options.speed) if task.slot is None else fit_slot(speak, options.speed, task.slot)
        made = Result(
            file=task.file,
            sha256=digest_of_file(partial.hidden),
            audio_s=result.audio_s,
            render_s=result.synthesis_s,
            is_rendered=True,
            warnings=result.warnings,
        )
        write_whole(_account_file(path), _account(task, made, result.sentences))
        partial.commit()
    except (TTSError, KeyboardInterrupt):
        raise
    except OSError as error:
        raise output_error(path, error) from error
    except Exception as error:  # a defect of ours must not take the other lines with it
        raise SynthesisError(
            f"合成失败：{error!r}。请报告此问题；其余各行不受影响。Rendering failed: {error!r}. Please report it; other"
            " lines are not affected.",
            cause=repr(error),
        ) from error
    finally:
        partial.discard()
    return made


def find_result(task: Task, folder: Path) -> Result | None:
    """The result of a task whose finished file is there and is what its account says; None where it is not."""
    path = folder / task.file
    try:
        account = json.loads(_account_file(path).read_bytes())
        if account["identity"] != task.identity or account["sha256"] != digest_of_file(path):
            return None
        return Result(
            file=task.file,
            sha256=account["sha256"],
            audio_s=float(account["audio_s"]),
            render_s=0.0,
            is_rendered=False,
            warnings=tuple(account["warnings"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def take_over(task: Task, folder: Path, twin: Task, other: Path) -> bool:
    """Whether the finished file of a task of another job, which sounds the same, now stands here too.

    Args:
        task: of this job; ``folder`` is the job's.
        folder: of this job.
        twin: the finished task, of the same identity.
        other: folder of its job.
    """
    if find_result(twin, other) is None:
        return False
    path, theirs = folder / task.file, other / twin.file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(_account_file(path), _account_file(theirs).read_bytes())
        partial = begin_file(path)
        try:
            shutil.copyfile(theirs, partial.hidden)
            partial.commit()
        finally:
            partial.discard()
    except OSError as error:
        raise output_error(path, error) from error
    return True


def read_times(file: Path) -> tuple[SentenceTiming, ...]:
    """When each sentence and word of a finished file is heard, counted from its beginning.

    Raises:
        JobError: its account is missing or damaged.
    """
    from ..types import SentenceTiming, Span, Timing

    try:
        account = json.loads(_account_file(file).read_bytes())
        return tuple(
            SentenceTiming(
                text,
                Span(begin, begin + len(text)),
                begin_s,
                end_s,
                words=tuple(Timing(word, Span(at, at + len(word)), from_s, to_s) for word, at, from_s, to_s in words),
            )
            for text, begin, begin_s, end_s, words in account["sentences"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobError(
            f"{file} 的时间信息缺失或损坏，请删除该文件后用 resume 继续。"
            "Its times are missing or damaged: delete the file and resume the job.",
            code="account_damaged",
            path=str(file),
        ) from error


def _account_file(path: Path) -> Path:
    return path.with_suffix(".json")


def _account(task: Task, made: Result, sentences: tuple[SentenceTiming, ...]) -> bytes:
    data: dict[str, Any] = {
        "identity": task.identity,
        "sha256": made.sha256,
        "audio_s": round(made.audio_s, 6),
        "warnings": made.warnings,
        "sentences": [
            [
                one.text,
                one.span.begin,
                round(one.begin_s, 4),
                round(one.end_s, 4),
                [[word.text, word.span.begin, round(word.begin_s, 4), round(word.end_s, 4)] for word in one.words],
            ]
            for one in sentences
        ],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
