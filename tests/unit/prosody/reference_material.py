"""References with true values, made of curves instead of sound."""

import dataclasses

import numpy as np

from tts_engine.prosody.manner import Manner
from tts_engine.prosody.register import Register
from tts_engine.types import Reference, ReferencePhrase, ReferenceStyle

REGISTER = Register(median_hz=220.0, low_hz=120.0, high_hz=320.0)
MANNER = Manner(
    f0_spread_st=4.0, syllable_rate=5.0, pause_s=0.25, tilt_db=-15.0, hnr_db=17.0,
    vocal_tract_cm=14.0, formants_hz=(500.0, 1500.0, 2600.0, 3600.0), spectrum_db=(0.0,) * 40,
)  # fmt: skip

AT = (np.arange(32) + 0.5) / 32
SHAPES = {
    "rise": 6.0 * (AT - 0.5),
    "fall": -6.0 * (AT - 0.5),
    "arch": 3.0 * np.sin(np.pi * AT),
    "valley": -3.0 * np.sin(np.pi * AT),
    "level": 0.0 * AT,
}


def make_phrase(begin=0.0, melody="level", level="level", tempo=0.0, seconds=1.5, syllables=7.0):
    """One phrase; ``tempo`` is log2 of the rate at its end against its beginning."""
    return ReferencePhrase(
        begin_s=begin, end_s=begin + seconds, melody_st=tuple(SHAPES[melody]), level_db=tuple(SHAPES[level]),
        tempo=tuple(2.0 ** (tempo * (AT - 0.5))), syllables=syllables,
    )  # fmt: skip


def make_style(phrases=None, shift_st=0.0, pause_s=0.25, **values):
    """The style of a speaker whose neutral is 130 Hz, ``shift_st`` above it."""
    phrases = phrases or (make_phrase(), make_phrase(1.5 + pause_s))
    made = ReferenceStyle(
        digest="made", duration_s=4.0, speech_s=3.0, f0_median_hz=130.0 * 2 ** (shift_st / 12), f0_low_hz=90.0,
        f0_high_hz=180.0, f0_spread_st=4.0, neutral_hz=130.0, syllable_rate=5.0, pause_share=0.1,
        pauses_s=(pause_s,) if len(phrases) > 1 else (), phrases=phrases, level_spread_db=6.0, tilt_db=-15.0,
        hnr_db=17.0, jitter=0.01, shimmer=0.05, formants_hz=(450.0, 1400.0, 2500.0, 3500.0), vocal_tract_cm=16.0,
        spectrum_db=(0.0,) * 40,
    )  # fmt: skip
    return dataclasses.replace(made, **values)


def make_reference(strength=1.0, aspects="melody,rhythm,dynamics,quality", neutral=None, **values):
    return Reference(make_style(**values), strength, frozenset(aspects.split(",")), neutral)
