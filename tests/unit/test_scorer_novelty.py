import dataclasses

import numpy as np
import pytest
from scipy.stats import chi2

from clustering.scorer.fitting.novelty import held_out_log_density, novelty_limits
from snapshots import kmeans_clustering, mixture_clustering


@pytest.fixture
def values():
    rng = np.random.default_rng(5)
    return np.repeat([[0.0, 0, 0], [8, 0, 0]], 1000, axis=0) + rng.normal(size=(2000, 3))


@pytest.fixture
def ids():
    return [f"a{row}" for row in range(2000)]


def test_kmeans_limits_are_quantiles_of_each_segments_own_distances(values, ids):
    clustering = kmeans_clustering(values, 2)
    limits = novelty_limits(clustering, values, ids)
    for segment in range(2):
        own = values[clustering.labels == segment] - clustering.centres[segment]
        expected = np.quantile(np.sqrt((own**2).sum(axis=1)), 0.995)
        assert limits[segment] == pytest.approx(expected, abs=1e-9)
    # spheres in three dimensions: the known quantile
    assert limits == pytest.approx(np.sqrt(chi2(3).ppf(0.995)), abs=0.3)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_mixture_limit_flags_about_one_in_a_hundred_new_accounts(values, ids, kind):
    clustering = mixture_clustering(values, 2, kind)
    model = clustering.model
    limits = novelty_limits(clustering, values, ids)
    assert limits[0] == limits[1]
    rng = np.random.default_rng(6)
    fresh = np.repeat([[0.0, 0, 0], [8, 0, 0]], 20_000, axis=0) + rng.normal(size=(40_000, 3))
    flagged = (model.assign(np.ascontiguousarray(fresh.T)).fit < limits[0]).mean()
    assert 0.005 < flagged < 0.018


def test_held_out_densities_are_lower_than_in_sample_ones():
    """With few accounts per parameter the difference is what the flag rate depends on."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(120, 8))
    clustering = mixture_clustering(values, 1)
    held_out = held_out_log_density(clustering, values, [str(row) for row in range(120)])
    in_sample = clustering.model.assign(np.ascontiguousarray(values.T)).fit
    assert np.quantile(held_out, 0.01) < np.quantile(in_sample, 0.01)
    assert held_out.mean() < in_sample.mean()


def test_a_component_that_a_fold_does_not_determine_keeps_the_full_fit():
    rng = np.random.default_rng(8)
    values = np.vstack([rng.normal(size=(300, 4)), rng.normal(size=(8, 4)) + 30])
    clustering = mixture_clustering(values, 2)
    densities = held_out_log_density(clustering, values, [str(row) for row in range(308)])
    assert np.isfinite(densities).all()


def test_which_fold_does_not_depend_on_the_order_of_accounts(values, ids):
    clustering = mixture_clustering(values, 2)
    densities = held_out_log_density(clustering, values, ids)
    order = np.random.default_rng(0).permutation(2000)
    shuffled = dataclasses.replace(
        clustering,
        labels=clustering.labels[order],
        responsibilities=clustering.responsibilities[order],
    )
    again = held_out_log_density(shuffled, values[order], [ids[row] for row in order])
    np.testing.assert_allclose(again, densities[order], rtol=1e-9)


def test_a_kmeans_clustering_has_no_held_out_density(values, ids):
    with pytest.raises(ValueError, match="responsibilities of a mixture"):
        held_out_log_density(kmeans_clustering(values, 2), values, ids)


def test_one_account_alone_is_its_own_fold():
    values = np.random.default_rng(1).normal(size=(50, 2))
    clustering = mixture_clustering(values, 1)
    same_fold = ["a"] * 50
    assert np.isfinite(held_out_log_density(clustering, values, same_fold)).all()
