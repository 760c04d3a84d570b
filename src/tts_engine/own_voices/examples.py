"""From a clip of a corpus to what the decoder is trained on: aligned text, and the recording's own pitch and energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import AudioError
from ..hearing.frames import HOP_S
from ..hearing.pitch import track_pitch
from .alignment import carry_over, cepstra_over
from .fast import at_hearing_rate
from .tuning import Example, energy_of

if TYPE_CHECKING:
    from ..types import FloatArray
    from .corpus import Clip
    from .workshop import Workshop


def make_example(workshop: Workshop, clip: Clip, pack: FloatArray) -> Example:
    """The clip as the decoder sees it.

    Args:
        workshop: the engine that the text is laid beside.
        clip: recording and phonemes.
        pack: (510, 256) of the fitted voice, whose timbre the decoder is tuned for.

    Raises:
        AudioError: the recording is shorter than one frame per phoneme.
    """
    engine, config = workshop.engine, workshop.engine.config
    row = pack[len(clip.phonemes) - 1]
    encoding = engine.encode(clip.phonemes, row[config.style :])
    prosody = engine.predict(encoding)
    own = engine.render(encoding, prosody, row[: config.style])
    frames = len(clip.waveform) // config.frame_hop
    if frames < len(prosody.durations):
        raise AudioError(
            f"{clip.name} 太短，放不下它的文本。{clip.name} is too short for its text.", code="clip_refused"
        )
    waveform = clip.waveform[: frames * config.frame_hop]
    gain = float(np.std(own)) / max(float(np.std(waveform)), 1e-6)  # to the level of the engine's voice
    waveform = (waveform * gain).astype(np.float32)
    durations = carry_over(
        prosody.durations, cepstra_over(own, config.sample_rate), cepstra_over(waveform, config.sample_rate), frames
    )
    return Example(
        text=np.ascontiguousarray(np.repeat(encoding.text, durations, axis=0).T),
        f0=_f0_of(waveform, config.sample_rate, 2 * frames, config.curve_rate),
        energy=energy_of(waveform, config.sample_rate, 2 * frames),
        waveform=waveform,
        timbre=row[: config.style].copy(),
    )


def _f0_of(waveform: FloatArray, sample_rate: int, count: int, curve_rate: float) -> FloatArray:
    """(count,) F0 in Hz, 0 where unvoiced."""
    heard = track_pitch(at_hearing_rate(waveform, sample_rate)).f0_hz
    if not len(heard):
        return np.zeros(count, np.float32)
    nearest = np.clip(((np.arange(count) + 0.5) / curve_rate / HOP_S).astype(int), 0, len(heard) - 1)
    return np.asarray(heard[nearest], np.float32)
