"""CPU and wall time of the comparison at 100,000 accounts and 2,000 resamples.

    python benchmarks/comparison.py [--accounts 100000]

Every part works on the same simulated accounts: three tiers, four segments, 15 features, and 13
schemes, one of them with 500 groups.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from clustering.comparison import (
    ablation,
    agreement_of_refits,
    compare_partitions,
    forward_study,
    forward_validity,
    heterogeneity_within_tiers,
    leakage_index,
)
from clustering.comparison.agreement.pairwise import compare_labellings
from clustering.comparison.forward.study import Question
from clustering.comparison.forward.time_split import DatedAccounts
from clustering.comparison.leakage.outcome_leakage import refuse_outcomes_in_features
from clustering.comparison.scorecard import scorecard
from clustering.config import ComparisonConfig
from clustering.inference import selective_kmeans_test
from clustering.models.kmeans import fit_kmeans
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec

#: Groups of the 13 schemes that stand beside tiers and segments; the last are books of CSMs.
SCHEMES = (3, 3, 3, 3, 4, 4, 4, 3, 12, 3, 4, 4, 500)
REFITS = 50


def accounts(n: int) -> dict[str, object]:
    rng = np.random.default_rng(0)
    ids = pd.Index([f"{i:07d}" for i in range(n)], name="account_id")
    segment = rng.integers(0, 4, n)
    arr = rng.lognormal(9, 1, n)
    tier = np.searchsorted(np.quantile(arr, [0.6, 0.9]), arr)
    values = rng.normal(size=(n, 15))
    values[:, :4] += segment[:, None]
    churned = rng.random(n) < 0.1 + 0.05 * segment
    schemes = {
        f"scheme_{number}": pd.Series(
            np.where(rng.random(n) < 0.3, segment % groups, rng.integers(0, groups, n)), index=ids
        ).astype(str)
        for number, groups in enumerate(SCHEMES)
    }
    return {
        "schemes": schemes,
        "ids": ids,
        "segment": pd.Series([f"s{code}" for code in segment], index=ids),
        "tier": pd.Series([f"t{code}" for code in tier], index=ids),
        "arr": pd.Series(arr, index=ids),
        "features": pd.DataFrame(values, index=ids).rename(columns=str),
        "churned": pd.Series(churned, index=ids),
    }


def parts(book: dict[str, object], n: int) -> dict[str, Callable[[], object]]:
    tier, segment, churned = book["tier"], book["segment"], book["churned"]
    features, arr = book["features"], book["arr"]
    small = np.asarray(features)[:1000]
    values = np.asarray(features)
    labels = {"segment": segment, "arr_tiers": tier, **book["schemes"]}
    log_arr = np.log1p(np.asarray(arr))

    def pipeline(rows: np.ndarray, seed: int) -> np.ndarray:
        again = refit(CandidateSpec("kmeans", 4), values[rows], n_init=5, seed=seed, quick=True)
        return again.model.labels(values)

    def cluster(matrix: np.ndarray, seed: int) -> np.ndarray:
        return fit_kmeans(matrix, 4, n_init=5, seed=seed).labels

    return {
        "15 labellings, each with each, crosswalks, lists": lambda: compare_labellings(
            labels, {name: name for name in labels}, arr, np.ones(n), ComparisonConfig(), 1
        ),
        f"{REFITS} refits: interval and ceiling": lambda: agreement_of_refits(
            segment, tier, pipeline, n_refits=REFITS, seed=1
        ),
        "ablation: 7 sets of features": lambda: ablation(
            values, tier, log_arr, cluster, size_proxies=values[:, :2], tenure=values[:, 2], seed=1
        ),
        "features that know outcomes": lambda: refuse_outcomes_in_features(
            features, pd.DataFrame({"churned": churned})
        ),
        "scorecard of 15 labellings": lambda: scorecard(labels, values, [], seed=1),
        "agreement, B = 2,000 and 999 permutations": lambda: compare_partitions(
            tier, segment, seed=1
        ),
        "nested models and gain, B = 2,000": lambda: forward_validity(tier, segment, churned),
        "the same with an account column": lambda: forward_validity(
            tier, segment, churned, account=np.arange(n) // 2
        ),
        "forward study: 1 labelling, strong model, rivals": lambda: forward_study(
            DatedAccounts(
                date(2025, 6, 30), {"arr_tiers": tier, "segment": segment}, features, arr,
                pd.DataFrame({"churned": churned}),
            ),
            Question("churned", 365), seed=1,
        ),
        "inside the tiers, 1,999 permutations": lambda: heterogeneity_within_tiers(
            tier, segment, np.asarray(features), made_segments=True, seed=1
        ),
        "leakage index, 15 features left out in turn": lambda: leakage_index(
            features, np.log1p(np.asarray(arr)), seed=1
        ),
        "selective test, 1,000 accounts": lambda: selective_kmeans_test(
            small, [0, 1, 2, 3], (0, 1), sigma=1.0, max_iter=100
        ),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--only", default="", help="parts whose name holds this")
    options = parser.parse_args()
    n = options.accounts
    book = accounts(n)
    compare_partitions(book["tier"][:100], book["segment"][:100], seed=1)  # compiles the kernels
    print(f"{n:,} accounts; seconds of CPU, and of the clock")
    total = 0.0
    for name, run in parts(book, n).items():
        if options.only not in name:
            continue
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        total += cpu
        print(f"{name:<52}{cpu:8.1f}{wall:8.1f}", flush=True)
    print(f"{'all':<52}{total:8.1f}")


if __name__ == "__main__":
    main()
