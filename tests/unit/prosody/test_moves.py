import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.errors import ControlError
from tts_engine.prosody.moves import FIELDS, Moves, blend, times
from tts_engine.prosody.palette import AXES, STYLES, moves_of
from tts_engine.types import EMOTION_AXES, Emotion

vectors = st.lists(st.floats(0, 1), min_size=8, max_size=8).map(tuple)


def test_half_of_a_factor_twice_is_the_factor():
    half = Moves(rate=times(1.44)).scaled(0.5)
    assert 2**half.rate == pytest.approx(1.2)
    assert blend([(half, 1.0), (half, 1.0)]).rate == pytest.approx(times(1.44))


def test_the_palette_names_the_eight_axes_in_order():
    assert tuple(AXES) == EMOTION_AXES


@pytest.mark.parametrize("moves", [*AXES.values(), *STYLES.values()])
def test_every_entry_moves_something_within_what_stays_clean(moves):
    assert not moves.is_zero
    assert all(math.isfinite(value) for value in moves.as_tuple())
    assert -6 <= moves.pitch_st <= 6
    assert abs(moves.rate) <= 0.5
    assert abs(moves.level_db) <= 10


@settings(deadline=None)
@given(vectors, st.floats(0, 1))
def test_intensity_is_linear_and_zero_is_neutral(vector, intensity):
    full, part = moves_of(Emotion(vector)), moves_of(Emotion(vector, intensity=intensity))
    assert part.as_tuple() == pytest.approx(full.scaled(intensity).as_tuple(), abs=1e-9)
    assert moves_of(Emotion(vector, intensity=0.0)).is_zero


@settings(deadline=None)
@given(vectors, vectors, st.floats(0, 1))
def test_a_small_step_in_the_vector_is_a_small_step_in_the_moves(one, other, share):
    step = 1e-4
    near = tuple(a + step * (b - a) for a, b in zip(one, other, strict=True))
    change = [
        abs(a - b) for a, b in zip(moves_of(Emotion(one)).as_tuple(), moves_of(Emotion(near)).as_tuple(), strict=True)
    ]
    assert max(change) < 0.1


def test_labels_that_add_up_to_more_than_one_are_a_mixture():
    both = moves_of(Emotion((1.0, 1.0, 0, 0, 0, 0, 0, 0)))
    for name in FIELDS:
        assert getattr(both, name) == pytest.approx((getattr(AXES["happy"], name) + getattr(AXES["angry"], name)) / 2)


def test_an_unknown_style_is_an_error_with_near_matches():
    with pytest.raises(ControlError) as caught:
        moves_of(Emotion(styles=(("gentel", 1.0),)))
    assert "gentle" in caught.value.fields["near"]


def test_no_two_entries_sound_the_same():
    entries = list((AXES | STYLES).items())
    scale = {name: max(abs(getattr(moves, name)) for _, moves in entries) or 1.0 for name in FIELDS}
    for index, (name, one) in enumerate(entries):
        for other_name, other in entries[index + 1 :]:
            distance = sum(abs(getattr(one, field) - getattr(other, field)) / scale[field] for field in FIELDS)
            assert distance > 1.0, (name, other_name)
