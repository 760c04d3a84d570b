import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prosody_material import make_durations, make_prosody, make_sentence

from tts_engine.prosody import melody
from tts_engine.prosody.layout import VOICED_HZ, lay_out

REFERENCE_HZ = 220.0


@pytest.fixture
def parts(sentence, prosody):
    return melody.take_apart(prosody, lay_out(sentence, prosody), reference_hz=REFERENCE_HZ)


def test_phrase_and_tones_add_up_to_the_curve(prosody, parts):
    voiced = prosody.f0 > VOICED_HZ
    rebuilt = REFERENCE_HZ * 2 ** (parts.pitch[voiced] / 12)
    np.testing.assert_allclose(rebuilt, prosody.f0[voiced], rtol=1e-5)


def test_no_edit_gives_back_the_very_same_value(prosody, parts):
    edit = melody.scale(parts, phrase=0.0, tones=0.0)
    assert melody.bend(prosody, edit) is prosody


@settings(deadline=None)
@given(st.floats(-6, 6))
def test_a_shift_moves_every_voiced_value_by_the_ratio_and_no_other(semitones):
    sentence = make_sentence()
    prosody = make_prosody(sentence, np.rint(make_durations(sentence)).astype(np.int64))
    moved = melody.bend(prosody, np.full(len(prosody.f0), semitones))
    voiced = prosody.f0 > VOICED_HZ
    np.testing.assert_allclose(moved.f0[voiced], prosody.f0[voiced] * 2 ** (semitones / 12), rtol=1e-5)
    np.testing.assert_array_equal(moved.f0[~voiced], prosody.f0[~voiced])


def test_the_phrase_follows_the_line_and_not_the_tones(sentence, parts):
    # the made-up curve falls by 4 st over the whole; tones alone move by 10
    spans = lay_out(sentence, make_prosody(sentence, np.rint(make_durations(sentence)).astype(np.int64))).spans
    begin, end = int(spans[0, 0]), int(spans[-1, 1])
    inside = parts.phrase[begin:end]
    assert -6.0 < inside[-1] - inside[0] < -1.0
    assert np.ptp(inside) < 0.6 * np.ptp(parts.pitch[begin:end])


def test_tones_scale_around_the_phrase_and_keep_their_order(sentence, prosody, parts):
    layout = lay_out(sentence, prosody)
    wider = melody.scale(parts, tones=np.log2(1.5))
    after = melody.take_apart(melody.bend(prosody, wider), layout, reference_hz=REFERENCE_HZ)

    def heights(part):
        return np.array([part.tones[begin:end][part.voiced[begin:end]].mean() for begin, end in layout.spans])

    # measured against the phrase that it had, every tone moved away from it in its own direction
    moved = (after.pitch - parts.phrase)[parts.voiced]
    np.testing.assert_allclose(moved, 1.5 * parts.tones[parts.voiced], atol=1e-4)
    assert np.argmin(heights(after)) == np.argmin(heights(parts))
    assert layout.tones[int(np.argmin(heights(after)))] == "3"


def test_the_phrase_turns_around_its_mean(parts):
    edit = melody.scale(parts, phrase=1.0)
    assert edit[parts.voiced].mean() == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(edit, parts.phrase - parts.level_st, atol=1e-9)


@settings(deadline=None)
@given(st.floats(-20, 20), st.floats(-20, 20))
def test_a_limit_is_never_passed_and_keeps_the_order_of_edits(one, other):
    sentence = make_sentence()
    prosody = make_prosody(sentence, np.rint(make_durations(sentence)).astype(np.int64))
    parts = melody.take_apart(prosody, lay_out(sentence, prosody), reference_hz=REFERENCE_HZ)
    floor, ceiling = float(parts.pitch.min()) - 2.0, float(parts.pitch.max()) + 3.0

    def limited(amount):
        return melody.limit(parts, np.full(len(parts.pitch), amount), floor_st=floor, ceiling_st=ceiling)

    reached = parts.pitch + limited(one)
    assert floor - 1e-6 <= reached.min()
    assert reached.max() <= ceiling + 1e-6
    low, high = sorted((one, other))
    assert (limited(low) <= limited(high) + 1e-9).all()
    assert not limited(0.0).any()


def test_a_small_edit_is_not_limited(parts):
    edit = np.full(len(parts.pitch), 0.8)
    floor, ceiling = float(parts.pitch.min()) - 2.0, float(parts.pitch.max()) + 2.0
    np.testing.assert_allclose(melody.limit(parts, edit, floor_st=floor, ceiling_st=ceiling), edit)


def test_silence_has_a_melody_too(sentence, prosody):
    silent = dataclasses.replace(prosody, f0=np.zeros_like(prosody.f0))
    parts = melody.take_apart(silent, lay_out(sentence, silent), reference_hz=REFERENCE_HZ)
    assert np.isfinite(parts.pitch).all()
    assert parts.level_st == 0.0


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_whisper_takes_the_weakest_voice_first_and_never_gives_back(one, other):
    sentence = make_sentence()
    prosody = make_prosody(sentence, np.rint(make_durations(sentence)).astype(np.int64))
    rng = np.random.default_rng(0)
    prosody = dataclasses.replace(prosody, energy=(prosody.energy + rng.random(len(prosody.energy))).astype(np.float32))
    spans = lay_out(sentence, prosody).spans
    low, high = sorted((one, other))
    less, more = (melody.devoice(prosody, np.full(len(prosody.f0), share), spans).f0 for share in (low, high))
    assert not ((less == 0) & (more > 0) & (prosody.f0 > VOICED_HZ)).any()
    voiced = (prosody.f0 > VOICED_HZ).sum()
    assert abs(((more == 0) & (prosody.f0 > VOICED_HZ)).sum() - high * voiced) <= 1 + 0.5 * len(spans)


def test_a_half_whisper_leaves_every_syllable_the_heart_of_its_tone(sentence, prosody):
    """Weak syllables went whole before, and their tones with them."""
    spans = lay_out(sentence, prosody).spans
    weak = np.linspace(6.0, 0.1, len(prosody.f0)).astype(np.float32)
    softened = dataclasses.replace(prosody, energy=weak)
    after = melody.devoice(softened, np.full(len(prosody.f0), 0.5), spans).f0
    for begin, end in spans:
        voiced = prosody.f0[begin:end] > VOICED_HZ
        assert not voiced.any() or (after[begin:end] > VOICED_HZ).sum() >= 0.3 * voiced.sum()


def test_no_whisper_is_the_same_value_and_a_full_one_has_no_pitch(sentence, prosody):
    spans = lay_out(sentence, prosody).spans
    assert melody.devoice(prosody, np.zeros(len(prosody.f0)), spans) is prosody
    assert (melody.devoice(prosody, np.ones(len(prosody.f0)), spans).f0 <= VOICED_HZ).all()
