"""The fast fit: from the speech of a speaker to a voice in seconds, without torch and without a download.

    recording ── encoder ──► timbre ── render, listen, correct (twice) ──► timbre half
             └─ median F0 ──► two Mandarin packs ──► prosody half

The correction is a fixed-point iteration: the encoder listens to what the engine makes of the present timbre, and the
timbre moves by the difference to what it heard in the recording. It takes back the shrinkage of the regression and
stops where the two sound alike to the encoder, within the distance from the mean that the voice packs have. What the
engine makes is heard in the band of the recording, so that the correction also takes back what a telephone did.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import resample_poly

from ..hearing.frames import RATE
from .band import narrowed, reach_of_bands
from .encoder import load_encoder
from .manner import mandarin_manner
from .timbre import HIGH_HZ, LOW_HZ, Speech, find_frames
from .workshop import FITTING, ROW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import FloatArray
    from .workshop import Workshop

    Matrix = NDArray[np.float64]

#: Chosen on voices drawn at random (docs/experiments.md).
ROUNDS, STEP = 2, 0.8
#: Farthest from the mean that a timbre may go, in mean distances of the packs.
FARTHEST = 1.25

OnStep = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A voice in the making.

    Attributes:
        pack: (510, 256) float32.
        mix: Mandarin packs that the prosody half comes from, as a mix.
        heard: (128,) what the encoder heard in the recording.
        steps: similarity to the recording, by the encoder, before each correction.
    """

    pack: FloatArray
    mix: str
    heard: Matrix
    steps: tuple[float, ...]


def fit(
    workshop: Workshop, speech: Speech, *, exclude: Collection[str] = (), on_step: OnStep = lambda share, what: None
) -> Fitted:
    """The voice of the style space that is most like the speaker.

    Args:
        workshop: engine and packs.
        speech: of the speaker.
        exclude: packs that must not be used (for measuring).
        on_step: told the share done, 0-1, and what is being done.
    """
    encoder = load_encoder()
    half = workshop.engine.config.style
    heard = encoder.timbre(speech)
    on_step(0.1, "语调 prosody")
    manner = mandarin_manner(workshop, float(np.median(speech.f0_hz)), exclude)
    prosody = sum(weight * workshop.voices.pack(name)[:, half:] for name, weight in manner.items())
    packs = [workshop.voices.pack(name)[:, :half] for name in workshop.voices.pack_names() if name not in exclude]
    drift = np.mean(packs, axis=0)
    drift = drift - drift[ROW - 1]
    timbre, steps, band_hz = heard, [], reach_of_bands(speech.mel_db, LOW_HZ, HIGH_HZ)
    for number in range(ROUNDS):
        on_step(0.2 + 0.4 * number, "音色 timbre")
        row = np.concatenate([timbre, np.asarray(prosody)[ROW - 1]]).astype(np.float32)
        said = encoder.timbre(listen(workshop, row, band_hz=band_hz))
        steps.append(encoder.similarity(said, heard))
        timbre = _within(timbre + STEP * (heard - said), encoder.mean, FARTHEST * encoder.radius)
    pack = np.concatenate([timbre + drift, np.asarray(prosody)], axis=1).astype(np.float32)
    mix = "+".join(f"{name}:{weight:.3f}" for name, weight in manner.items())
    return Fitted(pack, mix, heard, tuple(steps))


def listen(
    workshop: Workshop, row: FloatArray, phrases: tuple[str, ...] = FITTING, *, band_hz: float = RATE / 2
) -> Speech:
    """What a style (256,) sounds like up to a frequency, in frames of speech."""
    said = np.concatenate([workshop.say(phonemes, row) for phonemes in phrases])
    return find_frames(narrowed(at_hearing_rate(said, workshop.engine.config.sample_rate), band_hz))


def at_hearing_rate(waveform: FloatArray, sample_rate: int) -> Matrix:
    """The waveform at 16 kHz."""
    divisor = int(np.gcd(RATE, sample_rate))
    return np.asarray(resample_poly(waveform.astype(np.float64), RATE // divisor, sample_rate // divisor))


def _within(timbre: Matrix, mean: Matrix, radius: float) -> Matrix:
    apart = timbre - mean
    return np.asarray(mean + apart * min(1.0, radius / max(float(np.linalg.norm(apart)), 1e-9)))
