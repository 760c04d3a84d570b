"""Pictures of what emotions do: pitch curves over each other, and a map in the plane of pitch and level.

python benchmarks/emotion_plots.py --voice zf_xiaoxiao --out docs/plots      pitch curves of one sentence
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SIZE, DPI = (9, 5), 80


def plot_map(found: Mapping[tuple[str, float], Mapping[str, tuple[float, float]]], file: Path) -> None:
    """A map of the labels: change of pitch against change of level, intensities joined by a line from neutral."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=SIZE, dpi=DPI)
    axes.axhline(0, color="0.85")
    axes.axvline(0, color="0.85")
    for label in dict.fromkeys(label for label, _ in found):
        path = sorted((intensity, values) for (name, intensity), values in found.items() if name == label)
        x = [0.0, *(values["pitch_st"][0] for _, values in path)]
        y = [0.0, *(values["level_db"][0] for _, values in path)]
        (line,) = axes.plot(x, y, marker="o", markersize=3, alpha=0.8)
        size = 20 * path[-1][1]["range_st"][0] ** 2 * 3
        axes.scatter(x[-1:], y[-1:], s=size, alpha=0.35, color=line.get_color())
        axes.annotate(label, (x[-1], y[-1]), textcoords="offset points", xytext=(6, 4), fontsize=9)
    axes.set_xlabel("mean pitch against neutral, semitones")
    axes.set_ylabel("level against neutral, dB (area of the disc: pitch range)")
    figure.tight_layout()
    figure.savefig(file)
    plt.close(figure)


def plot_curves(curves: Mapping[str, tuple[list[float], list[float]]], title: str, file: Path) -> None:
    """Pitch curves over each other, one panel per label, neutral in grey behind; label -> (seconds, Hz)."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    labels = [label for label in curves if label != "neutral"]
    rows = (len(labels) + 2) // 3
    figure, grid = plt.subplots(rows, 3, figsize=(11, 2.2 * rows), dpi=DPI, sharex=True, sharey=True)
    for axes, label in zip(grid.flat, labels, strict=False):
        axes.plot(*curves["neutral"], ".", markersize=2, color="0.7")
        axes.plot(*curves[label], ".", markersize=2)
        axes.set_title(label, fontsize=9)
        axes.set_yscale("log", base=2)
        axes.set_ylim(90, 460)
        axes.set_yticks([100, 150, 200, 300, 400], ["100", "150", "200", "300", "400"])
        axes.tick_params(labelsize=7)
    figure.suptitle(title, fontsize=9)
    figure.tight_layout()
    figure.savefig(file)
    plt.close(figure)


def main() -> None:
    """Draws the pitch curves of one sentence in every label, from the curves that are rendered."""
    from benchmarks.context import DryEngine
    from benchmarks.emotion import LABELS, SENTENCES
    from benchmarks.emotion_readings import open_synthesizer
    from tts_engine.options import SynthesisOptions

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voice", default="zf_xiaoxiao")
    parser.add_argument("--out", type=Path, default=Path("docs/plots"))
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    arguments = parser.parse_args()
    synthesizer = open_synthesizer(arguments.cache_hub, 1, kind=DryEngine)  # only the curves are drawn
    arguments.out.mkdir(parents=True, exist_ok=True)
    curves = {}
    for label in ("neutral", *LABELS):
        options = SynthesisOptions(voice=arguments.voice, emotion=label, emotion_intensity=1.0, context="off")
        chunk = synthesizer.render_sentence(SENTENCES[3], 0, options)
        f0 = chunk.prosody.f0
        voiced = (f0 > 50).nonzero()[0]
        curves[label] = ((voiced - voiced[0]) * 0.0125, f0[voiced])
    plot_curves(
        curves, f"{arguments.voice}: F0 in Hz over seconds; neutral in grey", arguments.out / "emotion_pitch.png"
    )


if __name__ == "__main__":
    main()
