"""Inference after clustering: the support by brute force, validity, messages."""

import numpy as np
import pytest
from scipy.stats import chi, kstest

from clustering.errors import BadInputError
from clustering.inference import (
    check_independence,
    estimate_sigma,
    gaussian_difference_test,
    poisson_difference_test,
    selective_kmeans_test,
    thin_gaussian,
    thin_poisson,
)
from clustering.inference.lloyd_path import follow_lloyd
from clustering.inference.truncated_chi import truncated_chi_tail


@pytest.mark.parametrize("seed", range(12))
def test_the_support_is_where_lloyd_takes_the_same_path(seed):
    """The oracle moves the data and runs the algorithm again."""
    rng = np.random.default_rng(seed)
    n, d, k = 50, int(rng.integers(1, 4)), int(rng.integers(2, 5))
    x = rng.normal(size=(n, d))
    rows = rng.choice(n, k, replace=False)
    test = selective_kmeans_test(x, rows, (0, 1), sigma=1.0)
    one, two = test.labels == 0, test.labels == 1
    contrast = one / one.sum() - two / two.sum()
    direction = contrast @ x / test.statistic
    path = follow_lloyd(x, rows).assignments
    assert any(low <= test.statistic <= high for low, high in test.support)
    for moved in np.linspace(0, 3 * test.statistic, 150):
        shift = (moved - test.statistic) / (contrast @ contrast)
        try:
            again = follow_lloyd(x + shift * np.outer(contrast, direction), rows).assignments
        except BadInputError:
            again = np.empty(0)
        same = again.shape == path.shape and bool((again == path).all())
        assert same == any(low <= moved <= high for low, high in test.support)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [1.0, None])
def test_selective_p_is_uniform_without_clusters_and_the_naive_one_is_not(sigma):
    p, naive = [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(100, 2))
        rows = rng.choice(100, 3, replace=False)
        test = selective_kmeans_test(x, rows, (0, 1), sigma=sigma, max_iter=30)
        p.append(test.p)
        naive.append(test.p_naive)
    assert kstest(p, "uniform").pvalue > 0.001
    assert np.mean(np.array(p) < 0.05) < 0.09
    assert np.mean(np.array(naive) < 0.05) > 0.99


def test_far_clusters_are_found():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)) + np.repeat([[0.0, 0.0], [12.0, 0.0]], 30, axis=0)
    test = selective_kmeans_test(x, [0, 59], (0, 1), sigma=1.0)
    assert test.p < 1e-6
    assert test.sizes == (30, 30)
    assert test.converged


def test_the_order_of_the_two_clusters_changes_nothing():
    x = np.random.default_rng(3).normal(size=(40, 3))
    one = selective_kmeans_test(x, [0, 1, 2], (0, 2), sigma=1.0)
    two = selective_kmeans_test(x, [0, 1, 2], (2, 0), sigma=1.0)
    assert one.p == pytest.approx(two.p, abs=1e-10)


def test_units_change_nothing():
    x = np.random.default_rng(3).normal(size=(40, 3))
    one = selective_kmeans_test(x, [0, 1, 2], (0, 2), sigma=1.0)
    two = selective_kmeans_test(1000 * x, [0, 1, 2], (0, 2), sigma=1000.0)
    assert one.p == pytest.approx(two.p, rel=1e-6)


def test_estimated_sigma_is_larger_where_there_are_clusters():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    x[100:] += 5
    assert estimate_sigma(x) > 1.5
    assert estimate_sigma(x, "sample") > estimate_sigma(x[:100], "sample")
    assert not selective_kmeans_test(x, [0, 150], (0, 1)).sigma_known


@pytest.mark.parametrize("degrees", [1, 2, 5, 30])
def test_truncated_chi_equals_scipy_where_scipy_can(degrees):
    support = [(0.2, 1.1), (1.8, 2.5), (4.0, np.inf)]
    mass = sum(chi.cdf(b / 1.3, degrees) - chi.cdf(a / 1.3, degrees) for a, b in support)
    beyond = chi.cdf(2.5 / 1.3, degrees) - chi.cdf(2.0 / 1.3, degrees) + chi.sf(4 / 1.3, degrees)
    found = truncated_chi_tail(2.0, degrees, 1.3, support)
    assert found == pytest.approx(beyond / mass, rel=1e-9)


def test_truncated_chi_far_in_the_tail():
    # For d = 2 the tail is exp(-x^2 / 2): ratios are known however small both masses are.
    assert truncated_chi_tail(60.001, 2, 1.0, [(60.0, np.inf)]) == pytest.approx(
        np.exp(-(60.001**2 - 60**2) / 2), rel=1e-9
    )
    assert truncated_chi_tail(100.0, 7, 1.0, [(99.0, 99.5)]) == 0.0
    inside = truncated_chi_tail(80.001, 9, 1.0, [(80.0, 80.01)])
    assert 0.4 < inside < 0.95


@pytest.mark.parametrize(
    ("rows", "clusters", "options", "message"),
    [
        ([0, 0], (0, 1), {}, "2 different rows of 20"),
        ([0, 25], (0, 1), {}, "2 different rows of 20"),
        ([0], (0, 1), {}, "at least two starting rows"),
        ([0, 1], (0, 0), {}, "two different numbers from 0 to 1"),
        ([0, 1], (0, 2), {}, "two different numbers from 0 to 1"),
        ([0, 1], (0, 1), {"sigma": 0.0}, "sigma must be above 0"),
    ],
)
def test_what_cannot_be_tested(rows, clusters, options, message):
    x = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(BadInputError, match=message):
        selective_kmeans_test(x, rows, clusters, **options)


def test_values_must_be_finite():
    with pytest.raises(BadInputError, match="finite matrix"):
        selective_kmeans_test([[1.0, np.nan], [1, 2], [3, 4]], [0, 1], (0, 1))


def test_a_cluster_that_runs_empty():
    x = np.array([[0.0], [0.0], [5.0], [6.0]])
    with pytest.raises(BadInputError, match="ran empty"):
        follow_lloyd(x, np.array([0, 1]))


# -- thinning ------------------------------------------------------------------------------------


def test_thinned_parts_have_their_moments_and_are_independent():
    values = np.random.default_rng(0).normal(3.0, 2.0, size=(20_000, 2))
    first, second = thin_gaussian(values, 2.0, share=0.3, seed=1)
    np.testing.assert_allclose(first + second, values)
    assert first.mean() == pytest.approx(0.9, abs=0.05)
    assert first.var() == pytest.approx(0.3 * 4, rel=0.05)
    assert check_independence(first, second, np.zeros(20_000)).passed
    counts = np.random.default_rng(0).poisson(6.0, size=(20_000, 2))
    first, second = thin_poisson(counts, share=0.3, seed=2)
    assert first.var() == pytest.approx(1.8, rel=0.05)
    assert check_independence(first, second, np.zeros(20_000)).passed


def test_wrong_assumptions_are_seen():
    rng = np.random.default_rng(1)
    overdispersed = rng.poisson(rng.gamma(2, 3, size=(2000, 1)) * np.ones((1, 3)))
    found = check_independence(*thin_poisson(overdispersed, seed=1), np.zeros(2000))
    assert not found.passed
    assert min(found.correlations) > 0.3
    values = rng.normal(0, 2, size=(2000, 3))
    assert not check_independence(*thin_gaussian(values, 1.0, seed=1), np.zeros(2000)).passed


@pytest.mark.slow
def test_thinned_tests_keep_their_level():
    gaussian, poisson = [], []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        first, second = thin_gaussian(rng.normal(size=(80, 2)), 1.0, seed=seed + 10_000)
        labels = follow_lloyd(first, rng.choice(80, 2, replace=False), 30).labels
        gaussian.append(gaussian_difference_test(second, labels, (0, 1), 1.0).p)
        first, second = thin_poisson(rng.poisson(5, size=(80, 2)), seed=seed + 20_000)
        labels = (first.sum(axis=1) > 5).astype(int)
        poisson.append(poisson_difference_test(second, labels, (0, 1)).p)
    assert kstest(gaussian, "uniform").pvalue > 0.001
    assert np.mean(np.array(poisson) < 0.05) < 0.08


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: thin_gaussian([[1.0]], -1.0, seed=1), "sigma must be above 0"),
        (lambda: thin_gaussian([[1.0]], 1.0, share=1.0, seed=1), "between 0 and 1"),
        (lambda: thin_poisson([[1.5]], seed=1), "takes counts"),
        (lambda: thin_poisson([[-1]], seed=1), "takes counts"),
        (lambda: gaussian_difference_test([[1.0], [2]], [0, 0], (0, 1), 1.0), "must be two"),
        (lambda: check_independence([[1.0], [2]], [[1.0], [2]], [0, 1]), "too few rows"),
    ],
)
def test_what_cannot_be_thinned(call, message):
    with pytest.raises(BadInputError, match=message):
        call()
