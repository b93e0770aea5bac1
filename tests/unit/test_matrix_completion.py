import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from clustering.matrix.imputation import MIN_ACCOUNTS, Prototypes, complete, fit_prototypes


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def two_groups(rng, n=400, missing=0.15):
    kind = np.arange(n) % 2
    values = np.where(kind == 0, -3.0, 3.0)[:, None] + rng.normal(size=(n, 4))
    holes = values.copy()
    holes[rng.random(values.shape) < missing] = np.nan
    return kind, values, holes


def test_missing_entries_take_the_values_of_their_own_group(rng):
    kind, values, holes = two_groups(rng)
    filled = complete(holes, fit_prototypes(holes))
    gaps = np.isnan(holes) & ~np.isnan(holes).all(axis=1, keepdims=True)
    sides = np.where(kind == 0, -1, 1)[:, None] * np.ones((1, 4))
    assert (np.sign(filled[gaps]) == sides[gaps]).mean() > 0.99
    # the mean of all would be 0: three standard deviations from either group
    assert np.abs(filled[gaps] - values[gaps]).mean() < 1.2


def test_observed_values_are_untouched(rng):
    _, _, holes = two_groups(rng)
    filled = complete(holes, fit_prototypes(holes))
    np.testing.assert_array_equal(filled[~np.isnan(holes)], holes[~np.isnan(holes)])


def test_no_prototype_rests_on_fewer_than_the_least_number_of_accounts(rng):
    """Every number must be a mean of so many values that no customer's own value is in it."""
    values = rng.normal(size=(300, 3))
    values[:3] = [50.0, 51.0, 52.0]  # three accounts far from all: no prototype of their own
    prototypes = fit_prototypes(values).centres
    assert prototypes.max() <= (50 + 51 + 52) / MIN_ACCOUNTS + 4


def test_entries_with_few_observed_values_are_pooled(rng):
    values = rng.normal(size=(200, 2))
    values[:, 0] += np.where(np.arange(200) % 2, 10, -10)
    lucky = np.flatnonzero(np.arange(200) % 2)[:4]
    marked = values[lucky, 1] = 77.0
    values[np.setdiff1d(np.flatnonzero(np.arange(200) % 2), lucky), 1] = np.nan
    prototypes = fit_prototypes(values).centres
    # four values of 77 among at least ten
    assert prototypes[:, 1].max() <= marked * 4 / MIN_ACCOUNTS + 3


def test_few_accounts_give_one_prototype(rng):
    values = rng.normal(size=(12, 2))
    values[0, 0] = np.nan
    np.testing.assert_allclose(fit_prototypes(values).centres, [np.nanmean(values, axis=0)])


def test_a_row_of_which_nothing_is_known_stays_unknown(rng):
    values = rng.normal(size=(100, 2))
    values[5] = np.nan
    filled = complete(values, fit_prototypes(values))
    assert np.isnan(filled[5]).all()
    assert np.isfinite(np.delete(filled, 5, axis=0)).all()


def test_the_order_of_the_accounts_does_not_matter(rng):
    _, _, holes = two_groups(rng)
    order = rng.permutation(len(holes))
    here, there = fit_prototypes(holes), fit_prototypes(holes[order])
    np.testing.assert_array_equal(here.centres, there.centres)
    assert here.variance == there.variance


def test_identical_accounts_give_one_prototype():
    prototypes = fit_prototypes(np.ones((500, 3))).centres
    np.testing.assert_array_equal(np.unique(prototypes, axis=0), np.ones((1, 3)))


def test_many_accounts_are_sampled_evenly_and_fast(rng):
    values = np.repeat(rng.normal(size=(3, 2)) * 9, 20_000, axis=0)
    values += rng.normal(size=values.shape) * 0.1
    values[rng.random(values.shape) < 0.1] = np.nan
    prototypes = fit_prototypes(values).centres
    assert len(prototypes) == 64


def test_groups_survive_the_completion(rng):
    kind, _, holes = two_groups(rng, missing=0.3)
    filled = complete(holes, fit_prototypes(holes))
    known = ~np.isnan(filled).any(axis=1)
    labels = filled[known].mean(axis=1) > 0
    assert adjusted_rand_score(kind[known], labels) > 0.95


def test_an_expectation_by_hand():
    """Weights exp(-distance^2 / (2 variance)) over the observed coordinate, equal a priori."""
    prototypes = Prototypes(np.array([[0.0, 10.0], [2.0, 20.0]]), variance=2.0)
    weights = np.exp(-np.array([0.25, 2.25]) / 4)
    expected = weights @ [10, 20] / weights.sum()
    filled = complete(np.array([[0.5, np.nan]]), prototypes)
    np.testing.assert_allclose(filled, [[0.5, expected]])


def test_completed_values_make_no_spikes(rng):
    _, _, holes = two_groups(rng)
    filled = complete(holes, fit_prototypes(holes))
    completed = filled[:, 0][np.isnan(holes[:, 0]) & ~np.isnan(holes[:, 1:]).all(axis=1)]
    assert len(np.unique(completed)) == len(completed)


def test_completion_is_nearer_to_the_truth_than_the_mean_of_all(rng):
    shared = rng.normal(size=(600, 2)) @ rng.normal(size=(2, 8))
    values = shared + 0.5 * rng.normal(size=(600, 8))
    holes = values.copy()
    holes[rng.random(values.shape) < 0.2] = np.nan
    gaps = np.isnan(holes)
    filled = complete(holes, fit_prototypes(holes))
    by_mean = np.broadcast_to(np.nanmean(holes, axis=0), holes.shape)
    error, worst = (np.sqrt(np.mean((v - values)[gaps] ** 2)) for v in (filled, by_mean))
    assert error < 0.75 * worst


def test_an_account_far_from_every_prototype_is_completed():
    prototypes = Prototypes(np.array([[0.0, 1.0], [1.0, 2.0]]), variance=1e-9)
    assert complete(np.array([[1e6, np.nan]]), prototypes)[0, 1] == 2.0
