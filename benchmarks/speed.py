"""Speed and memory: our engine against others with the same weights, same phonemes, same threads.

    python benchmarks/speed.py                      20, 100, 500 and 3,000 characters, against kokoro-onnx
    python benchmarks/speed.py --lengths 20,100     a quick look
    python benchmarks/speed.py --lengths 100 --peers kokoro-onnx,sherpa-onnx,kokoro
    python benchmarks/speed.py --long               ours alone: flat memory, first audio of a long text
    python benchmarks/speed.py --decoder fast       with the fast decoder, or the file of one
    python benchmarks/speed.py --untrained base     with one of this size that has learned nothing: its speed is real

Every engine is loaded once, in its own process, and they take turns on every text (A B, B A, ...) after a warm-up.
What is quoted are medians of the ratio within one turn: they hold on a machine that does other things too.

rtf = seconds of computing / seconds of audio, lower is better; time = computing time of ours / the peer's for the same
text, whatever either does with silence; cpu = the same of processor time; ttfa = time to first audio through each one's
own streaming. Our times include reading the text, the peers get finished phonemes (sherpa-onnx in a lexicon).
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import texts
from benchmarks.engines import OURS, OURS_IN_FLOAT, PEERS, Job, Script, Worker, write_script
from benchmarks.peers import peer_voices
from benchmarks.report import describe_machine, json_line, number, spread, table

PACKAGES = ("tts-engine", "onnxruntime", "numpy", "torch", *(peer for peer in PEERS if peer != OURS_IN_FLOAT))

#: Turns per length: (whole text, first audio only). Long texts vary less and cost more.
TURNS = {20: (11, 7), 100: (9, 5), 500: (3, 3), 3000: (1, 2)}


def compare(workers: dict[str, Worker], script: Script, turns: int, first_turns: int) -> dict[str, Any]:
    """All figures of one text: per engine, and ``ratios`` ours / each peer."""
    for worker in workers.values():
        worker.ask("first", script)  # warm-up, the same code path and the arena of this length
    whole = _take_turns(workers, "speak", script, turns)
    first = _take_turns(workers, "first", script, first_turns)
    per_engine = {
        name: {
            "wall_s": spread([answer["wall_s"] for answer in whole[name]]),
            "audio_s": spread([answer["audio_s"] for answer in whole[name]]),
            "cpu_s": spread([answer["cpu_s"] for answer in whole[name]]),
            "rtf": spread([_rtf(answer) for answer in whole[name]]),
            "ttfa_s": spread([answer["wall_s"] for answer in first[name]]),
            "peak_mb": worker.ask("memory")["peak_mb"],
        }
        for name, worker in workers.items()
    }
    ratios = {
        name: {
            "rtf": _ratio(whole, name, _rtf),
            "time": _ratio(whole, name, _wall),
            "cpu": _ratio(whole, name, lambda answer: float(answer["cpu_s"])),
            "ttfa": _ratio(first, name, _wall),
        }
        for name in workers
        if name != OURS
    }
    return {**per_engine, "ratios": ratios, "stage_rtf": stage_rtf(whole[OURS])}


def stage_rtf(answers: list[dict[str, Any]]) -> dict[str, float]:
    """Seconds of each of our stages per second of audio, medians over the turns.

    Two sentences may be in work at a time, so the stages can add up to more than the whole took.
    """
    names = {name: None for answer in answers for name in answer.get("stage_s", ())}
    return {
        name: statistics.median(answer["stage_s"][name] / answer["audio_s"] for answer in answers) for name in names
    }


def flatness(samples: list[tuple[float, float]]) -> dict[str, float]:
    """Growth of memory over a long render: mean of the last quarter against that of the second, MB."""
    quarter = max(1, len(samples) // 4)
    values = [megabytes for _, megabytes in samples]
    second, last = statistics.mean(values[quarter : 2 * quarter] or values), statistics.mean(values[-quarter:])
    return {"second_quarter_mb": second, "last_quarter_mb": last, "growth_mb": last - second}


def measure_long(job: Job, characters: int, lexicon_dir: Path, turns: int) -> dict[str, Any]:
    """Our first audio of 3,000 characters against its first sentence alone, and memory over a long text."""
    with Worker("ours", job) as worker:
        whole = write_script(texts.fixed(3000), lexicon_dir)
        alone = Script(worker.ask("first", whole)["source"])
        worker.ask("speak", alone)
        turns = [(worker.ask("first", whole), worker.ask("speak", alone)) for _ in range(turns)]
        first = {
            "first_sentence": alone.text,
            "ttfa_s": spread([streamed["wall_s"] for streamed, _ in turns]),
            "alone_s": spread([single["wall_s"] for _, single in turns]),
            "ratio": spread([streamed["wall_s"] / single["wall_s"] for streamed, single in turns]),
        }
        text = texts.long(characters)
        run = worker.ask("long", Script(text))
        samples = run.pop("samples")
        memory = {
            "characters": texts.count(text),
            "sentences": len(samples),
            "rtf": _rtf(run),
            **run,
            **flatness(samples),
            "peak_mb": worker.ask("memory")["peak_mb"],
            "samples_mb": [round(megabytes) for _, megabytes in samples[:: max(1, len(samples) // 40)]],
        }
    return {"first_audio": first, "memory": memory}


def main() -> None:
    """Runs what the arguments ask for and prints a table and one line of JSON."""
    arguments = _parse()
    from tts_engine.acoustic.engine import available_threads
    from tts_engine.assets import CacheHub

    threads = arguments.threads or available_threads()
    files = CacheHub(arguments.cache_hub).ensure()
    with ExitStack() as stack:
        voices_file = stack.enter_context(peer_voices(files.voices_dir))
        decoder = arguments.decoder
        if arguments.untrained:
            decoder = str(write_untrained(arguments.untrained, Path(stack.enter_context(TemporaryDirectory()))))
        job = Job(str(arguments.cache_hub), str(files.model_file), str(voices_file), arguments.voice, threads, decoder)
        machine = describe_machine(threads, PACKAGES)
        if arguments.long:
            results = measure_long(job, arguments.long_characters, files.lexicon_dir, arguments.turns or 9)
            print(_long_table(results))
        else:
            results = _compare_lengths(job, arguments, files.lexicon_dir, stack)
            print(length_table(results))
    named = f"untrained {arguments.untrained}" if arguments.untrained else decoder and Path(decoder).name
    print(json_line("speed", {**machine, "voice": arguments.voice, "decoder": named}, results))


def write_untrained(size: str, folder: Path) -> Path:
    """The file of a fast decoder that has learned nothing, for its speed; needs torch."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
    from distill.student import parameters_of, untrained
    from tts_engine.acoustic.fast.config import SIZES
    from tts_engine.acoustic.fast.weights import FastWeights, save_weights

    student = untrained(SIZES[size])
    facts = {"licence": "none: untrained", "size": size, "steps": 0}
    weights = FastWeights(student.config, parameters_of(student.state_dict()), facts)
    return save_weights(folder / "untrained.safetensors", weights)


def _compare_lengths(job: Job, arguments: argparse.Namespace, lexicon_dir: Path, stack: ExitStack) -> dict[str, Any]:
    turns_limit: int | None = arguments.turns
    engines = (OURS, *arguments.peers)
    loaded: dict[str, list[dict[str, float]]] = {name: [] for name in engines}
    for _ in range(arguments.loads - 1):
        for name in engines:
            with Worker(name, job) as worker:
                loaded[name].append(worker.loaded)
    workers = {name: stack.enter_context(Worker(name, job)) for name in engines}
    for name, worker in workers.items():
        loaded[name].append(worker.loaded)
    results: dict[str, Any] = {
        "load": {name: {key: spread([load[key] for load in loads_]) for key in ("load_s", "peak_mb")}
                 for name, loads_ in loaded.items()}
    }  # fmt: skip
    for length in sorted(arguments.lengths):
        turns, first_turns = (most if turns_limit is None else min(turns_limit, most) for most in TURNS[length])
        script = write_script(texts.fixed(length), lexicon_dir)
        figures = results[str(length)] = compare(workers, script, turns, first_turns)
        for name, ratios in figures["ratios"].items():
            print(f"{length} characters: rtf ratio to {name} {_range(ratios['rtf'])}", file=sys.stderr)
    return results


def _take_turns(
    workers: dict[str, Worker], request: str, script: Script, turns: int
) -> dict[str, list[dict[str, Any]]]:
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in workers}
    for turn in range(turns):
        for name in list(workers) if turn % 2 == 0 else list(workers)[::-1]:
            answers[name].append(workers[name].ask(request, script))
    return answers


def _ratio(
    answers: dict[str, list[dict[str, Any]]], peer: str, figure: Callable[[dict[str, Any]], float]
) -> dict[str, float | int]:
    return spread([figure(ours) / figure(other) for ours, other in zip(answers[OURS], answers[peer], strict=True)])


def _wall(answer: dict[str, Any]) -> float:
    return float(answer["wall_s"])


def _rtf(answer: dict[str, Any]) -> float:
    return float(answer["wall_s"] / answer["audio_s"])


def length_table(results: dict[str, Any]) -> str:
    """The comparison as a table for people, one row per length and engine."""
    rows = [
        _engine_row(length, name, figures)
        for length, figures in results.items()
        if length != "load"
        for name in (OURS, *figures["ratios"])
    ]
    load = [f"{name} {figures['load_s']['median']:.2f} s" for name, figures in results["load"].items()]
    stages = [
        f"{length} characters, rtf of our stages: {', '.join(f'{name} {number(rtf)}' for name, rtf in shares.items())}"
        for length, figures in results.items()
        if (shares := figures.get("stage_rtf"))
    ]
    lines = [table(list(rows[0]), [list(row.values()) for row in rows]), *stages, f"load: {', '.join(load)}"]
    return "\n".join(lines)


def _engine_row(length: str, name: str, figures: dict[str, Any]) -> dict[str, str]:
    engine, ratios = figures[name], figures["ratios"].get(name)
    ours_to_it = {f"ours / it: {key}": _range(ratios[key]) if ratios else "" for key in ("rtf", "time", "cpu", "ttfa")}
    return {
        "characters": length,
        "engine": name,
        "audio s": number(engine["audio_s"]["median"], 1),
        "rtf": number(engine["rtf"]["median"]),
        "ttfa s": number(engine["ttfa_s"]["median"], 2),
        "peak MB": number(engine["peak_mb"], 0),
        **ours_to_it,
    }


def _long_table(results: dict[str, Any]) -> str:
    first, memory = results["first_audio"], results["memory"]
    rows = [
        ["first audio of 3,000 characters, s", number(first["ttfa_s"]["median"])],
        ["its first sentence alone, s", number(first["alone_s"]["median"])],
        ["ratio", _range(first["ratio"])],
        ["long text, characters", str(memory["characters"])],
        ["audio, s", number(memory["audio_s"], 0)],
        ["rtf", number(memory["rtf"])],
        ["peak memory, MB", number(memory["peak_mb"], 0)],
        ["mean memory, second quarter, MB", number(memory["second_quarter_mb"], 0)],
        ["mean memory, last quarter, MB", number(memory["last_quarter_mb"], 0)],
    ]
    return table(["ours", "value"], rows)


def _range(values: dict[str, float]) -> str:
    return f"{values['median']:.3f} ({values['min']:.2f}-{values['max']:.2f})"


def _parse() -> argparse.Namespace:
    def lengths(value: str) -> list[int]:
        chosen = [int(part) for part in value.split(",")]
        if unknown := [length for length in chosen if length not in TURNS]:
            raise argparse.ArgumentTypeError(f"no text of {unknown} characters; choose from {list(TURNS)}")
        return chosen

    def peers(value: str) -> list[str]:
        chosen = value.split(",")
        if unknown := [name for name in chosen if name not in PEERS]:
            raise argparse.ArgumentTypeError(f"no peer {unknown}; choose from {list(PEERS)}")
        return chosen

    parser = argparse.ArgumentParser(description="Speed and memory against engines with the same weights.")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"), help="folder of the models")
    parser.add_argument("--threads", type=int, help="processor threads of each engine; default: all that may be used")
    parser.add_argument("--peers", type=peers, default=["kokoro-onnx"], help=f"of {', '.join(PEERS)}")
    parser.add_argument("--voice", default="zf_xiaoxiao")
    parser.add_argument("--decoder", help="of ours: fast, or a file")
    parser.add_argument(
        "--untrained", help="measure ours with an untrained fast decoder of this size: base, small, ..."
    )
    parser.add_argument("--lengths", type=lengths, default=list(TURNS), help="such as 20,100,500")
    parser.add_argument("--turns", type=int, help="at most so many turns per text, for a quicker run")
    parser.add_argument("--loads", type=int, default=3, help="how often each engine is loaded afresh")
    parser.add_argument("--long", action="store_true", help="memory over a long text instead of the comparison")
    parser.add_argument("--long-characters", type=int, default=30_000)
    arguments = parser.parse_args()
    arguments.cache_hub = arguments.cache_hub.resolve()
    return arguments


if __name__ == "__main__":
    main()
