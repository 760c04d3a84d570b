"""Stand-ins for human reference recordings: other voices of the engine, bent hard and made unlike its own clean output.

No recording of a person is in the repository (``recordings.py`` measures those that somebody has). A few takes are
spoken by voices that are never used for the output, Chinese, English and others; each serves several stand-ins.
Everything that makes a stand-in expressive is done by Praat's PSOLA and plain filters on the samples, not by the
engine: pitch level, range and phrase shapes, tempo and its changes, pauses, dynamics, tilt, breath. Then the tape
runs too fast or slow (which moves pitch, formants and rate together, so that no pack speaks like that), and
microphone and room add their bends and noise.

So pitch, phrases and syllables of a stand-in are known, and no tracker, ours or another, is taken for the truth: on
the creak and the noise of these recordings Praat's first choice is an octave off often enough to decide a range.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tts_engine.pipeline import Synthesizer

Waveform = NDArray[np.float32]

#: Voice and text of the takes; two phrases each.
TAKES = (
    ("zf_xiaobei", "各位听众早上好，欢迎收听节目。"),
    ("zm_yunjian", "你怎么才来，我们等了一个小时了。"),
    ("af_bella", "Good morning everybody, and welcome to the programme."),
    ("bm_george", "The night was cold and quiet, and nobody was there."),
    ("zf_xiaoni", "天色慢慢暗下来，街上没有人。"),
    ("zm_yunyang", "这件事说起来简单，做起来可不容易。"),
    ("jf_alpha", "我喜欢下雨，喜欢听雨打在屋顶上。"),
    ("am_michael", "I never thought you would come, but here you are."),
)


#: Voice so far under the loudest moment is creak and breath at the edge of silence, dB.
FAINT_DB = 30.0


@dataclass(frozen=True)
class StandIn:
    """One recording: a take as it was spoken, or a reference made of it.

    Attributes:
        name: number and voice.
        waveform: (samples,) float32.
        sample_rate: samples per second.
        syllables: how many were said.
        phrases: (2, 2) begin and end of each phrase, seconds.
        neutral_hz: median F0 of the take on the same tape.
        pitch: (n, 2) seconds and Hz of every voiced moment: the curve that was rendered, bent.
        neutral: (samples,) the speaker speaking neutrally, where that is a recording (``recordings.py``).
    """

    name: str
    waveform: Waveform
    sample_rate: int
    syllables: int
    phrases: NDArray[np.float64]
    neutral_hz: float
    pitch: NDArray[np.float64]
    neutral: Waveform = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def rate(self) -> float:
        """Syllables per second of its phrases."""
        return self.syllables / float(np.diff(self.phrases).sum())

    def clear_pitch(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Times and Hz where a pitch can be heard: Praat finds one, not ``FAINT_DB`` or more under the loudest.

        Where is Praat's, which Hz is the curve's: it runs on through consonants, and Praat errs by octaves.
        """
        from benchmarks.acoustics import track_pitch

        times, f0 = track_pitch(self.waveform, self.sample_rate)
        level = level_at(self.waveform, self.sample_rate, self.pitch[:, 0])
        clear = (level > level.max() - FAINT_DB) & (np.interp(self.pitch[:, 0], times, f0 > 0) > 0.5)
        return self.pitch[clear, 0], self.pitch[clear, 1]


def take(synthesizer: Synthesizer, number: int) -> StandIn:
    """A take, spoken as the engine speaks."""
    from tts_engine.options import SynthesisOptions
    from tts_engine.prosody.transfer_rhythm import count_syllables

    voice, text = TAKES[number]
    chunk = synthesizer.render_sentence(text, 0, SynthesisOptions(voice=voice, context="off"))
    plain = StandIn(
        name=voice,
        waveform=chunk.waveform,
        sample_rate=synthesizer.sample_rate,
        syllables=round(count_syllables(chunk.sentence)),
        phrases=phrase_spans(chunk),
        neutral_hz=0.0,
        pitch=drawn_pitch(chunk),
    )
    return dataclasses.replace(plain, neutral_hz=float(np.median(plain.clear_pitch()[1])))


def drawn_pitch(chunk: Any) -> NDArray[np.float64]:
    """(n, 2) seconds in the samples and Hz of the voiced values of a rendered sentence's curve."""
    from tts_engine.prosody.layout import CURVE_S, VOICED_HZ

    f0 = chunk.prosody.f0.astype(np.float64)
    voiced = np.flatnonzero(f0 > VOICED_HZ)
    return np.stack([(voiced + 0.5) * CURVE_S + _offset_s(chunk), f0[voiced]], axis=1)


def level_at(waveform: Waveform, sample_rate: int, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level over 25 ms around each time, dB."""
    power = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    edges = np.clip((np.stack([times - 0.0125, times + 0.0125]) * sample_rate).astype(np.int64), 0, len(waveform))
    return np.asarray(10 * np.log10((power[edges[1]] - power[edges[0]]) / (0.025 * sample_rate) + 1e-12))


def phrase_spans(chunk: Any) -> NDArray[np.float64]:
    """(n, 2) begin and end in seconds of each phrase of a rendered sentence."""
    from tts_engine.prosody.layout import CURVE_S, lay_out

    layout = lay_out(chunk.sentence, chunk.prosody)
    return np.array([layout.phrase_span(phrase) for phrase in layout.phrases]) * CURVE_S + _offset_s(chunk)


def _offset_s(chunk: Any) -> float:
    """Where the curves begin in the samples of a rendered sentence, seconds."""
    from tts_engine.prosody.layout import CURVE_S

    edges = np.concatenate([[0], np.cumsum(chunk.prosody.durations)]) * 2 * CURVE_S
    first = chunk.sentence.words[0]
    return float(chunk.timing.words[0].begin_s - edges[first.syllables[0].phonemes[0] + 1])


def bent(plain: StandIn, number: int) -> StandIn:
    """The reference of that number, made of a take; always the same."""
    import parselmouth
    from parselmouth.praat import call

    chance = np.random.default_rng(1000 + number)
    parselmouth.praat.run(f"random_initializeWithSeedUnsafelyButPredictably ({1000 + number})")  # PSOLA draws too
    sound = parselmouth.Sound(plain.waveform.astype(np.float64), plain.sample_rate)
    end_s = sound.get_total_duration()
    manipulation = call(sound, "To Manipulation", 0.01, 60.0, 600.0)

    times, pitch = plain.pitch[:, 0], 12 * np.log2(plain.pitch[:, 1])
    middle = float(np.median(pitch))
    shift, width = chance.uniform(-3.5, 4.0), chance.uniform(0.55, 1.6)
    bends = [chance.uniform(-2.5, 2.5, 3) * (1.0, 0.8, 0.3) for _ in plain.phrases]
    bend = sum(_waves(times, *span, weights) for span, weights in zip(plain.phrases, bends, strict=True))
    wished = np.clip(2.0 ** ((middle + shift + width * (pitch - middle) + bend) / 12.0), 65.0, 520.0)
    tier = call("Create PitchTier", "pitch", 0.0, end_s)
    for at, hz in zip(times, wished, strict=True):
        call(tier, "Add point", float(at), float(hz))
    call([tier, manipulation], "Replace pitch tier")

    factor, ramp, pause = chance.uniform(0.75, 1.4), chance.uniform(-0.3, 0.3), chance.uniform(0.4, 3.0)
    grid = np.arange(0.0, end_s, 0.02)
    length = np.full(len(grid), factor)
    for begin, end in plain.phrases:
        inside = (grid >= begin) & (grid <= end)
        length[inside] *= 2.0 ** (ramp * (2 * (grid[inside] - begin) / (end - begin) - 1))
    gap = (grid > plain.phrases[0, 1] + 0.02) & (grid < plain.phrases[1, 0] - 0.02)
    length[gap] = pause
    tier = call("Create DurationTier", "length", 0.0, end_s)
    for at, value in zip(grid, length, strict=True):
        call(tier, "Add point", float(at), float(value))
    call([tier, manipulation], "Replace duration tier")
    moved = np.concatenate([[0.0], np.cumsum(length) * 0.02])
    phrases = np.interp(plain.phrases, np.append(grid, end_s), moved[: len(grid) + 1])
    waveform = call(manipulation, "Get resynthesis (overlap-add)").values.ravel().astype(np.float32)

    tape = float(chance.uniform(0.92, 1.09))
    heard_at = np.interp(times, np.append(grid, end_s), moved[: len(grid) + 1])
    return StandIn(
        name=f"{number:02d}_{plain.name}",
        waveform=_recorded(_sounding(waveform, phrases, plain.sample_rate, chance), plain.sample_rate, tape, chance),
        sample_rate=plain.sample_rate,
        syllables=plain.syllables,
        phrases=phrases / tape,
        neutral_hz=plain.neutral_hz * tape,
        pitch=np.stack([heard_at / tape, wished * tape], axis=1),
    )


def _waves(times: NDArray[np.float64], begin: float, end: float, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth shape of three half waves over a phrase, nothing outside."""
    at = (times - begin) / (end - begin)
    shape = sum(weight * np.cos(np.pi * (k + 1) * np.clip(at, 0.0, 1.0)) for k, weight in enumerate(weights))
    return np.asarray(shape * ((at > -0.05) & (at < 1.05)))


def _sounding(
    waveform: Waveform, phrases: NDArray[np.float64], sample_rate: int, chance: np.random.Generator
) -> Waveform:
    """With dynamics, tilt and breath."""
    from tts_engine.prosody import colour
    from tts_engine.prosody.layout import CURVE_S, smooth
    from tts_engine.prosody.transfer_sound import levels_db

    count = int(len(waveform) / sample_rate / CURVE_S)
    times = (np.arange(count) + 0.5) * CURVE_S
    level = levels_db(waveform, count, sample_rate)
    syllables = smooth(np.maximum(level, level.max() - 30.0), 0.03)
    gain = chance.uniform(-0.4, 0.8) * (syllables - smooth(syllables, 0.2))
    for begin, end in phrases:
        gain += _waves(times, begin, end, chance.uniform(-5, 5, 3) * (1.0, 0.8, 0.3))
    breath = np.full(count, max(chance.uniform(-0.5, 1.0), 0.0))
    tilt = np.full(count, chance.uniform(-8, 7))
    waveform = colour.aspirate(waveform, breath, sample_rate, seed=1)
    return colour.gain(colour.tilt(waveform, tilt, sample_rate), gain, sample_rate)


def _recorded(waveform: Waveform, sample_rate: int, tape: float, chance: np.random.Generator) -> Waveform:
    """As it would come out of a cheap microphone in a room with some noise, on a tape that runs too fast or slow."""
    from scipy.signal import resample_poly

    fast = resample_poly(waveform.astype(np.float64), 1000, round(1000 * tape))
    hz = np.fft.rfftfreq(len(fast), 1 / sample_rate)
    octaves = np.log2(np.maximum(hz, 40.0) / 40.0)
    bands_db = np.interp(octaves, np.arange(9), chance.uniform(-2.5, 2.5, 9))
    high_pass = 1.0 / np.sqrt(1.0 + (70.0 / np.maximum(hz, 1.0)) ** 4)
    heard = np.fft.irfft(np.fft.rfft(fast) * 10 ** (bands_db / 20) * high_pass, len(fast))
    heard *= 0.08 * 10 ** (chance.uniform(-6, 3) / 20) / np.sqrt(np.mean(np.square(heard)))
    noise = 0.08 * 10 ** (-chance.uniform(32, 45) / 20) * chance.standard_normal(len(heard))
    return np.clip(heard + noise, -1.0, 1.0).astype(np.float32)


def plain_arrays(stand_in: StandIn) -> dict[str, NDArray[np.generic]]:
    """A recording as arrays, to be kept in a file."""
    return {field.name: np.asarray(getattr(stand_in, field.name)) for field in dataclasses.fields(stand_in)}


def restored(arrays: dict[str, NDArray[np.generic]]) -> StandIn:
    """The recording that ``plain_arrays`` made arrays of."""
    return StandIn(
        name=str(arrays["name"]),
        waveform=np.asarray(arrays["waveform"], np.float32),
        sample_rate=int(arrays["sample_rate"]),
        syllables=int(arrays["syllables"]),
        phrases=np.asarray(arrays["phrases"], np.float64),
        neutral_hz=float(arrays["neutral_hz"]),
        pitch=np.asarray(arrays["pitch"], np.float64),
        neutral=np.asarray(arrays.get("neutral", ()), np.float32),
    )
