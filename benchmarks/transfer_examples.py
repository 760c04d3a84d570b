"""The article's examples, and references across languages: rendered, kept as WAV files, measured.

    python benchmarks/transfer_examples.py --keep FOLDER [--only host,tender] [--similarity]

Stand-ins (``stand_ins.py``) play the radio host, the tender and the mocking speaker; the measures are those of
``transfer.py``. ``--similarity`` asks a speaker recogniser (Resemblyzer) too: the output against the reference and
against the same sentence in the voice without a reference.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import soundfile

from benchmarks.report import describe_machine, json_line, table
from benchmarks.transfer import PACKAGES, Pair, Workshop, compare, likeness, slope_of

#: Name -> number of the stand-in, text, voice.
EXAMPLES = {
    "host": (8, "明天上午多云转晴，气温比今天高三度。", "zf_xiaoxiao"),
    "tender": (20, "我爱你。", "zf_xiaoxiao"),
    "mocking": (12, "我爱你。", "zf_xiaoxiao"),
    "en_on_zh": (2, "这趟列车开往南京，下一站停五分钟。", "zm_yunxi"),
    "en_on_zh_2": (23, "我们学校的旁边，有一家很小的书店。", "zf_xiaoxiao"),
    "ja_on_zh": (22, "他把钥匙放在桌上，一句话也没有说。", "zm_yunxi"),
    "zh_on_en": (8, "The train was late again, so we walked home along the river.", "zf_xiaoxiao"),
    "zh_on_en_2": (29, "The shop is closed today, but it opens early tomorrow.", "zm_yunxi"),
}


def row(name: str, pair: Pair) -> dict[str, float | str]:
    """What is told of one example: reference -> output (neutral)."""
    return {
        "example": name,
        "reference": pair.name,
        "shift_st": f"{pair.shift_reference:+.1f} -> {pair.shift_output:+.1f}",
        "range_st": f"{pair.spread_reference:.1f} -> {pair.spread_output:.1f}",
        "rate": f"{pair.stand_in.rate:.1f} -> {pair.spoken.rate:.1f} ({pair.neutral.rate:.1f})",
        "slope_st": f"{slope_of(pair.melody_reference):+.1f} -> {slope_of(pair.melody_output):+.1f}"
        f" ({slope_of(pair.melody_neutral):+.1f})",
        "dynamics_db": f"{pair.reference.dynamics_db:.0f} -> {pair.output.dynamics_db:.0f}",
        "tilt_db": f"{pair.reference.tilt_db:.0f} -> {pair.output.tilt_db:.0f}",
        "hnr_db": f"{pair.reference.hnr_db:.0f} -> {pair.output.hnr_db:.0f}",
        "melody": f"{likeness(pair.melody_reference, pair.melody_output):.2f}",
        "tones_lost": f"{pair.lost_tones[0]}/{pair.lost_tones[1]}",
    }


def similarities(pair: Pair, sample_rate: int) -> dict[str, str]:
    """How like the reference's speaker and how like the voice itself the output is."""
    from resemblyzer import VoiceEncoder

    from benchmarks import probes

    embed = VoiceEncoder("cpu", verbose=False).embed_utterance
    waveforms = (pair.neutral.waveform, pair.spoken.waveform, pair.stand_in.waveform)
    neutral, output, reference = (embed(probes.prepare(waveform, sample_rate)) for waveform in waveforms)
    return {
        "like_reference": f"{float(neutral @ reference):.2f} -> {float(output @ reference):.2f}",
        "like_own_voice": f"{float(neutral @ output):.2f}",
    }


def main() -> None:
    """Renders what is missing, measures, prints a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, required=True, help="folder for what was made already")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(EXAMPLES))
    parser.add_argument("--similarity", action="store_true")
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(arguments.cache_hub, arguments.keep)
    rate, rows = workshop.synthesizer.sample_rate, []
    for name in arguments.only:
        pair = compare(workshop, *EXAMPLES[name])
        rows.append(row(name, pair) | (similarities(pair, rate) if arguments.similarity else {}))
        for kind, waveform in (("like", pair.spoken), ("neutral", pair.neutral), ("reference", pair.stand_in)):
            peak = max(1.0, float(np.abs(waveform.waveform).max()))
            soundfile.write(arguments.keep / f"{name}_{kind}.wav", waveform.waveform / peak, rate)
    names = list(rows[0])
    print(table(names, [[str(one[key]) for key in names] for one in rows]))
    print(json_line("transfer_examples", describe_machine(1, PACKAGES), {"rows": rows}))


if __name__ == "__main__":
    main()
