"""How well recordings are heard: against Praat, against what our engine knows of its own speech, and how fast.

    python scripts/render_hearing_set.py /tmp/set --short --seconds 1200      speech whose truth is known
    python benchmarks/hearing.py /tmp/set [--limit 60]
    python benchmarks/hearing.py SPEAKERS --limit 60      recordings of people instead (``recordings.py``)

The truth of a rendering is its syllables, and for the neutral pitch the median heard in the neutral renderings of its
voice. (The engine's own F0 curve is none: it runs on through consonants, where nothing is voiced.) Praat is asked with
its defaults, 60-650 Hz, and for formants up to 5 kHz for long vocal tracts and 6 kHz for those below 15 cm. Speed: ten
seconds of speech, from WAV bytes to the finished style, median of five.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks import recordings
from benchmarks.acoustics import track_pitch as praat_pitch
from benchmarks.report import describe_machine, json_line, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tts_engine.hearing.hear import Hearing

GROSS_ST = 3.0


def main() -> None:
    """Prints a table for people and a line for machines."""
    from tts_engine.errors import AudioError
    from tts_engine.hearing.decode import decode
    from tts_engine.hearing.hear import hear, listen

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=1000)
    arguments = parser.parse_args()
    rows = [
        json.loads(line)
        for index in sorted(arguments.folder.glob("index-*.jsonl"))
        for line in index.read_text("utf-8").splitlines()
    ] or [_of_people(file) for file in recordings.references(arguments.folder, arguments.limit)]
    rest: dict[str, list[float]] = {}
    pitches: list[tuple[dict[str, Any], float, float]] = []
    found: list[dict[str, float]] = []
    refused = []
    waveforms = []
    for row in rows[: arguments.limit]:
        recording = decode(arguments.folder / row["file"])
        try:
            heard = listen(recording)
        except AudioError as error:
            refused.append((row["file"], error.code))
            continue
        waveforms.append(recording.waveform)
        measures = _against_praat(heard) | _against_truth(heard, row)
        if row["label"] == "neutral":
            rest.setdefault(row["voice"], []).append(heard.style.f0_median_hz)
        pitches.append((row, heard.style.f0_median_hz, heard.style.neutral_hz))
        found.append(measures)
    if not found:
        sys.exit("nothing was heard")
    ten = np.concatenate(waveforms)[: 10 * 16_000]
    seconds, processor = _seconds(hear, ten)
    summary = (
        _summary(found)
        | _neutral_errors(pitches, rest)
        | {
            "seconds_for_10_s": seconds,
            "processor_seconds_for_10_s": processor,
            "rtf": seconds / 10,
            "refused": float(len(refused)),
        }
    )
    print(table(("measure", "value"), [(name, f"{value:.3f}") for name, value in summary.items()]))
    for name, code in refused:
        print(f"refused: {name} {code}")
    machine = describe_machine(1, ("numpy", "scipy", "praat-parselmouth"))
    print(json_line("hearing", machine, {"recordings": len(found), **summary}))


def _of_people(file: Path) -> dict[str, Any]:
    """What is known of a recording of somebody: how many syllables, where there is a text."""
    text = file.with_suffix(".txt")
    count = recordings.count_syllables(text.read_text("utf-8")) if text.exists() else 0
    return {"file": file.resolve(), "voice": file.parent.name, "label": "", "syllables": [(0, 1)] * count}


def _against_praat(heard: Hearing) -> dict[str, float]:
    """F0, formants and voice quality beside Praat's."""
    import parselmouth

    samples = heard.recording.waveform.astype(np.float64)
    times, praat = praat_pitch(heard.recording.waveform, 16_000)
    ours = _at(heard.pitch.f0_hz, times)
    sound = parselmouth.Sound(samples, 16_000)
    harmonicity = sound.to_harmonicity_cc(0.01, 60.0).values.ravel()
    pulses = parselmouth.praat.call(sound, "To PointProcess (periodic, cc)", 60.0, 650.0)
    jitter = parselmouth.praat.call(pulses, "Get jitter (local)", 0, 0, 0.0001, 0.02, 1.3)
    shimmer = parselmouth.praat.call([sound, pulses], "Get shimmer (local)", 0, 0, 0.0001, 0.02, 1.3, 1.6)
    result = _pitch_errors("praat", ours, praat) | {
        "hnr_db": heard.style.hnr_db,
        "praat_hnr_db": float(harmonicity[harmonicity > -100].mean()),
        "jitter": heard.style.jitter,
        "praat_jitter": float(jitter),
        "shimmer": heard.style.shimmer,
        "praat_shimmer": float(shimmer),
    }
    if heard.formants is not None:
        formants = sound.to_formant_burg(0.01, 5, 5000.0 if heard.style.vocal_tract_cm > 15.0 else 6000.0, 0.025, 50.0)
        at = (heard.formants.frames + 0.5) * 0.01
        for number in range(1, 5):
            theirs = np.array([formants.get_value_at_time(number, time) for time in at])
            if np.isfinite(theirs).any():
                median = float(np.nanmedian(theirs))
                result[f"f{number}_difference"] = abs(heard.style.formants_hz[number - 1] / median - 1)
    return result


def _against_truth(heard: Hearing, row: dict[str, Any]) -> dict[str, float]:
    """Syllables beside what the engine rendered."""
    count = sum(end > begin for begin, end in row["syllables"]) or np.nan  # a mark takes no time
    ours = heard.style.syllable_rate * heard.style.speech_s
    result = {
        "syllable_error": abs(ours / count - 1),
        "rate": heard.style.syllable_rate,
        "true_rate": count / heard.style.speech_s,
    }
    return result


def _at(curve: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    frames = np.round(times / 0.01 - 0.5).astype(np.int64)
    return np.where((frames >= 0) & (frames < len(curve)), curve[np.clip(frames, 0, len(curve) - 1)], 0.0)


def _pitch_errors(name: str, ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> dict[str, float]:
    both = (ours > 0) & (theirs > 0)
    error = np.abs(12 * np.log2(ours[both] / theirs[both]))
    fine = error[error <= GROSS_ST]
    return {
        f"{name}_f0_median_error_st": float(np.median(fine)),
        f"{name}_f0_gross": float(np.mean(error > GROSS_ST)),
        f"{name}_voicing_differs": float(np.mean((ours > 0) != (theirs > 0))),
        f"{name}_f0_median_difference_st": abs(12 * np.log2(np.median(ours[ours > 0]) / np.median(theirs[theirs > 0]))),
    }


def _neutral_errors(
    pitches: list[tuple[dict[str, Any], float, float]], rest: dict[str, list[float]]
) -> dict[str, float]:
    """How far the estimated neutral pitch, and the median as it is, lie from the voice's own neutral median."""
    known = [
        (row, median, neutral) for row, median, neutral in pitches if row["voice"] in rest and row["label"] != "neutral"
    ]
    if not known:
        return {}
    truth = np.array([np.median(rest[row["voice"]]) for row, _, _ in known])
    medians, estimates = np.array([m for _, m, _ in known]), np.array([n for _, _, n in known])
    return {
        "neutral_voices": float(len(rest)),
        "neutral_error_st": float(np.abs(12 * np.log2(estimates / truth)).mean()),
        "median_from_neutral_st": float(np.abs(12 * np.log2(medians / truth)).mean()),
    }


def _summary(found: list[dict[str, float]]) -> dict[str, float]:
    """Means of errors, correlations of what comes in pairs."""
    names = list(dict.fromkeys(name for one in found for name in one))
    values = {name: np.array([one.get(name, np.nan) for one in found]) for name in names}
    pairs = (
        ("hnr_db", "praat_hnr_db"),
        ("jitter", "praat_jitter"),
        ("shimmer", "praat_shimmer"),
        ("rate", "true_rate"),
    )
    summary = {}
    for one, other in pairs:
        known = np.isfinite(values[one]) & np.isfinite(values[other])
        if known.sum() > 2:
            summary[f"{one}_correlation"] = float(np.corrcoef(values[one][known], values[other][known])[0, 1])
    for name in names:
        if not any(name in pair for pair in pairs):
            summary[name] = float(np.nanmean(values[name]))
    return summary


def _seconds(hear: Any, waveform: NDArray[np.float32]) -> tuple[float, float]:
    """Wall and processor time of hearing it once."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, waveform, 16_000, format="WAV")
    hear(file.getvalue())
    walls, processors = [], []
    for _ in range(5):
        began, used = time.perf_counter(), time.process_time()
        hear(file.getvalue())
        walls.append(time.perf_counter() - began)
        processors.append(time.process_time() - used)
    return float(np.median(walls)), float(np.median(processors))


if __name__ == "__main__":
    main()
