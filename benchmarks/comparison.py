"""CPU and wall time of the comparison at 100,000 accounts and 2,000 resamples.

    python benchmarks/comparison.py [--accounts 100000]

Every part works on the same simulated accounts: three tiers, four segments, 15 features.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from clustering.comparison import (
    compare_partitions,
    forward_study,
    forward_validity,
    heterogeneity_within_tiers,
    leakage_index,
)
from clustering.inference import selective_kmeans_test


def accounts(n: int) -> dict[str, object]:
    rng = np.random.default_rng(0)
    ids = pd.Index([f"{i:07d}" for i in range(n)], name="account_id")
    segment = rng.integers(0, 4, n)
    arr = rng.lognormal(9, 1, n)
    tier = np.searchsorted(np.quantile(arr, [0.6, 0.9]), arr)
    values = rng.normal(size=(n, 15))
    values[:, :4] += segment[:, None]
    churned = rng.random(n) < 0.1 + 0.05 * segment
    return {
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
    return {
        "agreement, B = 2,000 and 999 permutations": lambda: compare_partitions(
            tier, segment, seed=1
        ),
        "nested models and gain, B = 2,000": lambda: forward_validity(tier, segment, churned),
        "the same with an account column": lambda: forward_validity(
            tier, segment, churned, account=np.arange(n) // 2
        ),
        "forward study: 1 labelling, strong model, rivals": lambda: forward_study(
            features, {"arr_tiers": tier, "segment": segment},
            pd.DataFrame({"churned": churned}), outcome="churned", as_of=date(2025, 6, 30),
            days=365, arr=arr, seed=1,
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
    n = parser.parse_args().accounts
    book = accounts(n)
    compare_partitions(book["tier"][:100], book["segment"][:100], seed=1)  # compiles the kernels
    print(f"{n:,} accounts; seconds of CPU, and of the clock")
    total = 0.0
    for name, run in parts(book, n).items():
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        total += cpu
        print(f"{name:<52}{cpu:8.1f}{wall:8.1f}", flush=True)
    print(f"{'all':<52}{total:8.1f}")


if __name__ == "__main__":
    main()
