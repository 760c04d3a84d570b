"""How soon a text is heard, whether its parts fit together, and what cutting costs.

    python benchmarks/streaming.py              first audio of a 200-character text, against peers; seams, dead air
    python benchmarks/streaming.py --quality    ten sentences at once and in windows: DistillMOS, log-mel distance, time

First audio is compared in one run, in turns, with the whole text unstreamed and with other engines on the same weights:
what kokoro-onnx needs for the first sentence alone and for the first batch of its own stream, and what sherpa-onnx
needs for the first clause. A seam is where two parts of a sentence meet: the sample jump there is given against the
largest jump in the 50 ms around it, the level in the 10 ms at it against the level of the speech. Dead air is what a
player that starts at the first audio would have to wait later.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.report import describe_machine, json_line, number, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tts_engine.pipeline import Synthesizer
    from tts_engine.types import SynthesisChunk

    Waveform = NDArray[np.float32]

TEXT = (
    "清晨的阳光透过薄薄的云层，洒在安静的街道上，几只麻雀在枝头跳来跳去，卖豆浆的老人推着小车慢慢走过，"
    "空气里飘着淡淡的桂花香。他站在窗前看了很久，终于转过身来，轻轻地说了一句话，然后就再也没有开口。"
    "院子里的那棵老槐树，是爷爷小时候亲手种下的，如今已经长得比屋顶还要高了。每年夏天，孩子们都喜欢聚在树下，"
    "听老人们讲从前的故事，一直听到月亮升起来。后来大家都搬走了，只有那棵树还站在原来的地方。"
)

#: Sentences with pauses inside, for listeners.
SENTENCES = (
    "清晨的阳光穿过薄雾，洒在安静的湖面上，远处传来几声鸟叫。",
    "他昨天晚上工作到很晚，今天早上差点迟到，连早饭都没有吃。",
    "妈妈做的红烧肉又香又软，弟弟一口气吃了两碗饭。",
    "窗外下着大雨，街上的行人都撑着伞匆匆走过，只有他站在原地。",
    "他从口袋里掏出一把生锈的钥匙，打开了那扇旧木门。",
    "科学家发现，海洋深处生活着许多会发光的鱼，它们从来没有见过太阳。",
    "奶奶坐在摇椅上，一边织毛衣一边给我们讲故事，炉子里的火烧得很旺。",
    "如果明天不下雨，我们就去郊外骑自行车，晚上再一起回来吃饭。",
    "听到这个好消息，全班同学都高兴得跳了起来，老师也笑了。",
    "村里的孩子们围着篝火唱歌跳舞，笑声传得很远，一直传到山的那一边。",
)


def main() -> None:
    """Runs what the arguments ask for and prints a table and a JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--limit", type=int, default=len(SENTENCES))
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--voice", default="zf_xiaoxiao")
    parser.add_argument("--peers", default="kokoro-onnx,sherpa-onnx", help="comma-separated; empty for none")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    arguments = parser.parse_args()

    from tts_engine.acoustic.engine import available_threads
    from tts_engine.pipeline import Synthesizer

    synthesizer = Synthesizer(cache_hub=arguments.cache_hub, offline=True, threads=arguments.threads, device="cpu")
    run: Callable[[Synthesizer, argparse.Namespace], dict[str, Any]] = quality if arguments.quality else timing
    result = run(synthesizer, arguments)
    machine = describe_machine(arguments.threads or available_threads(), ("tts-engine", "onnxruntime", "numpy"))
    print(json_line("streaming", machine, result))


def timing(synthesizer: Synthesizer, arguments: argparse.Namespace) -> dict[str, Any]:
    """First audio against the whole and against peers, in turns; seams and dead air of one stream."""
    from tts_engine.options import SynthesisOptions

    options = SynthesisOptions(voice=arguments.voice)
    first = next(synthesizer.stream(TEXT, options))
    seconds: dict[str, list[float]] = {"ttfa_s": []}
    with _peers(arguments) as ask_peers:
        for _ in range(arguments.turns):
            seconds["ttfa_s"].append(_seconds(lambda: next(synthesizer.stream(TEXT, options))))
            for name, needed_s in ask_peers().items():
                seconds.setdefault(name, []).append(needed_s)
    arrivals: list[tuple[float, SynthesisChunk]] = []
    began = time.perf_counter()
    for chunk in synthesizer.stream(TEXT, options):
        arrivals.append((time.perf_counter() - began, chunk))
    whole_s = _seconds(lambda: synthesizer.synthesize(TEXT, options))
    jumps, levels = seams([chunk for _, chunk in arrivals])
    ratios = {
        f"ttfa_to_{name.removesuffix('_s')}": statistics.median(
            a / b for a, b in zip(seconds["ttfa_s"], needed, strict=True)
        )
        for name, needed in seconds.items()
        if name != "ttfa_s"
    }
    result = {
        "characters": len(TEXT),
        "first_chunk": first.timing.text,
        **{name: statistics.median(needed) for name, needed in seconds.items()},
        "whole_s": whole_s,
        **ratios,
        "ttfa_to_whole": statistics.median(seconds["ttfa_s"]) / whole_s,
        "chunks": len(arrivals),
        "seams": len(jumps),
        "jump_ratio_max": max(jumps, default=0.0),
        "seam_level_db_max": max(levels, default=0.0),
        "dead_air_s": dead_air([(at, len(chunk.waveform) / chunk.sample_rate) for at, chunk in arrivals]),
        "audio_s": sum(len(chunk.waveform) for _, chunk in arrivals) / first.sample_rate,
    }
    print(table(["", "value"], [[name, number(v) if isinstance(v, float) else str(v)] for name, v in result.items()]))
    return result


@contextmanager
def _peers(arguments: argparse.Namespace) -> Iterator[Callable[[], dict[str, float]]]:
    """The peers, warmed up; a call gives the seconds that each needs for its first sound."""
    from benchmarks.engines import Job, Worker, write_script
    from benchmarks.peers import peer_voices
    from tts_engine.acoustic.engine import available_threads
    from tts_engine.assets import CacheHub

    files = CacheHub(arguments.cache_hub).ensure(offline=True)
    script = write_script(TEXT, files.lexicon_dir)
    asked = {"kokoro-onnx": ("first_sentence", "first"), "sherpa-onnx": ("first",), "kokoro": ("first",)}
    with ExitStack() as stack:
        voices = stack.enter_context(peer_voices(files.voices_dir))
        threads = arguments.threads or available_threads()
        job = Job(str(arguments.cache_hub), str(files.model_file), str(voices), arguments.voice, threads)
        workers = {name: stack.enter_context(Worker(name, job)) for name in arguments.peers.split(",") if name}

        def ask() -> dict[str, float]:
            return {
                f"{name}_{request}_s": workers[name].ask(request, script)["wall_s"]
                for name in workers
                for request in asked[name]
            }

        ask()
        yield ask


def seams(chunks: list[SynthesisChunk]) -> tuple[list[float], list[float]]:
    """At every seam: the sample jump over the largest of the 50 ms around, and the level in dB under the speech."""
    import numpy as np

    jumps, levels = [], []
    for before, after in itertools.pairwise(chunks):
        if before.ends_sentence:
            continue
        around, at = np.concatenate([before.waveform[-600:], after.waveform[:600]]), 600
        steps = np.abs(np.diff(around))
        jumps.append(float(steps[at - 1] / steps.max()))
        speech = np.concatenate([before.waveform, after.waveform])
        levels.append(float(20 * np.log10((_rms(around[at - 120 : at + 120]) + 1e-9) / _rms(speech))))
    return jumps, levels


def dead_air(arrivals: list[tuple[float, float]]) -> float:
    """Seconds that a player waits after it has begun, for chunks of (arrival, length) in seconds."""
    ready_until, waited = arrivals[0][0], 0.0
    for at, length in arrivals:
        waited += max(0.0, at - ready_until)
        ready_until = max(ready_until, at) + length
    return waited


def quality(synthesizer: Synthesizer, arguments: argparse.Namespace) -> dict[str, Any]:
    """The same sentences at once with their own statistics, and in parts and windows; same curves and seeds."""
    import numpy as np

    from benchmarks import probes
    from tts_engine.acoustic import onnx_runtime
    from tts_engine.directing import scenes
    from tts_engine.options import SynthesisOptions

    listener = probes.DistillMos(arguments.threads or 1)
    options = SynthesisOptions(voice=arguments.voice)
    rows, results = [], []
    for text in SENTENCES[: arguments.limit]:
        (scene,) = scenes(synthesizer._front_end, synthesizer._front_end.open(text), emotion="neutral")
        made: dict[bool, tuple[Waveform, float, int]] = {}
        for in_parts in (False, True):
            began = time.perf_counter()
            with nullcontext() if in_parts else patch.object(onnx_runtime, "WHOLE_FRAMES", sys.maxsize):
                speeches = list(
                    synthesizer._speaker.speak_parts(
                        scene.sentence, scene.performance, options, seed=0, extra_db=0.0, in_parts=in_parts
                    )
                )
            seconds = time.perf_counter() - began
            lead = np.zeros(round(-speeches[0].offset_s * synthesizer.sample_rate), np.float32)  # what was trimmed
            made[in_parts] = np.concatenate([lead, *(one.waveform for one in speeches)]), seconds, len(speeches)
        mos = {key: listener.rate(probes.prepare(one[0], synthesizer.sample_rate)) for key, one in made.items()}
        distance = mel_distance(made[False][0], made[True][0], synthesizer.sample_rate)
        results.append((mos[False], mos[True], distance, made[False][1], made[True][1]))
        rows.append([text[:12], str(made[True][2]), *map(number, results[-1])])
        print(rows[-1], flush=True)
    means = [statistics.mean(column) for column in zip(*results, strict=True)]
    differences = [parts - entire for entire, parts, *_ in results]
    error = statistics.stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else float("nan")
    print(table(["sentence", "parts", "MOS whole", "MOS parts", "log-mel dB", "whole s", "parts s"], rows))
    return {
        "sentences": len(results),
        "distillmos_whole": means[0],
        "distillmos_parts": means[1],
        "difference": statistics.mean(differences),
        "standard_error": error,
        "log_mel_db": means[2],
        "time_ratio": means[4] / means[3],
    }


def mel_distance(one: Waveform, other: Waveform, sample_rate: int) -> float:
    """Mean absolute difference of log-mel spectra in dB, over what is within 50 dB of the loudest."""
    import numpy as np

    length = min(len(one), len(other))
    spectra = [_log_mel(waveform[:length], sample_rate) for waveform in (one, other)]
    heard = np.maximum(*spectra) > max(spectrum.max() for spectrum in spectra) - 50.0
    return float(np.abs(spectra[0] - spectra[1])[heard].mean())


def _log_mel(waveform: Waveform, sample_rate: int, bands: int = 80) -> NDArray[np.float64]:
    import numpy as np

    size, hop = 1024, 256
    frames = np.lib.stride_tricks.sliding_window_view(waveform.astype(np.float64), size)[::hop] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    hz = np.fft.rfftfreq(size, 1 / sample_rate)
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 0.5 * sample_rate / 700), bands + 2) / 2595) - 1)
    rising = (hz[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hz[None]) / (edges[2:] - edges[1:-1])[:, None]
    return 10 * np.log10(power @ np.clip(np.minimum(rising, falling), 0, None).T + 1e-10)


def _rms(samples: Waveform) -> float:
    import numpy as np

    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
