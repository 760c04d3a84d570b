import dataclasses

import numpy as np
import pytest

from tts_engine.prosody import gestures
from tts_engine.prosody.accents import find_accents
from tts_engine.prosody.layout import CURVE_S, find_phrases, hat, lay_out, ramp, smooth


@pytest.fixture
def layout(sentence, prosody):
    return lay_out(sentence, prosody)


def all_shapes(layout, accents, seed=1):
    def chance():
        return np.random.default_rng(seed)

    return {
        "declination": gestures.declination(layout),
        "final_bend": gestures.final_bend(layout),
        "attack": gestures.attack(layout),
        "stress": gestures.stress(layout, accents),
        "stress_pitch": gestures.stress_pitch(layout, accents),
        "after_focus": gestures.after_focus(layout, accents),
        "tremor": gestures.tremor(layout.count, chance()),
        "unrest": gestures.unrest(layout.count, chance()),
        "sob_pitch": gestures.sobs(layout, chance())[0],
        "sob_level": gestures.sobs(layout, chance())[1],
        "creak": gestures.creak(layout, chance()),
    }


def test_every_shape_covers_the_sentence_and_does_something(sentence, layout):
    for name, shape in all_shapes(layout, find_accents(sentence)).items():
        assert shape.shape == (layout.count,), name
        assert np.isfinite(shape).all(), name
        assert np.ptp(shape) > 0.2, name


def test_shapes_glide(sentence, layout):
    for name, shape in all_shapes(layout, find_accents(sentence)).items():
        assert np.abs(np.diff(shape)).max() < (0.9 if name == "tremor" else 0.6), name  # trembling is rough


def test_chance_is_repeatable_and_differs_by_seed(sentence, layout):
    accents = find_accents(sentence)
    one, again, other = (all_shapes(layout, accents, seed) for seed in (1, 1, 2))
    for name in ("tremor", "unrest", "creak"):
        np.testing.assert_array_equal(one[name], again[name])
        assert np.abs(one[name] - other[name]).max() > 0.05, name


def test_the_sentence_falls_into_its_phrases(sentence):
    assert [phrase.syllables for phrase in find_phrases(sentence)] == [(0, 5), (5, 10)]
    assert [phrase.is_last for phrase in find_phrases(sentence)] == [False, True]


def test_declination_runs_from_minus_to_plus_a_half_in_the_last_phrase(layout):
    begin, end = layout.phrase_span(layout.phrases[-1])
    shape = gestures.declination(layout)
    assert shape[begin + 8] == pytest.approx(-0.5, abs=0.12)  # past the glide from the phrase before
    assert shape[end - 1] == pytest.approx(0.5, abs=0.05)


def test_the_final_bend_ends_where_the_voice_ends(layout, prosody):
    shape = gestures.final_bend(layout)
    last_voiced = int(np.flatnonzero(prosody.f0 > 50)[-1])
    assert shape[last_voiced] == pytest.approx(1.0, abs=0.05)
    assert shape[: layout.spans[3, 0]].max() == pytest.approx(0.0, abs=1e-9)


def test_the_attack_is_over_soon(layout):
    shape = gestures.attack(layout)
    begin, _ = layout.phrase_span(layout.phrases[0])
    assert shape[begin] == pytest.approx(1.0)
    assert shape[begin + int(0.35 / CURVE_S)] == pytest.approx(0.0, abs=1e-9)


def test_third_tones_are_not_lifted(layout, sentence):
    accents = list(find_accents(sentence, 0))
    full = [type(accents[0])(0, (0, len(layout.tones)), 1.0)]
    shape = gestures.stress_pitch(layout, full)
    middle = {tone: shape[int(layout.spans[i].mean())] for i, tone in enumerate(layout.tones)}
    assert middle["1"] > 2 * middle["3"]


def test_tremor_trembles_at_its_rate():
    shape = gestures.tremor(800, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(shape * np.hanning(len(shape))))
    peak_hz = np.fft.rfftfreq(len(shape), CURVE_S)[int(spectrum.argmax())]
    assert 4.0 < peak_hz < 8.0
    assert np.abs(shape).max() <= 1.0


def test_unrest_has_unit_deviation():
    assert gestures.unrest(20_000, np.random.default_rng(0)).std() == pytest.approx(1.0, rel=0.15)


def test_hats_and_ramps():
    shape = hat(100, 40, 60, 0.1)
    assert (shape[40:60] == 1.0).all()
    assert shape[:31].max() == 0.0
    step = ramp(100, 20, 60)
    assert (np.diff(step) >= 0).all()
    assert (step[0], step[-1]) == (0.0, 1.0)


def test_smoothing_keeps_a_constant_and_the_mean():
    assert smooth(np.full(50, 3.0), 0.1) == pytest.approx(3.0)
    bump = np.zeros(200)
    bump[100] = 1.0
    assert smooth(bump, 0.05).sum() == pytest.approx(1.0)


def with_last_tone(layout, tone):
    return dataclasses.replace(layout, tones=(*layout.tones[:-1], tone))


def test_a_creaky_end_spares_the_tones_that_it_would_turn_round(layout):
    depth = {tone: -gestures.creak(with_last_tone(layout, tone), np.random.default_rng(1)).min() for tone in "1234"}
    assert depth["2"] < depth["1"] < 0.5 * min(depth["3"], depth["4"])


def test_the_final_bend_is_done_earlier_where_the_last_tone_rises(layout):
    begin, end = layout.spans[-1]
    rising, falling = (gestures.final_bend(with_last_tone(layout, tone))[begin:end] for tone in "24")
    assert (1.0 - rising).sum() < 0.5 * (1.0 - falling).sum()
