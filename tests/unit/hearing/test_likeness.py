"""What a style sounds like: names of the vocabulary, shares that mean something."""

import dataclasses

import numpy as np
import pytest
from made_voices import syllables, wav

from tts_engine.emotion.vocabulary import names
from tts_engine.hearing.hear import hear
from tts_engine.hearing.likeness import FEATURES, _model, features, posterior, sounds_like


@pytest.fixture(scope="module")
def style():
    return hear(wav(syllables(16, every=8, gap_s=0.4, noise_db=45.0)))


def test_every_name_is_one_of_the_vocabulary_and_shares_fall(style):
    assert set(_model()["names"]) <= set(names())
    shares = [share for _, share in style.sounds_like]
    assert 1 <= len(shares) <= 3 and shares == sorted(shares, reverse=True)
    assert all(0.1 <= share <= 1 for share in shares) and sum(shares) <= 1.01


def test_the_model_fits_the_figures(style):
    model = _model()
    assert features(style).shape == model["mean"].shape == model["scale"].shape == (len(FEATURES),)
    assert model["centres"].shape == (len(model["names"]), len(FEATURES))
    assert np.allclose(model["precision"], model["precision"].T)
    assert np.linalg.eigvalsh(model["precision"]).min() > 0


def test_a_centre_sounds_most_like_itself():
    model = _model()
    parts = [model[name] for name in ("mean", "scale", "centres", "precision")]
    for number in range(len(model["names"])):
        shares = posterior(model["mean"] + model["scale"] * model["centres"][number], *parts)
        assert shares.argmax() == number and shares.sum() == pytest.approx(1)


def share_of(style, *wanted):
    model = _model()
    shares = posterior(features(style), *(model[name] for name in ("mean", "scale", "centres", "precision")))
    return sum(shares[model["names"].index(name)] for name in wanted)


def test_high_and_lively_is_no_sadness_and_low_and_flat_no_joy(style):
    up = dataclasses.replace(
        style, f0_median_hz=1.25 * style.neutral_hz, f0_low_hz=0.8 * style.neutral_hz, f0_high_hz=1.8 * style.neutral_hz
    )
    down = dataclasses.replace(
        style, f0_median_hz=0.9 * style.neutral_hz, f0_low_hz=0.8 * style.neutral_hz, f0_high_hz=style.neutral_hz,
        f0_spread_st=1.5, tilt_db=style.tilt_db - 4,
    )  # fmt: skip
    low, high = ("sad", "melancholic", "whispering", "calm"), ("happy", "surprised", "excited", "angry", "shouting")
    assert share_of(up, *high) > share_of(style, *high) and share_of(down, *low) > share_of(style, *low)


def test_a_recording_unlike_any_other_still_has_an_answer(style):
    odd = dataclasses.replace(style, tilt_db=-90.0, hnr_db=60.0, jitter=0.5, pause_share=0.9)
    assert sounds_like(odd)
