"""Intervals of agreement: they hold the estimate, cover the truth, and leave out chance."""

import numpy as np
import pytest

from clustering.comparison import compare_partitions
from clustering.comparison.agreement.indices import (
    adjusted_mutual_information,
    resampled_mutual_information,
)
from clustering.comparison.agreement.interval import agreement_interval

SEED = np.random.SeedSequence(1)


def drawn(n: int, groups: int, seed: int) -> np.ndarray:
    """Unrelated labellings: four groups and many."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(n, np.full(4 * groups, 1 / (4 * groups))).reshape(4, groups)


@pytest.mark.parametrize("seed", range(5))
def test_many_unrelated_groups_do_not_push_the_interval_above_the_estimate(seed):
    table = drawn(200, 20, seed)
    found = agreement_interval(table, 400, SEED)
    ami = adjusted_mutual_information(table).item()
    assert found.ami[0] <= ami <= found.ami[1]
    # A bootstrap of the accounts gives nothing but larger values: chance is counted twice.
    again = np.random.default_rng(1).multinomial(200, table.ravel() / 200, size=200)
    assert (resampled_mutual_information(again.reshape(-1, *table.shape)) > ami).mean() > 0.95


@pytest.mark.parametrize("groups", [3, 20])
def test_no_agreement_is_in_the_interval_of_most_unrelated_labellings(groups):
    held = [agreement_interval(drawn(300, groups, s), 400, SEED) for s in range(40)]
    # 95 % of 40 is 38; fewer than 34 has a probability below 0.004.
    assert sum(found.ami[0] <= 1e-9 for found in held) >= 34
    assert sum(found.ari[0] <= 0 <= found.ari[1] for found in held) >= 34


def test_identical_groups_of_few_accounts_are_not_certain():
    few = agreement_interval(np.diag([12, 5, 3]), 400, SEED)
    many = agreement_interval(np.diag([1200, 500, 300]), 400, SEED)
    assert few.ami[1] == many.ami[1] == 1.0
    assert few.ami[0] < 0.7 < 0.98 < many.ami[0] < 1.0


def test_the_interval_leaves_out_zero_where_chance_does_not_reach_the_estimate():
    rng = np.random.default_rng(3)
    for kept in (0.0, 0.1, 0.2, 0.5):
        first = rng.choice(3, 300, p=[0.6, 0.3, 0.1])
        second = np.where(rng.random(300) < kept, first, rng.integers(0, 3, 300))
        found = compare_partitions(first, second, seed=1)
        if found.permutation_p < 0.02:
            assert found.interval.ami[0] > 0
        if found.permutation_p > 0.1:
            assert found.interval.ami[0] <= 1e-9


def test_very_large_tables_get_an_interval_too():
    rng = np.random.default_rng(5)
    first = rng.integers(0, 60, 3000)
    found = compare_partitions(first, (first + rng.integers(0, 3, 3000)) // 2, n_permutations=1,
                               n_bootstrap=100, seed=1)  # fmt: skip
    assert np.size(found.contingency) > 1700
    assert found.interval.ami[0] <= found.ami <= found.interval.ami[1]
    wide = np.kron(np.eye(60, dtype=int), np.ones((1, 50), dtype=int)) * 3
    shifted = agreement_interval(wide, 100, SEED)
    ami = adjusted_mutual_information(wide).item()
    assert shifted.ami[0] <= ami <= shifted.ami[1]


@pytest.mark.parametrize(("n", "shape"), [(60, (3, 4)), (5000, (4, 12)), (100_000, (3, 3))])
def test_the_fast_index_of_resampled_tables_is_near_the_exact_one(n, shape):
    rng = np.random.default_rng(2)
    tables = rng.multinomial(n, rng.dirichlet(np.ones(shape[0] * shape[1])), size=30)
    tables = tables.reshape(-1, *shape)
    exact = adjusted_mutual_information(tables)
    np.testing.assert_allclose(resampled_mutual_information(tables), exact, atol=2e-5)
