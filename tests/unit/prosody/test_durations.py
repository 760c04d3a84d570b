import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tts_engine.prosody.durations import scale_rate, to_frames
from tts_engine.types import Break

lengths = st.lists(st.floats(0.05, 40.0), min_size=3, max_size=200)


@given(lengths)
def test_frames_are_whole_and_at_least_one(wished):
    frames = to_frames(np.array(wished, np.float32))
    assert frames.dtype == np.int64
    assert frames.min() >= 1


@given(st.lists(st.floats(1.0, 40.0), min_size=3, max_size=200))
def test_the_running_sum_stays_within_half_a_frame(wished):
    wished = np.array(wished, np.float32)
    drift = np.cumsum(to_frames(wished)) - np.cumsum(wished.astype(np.float64))
    assert np.abs(drift).max() <= 0.5 + 1e-3


@given(lengths, st.floats(0.5, 2.0))
def test_rate_scales_what_is_spoken_and_nothing_else(wished, speed):
    predicted = np.array(wished, np.float32)
    breaks = [Break(phoneme=0, mark="，")]
    scaled = scale_rate(predicted, speed, breaks)
    assert scaled[[0, 1, -1]].tolist() == predicted[[0, 1, -1]].tolist()
    np.testing.assert_allclose(scaled[2:-1], predicted[2:-1] / speed, rtol=1e-5)


def test_faster_is_shorter():
    predicted = np.full(50, 3.0, np.float32)
    totals = [to_frames(scale_rate(predicted, speed)).sum() for speed in (0.5, 0.8, 1.0, 1.25, 2.0)]
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) == len(totals)
