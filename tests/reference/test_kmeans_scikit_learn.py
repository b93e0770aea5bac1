"""k-means and its indices against scikit-learn on data with and without clusters."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
    silhouette_score,
)

from clustering.models.kmeans import fit_kmeans
from clustering.models.labels import adjusted_rand
from clustering.structure.criteria.internal import criteria_of


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)


def _mixture(n: int, d: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(3, d)) * 2
    return centres[rng.choice(3, n, p=(0.5, 0.3, 0.2))] + rng.normal(size=(n, d))


SETS = {
    "iris": _scaled(load_iris().data),
    "wine": _scaled(load_wine().data),
    "three components": _mixture(500, 5, 1),
    "no clusters": np.random.default_rng(2).normal(size=(400, 15)),
    "log-normal": np.exp(np.random.default_rng(3).normal(size=(300, 3))),
    "one column": np.random.default_rng(4).normal(size=(200, 1)),
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_inertia_is_no_worse_than_twenty_starts(name, k):
    values = SETS[name]
    theirs = KMeans(k, n_init=20, random_state=0, tol=0, max_iter=1000).fit(values)
    ours = fit_kmeans(values, k, seed=1)
    assert ours.converged
    assert ours.inertia <= theirs.inertia_ * (1 + 1e-6)
    direct = ((values - ours.centres[ours.labels]) ** 2).sum()
    assert ours.inertia == pytest.approx(direct, rel=1e-12)
    if ours.inertia == pytest.approx(theirs.inertia_, rel=1e-12):
        assert adjusted_rand(ours.labels, theirs.labels_) == 1.0


@pytest.mark.parametrize("name", SETS)
def test_our_partition_is_one_that_scikit_learn_keeps(name):
    values = SETS[name]
    ours = fit_kmeans(values, 4, seed=1)
    theirs = KMeans(4, init=ours.centres, n_init=1, tol=0).fit(values)
    np.testing.assert_array_equal(theirs.labels_, ours.labels)
    np.testing.assert_allclose(theirs.cluster_centers_, ours.centres, atol=1e-10)


@pytest.mark.parametrize("name", SETS)
def test_indices(name):
    values = SETS[name]
    partitions = [fit_kmeans(values, k, n_init=2).labels for k in (2, 3, 7)]
    for labels, ours in zip(partitions, criteria_of(values, partitions), strict=True):
        assert ours.silhouette is not None
        np.testing.assert_allclose(
            ours.silhouette.values, silhouette_samples(values, labels), atol=1e-7
        )
        assert ours.silhouette.mean == pytest.approx(silhouette_score(values, labels), abs=1e-10)
        assert ours.calinski_harabasz == pytest.approx(calinski_harabasz_score(values, labels))
        assert ours.davies_bouldin == pytest.approx(davies_bouldin_score(values, labels))


def test_adjusted_rand_index():
    rng = np.random.default_rng(0)
    for _ in range(20):
        first, second = rng.integers(0, 4, 60), rng.integers(0, 6, 60)
        expected = adjusted_rand_score(first, second)
        assert adjusted_rand(first, second) == pytest.approx(expected, abs=1e-12)
