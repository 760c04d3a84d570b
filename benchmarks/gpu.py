"""Our engine on a graphics card: latency, throughput, streams, and the distance to what the card can do.

    python benchmarks/gpu.py                              everything but quality, about 5 minutes on a current card
    python benchmarks/gpu.py --device cuda:1 --streams 0  another card, without the search for the most streams
    python benchmarks/gpu.py --quality 30                 with pinyin errors and DistillMOS of 30 sentences, card
                                                          beside processor (needs: pip install --group bench)
    python benchmarks/gpu.py --dry-run                    a tiny random network on torch's processor tensors: does the
                                                          script run to its end? Its figures mean nothing

Needs one NVIDIA card (batches are sized by its free memory), its driver, `pip install 'tts-engine[gpu]'` (a torch with
CUDA), and the model in `cache_hub/` (`tts-engine models fetch`, once; no network after that).

latency   of the fixed text of 100 characters, one after another: the whole of it, its first sound, rtf
load      so many callers at the same time, each with texts of its own: seconds of audio per second, sentences per batch
streams   listeners that hear in real time: the most of which 95 % have their first sound within the target and whose
          sound never stops; each begins a new text when one is over
roofline  each stage alone, for batches of several sizes: operations and bytes counted from the network, peaks of this
          card measured in this run (a matrix product in the stage's arithmetic, a copy), and how far it is from them
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import texts
from benchmarks.listeners import in_process, listen, most_streams, percentile
from benchmarks.report import describe_machine, json_line, number, spread, table

if TYPE_CHECKING:
    import torch

    from tts_engine.acoustic.card.runtime import CardRuntime
    from tts_engine.acoustic.device import Device
    from tts_engine.pipeline import Synthesizer

PACKAGES = ("tts-engine", "torch", "onnxruntime", "numpy")
VOICE = "zf_xiaoxiao"


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        characters: of the text whose latency is measured: one of ``texts.LENGTHS``.
        turns: of the latency.
        callers: at the same time, in turn.
        seconds: of each measurement under load.
        target_s: within which 95 % of the streams must have their first sound.
        most_streams: where the search ends; 0 leaves it out.
        batches: (utterances, frames each) of the roofline.
        matrix: rows and columns of the matrix product that measures the peak.
        copied_bytes: of the copy that measures the bandwidth.
    """

    characters: int = 100
    turns: int = 30
    callers: tuple[int, ...] = (1, 8, 32, 128)
    seconds: float = 10.0
    target_s: float = 0.5
    most_streams: int = 512
    batches: tuple[tuple[int, int], ...] = ((1, 200), (4, 200), (16, 200), (32, 200))
    matrix: int = 8192
    copied_bytes: int = 1 << 30


DRY = Plan(
    characters=20, turns=2, callers=(1, 3), seconds=0.5, target_s=30.0, most_streams=2, batches=((2, 10),), matrix=64,
    copied_bytes=1 << 16,
)  # fmt: skip


def measure_latency(synthesizer: Synthesizer, text: str, turns: int) -> dict[str, Any]:
    """One caller: seconds of the whole text and of its first chunk, rtf, seconds per stage."""
    options = _options()
    for _ in range(min(3, turns)):
        synthesizer.synthesize(text, options)
    results = [synthesizer.synthesize(text, options) for _ in range(turns)]
    first = []
    for _ in range(turns):
        began = time.perf_counter()
        stream = synthesizer.stream(text, options)
        next(stream)
        first.append(time.perf_counter() - began)
        stream.close()
    stages = {stage: statistics.median(one.stage_s.get(stage, 0.0) for one in results) for stage in results[0].stage_s}
    return {
        "characters": texts.count(text),
        "audio_s": results[0].audio_s,
        "whole_s": spread([one.synthesis_s for one in results]),
        "first_s": spread(first),
        "rtf": spread([one.rtf for one in results]),
        "stage_s": stages,
    }


def measure_load(synthesizer: Synthesizer, lines: Sequence[str], callers: int, seconds: float) -> dict[str, Any]:
    """So many callers without a pause: seconds of audio per second, seconds that a text took, calls per batch."""
    batcher = _runtime(synthesizer).batcher
    batches, calls = batcher.batches, batcher.calls
    until = time.perf_counter() + seconds
    took: list[float] = []
    audio: list[float] = []
    failed: list[str] = []

    def call(number_: int) -> None:
        mine = itertools.cycle(lines[number_ % len(lines) :] + lines[: number_ % len(lines)])
        while time.perf_counter() < until:
            try:
                result = synthesizer.synthesize(next(mine), _options())
            except Exception as error:
                failed.append(repr(error))
                raise
            took.append(result.synthesis_s)
            audio.append(result.audio_s)

    began = time.perf_counter()
    _together([lambda n=n: call(n) for n in range(callers)])
    passed = time.perf_counter() - began
    if failed:
        raise SystemExit(f"a caller failed: {failed[0]}")
    return {
        "callers": callers,
        "audio_s_per_s": sum(audio) / passed,
        "texts": len(took),
        "text_s": spread(took),
        "text_p95_s": percentile(took, 95),
        "calls_per_batch": (batcher.calls - calls) / max(1, batcher.batches - batches),
    }


def measure_streams(synthesizer: Synthesizer, lines: Sequence[str], plan: Plan) -> dict[str, Any]:
    """The most listeners at the target, and what each number that was tried had."""
    tried: dict[int, dict[str, Any]] = {}
    serve = in_process(synthesizer, _options())

    def try_out(streams: int) -> bool:
        heard = listen(serve, lines, streams, plan.seconds)
        tried[streams] = {
            "first_p50_s": percentile(heard.first_s, 50),
            "first_p95_s": percentile(heard.first_s, 95),
            "stops": len(heard.stopped_s),
            "failed": len(heard.failed),
            "is_good": heard.is_good(plan.target_s),
        }
        return heard.is_good(plan.target_s)

    return {"target_s": plan.target_s, "most": most_streams(try_out, plan.most_streams), "tried": tried}


def measure_roofline(runtime: CardRuntime, plan: Plan) -> dict[str, Any]:
    """Each stage alone against the peaks of the device."""
    import torch

    from benchmarks.roofline import best_s, count, measure_peaks

    device = runtime.device
    peaks = {
        arithmetic: measure_peaks(device, arithmetic, size=plan.matrix, copied_bytes=plan.copied_bytes)
        for arithmetic in {torch.float32, runtime.activations}
    }
    rows = []
    for utterances, frames in plan.batches:
        for stage, arithmetic, run in _stages(runtime, utterances, frames):
            work = count(runtime.network, run)
            with torch.inference_mode(), runtime.on_stream(), runtime.exact():
                seconds = best_s(run, device)
            peak = peaks[arithmetic]
            audio_s = utterances * frames / runtime.config.frame_rate
            rows.append(
                {
                    "stage": stage,
                    "arithmetic": str(arithmetic).removeprefix("torch."),
                    "utterances": utterances,
                    "frames": frames,
                    "seconds": seconds,
                    "audio_s_per_s": audio_s / seconds,
                    "gflop": work.operations / 1e9,
                    "least_mb": work.least_bytes / 1e6,
                    "moved_mb": work.moved_bytes / 1e6,
                    "tflop_per_s": work.operations / seconds / 1e12,
                    "gb_per_s": work.moved_bytes / seconds / 1e9,
                    "times_the_roof": seconds / peak.roof_s(work.operations, work.least_bytes),
                    "times_the_roof_as_moved": seconds / peak.roof_s(work.operations, work.moved_bytes),
                }
            )
    return {
        "peaks": {
            str(arithmetic).removeprefix("torch."): {
                "tflop_per_s": peak.operations_per_s / 1e12,
                "gb_per_s": peak.bytes_per_s / 1e9,
            }
            for arithmetic, peak in peaks.items()
        },
        "stages": rows,
    }


def _stages(runtime: CardRuntime, utterances: int, frames: int) -> Iterator[tuple[str, torch.dtype, Callable[[], Any]]]:
    """The three stages of a batch of like utterances, as calls; a graph is replayed where the runtime would."""
    import torch

    for kind in ("encode", "predict", "decode"):
        length = max(2, frames // 4) if kind == "encode" else frames
        inputs = runtime.example(kind, utterances, length)
        stage = getattr(runtime, f"{kind}_batch")

        def run(
            key: tuple[Any, ...] = ("benchmark", kind, utterances, length), stage: Any = stage, inputs: Any = inputs
        ) -> Any:
            return runtime.graphs.run(key, stage, inputs, is_small=runtime.is_small(key[2], key[3]))

        yield kind, runtime.activations if kind == "decode" else torch.float32, run


def measure_quality(card: Synthesizer, cache_hub: Path, limit: int, threads: int) -> dict[str, Any]:
    """What the listeners of ``benchmarks/quality.py`` say of the card beside the processor."""
    from benchmarks.quality import Jury, difference, summarise
    from tts_engine.pipeline import Synthesizer

    processor = Synthesizer(cache_hub=cache_hub, threads=threads, device="cpu")
    jury = Jury(threads, skip=("dnsmos",))
    lines = texts.sentences(None)[:limit]
    ratings = {
        name: [
            jury.rate(name, VOICE, line, one.synthesize(line, _options()).waveform, one.sample_rate) for line in lines
        ]
        for name, one in (("card", card), ("processor", processor))
    }
    return {
        **{name: summarise(rated) for name, rated in ratings.items()},
        "difference": difference(ratings["card"], ratings["processor"]),
    }


def describe_card(device: Device) -> dict[str, Any]:
    """What a figure of the card depends on."""
    import torch

    found: dict[str, Any] = {"device": device.name, "card": device.card, "cuda": torch.version.cuda}
    if torch.device(device.name).type == "cuda":
        facts = torch.cuda.get_device_properties(device.name)
        found |= {
            "memory_gb": facts.total_memory / 1e9,
            "multiprocessors": facts.multi_processor_count,
            "capability": f"{facts.major}.{facts.minor}",
            "cudnn": torch.backends.cudnn.version(),
            "peak_memory_gb": torch.cuda.max_memory_allocated(device.name) / 1e9,
        }
    return found


def run(synthesizer: Synthesizer, plan: Plan) -> dict[str, Any]:
    """All measurements but quality."""
    runtime = _runtime(synthesizer)
    lines = texts.sentences(None)
    began = time.perf_counter()
    synthesizer.warm_up()
    results: dict[str, Any] = {"warm_up_s": time.perf_counter() - began, "graphs": runtime.graphs.count}
    results["latency"] = measure_latency(synthesizer, texts.fixed(plan.characters), plan.turns)
    results["load"] = [measure_load(synthesizer, lines, callers, plan.seconds) for callers in plan.callers]
    if plan.most_streams:
        results["streams"] = measure_streams(synthesizer, lines, plan)
    results["roofline"] = measure_roofline(runtime, plan)
    return results


def as_tables(results: dict[str, Any]) -> str:
    """The results for people."""
    latency = results["latency"]
    whole, first = latency["whole_s"], latency["first_s"]
    stages = ", ".join(f"{stage} {1000 * seconds:.1f}" for stage, seconds in latency["stage_s"].items())
    parts = [
        f"{latency['characters']} characters, {latency['audio_s']:.1f} s of audio: whole {1000 * whole['median']:.1f} "
        f"ms ({1000 * whole['min']:.1f}-{1000 * whole['max']:.1f}), first sound {1000 * first['median']:.1f} ms, "
        f"rtf {latency['rtf']['median']:.4f}; ms per stage, added up over its sentences: {stages}",
        table(
            ["callers", "audio s per s", "calls per batch", "texts", "median ms", "p95 ms"],
            [
                [
                    str(one["callers"]),
                    number(one["audio_s_per_s"], 1),
                    number(one["calls_per_batch"], 1),
                    str(one["texts"]),
                    number(1000 * one["text_s"]["median"], 1),
                    number(1000 * one["text_p95_s"], 1),
                ]
                for one in results["load"]
            ],
        ),
    ]
    if "streams" in results:
        streams = results["streams"]
        parts.append(
            f"streams with first sound within {1000 * streams['target_s']:.0f} ms (95 %) and no stop: {streams['most']}"
        )
        rows = [
            [
                str(count),
                number(1000 * one["first_p50_s"], 0),
                number(1000 * one["first_p95_s"], 0),
                str(one["stops"]),
                str(one["failed"]),
            ]
            for count, one in sorted(streams["tried"].items())
        ]
        parts.append(table(["streams", "first p50 ms", "p95 ms", "stops", "failed"], rows))
    roofline = results["roofline"]
    parts += [
        f"peak {arithmetic}: {peak['tflop_per_s']:.1f} TFLOP/s, {peak['gb_per_s']:.0f} GB/s"
        for arithmetic, peak in roofline["peaks"].items()
    ]
    rows = [
        [
            f"{one['stage']} {one['utterances']} x {one['frames']}",
            number(1000 * one["seconds"], 2),
            number(one["audio_s_per_s"], 0),
            number(one["gflop"], 1),
            number(one["least_mb"], 0),
            number(one["moved_mb"], 0),
            number(one["tflop_per_s"], 2),
            number(one["times_the_roof"], 1),
            number(one["times_the_roof_as_moved"], 1),
        ]
        for one in roofline["stages"]
    ]
    header = ["stage, batch x frames", "ms", "audio s per s", "GFLOP", "least MB", "moved MB", "TFLOP/s"]
    parts.append(table([*header, "times the roof", "as moved"], rows))
    return "\n\n".join(parts)


def main() -> None:
    """Measures, prints tables and one line of JSON."""
    arguments = _parse()
    try:
        import torch
    except ImportError:
        raise SystemExit("torch is missing: pip install 'tts-engine[gpu]'") from None
    from tts_engine.acoustic.device import Device, choose_device
    from tts_engine.acoustic.engine import available_threads
    from tts_engine.errors import TTSError
    from tts_engine.pipeline import Synthesizer

    threads = available_threads()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.dry_run:
            from benchmarks.tiny_voice import tiny_synthesizer

            torch.set_num_threads(1)
            device, plan = Device("cpu", "dry run", card="processor tensors"), DRY
            synthesizer = tiny_synthesizer(Path(folder), device)
        else:
            try:
                device = choose_device(arguments.device)
            except TTSError as error:
                raise SystemExit(f"{error.message} --dry-run needs no card.") from None
            plan = Plan(seconds=arguments.seconds, target_s=arguments.target, most_streams=arguments.streams)
            synthesizer = Synthesizer(cache_hub=arguments.cache_hub, device=device.name)
        results = run(synthesizer, plan)
        if arguments.quality and not arguments.dry_run:
            results["quality"] = measure_quality(synthesizer, arguments.cache_hub, arguments.quality, threads)
    print(as_tables(results))
    if "quality" in results:
        for name in ("card", "processor", "difference"):
            print(name, {key: round(value, 3) for key, value in results["quality"][name].items()})
    environment = {**describe_machine(threads, PACKAGES), **describe_card(device), "is_dry_run": arguments.dry_run}
    print(json_line("gpu", environment, results))


def _runtime(synthesizer: Synthesizer) -> CardRuntime:
    runtime: Any = synthesizer._engine._runtime
    return runtime


def _options() -> Any:
    from tts_engine.options import SynthesisOptions

    return SynthesisOptions(voice=VOICE)


def _together(calls: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Our engine on a graphics card.")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, ...")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"), help="folder of the models")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="of each measurement under load")
    parser.add_argument("--target", type=float, default=Plan.target_s, help="seconds to the first sound of a stream")
    parser.add_argument("--streams", type=int, default=Plan.most_streams, help="where the search ends; 0 leaves it out")
    parser.add_argument("--quality", type=int, default=0, metavar="N", help="sentences for the listeners; 0 = none")
    parser.add_argument("--dry-run", action="store_true", help="a tiny network on the processor, a few seconds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
