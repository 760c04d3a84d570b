"""How like a speaker a voice from recordings becomes, on speakers that the encoder was never trained on.

    python -m benchmarks.voices [--targets N] [--thorough N] [--steps N] [--cache FOLDER] [--minutes 4, again to go on]
    python -m benchmarks.voices --recordings FOLDER [--thorough N] ...

Targets are the voice packs held out of the training, and points between and beyond them. Each says two sentences
(its "recordings"); then a voice is fitted with all held-out packs taken away, and says two other sentences, on which
nothing is fitted, searched or chosen. Similarity is the cosine of Resemblyzer embeddings against the recordings: of
the nearest remaining pack (of those that are nearest on the first sentence the one that is on both, found by trying
all), of the fits, and of the target itself on those sentences (the ceiling). ``way`` is how much of the distance from
nearest pack to ceiling a fit has gone; ``s`` is processor time.

With ``--recordings`` the targets are people: every folder in FOLDER holds recordings of one. Every other file by name
is fitted on; the rest is what all are compared with, and the ceiling is how like those the first ones are. Where a
recording is of telephone quality, both sides are judged through the same band. What was measured is kept in the cache.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.notebook import Notebook, code, digest
from tts_engine.acoustic import recover
from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.precision import choose_precision
from tts_engine.acoustic.voices import VoiceStore
from tts_engine.assets import CacheHub
from tts_engine.own_voices.band import narrowed, reach_hz
from tts_engine.own_voices.encoder import load_encoder
from tts_engine.own_voices.fast import at_hearing_rate, fit
from tts_engine.own_voices.making import read_recordings
from tts_engine.own_voices.speaker import speaker_embedding
from tts_engine.own_voices.thorough import Search, refine
from tts_engine.own_voices.workshop import HELD_OUT, Workshop
from tts_engine.settings import load_settings
from tts_engine.text.frontend import FrontEnd

#: Nothing is fitted, searched or chosen on these.
JUDGED = HELD_OUT
#: Packs that also say the second sentence.
SHORTLIST = 4
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


@dataclass(frozen=True)
class Target:
    """Whom to become like.

    Attributes:
        name: of it.
        recordings: file names and contents to fit on.
        there: 16 kHz; what everything is compared with.
        again: 16 kHz; other speech of the same speaker, for the ceiling.
        band_hz: up to where the recordings reach.
    """

    name: str
    recordings: tuple[tuple[str, bytes], ...]
    there: np.ndarray
    again: np.ndarray
    band_hz: float = 8000.0

    def likeness(self, waveform: np.ndarray) -> float:
        """Cosine of embeddings, both sides in the same band."""
        return float(speaker_embedding(narrowed(waveform, self.band_hz)) @ self._embedding)

    @functools.cached_property
    def _embedding(self) -> np.ndarray:
        return np.asarray(speaker_embedding(narrowed(self.there, self.band_hz)))


def from_pack(workshop: Workshop, name: str, pack: np.ndarray, phrases: tuple[str, ...]) -> Target:
    """A voice of the style space as a speaker."""
    recording, content = said(workshop, pack, phrases), io.BytesIO()
    soundfile.write(content, recording / max(1.0, np.abs(recording).max()), 16_000, format="WAV")
    return Target(name, (("target.wav", content.getvalue()),), recording, said(workshop, pack, JUDGED))


def from_folder(folder: Path) -> Target:
    """A person, of whom a folder holds recordings."""
    files = sorted(file for file in folder.iterdir() if file.is_file())
    sets = [tuple((file.name, file.read_bytes()) for file in files[offset::2]) for offset in (0, 1)]
    first, second = (np.concatenate(read_recordings(one).waveforms) for one in sets)
    return Target(folder.name, sets[0], second, first, min(reach_hz(first), reach_hz(second)))


def nearest(workshop: Workshop, names: list[str], target: Target, cache: Path) -> tuple[str, float]:
    """The pack most like a target when all say the sentences, and its similarity."""

    def likeness(name: str, phrases: tuple[str, ...]) -> float:
        waveforms = []
        for phonemes in phrases:
            file = cache / f"{name}-{hashlib.sha256(phonemes.encode()).hexdigest()[:8]}.npy"
            if not file.exists():
                np.save(file, said(workshop, workshop.voices.pack(name), (phonemes,)).astype(np.float32))
            waveforms.append(np.load(file))
        return target.likeness(np.concatenate(waveforms))

    cache.mkdir(parents=True, exist_ok=True)
    shortlist = sorted(names, key=lambda name: -likeness(name, JUDGED[:1]))[:SHORTLIST]
    return max(((name, likeness(name, JUDGED)) for name in shortlist), key=lambda one: one[1])


def measured(
    workshop: Workshop, target: Target, exclude: list[str], search: Search | None, cache: Path
) -> dict[str, Any]:
    """Everything measured of one target."""
    others = [other for other in workshop.voices.pack_names() if other not in exclude]
    row: dict[str, Any] = {"target": target.name, "ceiling": target.likeness(target.again)}
    row["pack"], row["nearest"] = nearest(workshop, others, target, cache)
    started = time.process_time()
    recorded = read_recordings(target.recordings)
    fitted = fit(workshop, recorded.whole, exclude=exclude)
    row |= {"fast_s": time.process_time() - started, "speech_s": recorded.whole.seconds, "steps": list(fitted.steps)}
    row["fast"] = target.likeness(said(workshop, fitted.pack, JUDGED))
    if search:
        started = time.process_time()
        refined, figures = refine(workshop, fitted, recorded.waveforms, exclude=exclude, search=search)
        row |= {"thorough_s": time.process_time() - started, "search": figures}
        row["thorough"] = target.likeness(said(workshop, refined, JUDGED))
    return row


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=14)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--thorough", type=int, default=0, help="so many targets also by the thorough fit")
    parser.add_argument("--steps", type=int, default=Search().steps)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop beginning targets after this time")
    parser.add_argument("--recordings", type=Path, help="a folder of folders, one for each person")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/tts-engine-benchmark-voices"))
    arguments = parser.parse_args()
    settings, _ = load_settings()
    files = CacheHub(settings.cache_hub).ensure(offline=True)
    precision = choose_precision(folder=files.derived_dir).name
    engine = AcousticEngine.load(files.model_file, threads=1, precision=precision)
    workshop = Workshop(engine, VoiceStore(files.voices_dir), "", lambda: recover.load(files.model_file))
    rows = []
    print(f"{'target':32}{'nearest':>9}{'fast':>7}{'way':>6}{'s':>6}{'thorough':>10}{'way':>6}{'s':>6}{'ceiling':>9}")
    every: list[tuple[str, Callable[[], Target]]]
    if arguments.recordings:
        held_out = []
        folders = sorted(folder for folder in arguments.recordings.iterdir() if folder.is_dir())
        every = [(str(folder), functools.partial(from_folder, folder)) for folder in folders]
    else:
        held_out = list(load_encoder().held_out)
        front_end = FrontEnd(engine.config.symbols)
        phrases = tuple(front_end.analyse(text).sentences[0].phonemes for text in RECORDED)
        every = [
            (name, functools.partial(from_pack, workshop, name, pack, phrases))
            for name, pack in targets(workshop, held_out).items()
        ]
    every = every[arguments.first : arguments.first + arguments.targets]
    notebook, until = Notebook(arguments.cache / "rows.jsonl"), time.monotonic() + 60 * arguments.minutes
    version = digest(code(("own_voices", "hearing", "acoustic")), load_encoder().weights.tobytes())
    for number, (name, target) in enumerate(every):
        search = Search(steps=arguments.steps) if number < arguments.thorough else None
        key = f"{name} {search.steps if search else 0} {JUDGED} {version}"
        if key not in notebook:
            if time.monotonic() > until:
                sys.exit(f"{number} of {len(every)} done; run it again")
            notebook.put(key, measured(workshop, target(), held_out, search, arguments.cache))
        row = notebook.get(key)
        line = f"{row['target']:32}{row['nearest']:9.3f}"
        for kind in ("fast", "thorough") if search else ("fast",):
            line += f"{row[kind]:{7 if kind == 'fast' else 10}.3f}{way([row], kind):6.2f}{row[f'{kind}_s']:6.0f}"
        print(line + " " * (0 if search else 22) + f"{row['ceiling']:9.3f}", flush=True)
        rows.append(row)
    for kind in ("fast", "thorough"):
        if of := [row for row in rows if kind in row]:
            means = {name: round(mean_of(of, name), 3) for name in ("nearest", kind, "ceiling")}
            print(len(of), "targets", means, f"way {way(of, kind):.2f}")
    print(json.dumps(rows))


def mean_of(rows: list[dict[str, Any]], name: str) -> float:
    """Mean of a figure."""
    return float(np.mean([row[name] for row in rows]))


def way(rows: list[dict[str, Any]], kind: str) -> float:
    """Share of the distance from the nearest packs to the ceilings that a fit has gone, by the means."""
    before, after, ceiling = (mean_of(rows, name) for name in ("nearest", kind, "ceiling"))
    return (after - before) / max(ceiling - before, 1e-6)


if __name__ == "__main__":
    main()
