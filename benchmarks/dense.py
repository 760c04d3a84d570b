"""Dense sentences (numbers, polyphones, English) recognised back, as written and as written out by hand.

    python benchmarks/dense.py [--voice zf_xiaoxiao] [--limit N]

Both columns of ``dense.tsv`` are spoken and recognised; both are compared with the hand-written one. What the front
end costs is the difference: the recogniser's own mistakes are in both.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.probes import Recogniser, prepare
from benchmarks.readback import distance, syllables
from benchmarks.report import describe_machine, json_line, table

PAIRS = Path(__file__).with_name("dense.tsv")


def main() -> None:
    """Prints one line per sentence that differs, a table, and a JSON line."""
    from tts_engine import SynthesisOptions, Synthesizer

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voice", default="zf_xiaoxiao")
    parser.add_argument("--limit", type=int, default=0, help="first N sentences only")
    parser.add_argument("--cache-hub", default="cache_hub")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    lines = [line for line in PAIRS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    pairs = [tuple(line.split("\t")) for line in lines][: arguments.limit or None]
    synthesizer = Synthesizer(cache_hub=arguments.cache_hub, threads=arguments.threads, device="cpu")
    recogniser = Recogniser(arguments.threads)
    options = SynthesisOptions(voice=arguments.voice, context="off")
    errors, total = [0, 0], 0
    for pair in pairs:
        reference = syllables(pair[1])
        total += len(reference)
        found = []
        for column, text in enumerate(pair):
            result = synthesizer.synthesize(text, options)
            heard = recogniser.transcribe(prepare(result.waveform, result.sample_rate))
            found.append((distance(reference, syllables(heard)), heard))
            errors[column] += found[-1][0]
        if found[0][0] > found[1][0]:
            sys.stdout.write(f"{pair[0]}\n  {found[0][0]}: {found[0][1]}\n  {found[1][0]}: {found[1][1]}\n")
    rates = [100 * count / total for count in errors]
    rows = [
        ("as written", f"{rates[0]:.2f}"),
        ("by hand", f"{rates[1]:.2f}"),
        ("difference", f"{rates[0] - rates[1]:+.2f}"),
    ]
    sys.stdout.write(table(("text", "errors %"), rows) + "\n")
    results = {"sentences": len(pairs), "syllables": total, "written": rates[0], "by_hand": rates[1]}
    machine = describe_machine(arguments.threads, ("tts-engine", "faster-whisper"))
    sys.stdout.write(json_line("dense", machine, results) + "\n")


if __name__ == "__main__":
    main()
