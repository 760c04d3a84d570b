"""Quality by machine listeners: what a recogniser hears, and two predicted opinion scores.

    python benchmarks/quality.py                                   30 sentences, one voice
    python benchmarks/quality.py --voices zf_xiaoxiao,zm_yunxi     several voices
    python benchmarks/quality.py --sentences FILE --limit 0        all lines of a file of yours

Every sentence goes through ``Synthesizer`` (ours) and, with the same phonemes and the same style, through the packaged
int8 graph as it is shipped (kokoro-int8). Both lose their outer silence in the same way and get the same level.
Errors are insertions, deletions and substitutions of toneless syllables per hundred of the text. The recogniser's own
mistakes are in them: only the difference between two engines means something, and one or two per cent of it do not.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import texts
from benchmarks.readback import distance, syllables
from benchmarks.report import describe_machine, json_line, number, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tts_engine.pipeline import Synthesizer
    from tts_engine.types import Sentence

    Waveform = NDArray[np.float32]

OURS, PEER = "ours", "kokoro-int8"
PACKAGES = ("tts-engine", "onnxruntime", "numpy", "faster-whisper", "speechmos", "distillmos", "torch", "pypinyin")


@dataclass(frozen=True)
class Rating:
    """What the listeners say of one clip.

    Attributes:
        engine: which made it.
        voice: which spoke it.
        text: what was to be said.
        heard: what the recogniser wrote.
        errors: edit distance in toneless syllables.
        syllables: of the text.
        ovrl: DNSMOS overall, 1-5; None where not asked for.
        p808: DNSMOS P.808, 1-5; None where not asked for.
        distillmos: DistillMOS, 1-5; None where not asked for.
    """

    engine: str
    voice: str
    text: str
    heard: str
    errors: int
    syllables: int
    ovrl: float | None
    p808: float | None
    distillmos: float | None


class Int8Graph:
    """The packaged model in one piece, as other programs run it."""

    def __init__(self, model_file: Path, voices_dir: Path, threads: int) -> None:
        import onnxruntime

        from tts_engine.acoustic.config import ModelConfig
        from tts_engine.acoustic.voices import VoiceStore

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])
        self._config = ModelConfig()
        self._voices = VoiceStore(voices_dir)

    def speak(self, sentences: Sequence[Sentence], voice: str) -> Waveform:
        """The sentences one after the other, with the pauses that ours makes between them."""
        import numpy as np

        from tts_engine.audio.join import trim_silence, with_pause

        parts = []
        for sentence in sentences:
            style = self._voices.style(voice, len(sentence.phonemes))
            ids = [0, *(self._config.symbols[symbol] for symbol in sentence.phonemes), 0]
            (audio,) = self._session.run(
                None,
                {
                    "tokens": np.array([ids], np.int64),
                    "style": np.concatenate([style.timbre, style.prosody])[None].astype(np.float32),
                    "speed": np.ones(1, np.float32),
                },
            )
            waveform = audio.reshape(-1)
            begin, end = trim_silence(waveform, self._config.sample_rate)
            parts.append(with_pause(waveform[begin:end], sentence.pause_after_s, self._config.sample_rate))
        return np.concatenate(parts)


class Jury:
    """The listeners together; DNSMOS and DistillMOS may be left out."""

    def __init__(self, threads: int, skip: Iterable[str]) -> None:
        from benchmarks import probes

        self._prepare = probes.prepare
        self._recogniser = probes.Recogniser(threads)
        self._dnsmos = None if "dnsmos" in skip else probes.Dnsmos(threads)
        self._distillmos = None if "distillmos" in skip else probes.DistillMos(threads)

    def rate(self, engine: str, voice: str, text: str, waveform: Waveform, sample_rate: int) -> Rating:
        """All ratings of one clip."""
        clip = self._prepare(waveform, sample_rate)
        heard = self._recogniser.transcribe(clip)
        wanted = syllables(text)
        ovrl, p808 = self._dnsmos.rate(clip) if self._dnsmos else (None, None)
        distillmos = self._distillmos.rate(clip) if self._distillmos else None
        return Rating(
            engine, voice, text, heard, distance(wanted, syllables(heard)), len(wanted), ovrl, p808, distillmos
        )


def summarise(ratings: Sequence[Rating]) -> dict[str, Any]:
    """Clips, syllables, errors in per cent and mean scores of some ratings."""
    total = sum(rating.syllables for rating in ratings)
    return {
        "clips": len(ratings),
        "syllables": total,
        "error_percent": 100 * sum(rating.errors for rating in ratings) / total if total else math.nan,
        **{score: _mean(getattr(rating, score) for rating in ratings) for score in ("ovrl", "p808", "distillmos")},
    }


def difference(ours: Sequence[Rating], peer: Sequence[Rating]) -> dict[str, Any]:
    """Ours minus the peer's: points of errors, and means of the scores with the standard error of the paired clips."""
    found: dict[str, Any] = {"error_points": summarise(ours)["error_percent"] - summarise(peer)["error_percent"]}
    for score in ("ovrl", "p808", "distillmos"):
        pairs = [(getattr(a, score), getattr(b, score)) for a, b in zip(ours, peer, strict=True)]
        values = [a - b for a, b in pairs if a is not None and b is not None]
        found[score] = _mean(values)
        found[f"{score}_standard_error"] = (
            statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
        )
    return found


def main() -> None:
    """Synthesises, rates, prints a table and one line of JSON."""
    arguments = _parse()
    from tts_engine.acoustic.engine import available_threads
    from tts_engine.assets import CacheHub
    from tts_engine.pipeline import Synthesizer

    threads = arguments.threads or available_threads()
    files = CacheHub(arguments.cache_hub).ensure()
    machine = describe_machine(threads, PACKAGES)
    synthesizer = Synthesizer(
        cache_hub=arguments.cache_hub, threads=threads, device=arguments.device, precision=arguments.precision
    )
    peer = Int8Graph(files.model_file, files.voices_dir, threads)
    jury = Jury(threads, arguments.skip)
    lines = texts.sentences(arguments.sentences)[: arguments.limit or None]

    ratings: list[Rating] = []
    for voice in arguments.voices:
        for number_, line in enumerate(lines, start=1):
            waveform, sentences = _ours(synthesizer, line, voice)
            ratings.append(jury.rate(OURS, voice, line, waveform, synthesizer.sample_rate))
            ratings.append(jury.rate(PEER, voice, line, peer.speak(sentences, voice), synthesizer.sample_rate))
            print(f"\r{voice} {number_}/{len(lines)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if arguments.details:
        _write_details(arguments.details, ratings)
    results = _results(ratings, arguments.voices)
    print(_as_table(results))
    sentences_name = arguments.sentences.name if arguments.sentences else "benchmarks/sentences.txt"
    environment = {**machine, "device": arguments.device, "sentences": sentences_name, "lines": len(lines)}
    print(json_line("quality", environment, results))


def _ours(synthesizer: Synthesizer, text: str, voice: str) -> tuple[Waveform, list[Sentence]]:
    import numpy as np

    from tts_engine.options import SynthesisOptions

    chunks = list(synthesizer.stream(text, SynthesisOptions(voice=voice)))
    spoken = [chunk.sentence for chunk in chunks if chunk.ends_sentence]
    return np.concatenate([chunk.waveform for chunk in chunks]), spoken


def _results(ratings: Sequence[Rating], voices: Sequence[str]) -> dict[str, Any]:
    def of(engine: str, chosen: Sequence[str]) -> list[Rating]:
        return [rating for rating in ratings if rating.engine == engine and rating.voice in chosen]

    groups = {voice: [voice] for voice in voices} | ({"all": list(voices)} if len(voices) > 1 else {})
    return {
        name: {
            **{engine: summarise(of(engine, chosen)) for engine in (OURS, PEER)},
            "difference": difference(of(OURS, chosen), of(PEER, chosen)),
        }
        for name, chosen in groups.items()
    }


def _as_table(results: dict[str, Any]) -> str:
    rows = []
    for voice, group in results.items():
        for engine in (OURS, PEER):
            figures = group[engine]
            scores = [number(figures[score], 2) for score in ("ovrl", "p808", "distillmos")]
            rows.append([voice, engine, str(figures["syllables"]), number(figures["error_percent"], 2), *scores])
        figures = group["difference"]
        scores = [
            f"{number(figures[score], 3)} ± {number(figures[f'{score}_standard_error'], 3)}"
            for score in ("ovrl", "p808", "distillmos")
        ]
        rows.append([voice, "difference", "", number(figures["error_points"], 2), *scores])
    return table(["voice", "engine", "syllables", "errors %", "DNSMOS ovrl", "p808", "DistillMOS"], rows)


def _write_details(path: Path, ratings: Sequence[Rating]) -> None:
    rows = [asdict(rating) for rating in ratings]
    lines = ["\t".join(rows[0]), *("\t".join(str(value) for value in row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return statistics.mean(known) if known else math.nan


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Quality against the packaged int8 model.")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"), help="folder of the models")
    parser.add_argument("--threads", type=int, help="processor threads; default: all that may be used")
    parser.add_argument("--device", default="cpu", help="where ours is computed: cpu, cuda, cuda:1")
    parser.add_argument("--precision", default="auto", help="numbers of ours: auto, float32, int8, small")
    parser.add_argument(
        "--voices", type=lambda value: value.split(","), default=["zf_xiaoxiao"], help="comma-separated"
    )
    parser.add_argument("--sentences", type=Path, help="file with one sentence per line; default: the repository's 60")
    parser.add_argument("--limit", type=int, default=30, help="sentences to use, 0 = all")
    parser.add_argument("--skip", type=lambda value: value.split(","), default=[], help="dnsmos,distillmos")
    parser.add_argument("--details", type=Path, help="file for every rating, tab-separated")
    return parser.parse_args()


if __name__ == "__main__":
    main()
