import numpy as np
import pytest

from tts_engine.hearing.kinds import kind_of_sound, stillness
from tts_engine.hearing.pitch import Pitch
from tts_engine.hearing.speech import Speech


def heard(still: float, consonants: float, snr_db: float) -> tuple[Pitch, Speech]:
    """Some share of voice whose pitch stands still, the rest of it gliding; then sound without a pitch."""
    glide = 150.0 * 2.0 ** (np.arange(1000) % 40 / 80.0)
    f0 = np.where(np.arange(1000) < 1000 * still, 220.0, glide)
    silent = round(1000 * consonants / (1.0 - consonants))
    f0 = np.concatenate([f0, np.zeros(silent)])
    active = np.ones(len(f0), bool)
    pitch = Pitch(f0, np.full(len(f0), 0.8), 60.0, 500.0)
    return pitch, Speech(active, np.zeros(len(f0)), -snr_db, 0.0, np.array([[0, len(f0)]]))


@pytest.mark.parametrize(
    ("still", "consonants", "snr_db", "kind"),
    [
        (0.1, 0.3, 25.0, "speech"),
        (0.35, 0.3, 25.0, "speech"),  # an actor who sighs
        (0.35, 0.05, 25.0, "music"),  # an instrument
        (0.35, 0.3, 15.0, "music"),  # a band
        (0.25, 0.3, 15.0, "speech"),
        (0.25, 0.3, 7.0, "music"),  # never silent
        (0.6, 0.3, 25.0, "music"),
    ],
)
def test_stillness_is_judged_by_how_clean_the_sound_is(still, consonants, snr_db, kind):
    pitch, speech = heard(still, consonants, snr_db)
    assert stillness(pitch) == pytest.approx(still, abs=0.03)
    assert kind_of_sound(pitch, speech) == kind
