"""One feature between two clusters: the support by brute force, validity, messages."""

import numpy as np
import pytest
from scipy.stats import norm

from clustering.errors import BadInputError
from clustering.inference import selective_feature_tests
from clustering.inference.lloyd_path import follow_lloyd_from
from clustering.models.kmeans import fit_kmeans

COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 1.5, 0.3], [0.0, 0.3, 0.8]])


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_p_is_that_of_the_moves_that_leave_the_path_as_it_is(seed):
    """The oracle moves the data on a fine grid, runs the algorithm again, adds up densities."""
    rng = np.random.default_rng(seed)
    x = rng.multivariate_normal(np.zeros(3), COVARIANCE, 40)
    centres = rng.normal(size=(3, 3))
    path, tests = selective_feature_tests(x, centres, [(0, 2)], covariance=COVARIANCE)
    one, two = path.labels == 0, path.labels == 2
    contrast = one / one.sum() - two / two.sum()
    for test in tests:
        j = test.feature
        scale = np.sqrt(COVARIANCE[j, j]) * np.linalg.norm(contrast)
        move = np.outer(contrast / (contrast @ contrast), COVARIANCE[:, j] / COVARIANCE[j, j])

        def stays(value, test=test, move=move):
            return _same(path, x + (value - test.difference) * move, centres)

        coarse = np.linspace(-6 * scale, 6 * scale, 1201)
        reached = [test.difference, *(value for value in coarse if stays(value))]
        step = coarse[1] - coarse[0]
        grid = np.linspace(min(reached) - step, max(reached) + step, 2001)
        density = norm.pdf(grid, scale=scale) * np.array([stays(value) for value in grid])
        beyond = density[np.abs(grid) >= abs(test.difference)].sum()
        assert test.p == pytest.approx(beyond / density.sum(), abs=0.01)


def _same(path, moved, centres):
    try:
        again = follow_lloyd_from(moved, centres, 100).assignments
    except BadInputError:
        return False
    return again.shape == path.assignments.shape and bool((again == path.assignments).all())


@pytest.mark.slow
@pytest.mark.parametrize("covariance", [COVARIANCE, None])
def test_p_keeps_its_level_without_clusters_and_the_naive_one_does_not(covariance):
    p, naive = [], []
    for seed in range(300):
        rng = np.random.default_rng([9, seed])
        x = rng.multivariate_normal(np.zeros(3), COVARIANCE, 160)
        centres = fit_kmeans(x[:80], 3, n_init=3, seed=seed).centres
        _, tests = selective_feature_tests(x[80:], centres, [(0, 1)], covariance=covariance)
        p.append(tests[0].p)
        naive.append(tests[0].p_naive)
    assert np.mean(np.array(p) <= 0.05) < 0.09
    assert 0.42 < np.mean(np.array(p) <= 0.5) < 0.58
    assert np.mean(np.array(naive) <= 0.05) > 0.5


def test_the_feature_that_parts_the_clusters_is_found_and_the_others_are_not():
    rng = np.random.default_rng(0)
    side = rng.integers(0, 2, 400)
    x = rng.normal(size=(400, 3)) + 6.0 * side[:, None] * np.array([1.0, 0.0, 0.0])
    centres = fit_kmeans(x[:200], 2, seed=1).centres
    _, tests = selective_feature_tests(x[200:], centres, [(0, 1)])
    assert tests[0].p < 1e-3
    assert min(test.p for test in tests[1:]) > 0.01


def test_turning_a_pair_round_turns_the_sign_alone():
    x = np.random.default_rng(3).normal(size=(60, 2))
    centres = np.array([[-1.0, 0.0], [1.0, 0.0]])
    _, one = selective_feature_tests(x, centres, [(0, 1)])
    _, two = selective_feature_tests(x, centres, [(1, 0)])
    for first, second in zip(one, two, strict=True):
        assert first.difference == -second.difference
        assert first.p == pytest.approx(second.p, abs=1e-9)


def test_a_constant_feature_is_not_tested():
    x = np.random.default_rng(3).normal(size=(60, 2))
    x[:, 1] = 4.0
    _, tests = selective_feature_tests(x, np.array([[-1.0, 4.0], [1.0, 4.0]]), [(0, 1)])
    assert [test.feature for test in tests] == [0]


@pytest.mark.parametrize(
    ("values", "centres", "pairs", "message"),
    [
        (np.full((9, 2), np.nan), np.zeros((2, 2)), [(0, 1)], "finite matrix"),
        (np.zeros((9, 2)), np.zeros((2, 3)), [(0, 1)], "at least two centres of 2 features"),
        (np.zeros((9, 2)), np.zeros((1, 2)), [(0, 1)], "at least two centres"),
        (np.zeros((9, 2)), np.zeros((2, 2)), [(0, 2)], "two different numbers from 0 to 1"),
        (np.zeros((9, 2)), np.zeros((2, 2)), [(0, 1)], "ran empty"),
    ],
)
def test_what_cannot_be_tested(values, centres, pairs, message):
    with pytest.raises(BadInputError, match=message):
        selective_feature_tests(values, centres, pairs)
