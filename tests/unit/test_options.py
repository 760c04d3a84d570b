import math

import pytest

from tts_engine.errors import ControlError
from tts_engine.options import KNOBS, SynthesisOptions, make_options

NUMBERS = [name for name, knob in KNOBS.items() if knob.minimum is not None]


def test_defaults_are_allowed():
    assert SynthesisOptions() == make_options()


@pytest.mark.parametrize("name", NUMBERS)
def test_ends_of_a_range_are_allowed_and_beyond_is_not(name):
    knob = KNOBS[name]
    kind = int if name == "seed" else float
    for value in (kind(knob.minimum), kind(knob.maximum)):
        assert getattr(make_options(**{name: value}), name) == value
    for value in (knob.minimum - 1, knob.maximum + 1):
        with pytest.raises(ControlError, match=name):
            make_options(**{name: kind(value)})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", True, [1]])
def test_what_is_no_finite_number_is_refused(name, value):
    with pytest.raises(ControlError) as caught:
        make_options(**{name: value})
    assert caught.value.fields["option"] == name
    assert caught.value.fields["allowed"] in caught.value.message


def test_speed_zero_is_refused():
    with pytest.raises(ControlError, match=r"0\.25 to 4"):
        SynthesisOptions(speed=0)


def test_unknown_format_lists_the_known_ones():
    with pytest.raises(ControlError, match="flac"):
        SynthesisOptions(format="aiff")


@pytest.mark.parametrize("value", ["", "  ", None, 3])
def test_voice_must_be_named(value):
    with pytest.raises(ControlError, match="voice"):
        SynthesisOptions(voice=value)


def test_unknown_option_is_never_swallowed():
    with pytest.raises(ControlError, match="pitch_shift_st") as caught:
        make_options(pitch_shift=2)
    assert caught.value.code == "option_unknown"


def test_every_knob_is_explained_in_both_languages():
    for knob in KNOBS.values():
        assert knob.zh
        assert knob.en
