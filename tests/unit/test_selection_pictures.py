"""The numbers behind the pictures: right where they are known, the same in any order of rows."""

import numpy as np
import pytest
from numpy.typing import NDArray

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.models.kmeans import fit_kmeans
from clustering.models.types import CandidateSpec, Clustering
from clustering.structure import pictures
from clustering.structure.evidence import assess_structure
from clustering.structure.pictures import (
    BIN_EDGES,
    clustergram,
    coassignment,
    picture_evidence,
    valley_projections,
)
from clustering.structure.settings import ProtocolSettings


def row_of_clouds(n: int = 60, between: float = 9.0) -> NDArray[np.float64]:
    """Three clouds on a line: the middle one lies between the others."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal((i * between, 0.0), 1, (n, 2)) for i in range(3)])


def fitted(values: NDArray[np.float64], k: int) -> Clustering:
    return fit_kmeans(values, k, n_init=3).clustering(CandidateSpec("kmeans", k))


def test_a_clustergram_counts_every_account_once_a_step():
    partitions = [np.array(labels) for labels in ([0] * 5, [0, 0, 0, 1, 1], [0, 0, 1, 1, 2])]
    flows = clustergram(partitions, np.array([0.0, 2.0, 4.0, 6.0, 10.0]))
    assert [(f.k, f.cluster, f.from_cluster, f.n_shared) for f in flows] == [
        (1, 0, None, None),
        (2, 0, 0, 3),
        (2, 1, 0, 2),
        (3, 0, 0, 2),
        (3, 1, 0, 1),
        (3, 1, 1, 1),
        (3, 2, 1, 1),
    ]
    assert [f.position for f in flows if f.k == 2] == [2.0, 8.0]
    assert {f.size for f in flows if (f.k, f.cluster) == (3, 1)} == {2}


def test_apart_is_never_together_and_order_is_by_segment_then_stability():
    values = row_of_clouds(20)
    stability = np.random.default_rng(1).random(60)
    stability[3] = np.nan
    found = coassignment(values, fitted(values, 3), stability, seed=4)
    assert found is not None
    np.testing.assert_array_equal(found.rows // 20, np.repeat([0, 1, 2], 20))
    assert found.rows[19] == 3  # not measured: last of its segment
    assert (np.diff(stability[found.rows[:19]]) <= 0).all()
    np.testing.assert_array_equal(found.share, np.kron(np.eye(3), np.ones((20, 20))))
    assert (found.n_refits, found.n_accounts) == (50, 60)


def test_one_cloud_cut_in_two_is_not_always_cut_there():
    values = np.random.default_rng(2).normal(size=(120, 2))
    found = coassignment(values, fitted(values, 2), np.ones(120), seed=0)
    assert found is not None
    assert ((found.share > 0.1) & (found.share < 0.9)).mean() > 0.1
    np.testing.assert_array_equal(found.share, found.share.T)
    np.testing.assert_array_equal(np.diag(found.share), np.ones(120))


def test_only_neighbours_are_projected_and_centres_lie_at_0_and_1():
    found = valley_projections(row_of_clouds(), fitted(row_of_clouds(), 3), seed=0)
    assert [(pair.first, pair.second) for pair in found] == [(0, 1), (1, 2)]
    middles = (BIN_EDGES[:-1] + BIN_EDGES[1:]) / 2
    for pair in found:
        left, right = pair.counts * (middles < 0.5), pair.counts * (middles > 0.5)
        assert (left @ middles) / left.sum() == pytest.approx(0.0, abs=0.06)
        assert (right @ middles) / right.sum() == pytest.approx(1.0, abs=0.06)
        assert pair.dip_p < 0.01
        assert pair.n_held_out == 90
    least, largest = sorted(pair.dip_p for pair in found)
    assert min(pair.dip_p_holm for pair in found) == pytest.approx(2 * least)
    assert max(pair.dip_p_holm for pair in found) == pytest.approx(max(largest, 2 * least))


def test_one_cloud_has_no_valley_and_an_outlier_is_counted():
    values = np.random.default_rng(3).normal(size=(400, 3))
    values[0] = 1e6
    chosen = fitted(np.delete(values, 0, axis=0), 2)
    for seed in range(4):
        for pair in valley_projections(values, chosen, seed=seed):
            assert pair.counts.sum() == pair.n_held_out == 200
    values[0] = 0
    (pair,) = valley_projections(values, chosen, seed=0)
    assert pair.dip_p > 0.2


def test_one_segment_has_neither():
    values = row_of_clouds(5)
    assert coassignment(values, fitted(values, 1), np.ones(15), seed=0) is None
    assert valley_projections(values, fitted(values, 1), seed=0) == ()


def test_a_constant_column_and_few_accounts_are_no_obstacle():
    values = np.column_stack([np.repeat([0.0, 5.0], 4) + np.arange(8) / 10, np.ones(8)])
    (pair,) = valley_projections(values, fitted(values, 2), seed=1)
    assert pair.counts.sum() == 4
    found = coassignment(values, fitted(values, 2), np.ones(8), seed=1)
    assert found is not None
    assert found.share.shape == (8, 8)


def test_many_accounts_are_sampled_and_the_sizes_are_given(monkeypatch):
    monkeypatch.setattr(pictures, "REFITTED", 100)
    monkeypatch.setattr(pictures, "SHOWN", 30)
    values = row_of_clouds()
    found = coassignment(values, fitted(values, 3), np.ones(180), seed=0)
    assert found is not None
    assert (len(set(found.rows)), found.n_accounts) == (30, 100)
    assert {pair.n_held_out for pair in valley_projections(values, fitted(values, 3), seed=0)} == {
        50
    }


def test_neither_the_order_of_rows_nor_threads_change_a_number(monkeypatch):
    values = row_of_clouds(25, between=3.5)
    config = EvidenceConfig(resamples=20, nulls=19)
    models = ModelsConfig(k_max=4, n_init=2)
    evidence = assess_structure(values, ProtocolSettings(config=config, models=models, seed=1))
    order = np.random.default_rng(5).permutation(len(values))
    turned = assess_structure(values[order], ProtocolSettings(config=config, models=models, seed=1))
    monkeypatch.setenv("CLUSTERING_THREADS", "1")
    first = picture_evidence(values, evidence, values[:, 0], seed=1)
    monkeypatch.setenv("CLUSTERING_THREADS", "2")
    other = picture_evidence(values[order], turned, values[order, 0], seed=1)
    assert [f.n_shared for f in first.clustergram] == [f.n_shared for f in other.clustergram]
    np.testing.assert_allclose(
        [f.position for f in first.clustergram], [f.position for f in other.clustergram]
    )
    assert (first.coassignment is None) == (other.coassignment is None)
    if first.coassignment is not None and other.coassignment is not None:
        np.testing.assert_array_equal(first.coassignment.rows, order[other.coassignment.rows])
        np.testing.assert_array_equal(first.coassignment.share, other.coassignment.share)
    for one, two in zip(first.valleys, other.valleys, strict=True):
        np.testing.assert_array_equal(one.counts, two.counts)
        assert (one.first, one.second, one.dip_p) == (two.first, two.second, two.dip_p)
