import dataclasses

import numpy as np
import pytest
from scipy.stats import chi2

from clustering.scorer.fitting.novelty import held_out_fit, novelty_limits
from snapshots import kmeans_clustering, mixture_clustering


@pytest.fixture
def values():
    rng = np.random.default_rng(5)
    return np.repeat([[0.0, 0, 0], [8, 0, 0]], 1000, axis=0) + rng.normal(size=(2000, 3))


@pytest.fixture
def ids():
    return [f"a{row}" for row in range(2000)]


def test_kmeans_limits_are_what_nearly_all_held_out_accounts_keep_within(values, ids):
    values[:1000] *= 2  # one segment is twice as wide
    values[1000:, 0] += 12
    clustering = kmeans_clustering(values, 2)
    limits = novelty_limits(clustering, values, ids)
    relative = held_out_fit(clustering, values, ids) / limits[clustering.labels]
    assert (relative > 1).sum() == 2
    # spheres in three dimensions: the known quantile
    expected = np.sqrt(chi2(3).ppf(0.999))
    assert sorted(limits) == pytest.approx([expected, 2 * expected], rel=0.1)


def test_a_segment_of_copies_leaves_the_limit_of_others_as_it_is(values, ids):
    copies = np.vstack([values, np.full((50, 3), 40.0)])
    more = [*ids, *(f"b{row}" for row in range(50))]
    limits = novelty_limits(kmeans_clustering(copies, 3), copies, more)
    alone = novelty_limits(kmeans_clustering(values, 2), values, ids)
    assert limits.min() == 0
    assert sorted(limits)[1:] == pytest.approx(sorted(alone), rel=0.02)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_mixture_limit_flags_about_one_in_a_thousand_new_accounts(values, ids, kind):
    clustering = mixture_clustering(values, 2, kind)
    model = clustering.model
    limits = novelty_limits(clustering, values, ids)
    assert limits[0] == limits[1]
    rng = np.random.default_rng(6)
    fresh = np.repeat([[0.0, 0, 0], [8, 0, 0]], 20_000, axis=0) + rng.normal(size=(40_000, 3))
    flagged = (model.assign(np.ascontiguousarray(fresh.T)).fit < limits[0]).mean()
    assert 0.0002 < flagged < 0.003


def test_held_out_densities_are_lower_than_in_sample_ones():
    """With few accounts per parameter the difference is what the flag rate depends on."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(120, 8))
    clustering = mixture_clustering(values, 1)
    held_out = held_out_fit(clustering, values, [str(row) for row in range(120)])
    in_sample = clustering.model.assign(np.ascontiguousarray(values.T)).fit
    assert np.quantile(held_out, 0.01) < np.quantile(in_sample, 0.01)
    assert held_out.mean() < in_sample.mean()


def test_a_component_that_a_fold_does_not_determine_keeps_the_full_fit():
    rng = np.random.default_rng(8)
    values = np.vstack([rng.normal(size=(300, 4)), rng.normal(size=(8, 4)) + 30])
    clustering = mixture_clustering(values, 2)
    densities = held_out_fit(clustering, values, [str(row) for row in range(308)])
    assert np.isfinite(densities).all()


def test_which_fold_does_not_depend_on_the_order_of_accounts(values, ids):
    clustering = mixture_clustering(values, 2)
    densities = held_out_fit(clustering, values, ids)
    order = np.random.default_rng(0).permutation(2000)
    shuffled = dataclasses.replace(
        clustering,
        labels=clustering.labels[order],
        responsibilities=clustering.responsibilities[order],
    )
    again = held_out_fit(shuffled, values[order], [ids[row] for row in order])
    np.testing.assert_allclose(again, densities[order], rtol=1e-9)


def test_one_account_alone_is_its_own_fold():
    values = np.random.default_rng(1).normal(size=(50, 2))
    clustering = mixture_clustering(values, 1)
    same_fold = ["a"] * 50
    assert np.isfinite(held_out_fit(clustering, values, same_fold)).all()
