"""The numbers behind the pictures: right where they are known, the same in any order of rows."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.models.kmeans import fit_kmeans
from clustering.models.types import CandidateSpec, Clustering
from clustering.structure import pictures
from clustering.structure.evidence import assess_structure
from clustering.structure.pictures import (
    clustergram,
    coassignment,
    named,
    picture_tables,
    valley_projections,
)
from clustering.structure.settings import ProtocolSettings


def row_of_clouds(n: int = 60, between: float = 9.0) -> NDArray[np.float64]:
    """Three clouds on a line: the middle one lies between the others."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal((i * between, 0.0), 1, (n, 2)) for i in range(3)])


def fitted(values: NDArray[np.float64], k: int) -> Clustering:
    return fit_kmeans(values, k, n_init=3).clustering(CandidateSpec("kmeans", k))


def square(pairs: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Accounts in the order of the picture, and how often each two of them are together."""
    rows = pd.unique(pd.concat([pairs["first"], pairs["second"]]))
    share = np.eye(len(rows))
    first, second = np.triu_indices(len(rows), k=1)
    share[first, second] = share[second, first] = pairs["share"]
    return rows, share


def test_a_clustergram_counts_every_account_once_a_step():
    partitions = [np.array(labels) for labels in ([0] * 5, [0, 0, 0, 1, 1], [0, 0, 1, 1, 2])]
    flows = clustergram(partitions, np.array([0.0, 2.0, 4.0, 6.0, 10.0]))
    assert flows["from_cluster"].isna().tolist() == [True] + [False] * 6
    moved = flows[1:][["k", "cluster", "from_cluster", "n_shared"]]
    assert moved.to_numpy().tolist() == [
        [2, 0, 0, 3],
        [2, 1, 0, 2],
        [3, 0, 0, 2],
        [3, 1, 0, 1],
        [3, 1, 1, 1],
        [3, 2, 1, 1],
    ]
    assert flows.loc[flows["k"] == 2, "position"].tolist() == [2.0, 8.0]
    assert flows.query("k == 3 and cluster == 1")["size"].tolist() == [2, 2]


def test_apart_is_never_together_and_order_is_by_segment_then_stability():
    values = row_of_clouds(20)
    stability = np.random.default_rng(1).random(60)
    stability[3] = np.nan
    found = coassignment(values, fitted(values, 3), stability, seed=4)
    rows, share = square(found)
    np.testing.assert_array_equal(rows // 20, np.repeat([0, 1, 2], 20))
    assert rows[19] == 3  # not measured: last of its segment
    assert (np.diff(stability[rows[:19]]) <= 0).all()
    np.testing.assert_array_equal(share, np.kron(np.eye(3), np.ones((20, 20))))
    assert (found[["n_refits", "n_accounts"]] == [50, 60]).all(axis=None)


def test_one_cloud_cut_in_two_is_not_always_cut_there():
    values = np.random.default_rng(2).normal(size=(120, 2))
    found = coassignment(values, fitted(values, 2), np.ones(120), seed=0)
    assert len(found) == 120 * 119 / 2
    assert found["share"].between(0.1, 0.9).mean() > 0.1


def test_only_neighbours_are_projected_and_centres_lie_at_0_and_1():
    found = valley_projections(row_of_clouds(), fitted(row_of_clouds(), 3), seed=0)
    pairs = dict(list(found.groupby(["first_segment", "second_segment"])))
    assert list(pairs) == [(0, 1), (1, 2)]
    for bins in pairs.values():
        middles = (bins["bin_low"] + bins["bin_high"]) / 2
        left, right = bins["count"] * (middles < 0.5), bins["count"] * (middles > 0.5)
        assert (left @ middles) / left.sum() == pytest.approx(0.0, abs=0.06)
        assert (right @ middles) / right.sum() == pytest.approx(1.0, abs=0.06)
    assert (found["dip_p"] < 0.01).all()
    assert (found["n_held_out"] == 90).all()
    least, largest = sorted(bins["dip_p"].iloc[0] for bins in pairs.values())
    assert found["dip_p_holm"].min() == pytest.approx(2 * least)
    assert found["dip_p_holm"].max() == pytest.approx(max(largest, 2 * least))


def test_one_cloud_has_no_valley_and_an_outlier_is_counted():
    values = np.random.default_rng(3).normal(size=(400, 3))
    values[0] = 1e6
    chosen = fitted(np.delete(values, 0, axis=0), 2)
    for seed in range(4):
        bins = valley_projections(values, chosen, seed=seed)
        assert bins["count"].sum() == bins["n_held_out"].iloc[0] == 200
    values[0] = 0
    assert (valley_projections(values, chosen, seed=0)["dip_p"] > 0.2).all()


def test_one_segment_has_neither():
    values = row_of_clouds(5)
    empty = coassignment(values, fitted(values, 1), np.ones(15), seed=0)
    assert empty.empty
    assert valley_projections(values, fitted(values, 1), seed=0).empty
    ids = [f"A{row}" for row in range(15)]
    full = named(coassignment(values, fitted(values, 2), np.ones(15), seed=0), ids)
    pd.testing.assert_series_equal(named(empty, ids).dtypes, full.dtypes)
    assert set(full["first"]) < set(ids)


def test_a_constant_column_and_few_accounts_are_no_obstacle():
    values = np.column_stack([np.repeat([0.0, 5.0], 4) + np.arange(8) / 10, np.ones(8)])
    assert valley_projections(values, fitted(values, 2), seed=1)["count"].sum() == 4
    found = coassignment(values, fitted(values, 2), np.ones(8), seed=1)
    assert len(found) == 8 * 7 / 2


def test_many_accounts_are_sampled_and_the_sizes_are_given(monkeypatch):
    monkeypatch.setattr(pictures, "REFITTED", 100)
    monkeypatch.setattr(pictures, "SHOWN", 30)
    values = row_of_clouds()
    found = coassignment(values, fitted(values, 3), np.ones(180), seed=0)
    assert (len(square(found)[0]), found["n_accounts"].iloc[0]) == (30, 100)
    assert (valley_projections(values, fitted(values, 3), seed=0)["n_held_out"] == 50).all()


def test_neither_the_order_of_rows_nor_threads_change_a_number(monkeypatch):
    values = row_of_clouds(25, between=3.5)
    config = EvidenceConfig(resamples=20, nulls=19)
    models = ModelsConfig(k_max=4, n_init=2)
    evidence = assess_structure(values, ProtocolSettings(config=config, models=models, seed=1))
    order = np.random.default_rng(5).permutation(len(values))
    turned = assess_structure(values[order], ProtocolSettings(config=config, models=models, seed=1))
    ids = np.array([f"A{row:02d}" for row in range(len(values))])
    monkeypatch.setenv("CLUSTERING_THREADS", "1")
    first = picture_tables(values, evidence, values[:, 0], ids, seed=1)
    monkeypatch.setenv("CLUSTERING_THREADS", "2")
    other = picture_tables(values[order], turned, values[order, 0], ids[order], seed=1)
    assert list(first) == list(other) == ["clustergram", "coassignment", "valleys"]
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, other[name])
