"""Makes the encoder that finds a speaker in the style space: speech of our own engine in, weights of a regression out.

    python scripts/train_voice_encoder.py speak MODEL_FILE VOICES_DIR CLIPS_DIR [--first 0 --last 1600]
    python scripts/train_voice_encoder.py train VOICES_DIR CLIPS_DIR

``speak`` renders short clips of random points of the style space: from the normal distribution that makes packs left
out of it likeliest, as far from its mean as packs are. The pitch, the pace and the text are drawn apart, and in half
of the clips the prosody half too, so that the encoder learns the timbre; half a sentence each, since more voices teach
more than more of each. Clip *i* is the same whenever it is made (on one kind of processor), and clips that are there
already are kept, so the work can be cut into pieces. ``HELD_OUT`` packs are never used: they are what
``benchmarks/voices.py`` measures on. ``train`` hears every clip as it is and twice through another room, microphone
and noise, learns the classes of sounds and the map (a regression and Bayes' rule), tells by cross-validation over
clips how well it does, and writes
``src/tts_engine/own_voices/encoder.npz``. Features are kept beside the clips.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.signal import fftconvolve, firwin2, resample_poly

from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.precision import INT8
from tts_engine.own_voices.encoder import MOST, likeness
from tts_engine.own_voices.timbre import CEPSTRA, SoundClasses, Speech, cepstra_of, describe, find_frames
from tts_engine.own_voices.workshop import ROW
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
    "我们下午三点在图书馆门口见面。",
    "这条小路一直通向山顶的寺庙。",
    "春天来了，柳树发出新芽。",
    "你能不能把刚才的话再说一遍？",
    "窗外下着大雨，行人撑着伞。",
    "那只橘色的猫趴在墙头睡觉。",
    "飞机穿过厚厚的云层，飞向南方。",
    "爷爷年轻时当过水手，去过很多地方。",
    "快看，天边出现了一道彩虹！",
    "湖水清澈见底，小鱼游来游去。",
    "这家餐厅的服务很周到，菜也好吃。",
    "火车驶过金黄的麦田和村庄。",
    "母亲的话说到了我的心里。",
    "工人们正在抢修被冲坏的桥梁。",
    "科学家在深海发现了会发光的鱼。",
    "他把这个秘密藏在心底二十年。",
    "月亮升起来，照着整个山谷。",
    "请问去博物馆应该坐哪一路车？",
    "困难总会过去，我们一起想办法。",
    "老师在黑板上画了一个圆。",
    "孩子们围着火炉听奶奶讲故事。",
    "银行六点关门，你得快一点。",
    "雪后的清晨，空气格外新鲜。",
    "他买了两斤苹果和一袋大米。",
    "哥哥的自行车又坏了，真倒霉！",
    "这本小说我读了三遍还想再读。",
    "超市门口排着长长的队伍。",
    "别着急，慢慢说，我听着呢。",
    "警察很快找到了丢失的钱包。",
    "雷声轰隆隆地响，狗躲到床下。",
    "今年的冬天比往年暖和许多。",
    "我想喝一杯热茶，你要不要？",
    "设计师把旧仓库改成了书店。",
    "沙漠里的夜晚冷得让人发抖。",
    "他们花了七年写完这部词典。",
    "小女孩穿着绿裙子，跳得真好。",
    "软件更新以后，速度快了不少。",
    "码头上停着几艘白色的渔船。",
    "你说得对，是我把时间记错了。",
)
TARGET = Path(__file__).resolve().parents[1] / "src" / "tts_engine" / "own_voices" / "encoder.npz"
COPIES, CLASSES, RATE = 3, 32, 16_000
AXES, LANDMARKS = 160, 1000
FOLDS = 5
#: Bayes' rule: what is added to the diagonal of the covariance of timbres when features are predicted from them, and
#: how far the covariance of what is not predicted is drawn towards the same in every direction.
FORWARD_RIDGE, NOISE_SHRINKAGE, PRIOR_DRAWS = 0.1, 0.2, 4000
#: As for a kernel that is 1 at distance 0. Single clips would like 1.2; recordings of 8 s tell more and like less.
PENALTY = 0.4
#: Share of the variance that is alike in every direction; the likelihood of packs left out is best from 0.3 to 0.5.
OUTSIDE = 0.4


def packs(voices_dir: Path) -> dict[str, np.ndarray]:
    """Name -> (510, 256) of every pack that may be trained on."""
    files = {file.stem: file for file in sorted(voices_dir.glob("*.bin"))}
    return {name: np.fromfile(file, "<f4").reshape(510, 256) for name, file in files.items() if name not in HELD_OUT}


def draw_timbre(generator: np.random.Generator, timbres: np.ndarray) -> np.ndarray:
    """A point of the cloud that the packs (n, 128) are points of: normal, as far from their mean as they are."""
    mean = timbres.mean(axis=0)
    apart = timbres - mean
    distances = np.linalg.norm(apart, axis=1)
    inside = generator.standard_normal(len(timbres)) @ apart / np.sqrt(len(timbres))
    outside = generator.standard_normal(timbres.shape[1]) * apart.std()
    direction = np.sqrt(1.0 - OUTSIDE) * inside + np.sqrt(OUTSIDE) * outside
    direction /= np.linalg.norm(direction)
    return (mean + direction * generator.normal(distances.mean(), distances.std())).astype(np.float32)


def speak(arguments: argparse.Namespace) -> None:
    """Renders the clips that are missing."""
    engine = AcousticEngine.load(arguments.model_file, threads=1, precision=INT8)
    front_end = FrontEnd(engine.config.symbols)
    phonemes = [front_end.analyse(text).sentences[0].phonemes for text in TEXTS]
    known = packs(arguments.voices_dir)
    names = sorted(known)
    mandarin = [name for name in names if name.startswith("z")]
    timbres = np.stack([known[name][:, :128] for name in names])  # (packs, 510, 128)
    drift = timbres.mean(axis=0) - timbres[:, ROW - 1].mean(axis=0)
    arguments.clips_dir.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.first, arguments.last):  # nothing here depends on what was made before
        target = arguments.clips_dir / f"{number:05}.npz"
        if target.exists():
            continue
        generator = np.random.default_rng(number)
        text = int(generator.integers(len(TEXTS)))
        row = len(phonemes[text]) - 1
        timbre = draw_timbre(generator, timbres[:, ROW - 1])
        # A voice and its pitch belong together: in half of the clips the way of speaking is that of the nearest pack.
        centre = timbres[:, ROW - 1].mean(axis=0)
        along = (timbres[:, ROW - 1] - centre) @ (timbre - centre)
        drawn = generator.choice(mandarin if generator.random() < 0.6 else names)
        speaker = names[int(along.argmax())] if generator.random() < 0.5 else str(drawn)
        shift_st, pace = float(generator.normal(0.0, 2.0)), float(generator.uniform(0.8, 1.05))
        if number < len(names):  # each pack once as it is
            speaker, shift_st, pace, timbre = names[number], 0.0, 1.0, timbres[number, ROW - 1]
        encoding = engine.encode(phonemes[text], known[speaker][row, 128:])
        durations = np.maximum(np.rint(encoding.durations * pace), 1).astype(np.int64)
        prosody = engine.predict(encoding, durations)
        f0 = np.where(prosody.f0 > 50.0, prosody.f0 * np.float32(2.0 ** (shift_st / 12.0)), prosody.f0)
        style = (timbre + drift[row]).astype(np.float32)
        rendering = engine.rendering(encoding, dataclasses.replace(prosody, f0=f0), style, seed=number)
        middle = rendering.frames // 2  # half a sentence of twice as many voices teaches more than whole sentences
        begin, end = (0, middle) if number % 2 else (middle, rendering.frames)
        waveform = rendering.part(*((0, rendering.frames) if number < len(names) else (begin, end)))
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


@dataclasses.dataclass(frozen=True)
class Map:
    """What is learnt from features that are centred and scaled; see ``TimbreEncoder``."""

    axes: np.ndarray
    landmarks: np.ndarray
    weights: np.ndarray
    corrections: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """(..., features) -> (..., 128)."""
        return features @ self.weights + likeness(features @ self.axes, self.landmarks) @ self.corrections


def learn_map(features: np.ndarray, timbres: np.ndarray, prior: np.ndarray) -> Map:
    """The mean of two estimates: a regression, which bends, and Bayes' rule, which knows how timbres are spread.

    Args:
        features: (clips, copies, features), the undisturbed copy first.
        timbres: (clips, 128) around the mean.
        prior: (128, 128) covariance of the timbres.
    """
    bent = regression(features, timbres)
    straight = bayes_rule(features, timbres, prior)
    return Map(bent.axes, bent.landmarks, (bent.weights + straight) / 2, bent.corrections / 2)


def bayes_rule(features: np.ndarray, timbres: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """(features, 128) The map to the likeliest timbre where features are linear in it, with normal noise.

    The forward model has few unknowns (128 for each feature), so it is learnt from fewer clips than its inverse is.
    """
    count, copies = features.shape[2], features.shape[1] - 1
    evenly = np.concatenate([np.repeat(features[:, :1], copies, axis=1), features[:, 1:]], axis=1)  # undisturbed: half
    rows, repeated = evenly.reshape(-1, count), np.repeat(timbres, 2 * copies, axis=0)
    gram = repeated.T @ repeated
    size = len(gram)
    forward = np.linalg.solve(gram + FORWARD_RIDGE * np.trace(gram) / size * np.eye(size), repeated.T @ rows)
    noise = np.cov((rows - repeated @ forward).T)
    noise = (1 - NOISE_SHRINKAGE) * noise + NOISE_SHRINKAGE * np.trace(noise) / count * np.eye(count)
    precise = np.linalg.solve(noise, forward.T)  # (features, 128)
    return np.asarray(precise @ np.linalg.inv(forward @ precise + np.linalg.inv(prior)))


def regression(features: np.ndarray, timbres: np.ndarray) -> Map:
    """Ridge regression on the features and, by landmarks (undisturbed clips), Gaussian functions of them.

    Args:
        features: (clips, copies, features).
        timbres: (clips, 128) around the mean.
    """
    clips, copies, count = features.shape
    weighted = features * importance(count)
    rows = weighted.reshape(-1, count)
    spread = float(np.square(importance(count)).sum())  # mean of the squared distance from the centre
    _, _, axes = np.linalg.svd(rows, full_matrices=False)
    axes = (importance(count)[:, None] * axes[:AXES].T / np.sqrt(spread)).astype(np.float16).astype(np.float64)
    landmarks = (features[:, 0] @ axes).astype(np.float16).astype(np.float64)
    landmarks = landmarks[np.random.default_rng(0).permutation(clips)[:LANDMARKS]]
    root, shape = np.linalg.eigh(likeness(landmarks, landmarks) + 1e-6 * np.eye(len(landmarks)))
    whitened = shape / np.sqrt(np.maximum(root, 1e-6))
    near = likeness(features.reshape(-1, count) @ axes, landmarks) @ whitened
    basis = np.concatenate([rows / np.sqrt(spread), near], axis=1)
    gram = basis.T @ basis + PENALTY * np.eye(basis.shape[1])
    solution = np.linalg.solve(gram, basis.T @ np.repeat(timbres, copies, axis=0))
    weights = importance(count)[:, None] / np.sqrt(spread) * solution[:count]
    return Map(axes, landmarks, weights, whitened @ solution[count:])


def importance(count: int) -> np.ndarray:
    """(features,) The many features of single classes of sounds, of which few are heard in a clip, count half."""
    return np.where(np.arange(count) < CLASSES * CEPSTRA, 0.5, 1.0)


def agreement(predicted: np.ndarray, timbres: np.ndarray) -> tuple[float, float]:
    """Mean cosine, and share of the variance explained."""
    cosine = (predicted * timbres).sum(axis=1) / np.linalg.norm(predicted, axis=1) / np.linalg.norm(timbres, axis=1)
    return float(cosine.mean()), float(1 - np.square(predicted - timbres).sum() / np.square(timbres).sum())


def train(arguments: argparse.Namespace) -> None:
    """Learns and writes the encoder."""
    heard, timbres = hear(arguments.clips_dir)
    known = np.stack([pack[ROW - 1, :128] for pack in packs(arguments.voices_dir).values()])
    mean = known.mean(axis=0).astype(np.float64)
    generator = np.random.default_rng(0)
    prior = np.cov(np.stack([draw_timbre(generator, known) for _ in range(PRIOR_DRAWS)]).T)
    radius = float(np.linalg.norm(known - mean, axis=1).mean())
    usable = [n for n, copies in enumerate(heard) if all(copy.seconds > 0.5 for copy in copies)]
    print(f"{len(heard)} clips, {len(usable)} with speech in every copy")
    classes = learn_classes([heard[n] for n in usable])
    features = np.stack([[describe(copy, classes) for copy in heard[n]] for n in usable])  # (clips, copies, features)
    centre, scale = features.mean(axis=(0, 1)), features.std(axis=(0, 1)) + 1e-6
    features = np.clip((features - centre) / scale, -MOST, MOST)
    targets = timbres[usable] - mean
    folds = np.arange(len(usable)) % FOLDS
    predicted = np.zeros((*features.shape[:2], targets.shape[1]))
    for fold in range(FOLDS):
        inside = folds != fold
        predicted[~inside] = learn_map(features[inside], targets[inside], prior)(features[~inside])
    for name, copy in (("clean", 0), ("disturbed", 1)):
        cosine, explained = agreement(predicted[:, copy], targets)
        print(f"{name}: cosine {cosine:.3f}, R2 {explained:.3f}")
    learnt = learn_map(features, targets, prior)
    np.savez_compressed(
        TARGET,
        shares=classes.weights.astype(np.float32),
        means=classes.means.astype(np.float32),
        variances=classes.variances.astype(np.float32),
        centre=centre.astype(np.float32),
        scale=scale.astype(np.float32),
        axes=learnt.axes.astype(np.float16),
        landmarks=learnt.landmarks.astype(np.float16),
        weights=learnt.weights.astype(np.float16),
        corrections=learnt.corrections.astype(np.float16),
        mean=mean.astype(np.float32),
        radius=np.float32(radius),
        held_out=np.array(HELD_OUT),
    )
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Runs one of the two steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(required=True)
    step = steps.add_parser("speak")
    step.set_defaults(run=speak)
    for name in ("model_file", "voices_dir", "clips_dir"):
        step.add_argument(name, type=Path)
    step.add_argument("--first", type=int, default=0)
    step.add_argument("--last", type=int, default=1600)
    step = steps.add_parser("train")
    step.set_defaults(run=train)
    for name in ("voices_dir", "clips_dir"):
        step.add_argument(name, type=Path)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
