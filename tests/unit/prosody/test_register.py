import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.prosody.register import HIGHEST_MEAN_HZ, LEAST_ROOM_ST, UNKNOWN, register_of, soft_cap

MANDARIN = (
    "zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang",
)  # fmt: skip


@pytest.mark.parametrize("voice", MANDARIN)
def test_every_mandarin_voice_is_measured(voice):
    register = register_of([(voice, 1.0)])
    assert register is not UNKNOWN
    assert 60 < register.low_hz < register.median_hz < register.high_hz < 500
    assert register.floor_st < 0 < register.ceiling_st


def test_a_mix_lies_between_its_parts():
    low, high = register_of([("zm_yunyang", 1)]), register_of([("zf_xiaoxiao", 1)])
    mixed = register_of([("zm_yunyang", 1), ("zf_xiaoxiao", 1)])
    assert low.median_hz < mixed.median_hz < high.median_hz
    assert register_of([("zm_yunyang", 0.9), ("zf_xiaoxiao", 0.1)]).median_hz < mixed.median_hz


def test_a_voice_nobody_measured_is_an_average_one():
    assert register_of([("my_own_voice", 1.0)]).median_hz == pytest.approx(UNKNOWN.median_hz)
    assert register_of([]) is UNKNOWN


def test_room_upwards_is_absolute():
    for voice in MANDARIN:
        register = register_of([(voice, 1.0)])
        highest = register.median_hz * 2 ** (register.room_up_st / 12)
        assert highest == pytest.approx(max(HIGHEST_MEAN_HZ, register.median_hz * 2 ** (LEAST_ROOM_ST / 12)))


@settings(deadline=None)
@given(st.floats(0, 30), st.floats(0, 30), st.floats(0.1, 12))
def test_a_soft_cap_is_monotone_and_never_passed(one, other, room):
    assert soft_cap(0.0, room) == 0.0
    low, high = sorted((one, other))
    assert soft_cap(low, room) <= soft_cap(high, room) <= room + 1e-9
    assert soft_cap(0.5 * room, room) == 0.5 * room
