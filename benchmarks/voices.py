"""How like a speaker a voice from recordings becomes, on speakers that the encoder was never trained on.

    python -m benchmarks.voices [--targets N] [--thorough N] [--steps N] [--cache FOLDER] [--minutes 4, again to go on]

Targets are the voice packs held out of the training, and points between and beyond them. Each says two sentences
(its "recordings"); then a voice is fitted with all held-out packs taken away, and says another sentence. Similarity
is the cosine of Resemblyzer embeddings against the recordings: of the nearest remaining pack (the very nearest by this
measure, found by trying all), of the fits, and of the target itself on that sentence (the ceiling). ``way`` is
how much of the distance from nearest pack to ceiling a fit has gone; ``s`` is processor time. What was measured is
kept in the cache.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.notebook import Notebook, code
from tts_engine.acoustic import recover
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.precision import choose_precision
from tts_engine.acoustic.voices import VoiceStore
from tts_engine.assets import CacheHub
from tts_engine.own_voices.encoder import load_encoder
from tts_engine.own_voices.fast import at_hearing_rate, fit
from tts_engine.own_voices.making import read_recordings
from tts_engine.own_voices.speaker import speaker_embedding
from tts_engine.own_voices.thorough import Search, refine
from tts_engine.own_voices.workshop import HELD_OUT, Workshop
from tts_engine.settings import load_settings
from tts_engine.text.frontend import FrontEnd

JUDGED = HELD_OUT[:1]
RECORDED = (
    "列车即将进站，请站在黄线以内排队等候。",
    "这件衣服的颜色很漂亮，可惜尺寸小了一点。",
)


def targets(workshop: Workshop, names: list[str]) -> dict[str, np.ndarray]:
    """Name -> (510, 256): the held-out packs, and mixes of them pushed as far from the mean as packs are."""
    found = {name: workshop.voices.pack(name) for name in names}
    encoder = load_encoder()
    generator = np.random.default_rng(1)
    for number in range(4):
        one, other = generator.choice(names, 2, replace=False)
        mixed = (workshop.voices.pack(str(one)) + workshop.voices.pack(str(other))) / 2
        apart = mixed[:, :128] - encoder.mean
        apart *= encoder.radius / np.linalg.norm(apart[75])
        mixed[:, :128] = encoder.mean + apart
        found[f"far{number}:{one}+{other}"] = mixed.astype(np.float32)
    return found


def said(workshop: Workshop, pack: np.ndarray, phrases: tuple[str, ...]) -> np.ndarray:
    """The phrases in a voice, at 16 kHz."""
    whole = np.concatenate([workshop.say(phonemes, pack[len(phonemes) - 1], seed=1) for phonemes in phrases])
    return at_hearing_rate(whole, workshop.engine.config.sample_rate)


def nearest(workshop: Workshop, names: list[str], there: np.ndarray, cache: Path) -> tuple[str, float]:
    """The pack most like an embedding when all say the sentence, and its similarity."""

    def embedding(name: str) -> np.ndarray:
        file = cache / f"whole-{name}.npy"
        if not file.exists():
            np.save(file, speaker_embedding(said(workshop, workshop.voices.pack(name), JUDGED)))
        return np.asarray(np.load(file))

    cache.mkdir(parents=True, exist_ok=True)
    found = {name: float(embedding(name) @ there) for name in names}
    best = max(found, key=lambda name: found[name])
    return best, found[best]


def measured(
    workshop: Workshop,
    name: str,
    pack: np.ndarray,
    phrases: tuple[str, ...],
    held_out: list[str],
    search: Search | None,
    cache: Path,
) -> dict[str, Any]:
    """Everything measured of one target."""
    others = [other for other in workshop.voices.pack_names() if other not in held_out]
    recording = said(workshop, pack, phrases)
    there = speaker_embedding(recording)
    pack_name, before = nearest(workshop, others, there, cache)
    ceiling = float(speaker_embedding(said(workshop, pack, JUDGED)) @ there)
    content = io.BytesIO()
    soundfile.write(content, recording / max(1.0, np.abs(recording).max()), 16_000, format="WAV")
    started = time.process_time()
    recorded = read_recordings([("target.wav", content.getvalue())])
    fitted = fit(workshop, recorded.whole, exclude=held_out)
    row = {"target": name, "pack": pack_name, "nearest": before, "ceiling": ceiling, "steps": list(fitted.steps)}
    row["fast_s"] = time.process_time() - started
    row["fast"] = float(speaker_embedding(said(workshop, fitted.pack, JUDGED)) @ there)
    if search:
        started = time.process_time()
        refined, _ = refine(workshop, fitted, recorded.waveforms, search=search)
        row["thorough_s"] = time.process_time() - started
        row["thorough"] = float(speaker_embedding(said(workshop, refined, JUDGED)) @ there)
    return row


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=14)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--thorough", type=int, default=0, help="so many targets also by the thorough fit")
    parser.add_argument("--steps", type=int, default=Search().steps)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop beginning targets after this time")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/tts-engine-benchmark-voices"))
    arguments = parser.parse_args()
    settings, _ = load_settings()
    files = CacheHub(settings.cache_hub).ensure(offline=True)
    precision = choose_precision(folder=files.derived_dir).name
    engine = AcousticEngine.load(files.model_file, threads=1, precision=precision)
    workshop = Workshop(engine, VoiceStore(files.voices_dir), "", lambda: recover.load(files.model_file))
    held_out = list(load_encoder().held_out)
    front_end = FrontEnd(engine.config.symbols)
    phrases = tuple(front_end.analyse(text).sentences[0].phonemes for text in RECORDED)
    rows = []
    print(f"{'target':32}{'nearest':>9}{'fast':>7}{'way':>6}{'s':>6}{'thorough':>10}{'way':>6}{'s':>6}{'ceiling':>9}")
    every = list(targets(workshop, held_out).items())[arguments.first : arguments.first + arguments.targets]
    notebook, until = Notebook(arguments.cache / "rows.jsonl"), time.monotonic() + 60 * arguments.minutes
    for number, (name, pack) in enumerate(every):
        search = Search(steps=arguments.steps) if number < arguments.thorough else None
        key = f"{name} {search.steps if search else 0} {code(('own_voices', 'hearing', 'acoustic'))}"
        if key not in notebook:
            if time.monotonic() > until:
                sys.exit(f"{number} of {len(every)} done; run it again")
            notebook.put(key, measured(workshop, name, pack, phrases, held_out, search, arguments.cache))
        row = notebook.get(key)
        before, ceiling = row["nearest"], row["ceiling"]
        line = f"{name:32}{before:9.3f}{row['fast']:7.3f}{way(before, row['fast'], ceiling):6.2f}{row['fast_s']:6.0f}"
        if search:
            line += f"{row['thorough']:10.3f}{way(before, row['thorough'], ceiling):6.2f}{row['thorough_s']:6.0f}"
        print(line + " " * (0 if search else 22) + f"{ceiling:9.3f}", flush=True)
        rows.append(row)
    kinds = ["nearest", "fast", "ceiling", *(["thorough"] if arguments.thorough else [])]
    means = {kind: float(np.mean([row[kind] for row in rows if kind in row])) for kind in kinds}
    share = way(means["nearest"], means["fast"], means["ceiling"])
    print({key: round(value, 3) for key, value in means.items()}, f"way {share:.2f}")
    print(json.dumps(rows))


def way(nearest: float, fitted: float, ceiling: float) -> float:
    """Share of the distance from the nearest pack to the ceiling."""
    return (fitted - nearest) / max(ceiling - nearest, 1e-6)


if __name__ == "__main__":
    main()
