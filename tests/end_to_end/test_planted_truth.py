"""What was planted is there for a study to find, and nothing else is.

These tests look at the books alone: plain k-means at the planted number of groups, on the matrix
that a study would use. Whether the study chooses that number by itself is tested with the study.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from diptest import diptest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from clustering.config import ArrTiersConfig, FeaturesConfig, MatrixConfig
from clustering.features import build_snapshot
from clustering.matrix import standardise
from clustering.schemes.families.tiers import arr_tiers
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder

pytestmark = pytest.mark.slow
SEEDS = (1, 7, 11)


@dataclass(frozen=True, eq=False)
class Seen:
    """What a study would see of a book, and the truth about the same accounts."""

    values: NDArray[np.float64]
    feature_names: tuple[str, ...]
    truth: NDArray[np.str_]
    tiers: NDArray[np.str_]

    def clustered(self, k: int) -> NDArray[np.int64]:
        return KMeans(k, n_init=10, random_state=0).fit_predict(self.values)


def seen(scenario: str, seed: int, folder: Path) -> Seen:
    book = simulate(scenario, 1000, seed)
    write_book(book, folder)
    snapshot = build_snapshot(open_folder(folder), book.manifest.as_of, FeaturesConfig())
    matrix, _ = standardise(snapshot, MatrixConfig())
    accounts = list(matrix.account_ids)
    tiers = arr_tiers(snapshot, ArrTiersConfig()).labels.loc[accounts]
    truth = book.truth.set_index("account_id")["true_segment"].loc[accounts]
    return Seen(matrix.values, matrix.feature_names, truth.to_numpy(str), tiers.to_numpy(str))


def projected_gap(values: NDArray[np.float64], labels: NDArray[np.str_]) -> float:
    """Least distance of two groups along the line through their centres, in their own spread."""
    gaps = []
    names = np.unique(labels)
    for index, first in enumerate(names):
        for second in names[:index]:
            a, b = values[labels == first], values[labels == second]
            line = a.mean(axis=0) - b.mean(axis=0)
            line = line / np.linalg.norm(line)
            spread = np.sqrt(((a @ line).var() + (b @ line).var()) / 2)
            gaps.append(((a @ line).mean() - (b @ line).mean()) / spread)
    return float(min(gaps))


@pytest.mark.parametrize("seed", SEEDS)
def test_needs_are_found_and_are_not_the_tiers(seed: int, tmp_path: Path) -> None:
    book = seen("needs", seed, tmp_path / "book")
    found = book.clustered(4)
    assert adjusted_rand_score(book.truth, found) >= 0.9
    assert adjusted_rand_score(book.tiers, found) < 0.2
    assert projected_gap(book.values, book.truth) >= 4.0


@pytest.mark.parametrize("seed", SEEDS)
def test_tiers_are_what_the_clusters_find(seed: int, tmp_path: Path) -> None:
    book = seen("tiers", seed, tmp_path / "book")
    found = book.clustered(3)
    assert adjusted_rand_score(book.tiers, found) >= 0.9
    assert adjusted_rand_score(book.tiers, book.truth) >= 0.95


@pytest.mark.parametrize("seed", SEEDS)
def test_a_continuum_has_no_valley_between_two_halves(seed: int, tmp_path: Path) -> None:
    book = seen("none", seed, tmp_path / "book")
    rng = np.random.default_rng(seed)
    p_values = []
    for split in range(10):
        order = rng.permutation(len(book.values))
        fitted, held_out = np.array_split(order, 2)
        model = KMeans(2, n_init=5, random_state=split).fit(book.values[fitted])
        line = model.cluster_centers_[0] - model.cluster_centers_[1]
        p_values.append(diptest(book.values[held_out] @ line)[1])
    assert np.mean(np.array(p_values) < 0.05) < 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_one_feature_alone_has_two_modes(seed: int, tmp_path: Path) -> None:
    book = seen("one_feature", seed, tmp_path / "book")
    column = book.feature_names.index("seat_utilisation_share")
    modes = KMeans(2, n_init=5, random_state=0).fit_predict(book.values[:, [column]])
    assert diptest(book.values[:, column])[1] < 0.001
    assert adjusted_rand_score(book.truth, modes) >= 0.9
    rest = np.delete(book.values, column, axis=1)
    without = KMeans(2, n_init=5, random_state=0).fit_predict(rest)
    assert abs(adjusted_rand_score(book.truth, without)) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_what_follows_the_as_of_date_follows_the_needs_within_a_tier(seed: int) -> None:
    book = simulate("needs", 1000, seed)
    accounts = book.tables["accounts"].set_index("account_id")
    at = pd.Timestamp(book.manifest.as_of)
    is_active = (accounts["started_on"] <= at) & ~(accounts["ended_on"] <= at)
    left = accounts.loc[is_active, "ended_on"].notna()
    segment = book.truth.set_index("account_id")["true_segment"].loc[left.index]
    rate = left.groupby(segment).mean()
    assert rate["first_steps"] > 3 * rate["self_directed"]
    assert 0.05 < left.mean() < 0.25


@pytest.mark.parametrize(("scenario", "k_later"), [("moving", 4), ("drift", 5)])
def test_movement_keeps_the_segmentation_and_drift_does_not(
    scenario: str, k_later: int, tmp_path: Path
) -> None:
    """A model of a year ago against one fitted anew: alike where accounts only move."""
    book = simulate(scenario, 1000, seed=7)
    write_book(book, tmp_path / "book")
    now = book.manifest.as_of
    folder = tmp_path / "book"
    snapshots = [
        build_snapshot(open_folder(folder), day, FeaturesConfig())
        for day in (now - timedelta(days=365), now)
    ]
    (earlier, old), (later, _) = (standardise(snapshot, MatrixConfig()) for snapshot in snapshots)
    frozen_model = KMeans(4, n_init=10, random_state=0).fit(earlier.values)
    frozen = frozen_model.predict(old.transform(snapshots[1].frame))
    anew = KMeans(k_later, n_init=10, random_state=0).fit_predict(later.values)
    agreement = adjusted_rand_score(frozen, anew)
    moved = book.path["account_id"].duplicated().mean()
    assert moved > 0.05
    assert agreement > 0.85 if scenario == "moving" else agreement < 0.8
