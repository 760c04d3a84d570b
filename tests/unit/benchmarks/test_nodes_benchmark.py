"""The arithmetic of sizes."""

import pytest
from benchmarks.nodes import BYTES_PER_S, nodes_for, stopped_s


def test_nodes_are_enough_and_one_more():
    assert nodes_for(0, 1.0, 3) == 1
    assert nodes_for(7, 1.0, 10) == 2  # exactly what one serves with room to spare, and the spare one
    assert nodes_for(8, 1.0, 10) == 3
    for users in range(1, 200, 7):
        assert (nodes_for(users, 0.1, 3) - 1) * 0.7 * 3 >= users * 0.1 - 1e-6


@pytest.mark.parametrize("wrong", [(-1, 0.1, 3), (1, 1.1, 3), (1, 0.1, 0)])
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match="streams > 0"):
        nodes_for(*wrong)


def test_a_player_stands_still_only_when_nothing_is_there():
    second = BYTES_PER_S
    assert stopped_s([(5.0, second), (5.9, second), (6.5, second)]) == 0.0
    assert stopped_s([(0.0, second), (1.5, second), (3.0, second)]) == pytest.approx(1.0)
