"""Laws of k-means and of what is resampled from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.models.kernels.lloyd import lloyd
from clustering.models.kernels.packing import nearest, pack, padded
from clustering.models.kmeans import fit_kmeans
from clustering.models.labels import adjusted_rand, canonical_order, contingency
from clustering.structure.criteria.internal import criteria_of
from clustering.structure.criteria.stability import clusterwise_jaccard

SETTINGS = settings(max_examples=40, deadline=None)


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    """Small tables, often with ties and duplicates."""
    n, d = draw(st.integers(1, 60)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if draw(st.booleans()):
        return rng.integers(0, draw(st.integers(1, 5)), (n, d)).astype(np.float64)
    return rng.normal(size=(n, d)) * 10.0 ** draw(st.integers(-3, 6))


@SETTINGS
@given(values=tables(), k=st.integers(1, 8), seed=st.integers(0, 99))
def test_a_fit_is_a_partition_by_nearest_centres(values, k, seed):
    fit = fit_kmeans(values, k, n_init=2, seed=seed)
    n_distinct = len(np.unique(values, axis=0))
    assert fit.n_found == min(k, n_distinct)
    assert fit.converged
    assert fit.sizes.min() > 0
    distances = ((values[:, None] - fit.centres[None]) ** 2).sum(axis=2)
    own = distances[np.arange(len(values)), fit.labels]
    scale = max(distances.max(), 1e-300)
    assert (own <= distances.min(axis=1) + 1e-9 * scale).all()
    for j in range(fit.n_found):
        np.testing.assert_allclose(
            fit.centres[j], values[fit.labels == j].mean(axis=0), rtol=1e-9, atol=1e-9 * scale**0.5
        )
    assert fit.inertia == pytest.approx(own.sum(), rel=1e-8, abs=1e-12 * scale)


@SETTINGS
@given(n=st.integers(6, 60), d=st.integers(1, 6), k=st.integers(1, 5), seed=st.integers(0, 999))
def test_weights_are_copies(n, d, k, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, d))
    weights = rng.integers(0, 4, n)
    weights[:k] = 1 + weights[:k]
    results = []
    for rows, mass in (
        (np.flatnonzero(weights), weights[weights > 0].astype(np.float64)),
        (np.repeat(np.arange(n), weights), np.ones(weights.sum())),
    ):
        centres = values[:k].copy()  # distinct accounts: no cluster is ever empty at the start
        labels = np.empty(padded(mass).size, np.int64)
        inertia, _, converged = lloyd(
            pack(values, rows), rows.size, padded(mass), centres, labels, 100, 0.0
        )
        results.append((inertia, centres))
        assert converged
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-9)
    np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-9)


@SETTINGS
@given(values=tables(), k=st.integers(1, 5), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter_in_canonical_order(values, k, seed):
    shuffled = values[np.random.default_rng(seed).permutation(len(values))]
    first = fit_kmeans(values[canonical_order(values)], k, n_init=2, seed=seed)
    second = fit_kmeans(shuffled[canonical_order(shuffled)], k, n_init=2, seed=seed)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.inertia == second.inertia


@SETTINGS
@given(values=tables(), k=st.integers(1, 6))
def test_more_clusters_never_cost_more(values, k):
    fewer = fit_kmeans(values, k, n_init=4)
    more = fit_kmeans(values, k + 1, n_init=4)
    scale = float(((values - values.mean(axis=0)) ** 2).sum())
    assert more.inertia <= fewer.inertia + 1e-9 * scale


@SETTINGS
@given(
    labels=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60),
    seed=st.integers(0, 99),
)
def test_numbers_of_clusters_carry_no_meaning(labels, seed):
    first, second = np.array(labels).T
    renamed = np.random.default_rng(seed).permutation(5)[second]
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand(first, renamed))
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand(second, first))
    ours = clusterwise_jaccard(contingency(first, second).astype(float)).max(axis=1)
    others = clusterwise_jaccard(contingency(first, renamed).astype(float)).max(axis=1)
    np.testing.assert_allclose(ours, others)
    assert ((ours >= 0) & (ours <= 1)).all()


@SETTINGS
@given(values=tables(), k=st.integers(2, 5), factor=st.floats(0.001, 1000.0))
def test_indices_do_not_depend_on_the_unit(values, k, factor):
    labels = fit_kmeans(values, k, n_init=1).labels
    if labels.max() < 1 or labels.max() + 1 == len(values):
        return
    (one,), (other,) = criteria_of(values, [labels]), criteria_of(values * factor, [labels])
    assert one.silhouette is not None
    assert other.silhouette is not None
    assert one.silhouette.mean == pytest.approx(other.silhouette.mean, abs=1e-9)
    assert -1 <= one.silhouette.mean <= 1


@SETTINGS
@given(values=tables())
def test_packing_keeps_every_account(values):
    rows = np.arange(len(values))
    labels, distances = nearest(pack(values, rows), len(values), values.copy())
    np.testing.assert_array_equal(distances, np.zeros(len(values)))
    np.testing.assert_array_equal(values[labels], values)
