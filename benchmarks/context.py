"""What the place of a sentence in its text does to its sound: pairs of texts that differ only in the context.

    python benchmarks/context.py --voice zm_yunxi --dry                 a hummed sine in place of the decoder: a minute
    python benchmarks/context.py --voice zm_yunxi --folder /tmp/lab     with the voice

Both texts of a pair (``tests/golden/emotion/context_pairs.tsv``) are spoken neutrally with the context on; the words
that they share are compared: pitch, range, rate and level of those words, and the pause before their sentence.
Beside it stands the same difference with the context off: what the model makes of the other words around by itself.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.acoustics import track_pitch
from benchmarks.emotion_readings import open_synthesizer
from benchmarks.notebook import Sung
from benchmarks.report import describe_machine, json_line, number, table
from tts_engine.acoustic.engine import AcousticEngine, Encoding
from tts_engine.types import Prosody

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tts_engine.pipeline import Synthesizer

PAIRS = Path(__file__).resolve().parent.parent / "tests" / "golden" / "emotion" / "context_pairs.tsv"
VOICED_HZ = 50.0
PACKAGES = ("tts-engine", "onnxruntime", "numpy", "praat-parselmouth")


@dataclass(frozen=True)
class Heard:
    """Some words as they are heard: mean F0 and its range, semitones; length and pause before, seconds; level, dB."""

    pitch_st: float
    range_st: float
    length_s: float
    level_db: float
    pause_s: float


class DryEngine(AcousticEngine):
    """The engine with its decoder left out: a sine hums the curves, silent where they are. Ten times faster."""

    def rendering(
        self,
        encoding: Encoding,
        prosody: Prosody,
        timbre_style: NDArray[np.float32],
        *,
        seed: int = 0,
        noise: float = 1.0,
    ) -> Any:
        """The sine."""
        hop = self.config.curve_hop
        hz = np.repeat(np.where(prosody.f0 > VOICED_HZ, prosody.f0, 0.0).astype(np.float64), hop)
        is_voice = np.repeat(prosody.f0 > VOICED_HZ, hop)
        sine = 0.1 * is_voice * np.sin(2 * np.pi * np.cumsum(hz) / self.config.sample_rate)
        return Sung(np.asarray(sine, np.float32), self.config.frame_hop)


def read_pairs() -> Iterator[tuple[str, tuple[str, int], tuple[str, int], str]]:
    """Rule, (text, number of the sentence) with and without it, the words that both share."""
    for line in PAIRS.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            rule, one, here, other, there, words, _ = line.replace("\\n", "\n").split("\t")
            yield rule, (one, int(here)), (other, int(there)), words


def hear(synthesizer: Synthesizer, text: str, number_of_sentence: int, words: str, voice: str, context: str) -> Heard:
    """The words of one sentence of a text."""
    from tts_engine.options import SynthesisOptions

    options = SynthesisOptions(voice=voice, emotion="neutral", context=context)
    chunks = list(itertools.takewhile(lambda one: one.index <= number_of_sentence, synthesizer.stream(text, options)))
    waveform, rate = np.concatenate([chunk.waveform for chunk in chunks]), synthesizer.sample_rate
    parts = [chunk.timing for chunk in chunks if chunk.index == number_of_sentence]
    ends = [chunk.timing.end_s for chunk in chunks if chunk.index < number_of_sentence]
    characters = [character for part in parts for character in part.characters]
    spelled = "".join(item.text for item in characters)
    first = spelled.index(words)
    begin, end = characters[first].begin_s, characters[first + len(words) - 1].end_s
    times, f0 = track_pitch(waveform, rate)
    pitch = 12 * np.log2(f0[(f0 > 0) & (times >= begin) & (times <= end)] / 100)
    samples = waveform[round(begin * rate) : round(end * rate)].astype(np.float64)
    return Heard(
        pitch_st=float(pitch.mean()),
        range_st=float(np.subtract(*np.percentile(pitch, [90, 10]))),
        length_s=end - begin,
        level_db=float(10 * np.log10(np.square(samples).mean() + 1e-12)),
        pause_s=parts[0].begin_s - ends[-1] if ends else 0.0,
    )


def compare(one: Heard, other: Heard) -> dict[str, float]:
    """How the one differs from the other; rate and range as ratios."""
    return {
        "pitch_st": one.pitch_st - other.pitch_st,
        "range": one.range_st / other.range_st,
        "rate": other.length_s / one.length_s,
        "level_db": one.level_db - other.level_db,
        "pause_s": one.pause_s - other.pause_s,
    }


def main() -> None:
    """Speaks all pairs, prints a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voice", default="zm_yunxi")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dry", action="store_true", help="leave the decoder out")
    parser.add_argument("--folder", type=Path, default=None, help="what was rendered already; outside the repository")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    arguments = parser.parse_args()
    machine = describe_machine(arguments.threads, PACKAGES)
    kind = DryEngine if arguments.dry else AcousticEngine
    synthesizer = open_synthesizer(arguments.cache_hub, arguments.threads, arguments.folder, kind)
    results = {}
    for rule, one, other, words in read_pairs():
        on, off = (
            compare(*(hear(synthesizer, *text, words, arguments.voice, context) for text in (one, other)))
            for context in ("on", "off")
        )
        results[rule] = {"on": on, "off": off}
        print(rule, file=sys.stderr)
    digits = {"pitch_st": 1, "range": 2, "rate": 2, "level_db": 1, "pause_s": 2}
    rows = [
        [rule, *(f"{number(found['on'][name], n)} ({number(found['off'][name], n)})" for name, n in digits.items())]
        for rule, found in results.items()
    ]
    print(table(["rule: on (off)", *digits], rows))
    print(json_line("context", machine, results))


if __name__ == "__main__":
    main()
