"""A recording, heard: from a file or bytes to the ``ReferenceStyle`` that transfer builds on.

decode ──► pitch, speech ──► quality ──► nuclei, phrases, voice, formants ──► ReferenceStyle
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AudioError
from ..types import ReferenceStyle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .decode import Limits, Recording
    from .formants import Formants
    from .frames import Curve
    from .pitch import Pitch
    from .speech import Speech
    from .store import StyleCache

#: Part of every cache key: raised whenever the same samples would be heard differently.
VERSION = 5


@dataclass(frozen=True, slots=True)
class Hearing:
    """Everything that was heard, for pictures and for checks; ``style`` is what goes on.

    Attributes:
        recording: what was listened to.
        pitch: F0 per 10 ms.
        speech: where somebody speaks.
        nuclei: (n,) frames of the syllable nuclei.
        melody_st: (frames,) slow melody, semitones over the median.
        rate: (frames,) local syllables per second.
        formants: over the vowels; None where none could be found.
        style: the whole in figures.
    """

    recording: Recording
    pitch: Pitch
    speech: Speech
    nuclei: NDArray[np.int64]
    melody_st: Curve
    rate: Curve
    formants: Formants | None
    style: ReferenceStyle


def hear(
    source: str | Path | bytes,
    *,
    neutral: str | Path | bytes | None = None,
    limits: Limits | None = None,
    cache: StyleCache | None = None,
) -> ReferenceStyle:
    """The way of speaking in a recording.

    Args:
        source: audio file, or its bytes.
        neutral: a second recording of the same speaker, speaking neutrally; makes ``neutral_hz`` exact.
        limits: how large and long they may be.
        cache: where to look first, by content, and to keep what was heard.

    Raises:
        AudioError: not audio, or nothing that can serve as a reference; says what is wrong and what to do.
    """
    from .decode import decode

    neutral_hz = None if neutral is None else neutral_pitch(neutral, limits=limits, cache=cache)
    recording = decode(source, limits=limits)
    if cache is None:
        return listen(recording, neutral_hz=neutral_hz).style
    key = f"{recording.digest}-{VERSION}" + (f"-{neutral_hz:.2f}" if neutral_hz else "")
    style = cache.get(key)
    if style is None:
        style = listen(recording, neutral_hz=neutral_hz).style
        cache.put(key, style)
    return style


def neutral_pitch(
    neutral: str | Path | bytes, *, limits: Limits | None = None, cache: StyleCache | None = None
) -> float:
    """Median F0 of a recording of the speaker speaking neutrally, Hz.

    Raises:
        AudioError: as ``hear``; says that it is about this recording.
    """
    try:
        return hear(neutral, limits=limits, cache=cache).f0_median_hz
    except AudioError as error:
        raise AudioError(f"中性录音 neutral: {error.message}", code=error.code, **error.fields) from error


def listen(recording: Recording, *, neutral_hz: float | None = None) -> Hearing:
    """Everything that can be heard in a decoded recording at 16 kHz.

    Args:
        recording: of ``decode``.
        neutral_hz: the speaker's neutral median F0 where it is known; otherwise it is estimated.

    Raises:
        AudioError: nothing that can serve as a reference.
    """
    import numpy as np

    from .formants import TUBE_HZ, find_formants, vocal_tract
    from .frames import HOP, power_spectra
    from .kinds import has_several_speakers, kind_of_sound
    from .likeness import sounds_like
    from .phrases import find_phrases, slow_melody
    from .pitch import track_pitch
    from .quality import doubts, refuse_silence, refuse_unusable
    from .register import neutral_pitch as guess_neutral
    from .speech import find_speech, loudness, spread_of
    from .tempo import find_nuclei, local_rate
    from .voice import long_term_spectrum, tilt, unrest

    refuse_silence(recording)
    power = power_spectra(recording.waveform)
    pitch = track_pitch(recording.waveform)
    speech = find_speech(power, pitch)
    kind = kind_of_sound(pitch, speech)
    refuse_unusable(speech, kind)
    voiced = pitch.voiced & speech.active
    f0 = pitch.f0_hz[voiced]
    semitones = 12.0 * np.log2(f0)
    nuclei = find_nuclei(power, pitch, speech)
    rate = len(nuclei) / speech.speech_s
    loud = loudness(power)
    melody = slow_melody(pitch, nuclei, speech)
    clear = voiced & (pitch.strength > 0.7) & (speech.level_db > speech.voice_db - 12.0)
    vowels = np.flatnonzero(clear).astype(np.int64)
    formants = find_formants(recording.waveform, vowels)
    has_several = has_several_speakers(pitch, formants, vowels)
    medians = formants.medians_hz if formants else TUBE_HZ
    tract = formants.vocal_tract_cm if formants else vocal_tract(TUBE_HZ)
    shaken = unrest(recording.waveform, pitch)
    hnr = pitch.hnr_db[voiced]
    median_hz, spread = float(np.median(f0)), float(semitones.std())
    first, last = int(speech.stretches[0, 0]), int(speech.stretches[-1, 1])
    style = ReferenceStyle(
        digest=recording.digest,
        duration_s=round(recording.duration_s, 3),
        speech_s=round(speech.speech_s, 3),
        f0_median_hz=round(median_hz, 2),
        f0_low_hz=round(float(np.percentile(f0, 5)), 2),
        f0_high_hz=round(float(np.percentile(f0, 95)), 2),
        f0_spread_st=round(spread, 3),
        neutral_hz=round(neutral_hz or guess_neutral(median_hz, spread, tract), 2),
        syllable_rate=round(rate, 3),
        pause_share=round(1.0 - speech.speech_s / max((last - first) * HOP / recording.sample_rate, 1e-9), 4),
        pauses_s=speech.pauses_s,
        phrases=find_phrases(melody, loud, nuclei, speech, rate),
        level_spread_db=round(spread_of(loud[voiced]), 3),
        tilt_db=round(tilt(power, voiced), 3),
        hnr_db=round(float(hnr.mean()), 3),
        jitter=round(shaken.jitter, 5),
        shimmer=round(shaken.shimmer, 5),
        formants_hz=tuple(round(float(value), 1) for value in medians),
        vocal_tract_cm=round(float(tract), 2),
        spectrum_db=tuple(round(float(value), 2) for value in long_term_spectrum(power, speech.active)),
        warnings=(*recording.warnings, *doubts(recording, speech, power, kind=kind, has_several=has_several)),
    )
    style = dataclasses.replace(style, sounds_like=sounds_like(style))
    return Hearing(recording, pitch, speech, nuclei, melody, local_rate(nuclei, speech), formants, style)
