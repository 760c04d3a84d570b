"""Octaves: a stretch is moved only where the sound repeats itself there too."""

import numpy as np
import pytest
from made_voices import RATE, speak, wav

from tts_engine.hearing.hear import hear
from tts_engine.hearing.pitch import track_pitch


def phrase(end_hz):
    """A falling phrase in three pieces whose last one is spoken at another pitch, and two more of the same voice."""
    silence = np.zeros(int(0.05 * RATE))
    piece = np.full(int(0.3 * RATE), 130.0)
    end = np.full(int(0.2 * RATE), end_hz)
    parts = [silence, piece, silence, 0.95 * piece, silence, end, np.zeros(int(0.4 * RATE)), piece, silence, piece]
    return moving(np.concatenate([*parts, silence]))


def moving(f0):
    """The pitch as it wanders in speech."""
    return f0 * 2 ** (1.5 * np.sin(2 * np.pi * 3.0 * np.arange(len(f0)) / RATE) / 12)


@pytest.mark.parametrize("end_hz", [62.0, 66.0, 120.0])
def test_creak_at_the_end_of_a_phrase_is_heard_where_it_is(end_hz):
    f0 = phrase(end_hz)
    pitch = track_pitch(speak(f0, noise_db=40.0))
    truth = f0[80::160][: len(pitch.f0_hz)]
    both = (truth > 0) & pitch.voiced
    apart = np.abs(12 * np.log2(pitch.f0_hz[both] / truth[both]))
    assert both[72:90].sum() > 10
    assert np.mean(apart > 3.0) < 0.02


def test_a_phrase_that_ends_in_creak_falls():
    style = hear(wav(np.tile(speak(phrase(64.0), noise_db=40.0), 2)))
    first = style.phrases[0].melody_st
    assert np.mean(first[-6:]) < np.mean(first[:6]) - 4.0


def test_the_level_of_the_fundamental_counts_for_dynamics():
    at = np.arange(2 * RATE) / RATE
    f0 = moving(np.full(len(at), 110.0))
    low = 0.3 * np.sin(2 * np.pi * np.cumsum(f0) / RATE)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 2.0 * at)
    even, waving = (
        hear(wav((0.2 * speak(f0, noise_db=45.0) + gain * low).astype(np.float32))) for gain in (1.0, swell)
    )
    assert waving.level_spread_db > even.level_spread_db + 2.0
