"""The loudness and the voice quality of a reference on a finished waveform.

Dynamics: the slow course of the level through each phrase is replaced by the reference's, and what is left (syllables
louder and softer) is widened or narrowed until the level varies as much. What counts are the moments with a voice,
found on the samples: the F0 curve runs on through consonants, whose closures vary more than any voice. Quality: tilt
and breathiness are moved by as much as the reference differs from its own neutral; where a neutral recording is known,
so are the long-term spectrum and the formants.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import colour
from .layout import CURVE_S, VOICED_HZ, smooth
from .matching import draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..types import FloatArray, ReferenceStyle
    from .layout import Curve, Layout
    from .manner import Manner

#: Frames this far under the loudest are no speech, dB.
QUIET_DB = 35.0

#: Most that the course of a phrase is raised or lowered, dB.
MOST_LEVEL_DB = 12.0

#: Bounds of the factor on the differences between syllables, and the least share of the reference's course: where even
#: syllables that are all alike leave too much, its course is made flatter.
NARROWEST, WIDEST, FLATTEST = 0.0, 3.0, 0.4

#: A voice that much under the loudest is hardly heard as one: nothing is lowered past it, nor does it count, dB.
FAINT_DB = 26.0

#: What counts as the course of a phrase, and what as a syllable (standard deviations), seconds.
COURSE_S = 0.1
SYLLABLE_S = 0.02

#: Rounds in which the two are found.
ROUNDS = 8

#: Window over which the level is taken, seconds.
WINDOW_S = 0.02

#: There is a voice where a period is this much like the next one (normalised correlation), whose length may be off by
#: this many samples.
LEAST_LIKENESS, LENGTH_SLACK = 0.45, 3

#: 10th to 90th percentile of a normal distribution, in standard deviations (as ``ReferenceStyle.level_spread_db``).
PERCENTILES = 2.563

#: Most that is changed of a voice's colour: tilt and each band of the spectrum, dB; a formant, as a factor.
MOST_TILT_DB = 9.0
MOST_DARK_DB = 5.0
MOST_SHELF_DB = 14.0
MOST_BAND_DB = 7.0
MOST_FORMANT = 1.09
MOST_TRACT = 1.16

#: Fall of the harmonics-to-noise ratio at which breath is at its most, dB; that most; how much of the soft voice goes
#: with full breath.
FULL_BREATH_DB = 9.0
MOST_BREATH = 0.6
SOFT_SHARE = 0.3

#: Where the speaker's neutral is not known, much of a colour is room, microphone and file: people are recorded with
#: tilts from -3 to -25 dB and 6 dB more noise in their harmonics than our voices have. Imitated in full, that cost
#: 0.4 to 1.3 DistillMOS (docs/experiments.md).
GUESSED_SHARE = 0.6
GUESSED_DARK_DB = 4.5
GUESSED_BREATH = 0.4

TILT_CORNER_HZ = 1500.0


def levels_db(waveform: FloatArray, count: int, sample_rate: int) -> Curve:
    """(count,) level at each curve value, dB."""
    hop = CURVE_S * sample_rate
    reach = round(0.5 * WINDOW_S * sample_rate)
    power = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    middles = np.round((np.arange(count) + 0.5) * hop).astype(np.int64)
    low, high = np.clip(middles - reach, 0, len(waveform)), np.clip(middles + reach, 0, len(waveform))
    return np.asarray(10.0 * np.log10((power[high] - power[low]) / np.maximum(high - low, 1) + 1e-10))


def follow_level(
    level_db: Curve, layout: Layout, voiced: NDArray[np.bool_], matched: Sequence[int], style: ReferenceStyle
) -> Curve:
    """(frames,) gain in dB that gives a sentence the reference's dynamics at full strength.

    Args:
        level_db: of the sentence as rendered, per curve value.
        layout: of the same sentence.
        voiced: where it has a voice (``voiced_frames``).
        matched: for each phrase the reference's phrase that it follows.
        style: the recording.
    """
    speech = speech_frames(level_db, layout) & voiced
    if speech.sum() < 8:
        return np.zeros(len(level_db))
    times: list[float] = []
    wished: list[float] = []
    for phrase, number in zip(layout.phrases, matched, strict=True):
        begin, end = layout.phrase_span(phrase)
        contour = np.asarray(style.phrases[number].level_db, dtype=np.float64)
        times.extend(begin + (np.arange(len(contour)) + 0.5) / len(contour) * (end - begin) - 0.5)
        wished.extend(contour)
    at = np.arange(len(level_db))
    filled = np.interp(at, at[speech], level_db[speech])
    goal = draw(len(level_db), np.array(times), np.array(wished), COURSE_S)
    own = smooth(filled, COURSE_S)
    wish, has = goal - goal[speech].mean(), own - own[speech].mean()
    syllables = smooth(filled - own, SYLLABLE_S)
    depth, width, made = 1.0, 1.0, level_db
    for _ in range(ROUNDS):
        course = np.clip(depth * wish - has, -MOST_LEVEL_DB, MOST_LEVEL_DB)
        made = level_db + course + (width - 1.0) * syllables
        faint_db = float(np.percentile(made[speech], 97)) - FAINT_DB
        made = np.maximum(made, np.minimum(level_db, faint_db))
        spread = _spread(made[speech & (made > faint_db)])
        if width == NARROWEST and spread > style.level_spread_db:
            depth = max(FLATTEST, depth * style.level_spread_db / spread)
        step = (style.level_spread_db - spread) / max(_spread(syllables[speech]), 0.5)
        width = float(np.clip(width + step, NARROWEST, WIDEST))
    return np.asarray(np.clip(smooth(made - level_db, SYLLABLE_S), -1.5 * MOST_LEVEL_DB, MOST_LEVEL_DB))


def speech_frames(level_db: Curve, layout: Layout) -> NDArray[np.bool_]:
    """(frames,) where the sentence sounds: inside its phrases and not far under its loudest moment."""
    inside = np.zeros(len(level_db), dtype=bool)
    for phrase in layout.phrases:
        begin, end = layout.phrase_span(phrase)
        inside[begin:end] = True
    return np.asarray(inside & (level_db > level_db.max(initial=-200.0) - QUIET_DB))


def voiced_frames(waveform: FloatArray, f0: FloatArray, sample_rate: int) -> NDArray[np.bool_]:
    """(frames,) where the samples repeat themselves at the pitch of the curve."""
    found = np.zeros(len(f0), dtype=bool)
    for frame in np.flatnonzero(f0 > VOICED_HZ):
        period = round(sample_rate / float(f0[frame]))
        begin = round((frame + 0.5) * CURVE_S * sample_rate) - 3 * period // 2
        if begin < 0 or begin + 3 * period + LENGTH_SLACK > len(waveform):
            continue
        one = waveform[begin : begin + 2 * period]
        later = np.lib.stride_tricks.sliding_window_view(
            waveform[begin + period - LENGTH_SLACK : begin + 3 * period + LENGTH_SLACK], 2 * period
        )
        power = np.square(later).sum(axis=1) * np.square(one).sum()
        found[frame] = float((later @ one / np.sqrt(power + 1e-12)).max()) > LEAST_LIKENESS
    return found


def _spread(level_db: Curve) -> float:
    low, high = np.percentile(level_db, [10, 90])
    return float(high - low) / PERCENTILES


@dataclass(frozen=True, slots=True)
class Colour:
    """What is done to the quality of a voice at full strength.

    Attributes:
        tilt_db: highs against lows.
        breath: 0-1.
        softness: share of the soft voice's timbre.
        warp: (from, to) of each formant that moves, Hz.
        equal: (frequency, gain in dB).
    """

    tilt_db: float = 0.0
    breath: float = 0.0
    softness: float = 0.0
    warp: tuple[tuple[float, float], ...] = ()
    equal: tuple[tuple[float, float], ...] = ()

    def scaled(self, strength: float) -> Colour:
        """The same change, that much of it; frequencies move along the scale of pitch."""
        return Colour(
            strength * self.tilt_db,
            strength * self.breath,
            strength * self.softness,
            tuple((a, a * (b / a) ** strength) for a, b in self.warp) if strength else (),
            tuple((hz, strength * gain) for hz, gain in self.equal),
        )


def shelf_for(waveform: FloatArray, sample_rate: int, wanted_db: float) -> float:
    """Gain of ``colour.tilt`` that moves the tilt of a waveform by so many dB.

    The shelf is gentle: what it does to the tilt as it is measured depends on where the energy lies.
    """
    home = tilt_of(waveform, sample_rate)
    gain = wanted_db
    for _ in range(3):
        made = colour.tilt(waveform, np.full(2, gain), sample_rate)
        gain = float(np.clip(gain + wanted_db - (tilt_of(made, sample_rate) - home), -MOST_SHELF_DB, MOST_SHELF_DB))
    return gain


def tilt_of(waveform: FloatArray, sample_rate: int) -> float:
    """Level from 1.5 to 8 kHz against that below, dB."""
    power = np.square(np.abs(np.fft.rfft(waveform)))
    hz = np.fft.rfftfreq(len(waveform), 1.0 / sample_rate)
    low = power[(hz >= 50.0) & (hz < TILT_CORNER_HZ)].sum()
    high = power[(hz >= TILT_CORNER_HZ) & (hz < 8000.0)].sum()
    return float(10.0 * np.log10((high + 1e-12) / (low + 1e-12)))


def quality_of(style: ReferenceStyle, neutral: ReferenceStyle | None, usual: Manner) -> Colour:
    """The voice quality of a recording against its speaker's own neutral, or against people in general.

    Args:
        style: the recording.
        neutral: the same speaker speaking neutrally, None where unknown.
        usual: the manner of an average voice.
    """
    home = usual if neutral is None else neutral
    noise = float(np.clip((home.hnr_db - style.hnr_db) / FULL_BREATH_DB, 0.0, 1.0))
    brighter = style.tilt_db - home.tilt_db
    if neutral is None:
        tilt = float(np.clip(GUESSED_SHARE * brighter, -GUESSED_DARK_DB, GUESSED_SHARE * MOST_TILT_DB))
        return Colour(tilt_db=tilt, breath=GUESSED_BREATH * noise)
    tilt, breath = float(np.clip(brighter, -MOST_DARK_DB, MOST_TILT_DB)), MOST_BREATH * noise
    return Colour(
        tilt_db=tilt,
        breath=breath,
        softness=SOFT_SHARE * breath,
        warp=_warp(neutral.formants_hz[:3], style.formants_hz[:3], MOST_FORMANT),
        equal=_equal(style.spectrum_db, neutral.spectrum_db, tilt),
    )


def timbre_of(style: ReferenceStyle, own: Manner) -> Colour:
    """The speaker's vocal tract and long-term spectrum against those of the voice that is to sound like it."""
    factor = float(np.clip(own.vocal_tract_cm / style.vocal_tract_cm, 1.0 / MOST_TRACT, MOST_TRACT))
    return Colour(
        warp=tuple((hz, factor * hz) for hz in own.formants_hz),
        equal=_equal(style.spectrum_db, own.spectrum_db, 0.0),
    )


def _warp(home: Sequence[float], there: Sequence[float], most: float) -> tuple[tuple[float, float], ...]:
    pairs = [(a, a * float(np.clip(b / a, 1.0 / most, most))) for a, b in zip(home, there, strict=True) if a > 0 < b]
    return tuple(pairs) if all(x[0] < y[0] and x[1] < y[1] for x, y in itertools.pairwise(pairs)) else ()


def _equal(there: Sequence[float], home: Sequence[float], tilt_db: float) -> tuple[tuple[float, float], ...]:
    """Smoothed and bounded difference of two mel spectra; without the share that a tilt accounts for already."""
    centres = mel_centres(len(there))
    difference = np.asarray(there, dtype=np.float64) - np.asarray(home, dtype=np.float64)
    difference -= tilt_db * (centres > TILT_CORNER_HZ)
    kernel = np.exp(-0.5 * (np.arange(-4, 5) / 1.6) ** 2)
    soft = np.convolve(np.pad(difference, 4, mode="edge"), kernel / kernel.sum(), mode="valid")
    soft -= soft.mean()
    bounded = MOST_BAND_DB * np.tanh(soft / MOST_BAND_DB)
    return tuple(zip(centres.tolist(), bounded.tolist(), strict=True))


def mel_centres(count: int, low_hz: float = 50.0, high_hz: float = 7600.0) -> Curve:
    """(count,) centres of the bands of ``ReferenceStyle.spectrum_db``, Hz: equal steps on the mel scale (HTK)."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (low_hz, high_hz))
    mels = np.linspace(low, high, count + 2)[1:-1]
    return np.asarray(700.0 * (10.0 ** (mels / 2595.0) - 1.0))
