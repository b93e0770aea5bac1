"""Silhouettes of many partitions at once, exact and from a sample."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from clustering.errors import BadInputError
from clustering.models.kmeans import fit_kmeans
from clustering.structure.criteria.internal import criteria_of
from clustering.structure.criteria.silhouette import silhouettes
from clustering.structure.nulls.null_search import search


def _clouds(n: int = 200) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (n, 3)), rng.normal(5, 1, (n, 3))])


def test_an_account_alone_has_silhouette_zero():
    values = np.array([[0.0], [1.0], [9.0]])
    (result,) = silhouettes(values, [np.array([0, 0, 1])])
    assert result.values[2] == 0.0
    np.testing.assert_allclose(result.values, silhouette_samples(values, [0, 0, 1]))


def test_equal_accounts_in_two_clusters():
    (result,) = silhouettes(np.zeros((6, 2)), [np.array([0, 0, 0, 1, 1, 1])])
    np.testing.assert_array_equal(result.values, np.zeros(6))


def test_a_sample_is_compared_with_all_accounts():
    values = _clouds()
    labels = fit_kmeans(values, 3).labels
    (exact,) = silhouettes(values, [labels])
    (sampled,) = silhouettes(values, [labels], sample=100, seed=3)
    assert len(sampled.rows) == 100
    np.testing.assert_allclose(sampled.values, exact.values[sampled.rows], atol=1e-12)
    assert abs(sampled.mean - exact.mean) < 4 * sampled.values.std(ddof=1) / 10


def test_the_same_on_one_and_two_threads(on_one_and_two_threads):
    values = np.random.default_rng(0).normal(size=(2500, 2))
    labels = fit_kmeans(values, 3, n_init=1).labels
    (one,), (two,) = on_one_and_two_threads(lambda: silhouettes(values, [labels]))
    np.testing.assert_array_equal(one.values, two.values)


def test_one_cluster_has_no_silhouette():
    with pytest.raises(BadInputError, match="at least two clusters"):
        silhouettes(_clouds(), [np.zeros(400, int)])


def test_criteria_where_every_account_is_its_own_cluster():
    values = np.array([[0.0], [1.0], [2.0]])
    (criteria,) = criteria_of(values, [np.array([0, 1, 2])])
    assert criteria.silhouette is None
    assert criteria.calinski_harabasz is None


def test_searched_silhouettes_are_those_of_the_fits():
    values = _clouds()
    found = search(values, (2, 3, 4), np.random.default_rng(0))
    expected = criteria_of(values, [fit_kmeans(values, k).labels for k in (2, 3)])
    assert found[0] == pytest.approx(expected[0].silhouette.mean, abs=1e-6)
    assert found.argmax() == 0


def test_searched_silhouettes_of_a_sample():
    values = _clouds(1000)
    sampled = search(values, (2,), np.random.default_rng(0), sample=300)
    exact = search(values, (2,), np.random.default_rng(0))
    assert sampled[0] == pytest.approx(exact[0], abs=0.05)


def test_searched_silhouettes_with_too_few_distinct_accounts():
    constant = search(np.ones((20, 2)), (2, 3), np.random.default_rng(0))
    assert np.isnan(constant).all()
    three = np.repeat([[0.0], [1.0], [5.0]], 10, axis=0)
    found = search(three, (2, 3, 4), np.random.default_rng(0))
    assert found[1] == pytest.approx(1.0)
    assert found[2] == pytest.approx(1.0)  # the fourth cluster stays empty
