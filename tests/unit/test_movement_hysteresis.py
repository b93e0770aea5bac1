import numpy as np
import pytest

from clustering.errors import BadInputError
from clustering.movement.track.hysteresis import (
    ABSENT,
    UNKNOWN,
    Rule,
    changes,
    flip_flops,
    held_segments,
)

TWO = Rule(2)


def held(labels, rule=TWO, probability=0.6):
    row = np.array([labels], np.int64)
    chances = np.broadcast_to(np.asarray(probability, float), row.shape).copy()
    return held_segments(row, chances, rule)[0].tolist()


def test_an_account_moves_with_the_second_snapshot_in_a_row():
    assert held([0, 1, 1, 1]) == [0, 0, 1, 1]


def test_a_snapshot_that_gives_the_own_segment_back_ends_the_evidence():
    assert held([0, 1, 0, 1, 0, 1]) == [0] * 6


def test_evidence_for_two_different_segments_does_not_add_up():
    assert held([0, 1, 2, 1, 2]) == [0] * 5
    assert held([0, 1, 2, 2]) == [0, 0, 0, 2]


def test_a_high_probability_moves_at_once():
    assert held([0, 1, 0], Rule(3, 0.95), [0.9, 0.95, 0.7]) == [0, 1, 1]


def test_a_snapshot_without_a_segment_neither_adds_nor_ends():
    assert held([0, 1, UNKNOWN, 1]) == [0, 0, 0, 1]
    assert held([UNKNOWN, 2, UNKNOWN]) == [UNKNOWN, 2, 2]


def test_an_account_that_comes_back_begins_anew():
    assert held([0, 1, ABSENT, 1]) == [0, 0, ABSENT, 1]
    assert held([ABSENT, UNKNOWN, 3]) == [ABSENT, UNKNOWN, 3]


def test_the_rule_is_said_as_it_is():
    assert Rule(1).words == ("An account moves with every snapshot that gives it another segment.")
    assert Rule(3).words == (
        "An account moves when 3 snapshots in a row give it the same new segment."
    )
    assert Rule(2, 0.9).words.endswith(
        "or at once when the probability of the new segment is at least 0.9."
    )


def test_moves_and_returns_are_counted():
    labels = np.array([[0, 1, 0, 1], [0, 0, 2, 2], [1, UNKNOWN, 2, ABSENT]])
    assert np.bincount(changes(labels)[0]).tolist() == [3, 1, 1]
    assert flip_flops(labels).tolist() == [2, 0, 0]


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(BadInputError, match=r"found \(2, 3\) and \(3, 2\)"):
        held_segments(np.zeros((2, 3), np.int64), np.zeros((3, 2)), Rule())
