"""k-means as it is reported."""

import numpy as np
import pytest

from clustering.errors import BadInputError
from clustering.models.kmeans import checked_values, fit_kmeans
from clustering.models.types import CandidateSpec


def _clouds(*sizes: int, seed: int = 0, d: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    parts = [rng.normal(10.0 * j, 1.0, (size, d)) for j, size in enumerate(sizes)]
    return np.concatenate(parts)


def test_clusters_are_numbered_by_ascending_mean_of_the_first_column():
    values = _clouds(30, 20, 10)[::-1]
    fit = fit_kmeans(values, 3)
    assert (np.diff(fit.centres[:, 0]) > 0).all()
    assert fit.sizes.tolist() == [30, 20, 10]
    assert fit.labels[0] == 2


def test_one_cluster_is_the_mean():
    values = _clouds(30, 20)
    fit = fit_kmeans(values, 1)
    np.testing.assert_allclose(fit.centres[0], values.mean(axis=0))
    assert fit.inertia == pytest.approx(((values - values.mean(axis=0)) ** 2).sum())
    assert fit.runner_up_inertia is None
    assert fit.runner_up_gap is None


def test_fewer_distinct_accounts_than_clusters():
    values = np.repeat(np.array([[0.0, 0.0], [1.0, 1.0]]), 10, axis=0)
    fit = fit_kmeans(values, 5)
    assert (fit.k, fit.n_found, fit.inertia) == (5, 2, 0.0)
    assert fit.sizes.tolist() == [10, 10]
    assert np.isfinite(fit.centres).all()
    assert fit.converged


def test_fewer_accounts_than_clusters():
    fit = fit_kmeans(np.array([[3.0], [1.0]]), 4)
    assert fit.labels.tolist() == [1, 0]
    assert fit.n_found == 2


def test_a_single_account():
    fit = fit_kmeans(np.array([[3.0, 4.0]]), 1)
    assert fit.labels.tolist() == [0]
    assert fit.inertia == 0.0


def test_constant_values_have_one_cluster():
    fit = fit_kmeans(np.ones((50, 3)), 3)
    assert (fit.n_found, fit.inertia) == (1, 0.0)


def test_one_giant_outlier_does_not_blur_the_others():
    values = np.concatenate([_clouds(40, 40), [[1e12, 1e12, 1e12]]])
    fit = fit_kmeans(values, 3)
    assert fit.sizes.tolist() == [40, 40, 1]


def test_far_from_zero_equals_near_zero():
    values = _clouds(40, 40, 40)
    np.testing.assert_array_equal(fit_kmeans(values + 1e9, 3).labels, fit_kmeans(values, 3).labels)


def test_accounts_of_weight_zero_have_no_influence_but_a_label():
    values = np.array([[0.0], [1.0], [10.0], [11.0], [500.0]])
    fit = fit_kmeans(values, 2, weights=[1, 1, 1, 1, 0])
    assert fit.inertia == 1.0
    assert fit.labels.tolist() == [0, 0, 1, 1, 1]


def test_a_given_start_is_used():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(400, 6))
    best = fit_kmeans(values, 6, n_init=40, seed=3)
    again = fit_kmeans(values, 6, n_init=1, seed=4, initial_centres=best.centres)
    assert again.inertia <= best.inertia * (1 + 1e-12)
    assert again.n_starts == 3


def test_near_ties_are_reported():
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    fit = fit_kmeans(circle, 2, n_init=40)
    assert fit.runner_up_gap == pytest.approx(0.0, abs=1e-3)
    assert fit.runner_up_ari is not None
    assert fit.runner_up_ari < 0.9
    assert fit.optima is not None
    assert fit.optima.shape[1:] == (2, 2)
    assert len(fit.optima) > 1


def test_same_seed_same_solution_and_read_only():
    values = np.random.default_rng(1).normal(size=(300, 4))
    first, second = fit_kmeans(values, 5, seed=9), fit_kmeans(values, 5, seed=9)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.inertia == second.inertia
    with pytest.raises(ValueError, match="read-only"):
        first.labels[0] = 1


def test_values_are_not_changed_and_may_be_read_only():
    values = _clouds(20, 20)
    values.setflags(write=False)
    before = values.copy()
    fit_kmeans(values, 2)
    fit_kmeans(np.asfortranarray(values), 2)
    np.testing.assert_array_equal(values, before)


def test_as_a_clustering():
    fit = fit_kmeans(_clouds(20, 20), 2)
    clustering = fit.clustering(CandidateSpec("kmeans", 2))
    assert clustering.model.variance == pytest.approx(fit.inertia / (40 * fit.centres.shape[1]))
    assert clustering.centres is fit.centres
    assert clustering.labels is fit.labels


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1.0, np.nan]], r"missing entries in columns \[1\]"),
        ([[np.inf, 1.0]], r"infinite entries in columns \[0\]"),
        ([[1e200, 1.0]], "rescale"),
        ([1.0, 2.0], r"found shape \(2,\)"),
        (np.empty((0, 2)), r"found shape \(0, 2\)"),
        ([["a", "b"]], "must be numbers"),
    ],
)
def test_values_that_cannot_be_clustered(values, message):
    with pytest.raises(BadInputError, match=message):
        checked_values(values)


def test_all_breaches_at_once():
    with pytest.raises(BadInputError, match=r"2 breaches[\s\S]*columns \[0\][\s\S]*columns \[1\]"):
        checked_values([[np.nan, np.inf]])


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"k": 0}, "found 0 and 20"),
        ({"k": 2, "n_init": 0}, "found 2 and 0"),
        ({"k": 2, "weights": [1.0]}, r"shape \(40,\), found \(1,\)"),
        ({"k": 2, "weights": [-1.0] * 40}, "at least 0"),
        ({"k": 2, "weights": [0.0] * 40}, "not all 0"),
        ({"k": 2, "weights": [np.nan] * 40}, "finite"),
    ],
)
def test_wrong_arguments(keywords, message):
    with pytest.raises(BadInputError, match=message):
        fit_kmeans(_clouds(20, 20), **keywords)


def test_many_accounts_are_searched_by_a_sample_and_run_on_all():
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [3.0, 6.0]])
    values = centres[rng.integers(0, 3, 60_000)] + rng.normal(size=(60_000, 2))
    fit = fit_kmeans(values, 3, n_init=3)
    assert fit.converged
    direct = ((values - fit.centres[fit.labels]) ** 2).sum()
    assert fit.inertia == pytest.approx(direct, rel=1e-9)
    np.testing.assert_allclose(fit.centres, centres[[0, 2, 1]], atol=0.1)
