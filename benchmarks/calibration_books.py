"""Calibration of what a study says beside its segments, on accounts that are simulated afresh.

    python benchmarks/calibration_books.py [--books 200] [--part NAME]

`refits`: the interval of the refitted agreement; its truth is the agreement of segments that are
made from very many accounts. `explained`: share of variance between groups. `retention`: NRR and
GRR by segment. `outcomes`: lift and agreement on whole books of the simulator (400 accounts each,
cut out of large ones), where the segments say nothing, where the outcomes are shuffled, and where
they know more than the tiers.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_comparison import Row, print_table
from numpy.typing import NDArray

from clustering.comparison import agreement_of_refits, compare_partitions, forward_validity
from clustering.comparison.agreement.indices import adjusted_mutual_information, adjusted_rand_index
from clustering.comparison.base.labellings import pair
from clustering.comparison.observed.retention import retained, retention_by
from clustering.comparison.scorecard import variance_explained
from clustering.config import StudyConfig
from clustering.features import Snapshot, build_snapshot
from clustering.features.horizon import build_horizon
from clustering.matrix import standardise
from clustering.models.kmeans import fit_kmeans
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec
from clustering.simulation import simulate
from clustering.simulation.book import write_book
from clustering.tables import open_tables

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Accounts of a cloud, and of a book that is cut out of a large one.
ACCOUNTS = 400
BOOK = 400
#: What makes the segments of a cloud.
KIND = CandidateSpec("kmeans", 3)


def clouds(n: int, distance: float, rng: np.random.Generator) -> tuple[Floats, Codes]:
    """Three groups in four features, and tiers that follow them loosely."""
    group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    tier = np.where(rng.random(n) < 0.4, group, rng.choice(3, n, p=[0.6, 0.3, 0.1]))
    return _clouds_of(group, distance, rng), tier


def _clouds_of(group: Codes, distance: float, rng: np.random.Generator) -> Floats:
    centres = np.zeros((3, 4))
    centres[1, :2], centres[2, 2:] = distance, distance
    return centres[group] + rng.normal(size=(group.size, 4))


def refit_rows(books: int) -> Iterator[Row]:
    for distance, words in ((3.5, "separate groups"), (1.8, "overlapping groups")):
        values, tier = clouds(200_000, distance, np.random.default_rng(0))
        labels = fit_kmeans(values, 3, n_init=10, seed=0).labels
        table = pair(tier, labels).contingency
        truth = float(adjusted_mutual_information(table)), float(adjusted_rand_index(table))
        ami, ari = [], []
        for book in range(books):
            values, tier = clouds(ACCOUNTS, distance, np.random.default_rng([5, book]))

            def pipeline(rows: Codes, seed: int, values: Floats = values) -> Codes:
                again = refit(KIND, values[rows], n_init=5, seed=seed, quick=True)
                return again.model.labels(values)

            found = agreement_of_refits(
                fit_kmeans(values, 3, n_init=10, seed=book).labels,
                tier, pipeline, n_refits=50, seed=book,
            )  # fmt: skip
            (low, high), (least, most) = found.interval.ami, found.interval.ari
            ami.append(low <= truth[0] <= high)
            ari.append(least <= truth[1] <= most)
        where = f"{words}, n = {ACCOUNTS}, 50 refits"
        yield Row("coverage of the refitted AMI interval", where, "0.95", ami)
        yield Row("coverage of the refitted ARI interval", where, "0.95", ari)


def explained_rows(books: int) -> Iterator[Row]:
    for distance, words in ((0.0, "unrelated groups"), (1.8, "overlapping"), (3.5, "separate")):
        group = np.random.default_rng(0).choice(3, 200_000, p=[0.5, 0.3, 0.2])
        values = _clouds_of(group, distance, np.random.default_rng(1))
        truth = variance_explained(values, group).value if distance else 0.0
        for n in (200, 1000):
            inside = []
            for book in range(books):
                rng = np.random.default_rng([8, book])
                group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
                low, high = variance_explained(_clouds_of(group, distance, rng), group).interval
                inside.append(low <= truth <= high)
            where = f"{words}, n = {n}"
            yield Row("coverage of the share of variance explained", where, "0.95", inside)


def retention_rows(books: int) -> Iterator[Row]:
    def book_of(n: int, rng: np.random.Generator) -> tuple[Codes, Codes, Floats, Floats]:
        tier, segment = rng.choice(3, n, p=[0.6, 0.3, 0.1]), rng.integers(0, 3, n)
        arr = np.exp(9 + tier + rng.normal(0, 0.6, n))
        left = rng.random(n) < 0.12
        grown = rng.random(n) < np.array([0.1, 0.2, 0.35])[segment]
        change = np.where(grown, 1 + rng.lognormal(-1.5, 0.7, n), rng.uniform(0.7, 1.0, n))
        return tier, segment, arr, np.where(left, 0.0, change)

    _, segment, arr, nrr = book_of(2_000_000, np.random.default_rng(0))
    of = segment == 0
    truth = [float(np.average(np.minimum(nrr, c)[of], weights=arr[of])) for c in (np.inf, 1.0)]
    for n in (400, 2000):
        covered: list[list[bool]] = [[], []]
        for book in range(books):
            tier, segment, arr, nrr = book_of(n, np.random.default_rng([6, book]))
            accounts = retained(tier, segment, arr, nrr, np.minimum(nrr, 1))
            found = retention_by(accounts.segment, accounts, n_bootstrap=500, seed=book)[0]
            for known, name, true in zip(covered, ("nrr", "grr"), truth, strict=True):
                known.append(found[f"{name}_low"] <= true <= found[f"{name}_high"])
        where = f"skewed amounts, n = {n}, a third of them in the segment"
        yield Row("coverage of the NRR interval of a segment", where, "0.95", covered[0])
        yield Row("coverage of the GRR interval of a segment", where, "0.95", covered[1])


def cut_books(scenario: str, books: int) -> Iterator[tuple[Floats, Floats, NDArray[np.bool_]]]:
    """Matrix, ARR and churn of accounts known at the as-of date, cut from books of 10,000."""
    made, seed = 0, 100
    while made < books:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "book"
            write_book(simulate(scenario, 10_000, seed=seed), folder)
            config = StudyConfig.model_validate(
                {"name": "c", "as_of": "2025-06-30", "source": {"folder": folder}}
            )
            tables = open_tables(config)
            snapshot = build_snapshot(tables, config.as_of, config.features)
            churned = build_horizon(tables, config.as_of, config.horizon_days).frame["churned"]
        ids = snapshot.frame.index
        usable = ids[churned.reindex(ids).notna() & snapshot.attributes["arr"].notna()]
        mixed = usable[np.random.default_rng(seed).permutation(len(usable))]
        for start in range(0, len(usable) - BOOK + 1, BOOK):
            if made == books:
                return
            chosen = mixed[start : start + BOOK]
            part = Snapshot(
                as_of=snapshot.as_of,
                frame=snapshot.frame.loc[chosen],
                features=snapshot.features,
                attributes=snapshot.attributes.loc[chosen],
            )
            matrix, _ = standardise(part, config.matrix)
            kept = pd.Index(matrix.account_ids)
            arr = snapshot.attributes["arr"].loc[kept].to_numpy(dtype=np.float64)
            yield matrix.values, arr, churned.loc[kept].to_numpy(dtype=bool)
            made += 1
        seed += 1


def outcome_rows(books: int) -> Iterator[Row]:
    for scenario in ("tiers", "needs"):
        found: dict[str, list[bool]] = {}
        for book, (values, arr, churned) in enumerate(cut_books(scenario, books)):
            segment = fit_kmeans(values, 4, n_init=10, seed=book).labels
            tier = np.searchsorted(np.quantile(arr, [0.6, 0.9]), arr)
            shuffled = np.random.default_rng([7, book]).permutation(churned)
            agreement = compare_partitions(
                tier, segment, n_bootstrap=200, n_permutations=199, seed=book
            )
            found.setdefault("agreement p <= 0.05", []).append(agreement.permutation_p <= 0.05)
            for words, outcome in (("", churned), (", outcomes shuffled", shuffled)):
                report = forward_validity(tier, segment, outcome, n_bootstrap=500, seed=book)
                p = report.lr_segment_given_tier.p
                gain = report.gain
                found.setdefault(f"forward lift claimed{words}", []).append(
                    gain is not None and gain.interval[0] > 0
                )
                found.setdefault(f"likelihood ratio p <= 0.05{words}", []).append(
                    p is not None and p <= 0.05
                )
        where = f"book `{scenario}`, n = {BOOK}, 4 segments"
        for what, happened in found.items():
            lifted, shuffles = what.startswith("forward lift"), "shuffled" in what
            goal = "power" if scenario == "needs" else "segments repeat the tiers"
            if shuffles:
                goal = "at most 0.05" if lifted else "0.05"
            elif scenario == "tiers" and lifted:
                goal = "at most 0.05"
            elif scenario == "tiers" and what.startswith("likelihood"):
                goal = "none: ARR varies inside the tiers too"
            yield Row(what, where, goal, happened)


PARTS: dict[str, Callable[[int], Iterator[Row]]] = {
    "refits": refit_rows,
    "explained": explained_rows,
    "retention": retention_rows,
    "outcomes": outcome_rows,
}


if __name__ == "__main__":
    print_table(PARTS, 200, __doc__)
