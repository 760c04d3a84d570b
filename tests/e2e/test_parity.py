"""The engine on the real weights: against the packaged int8 graph, and what an edit does to the sound.

Waveforms are never compared between runtimes: differences of F0 far below a hertz let the harmonics' phases drift.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from tts_engine.acoustic import onnx_runtime
from tts_engine.acoustic.engine import AcousticEngine, Encoding
from tts_engine.acoustic.voices import VoiceStore
from tts_engine.types import Prosody, Style

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tts_engine.types import FloatArray

pytestmark = pytest.mark.e2e

VOICES = ("zf_xiaoxiao", "zf_xiaoyi", "zm_yunxi", "zm_yunjian")
SENTENCES = {
    # 欢迎收听今日新闻，这里是北京广播电台。
    "news": "xwa→ni↗ŋ ʂou→tʰi→ŋ ʨi→nɻɨ↘ ɕi→nwə↗n, ꭧɤ↘li↓ ʂɨ↘ pei↓ʨi→ŋ kwa↓ŋpwo→tjɛ↘ntʰai↗.",
    # 你怎么现在才来？大家都等了半个小时了！
    "late": "ni↓ ʦə↓nmɤ ɕjɛ↘nʦai↘ ʦʰai↗ lai↗? ta↘ʨja→ tou→ tə↓ŋ lɤ pa↘nkɤ↘ ɕjau↓ʂɨ↗ lɤ!",
    # 请把这封信交给住在楼上的王老师。
    "letter": "ʨʰi↓ŋ pa↓ ꭧɤ↘ fə→ŋɕi↘n ʨjau→kei↓ ꭧu↘ ʦai↘ lou↗ʂa↘ŋ tɤ wa↗ŋlau↓ʂɨ→.",
}
# The packaged graph overlap-adds windows without dividing by their overlap, which is 1.5 for its quarter hop.
PACKAGED_GAIN = 1.5
DURATIONS = "/encoder/predictor/ReduceSum_output_0"
FRAMES = "/encoder/Clip_output_0"
F0 = "/encoder/F0_proj/Conv_output_0"
ENERGY = "/encoder/N_proj/Conv_output_0"


class Packaged(NamedTuple):
    """What the int8 graph makes of an utterance."""

    waveform: FloatArray
    durations: FloatArray
    frames: NDArray[np.int64]
    f0: FloatArray
    energy: FloatArray


@pytest.fixture(scope="module")
def engine(model_files) -> AcousticEngine:
    return AcousticEngine.load(model_files.model_file, threads=2)


@pytest.fixture(scope="module")
def voices(model_files) -> VoiceStore:
    return VoiceStore(model_files.voices_dir)


@pytest.fixture(scope="module")
def packaged(model_files, engine):
    """Runs the packaged graph with its intermediate values as extra outputs."""
    import onnx
    import onnxruntime

    model = onnx.load(str(model_files.model_file))
    for name in (DURATIONS, FRAMES, F0, ENERGY):
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def speak(phonemes: str, style: Style) -> Packaged:
        ids = [0, *(engine.config.symbols[symbol] for symbol in phonemes), 0]
        both = np.concatenate([style.timbre, style.prosody])
        inputs = {"tokens": np.array([ids]), "style": both[None], "speed": np.ones(1, np.float32)}
        outputs = session.run(["audio", DURATIONS, FRAMES, F0, ENERGY], inputs)
        waveform, durations, frames, f0, energy = (np.ravel(value) for value in outputs)
        return Packaged(waveform, durations, frames.astype(np.int64), f0, energy)

    return speak


def correlation(a: FloatArray, b: FloatArray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def log_mel_db(waveform: FloatArray, sample_rate: int = 24000, bands: int = 80, floor_db: float = -50) -> FloatArray:
    """(bands, frames) mel power in decibels below the loudest, window 1024, hop 256.

    What lies more than 50 dB below the loudest is the packaged graph's own quantisation noise.
    """
    frames = np.lib.stride_tricks.sliding_window_view(waveform, 1024)[::256] * np.hanning(1024)
    power = np.abs(np.fft.rfft(frames, axis=1)).T ** 2
    hertz = np.fft.rfftfreq(1024, 1 / sample_rate)
    top = 2595 * np.log10(1 + sample_rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    rise = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    mel = np.maximum(np.minimum(rise, fall), 0) @ power
    return np.maximum(10 * np.log10(mel / mel.max() + 1e-12), floor_db)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_against_the_packaged_graph(engine, voices, packaged, voice, sentence, monkeypatch):
    phonemes = SENTENCES[sentence]
    style = voices.style(voice, len(phonemes))
    theirs = packaged(phonemes, style)
    encoding = engine.encode(phonemes, style.prosody)
    assert correlation(encoding.durations, theirs.durations) >= 0.9997
    assert np.abs(encoding.durations - theirs.durations).max() < 1
    prosody = engine.predict(encoding, theirs.frames)
    assert correlation(prosody.f0, theirs.f0) >= 0.999
    assert correlation(prosody.energy, theirs.energy) >= 0.9999
    in_windows = engine.render(encoding, prosody, style.timbre, noise=0) * PACKAGED_GAIN
    monkeypatch.setattr(onnx_runtime, "WHOLE_FRAMES", 10**9)  # with its own statistics, as the packaged graph
    at_once = engine.render(encoding, prosody, style.timbre, noise=0) * PACKAGED_GAIN
    for ours, most_db in ((at_once, 1.0), (in_windows, 1.5)):
        assert len(ours) == len(theirs.waveform)
        assert np.abs(log_mel_db(ours) - log_mel_db(theirs.waveform)).mean() <= most_db


class Spoken(NamedTuple):
    """A neutral rendering to edit."""

    style: Style
    encoding: Encoding
    prosody: Prosody
    waveform: FloatArray


@pytest.fixture(scope="module", params=["zf_xiaoxiao", "zm_yunxi"])
def spoken(request, engine, voices) -> Spoken:
    phonemes = SENTENCES["letter"]
    style = voices.style(request.param, len(phonemes))
    encoding = engine.encode(phonemes, style.prosody)
    prosody = engine.predict(encoding)
    return Spoken(style, encoding, prosody, engine.render(encoding, prosody, style.timbre))


def tracked_hz(waveform: FloatArray, expected: FloatArray, engine: AcousticEngine) -> tuple[FloatArray, FloatArray]:
    """Pitch at the voiced values of a curve, and what the curve says there; only where the sound is clearly periodic.

    Normalised autocorrelation of 60 ms, searched two thirds of an octave around the curve: wide enough to find an
    unmoved pitch when the curve moved, narrow enough to keep clear of octave errors.
    """
    rate, hop, half = engine.config.sample_rate, engine.config.curve_hop, 720
    found, wanted = [], []
    for i in range(4, len(expected) - 4):
        around = expected[i - 3 : i + 4]
        frame = waveform[i * hop + hop // 2 - half : i * hop + hop // 2 + half].astype(np.float64)
        if around.min() < 60 or np.ptp(around) > 0.06 * expected[i] or len(frame) < 2 * half:
            continue
        lags = np.arange(int(rate / expected[i] / 1.59), int(rate / expected[i] * 1.59) + 2)
        scores = np.array([_similarity(frame, lag) for lag in lags])
        best = int(scores.argmax())
        if scores[best] > 0.85 and 0 < best < len(lags) - 1:
            left, middle, right = scores[best - 1 : best + 2]
            found.append(rate / (lags[best] + 0.5 * (left - right) / (left - 2 * middle + right)))
            wanted.append(expected[i])
    return np.array(found), np.array(wanted)


def _similarity(frame: NDArray[np.float64], lag: int) -> float:
    a, b = frame[:-lag], frame[lag:]
    return float(a @ b / np.sqrt((a @ a) * (b @ b) + 1e-12))


def sloping(f0: FloatArray, shift_st: float) -> FloatArray:
    """A straight fall by a third around the median where the curve is voiced, shifted: easy to track, unlike speech."""
    line = np.linspace(1.2, 0.8, len(f0)) * np.median(f0[f0 > 60]) * 2 ** (shift_st / 12)
    return np.where(f0 > 60, line, f0).astype(np.float32)


def pitch_error_st(engine: AcousticEngine, spoken: Spoken, rendered: FloatArray, asked: FloatArray) -> FloatArray:
    """Tracked minus asked-for pitch in semitones after rendering the first curve."""
    edited = replace(spoken.prosody, f0=rendered)
    waveform = engine.render(spoken.encoding, edited, spoken.style.timbre)
    found, wanted = tracked_hz(waveform, asked, engine)
    assert len(found) >= 20
    return 12 * np.log2(found / wanted)


@pytest.mark.parametrize("shift_st", [-4, 0, 3])
def test_the_pitch_rendered_is_the_pitch_asked_for(engine, spoken, shift_st):
    f0 = sloping(spoken.prosody.f0, shift_st)
    error_st = pitch_error_st(engine, spoken, f0, f0)
    assert abs(np.median(error_st)) < 0.25
    assert np.mean(np.abs(error_st) < 1) > 0.8


def test_the_tracker_notices_a_wrong_pitch(engine, spoken):
    rendered, asked = (sloping(spoken.prosody.f0, shift_st) for shift_st in (0, 3))
    assert np.median(pitch_error_st(engine, spoken, rendered, asked)) == pytest.approx(-3, abs=0.3)


def envelope_db(waveform: FloatArray, hop: int) -> FloatArray:
    power = np.square(waveform[: len(waveform) // hop * hop].reshape(-1, hop)).mean(axis=1)
    return 10 * np.log10(power + 1e-7)


def test_the_durations_rendered_are_those_asked_for(engine, spoken):
    """Phonemes of the second half twice as long: the first half keeps its place, the second is stretched."""
    durations = spoken.prosody.durations.copy()
    middle = len(durations) // 2
    durations[middle:-1] *= 2
    waveform = engine.render(spoken.encoding, engine.predict(spoken.encoding, durations), spoken.style.timbre)
    hop = engine.config.frame_hop
    assert len(waveform) == durations.sum() * hop
    before = envelope_db(spoken.waveform, hop)
    after = envelope_db(waveform, hop)
    start = int(durations[:middle].sum())
    assert correlation(before[: start - 2], after[: start - 2]) > 0.9
    end = int(spoken.prosody.durations[:-1].sum())
    stretched = after[start : start + 2 * (end - start)].reshape(-1, 2).mean(axis=1)
    assert correlation(before[start:end], stretched) > 0.8
    unstretched = after[start:end]
    assert correlation(before[start:end], stretched) > correlation(before[start:end], unstretched) + 0.2


def test_energy_changes_the_sound_and_leaves_the_pitch(engine, spoken):
    """Energy is a mild knob of the timbre: a fraction of a decibel for a step of 2, more for more."""
    distances = []
    for step in (2, 4):
        edited = replace(spoken.prosody, energy=spoken.prosody.energy + np.float32(step))
        waveform = engine.render(spoken.encoding, edited, spoken.style.timbre)
        assert len(waveform) == len(spoken.waveform)
        distances.append(np.abs(log_mel_db(waveform) - log_mel_db(spoken.waveform)).mean())
    assert distances[0] > 0.25
    assert distances[1] > 1.3 * distances[0]
    f0 = sloping(spoken.prosody.f0, 0)
    assert abs(np.median(pitch_error_st(engine, spoken._replace(prosody=edited), f0, f0))) < 0.4  # at +4, far out


def test_timbre_and_prosody_come_from_separate_styles(engine, voices, spoken):
    """Another voice's timbre on the same curves: same length and pitch, another sound."""
    other = voices.style("zf_xiaoyi", len(spoken.encoding.phonemes))
    waveform = engine.render(spoken.encoding, spoken.prosody, other.timbre)
    assert len(waveform) == len(spoken.waveform)
    assert np.abs(log_mel_db(waveform) - log_mel_db(spoken.waveform)).mean() > 2
    f0 = sloping(spoken.prosody.f0, 0)
    changed = spoken._replace(style=other)
    assert abs(np.median(pitch_error_st(engine, changed, f0, f0))) < 0.6


def test_same_seed_same_samples(engine, spoken):
    again = engine.render(spoken.encoding, spoken.prosody, spoken.style.timbre)
    np.testing.assert_array_equal(again, spoken.waveform)
    other = engine.render(spoken.encoding, spoken.prosody, spoken.style.timbre, seed=1)
    assert np.abs(other - spoken.waveform).max() > 0


def test_every_voice_pack_renders(engine, voices):
    """One syllable per voice: finite, audible, within full scale."""
    phonemes = "ni↓xau↓."
    for name in voices.names():
        style = voices.style(name, len(phonemes))
        encoding = engine.encode(phonemes, style.prosody)
        waveform = engine.render(encoding, engine.predict(encoding), style.timbre)
        assert 0.01 < np.abs(waveform).max() < 1.5, name
