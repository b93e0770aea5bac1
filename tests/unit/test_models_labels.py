"""Numbering and matching of clusters."""

import numpy as np
import pytest

from clustering.errors import BadInputError
from clustering.models.labels import (
    adjusted_rand,
    canonical_order,
    contingency,
    cross_counts,
    match,
    renumber,
)


def test_ties_in_the_first_column_go_by_the_next():
    centres = np.array([[1.0, 9.0], [0.0, 5.0], [1.0, 2.0]])
    assert canonical_order(centres).tolist() == [1, 2, 0]


def test_the_canonical_order_does_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 3, (50, 3)).astype(float)
    shuffled = values[rng.permutation(50)]
    np.testing.assert_array_equal(
        values[canonical_order(values)], shuffled[canonical_order(shuffled)]
    )


def test_renumbering_undoes_itself():
    order = np.array([2, 0, 1])
    labels = np.array([0, 1, 2, 2])
    np.testing.assert_array_equal(renumber(renumber(labels, order), np.argsort(order)), labels)


def test_match_is_one_to_one_and_numbers_extra_clusters():
    reference = np.repeat([0, 1, 2], 10)
    other = np.concatenate([np.full(10, 3), np.full(6, 0), np.full(4, 1), np.full(10, 2)])
    assert match(reference, other).tolist() == [1, 3, 2, 0]


def test_weighted_counts_equal_repeated_rows():
    first, second = np.array([0, 0, 1]), np.array([1, 0, 0])
    weights = np.array([2.0, 1.0, 3.0])
    repeated = contingency(np.repeat(first, [2, 1, 3]), np.repeat(second, [2, 1, 3]))
    np.testing.assert_array_equal(cross_counts(first, second, weights, 2, 2), repeated)


def test_degenerate_partitions():
    assert adjusted_rand([0, 0, 0], [0, 0, 0]) == 1.0
    assert adjusted_rand([0, 1, 2], [0, 1, 2]) == 1.0
    assert adjusted_rand([0], [0]) == 1.0
    assert contingency([], []).shape == (0, 0)


def test_partitions_of_different_accounts():
    with pytest.raises(BadInputError, match=r"shapes \(2,\) and \(3,\)"):
        contingency([0, 1], [0, 1, 1])
