"""Makes the encoder that finds a speaker in the style space: speech of our own engine in, regression weights out.

    python scripts/train_voice_encoder.py speak MODEL_FILE VOICES_DIR CLIPS_DIR [--first 0 --last 700]
    python scripts/train_voice_encoder.py train VOICES_DIR CLIPS_DIR

``speak`` renders short clips of random points of the style space: mixes of voice packs pushed away from their mean as
far as the packs themselves are, plus a part outside the span of all packs; the prosody half, the pitch and the text
are drawn apart, so that the encoder learns the timbre alone. Clip *i* is the same whenever it is made, and clips that
are there already are kept, so the work can be cut into pieces. ``HELD_OUT`` packs are never used: they are what
``benchmarks/voices.py`` measures on. ``train`` hears every clip as it is and three times through another room,
microphone and noise, learns the classes of sounds and the ridge regression, tells by cross-validation over clips how
well it does, and writes ``src/tts_engine/own_voices/encoder.npz``. Features are kept beside the clips.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.signal import fftconvolve, firwin2, resample_poly

from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.own_voices.timbre import SoundClasses, Speech, cepstra_of, describe, find_frames
from tts_engine.text.frontend import FrontEnd

HELD_OUT = (
    "zf_xiaoni",
    "zm_yunyang",
    "af_sarah",
    "am_michael",
    "bf_emma",
    "bm_george",
    "ef_dora",
    "hm_psi",
    "if_sara",
    "jf_nezumi",
)
TEXTS = (
    "请把桌上的杯子放到柜子里。",
    "我们下午三点在图书馆见面。",
    "这条小路一直通向山顶。",
    "春天来了，柳树发出新芽。",
    "你能不能再说一遍？",
    "窗外下着大雨，行人撑着伞。",
    "那只橘色的猫趴在墙头。",
    "飞机穿过厚厚的云层。",
    "爷爷年轻时当过水手。",
    "快看，天边出现了彩虹！",
    "湖水清澈见底，小鱼游来游去。",
    "这家餐厅的服务很周到。",
    "火车驶过金黄的麦田。",
    "母亲的话说到了我的心里。",
    "工人们正在抢修桥梁。",
    "科学家发现了会发光的鱼。",
    "他把秘密藏在心底。",
    "月亮升起来，照着整个山谷。",
    "请问博物馆坐哪一路车？",
    "困难总会过去，我们一起想办法。",
)
TARGET = Path(__file__).resolve().parents[1] / "src" / "tts_engine" / "own_voices" / "encoder.npz"
COPIES, CLASSES, RATE = 4, 32, 16_000
PENALTIES = (100.0, 300.0, 1000.0, 3000.0, 10000.0)
#: Share of the distance from the mean that lies outside the span of the packs.
OUTSIDE = 0.45


def packs(voices_dir: Path) -> dict[str, np.ndarray]:
    """Name -> (510, 256) of every pack that may be trained on."""
    files = {file.stem: file for file in sorted(voices_dir.glob("*.bin"))}
    return {name: np.fromfile(file, "<f4").reshape(510, 256) for name, file in files.items() if name not in HELD_OUT}


def draw_timbre(generator: np.random.Generator, timbres: np.ndarray) -> np.ndarray:
    """A point about as far from the mean of the packs (n, 128) as they are, most of it in their span."""
    mean = timbres.mean(axis=0)
    apart = timbres - mean
    radius = float(np.linalg.norm(apart, axis=1).mean())
    chosen = generator.choice(len(timbres), size=generator.integers(1, 5), replace=False)
    direction = generator.dirichlet(np.ones(len(chosen))) @ apart[chosen]
    inside = direction / np.linalg.norm(direction) * radius * generator.uniform(0.6, 1.1)
    outside = generator.standard_normal(timbres.shape[1]) * apart.std(axis=0)
    outside *= OUTSIDE * radius * generator.uniform(0.0, 1.5) / np.linalg.norm(outside)
    return (mean + inside + outside).astype(np.float32)


def speak(arguments: argparse.Namespace) -> None:
    """Renders the clips that are missing."""
    engine = AcousticEngine.load(arguments.model_file, threads=1)
    front_end = FrontEnd(engine.config.symbols)
    phonemes = [front_end.analyse(text).sentences[0].phonemes for text in TEXTS]
    known = packs(arguments.voices_dir)
    names = sorted(known)
    mandarin = [name for name in names if name.startswith("z")]
    arguments.clips_dir.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.first, arguments.last):
        target = arguments.clips_dir / f"{number:05}.npz"
        if target.exists():
            continue
        generator = np.random.default_rng(number)
        text = int(generator.integers(len(TEXTS)))
        row = len(phonemes[text]) - 1
        timbre = draw_timbre(generator, np.stack([known[name][row, :128] for name in names]))
        speaker = str(generator.choice(mandarin if generator.random() < 0.6 else names))
        shift_st = float(generator.uniform(-4.0, 4.0))
        if number < len(names):  # each pack once as it is
            speaker, shift_st = names[number], 0.0
            timbre = known[speaker][row, :128]
        encoding = engine.encode(phonemes[text], known[speaker][row, 128:])
        prosody = engine.predict(encoding)
        f0 = np.where(prosody.f0 > 50.0, prosody.f0 * np.float32(2.0 ** (shift_st / 12.0)), prosody.f0)
        waveform = engine.render(encoding, dataclasses.replace(prosody, f0=f0), timbre, seed=number)
        samples = np.clip(waveform / max(1.0, float(np.abs(waveform).max())) * 32767, -32767, 32767).astype(np.int16)
        with target.with_suffix(".part").open("wb") as file:
            np.savez(file, waveform=samples, timbre=timbre, text=text, speaker=speaker, shift_st=shift_st)
        target.with_suffix(".part").replace(target)


def disturb(waveform: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The clip (16 kHz) through a microphone, a room and noise of some other place."""
    knots = np.linspace(0.0, 1.0, 9)
    curve_db = np.cumsum(generator.normal(0.0, 2.0, len(knots)))
    curve_db -= curve_db.mean()
    if generator.random() < 0.25:  # a phone, or a codec that cuts the highs
        curve_db[knots * 8000 > generator.uniform(3400, 7000)] -= 40.0
    out = fftconvolve(waveform, firwin2(255, knots, 10 ** (curve_db / 20)), mode="same")
    if generator.random() < 0.4:
        length = int(RATE * generator.uniform(0.1, 0.4))
        tail = generator.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
        tail *= generator.uniform(0.05, 0.4) / np.linalg.norm(tail)
        out = out + fftconvolve(out, tail)[: len(out)]
    noise = np.cumsum(generator.standard_normal(len(out))) if generator.random() < 0.5 else None
    noise = (
        generator.standard_normal(len(out)) if noise is None else noise - fftconvolve(noise, np.ones(99) / 99, "same")
    )
    snr_db = generator.uniform(15.0, 45.0)
    return out + noise * np.std(out) / max(np.std(noise), 1e-9) * 10 ** (-snr_db / 20)


def hear(clips_dir: Path) -> tuple[list[list[Speech]], np.ndarray]:
    """The frames of every clip and of its disturbed copies, and the timbres (clips, 128)."""
    heard, timbres = [], []
    for file in sorted(clips_dir.glob("*.npz")):
        if "heard" in file.name:
            continue
        kept = file.with_suffix(".heard.npz")
        with np.load(file) as clip:
            timbres.append(clip["timbre"])
            if not kept.exists():
                waveform = resample_poly(clip["waveform"] / 32768.0, 2, 3)
                generator = np.random.default_rng(10_000 + int(file.stem))
                copies = [waveform, *(disturb(waveform, generator) for _ in range(COPIES - 1))]
                data = {}
                for number, copy in enumerate(copies):
                    speech = find_frames(copy)
                    data |= {
                        f"{field.name}{number}": getattr(speech, field.name) for field in dataclasses.fields(Speech)
                    }
                np.savez(kept, **data)
        with np.load(kept) as data:
            names = [field.name for field in dataclasses.fields(Speech)]
            heard.append([Speech(**{name: data[f"{name}{n}"] for name in names}) for n in range(COPIES)])
    return heard, np.stack(timbres)


def learn_classes(heard: list[list[Speech]]) -> SoundClasses:
    """A Gaussian mixture by expectation and maximisation over the undisturbed frames."""
    frames = [cepstra_of(copies[0].mel_db) for copies in heard if len(copies[0].mel_db) > 20]
    frames = np.concatenate([one - one.mean(axis=0) for one in frames])
    frames = frames[np.random.default_rng(0).permutation(len(frames))[:60_000]]
    means, labels = kmeans2(frames, CLASSES, minit="++", rng=np.random.default_rng(0))
    shares = np.bincount(labels, minlength=CLASSES) / len(frames)
    classes = SoundClasses(np.maximum(shares, 1e-4), means, np.tile(frames.var(axis=0), (CLASSES, 1)))
    for _ in range(12):
        weight = classes.shares(frames)
        counts = weight.sum(axis=0)
        means = weight.T @ frames / counts[:, None]
        variances = weight.T @ np.square(frames) / counts[:, None] - np.square(means)
        classes = SoundClasses(counts / len(frames), means, np.maximum(variances, 0.05 * frames.var(axis=0)))
    return classes


def ridge(features: np.ndarray, timbres: np.ndarray, penalty: float) -> np.ndarray:
    """(features, 128)."""
    gram = features.T @ features + penalty * np.eye(features.shape[1])
    return np.linalg.solve(gram, features.T @ timbres)


def agreement(predicted: np.ndarray, timbres: np.ndarray) -> tuple[float, float]:
    """Mean cosine, and share of the variance explained."""
    cosine = (predicted * timbres).sum(axis=1) / np.linalg.norm(predicted, axis=1) / np.linalg.norm(timbres, axis=1)
    return float(cosine.mean()), float(1 - np.square(predicted - timbres).sum() / np.square(timbres).sum())


def train(arguments: argparse.Namespace) -> None:
    """Learns and writes the encoder."""
    heard, timbres = hear(arguments.clips_dir)
    known = np.stack([pack[60, :128] for pack in packs(arguments.voices_dir).values()])
    mean = known.mean(axis=0).astype(np.float64)
    radius = float(np.linalg.norm(known - mean, axis=1).mean())
    usable = [n for n, copies in enumerate(heard) if all(copy.seconds > 0.8 for copy in copies)]
    print(f"{len(heard)} clips, {len(usable)} with speech in every copy")
    classes = learn_classes([heard[n] for n in usable])
    features = np.stack([[describe(copy, classes) for copy in heard[n]] for n in usable])  # (clips, copies, features)
    centre, scale = features.mean(axis=(0, 1)), features.std(axis=(0, 1)) + 1e-6
    features = np.clip((features - centre) / scale, -6.0, 6.0)
    targets = timbres[usable] - mean
    folds = np.arange(len(usable)) % 5
    best = (-1.0, PENALTIES[0])
    for penalty in PENALTIES:
        predicted = np.zeros_like(features[:, :, :1]) + np.zeros(targets.shape[1])
        for fold in range(5):
            inside = folds != fold
            weights = ridge(
                features[inside].reshape(-1, features.shape[2]), np.repeat(targets[inside], COPIES, axis=0), penalty
            )
            predicted[folds == fold] = features[folds == fold] @ weights
        clean, disturbed = agreement(predicted[:, 0], targets), agreement(predicted[:, 1], targets)
        print(f"penalty {penalty:7g}: cosine {clean[0]:.3f} clean, {disturbed[0]:.3f} disturbed; R2 {clean[1]:.3f}")
        best = max(best, (clean[0] + disturbed[0], penalty))
    weights = ridge(features.reshape(-1, features.shape[2]), np.repeat(targets, COPIES, axis=0), best[1])
    np.savez_compressed(
        TARGET,
        shares=classes.weights.astype(np.float32),
        means=classes.means.astype(np.float32),
        variances=classes.variances.astype(np.float32),
        centre=centre.astype(np.float32),
        scale=scale.astype(np.float32),
        weights=weights.astype(np.float16),
        mean=mean.astype(np.float32),
        radius=np.float32(radius),
        held_out=np.array(HELD_OUT),
    )
    print(f"{TARGET.name}: penalty {best[1]:g}, {TARGET.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Runs one of the two steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(required=True)
    step = steps.add_parser("speak")
    step.set_defaults(run=speak)
    for name in ("model_file", "voices_dir", "clips_dir"):
        step.add_argument(name, type=Path)
    step.add_argument("--first", type=int, default=0)
    step.add_argument("--last", type=int, default=700)
    step = steps.add_parser("train")
    step.set_defaults(run=train)
    for name in ("voices_dir", "clips_dir"):
        step.add_argument(name, type=Path)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
