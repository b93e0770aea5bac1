"""Bootstrap Jaccard and gap statistic: this project against rows copied into scikit-learn.

Run: python benchmarks/resampling.py [--resamples 100] [--accounts 10000] [--separation 1.0]

Both sides judge the same partitions on the same draws in one run, one thread each. scikit-learn's
KMeans makes 10 k-means++ starts on copied rows with its default tolerance; ours are the default
`Starts` of `clustering.resampling`, with the search for competing optima counted. CPU seconds are
those of the whole process (user and system).
"""

import argparse
import os
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from clustering.models.kernels.compiled import compile_kernels
from clustering.models.kmeans import fit_kmeans
from clustering.resampling.draws import bootstrap
from clustering.resampling.engine import streams
from clustering.resampling.fits import Starts
from clustering.structure.criteria.gap import gap_statistic, reference_box
from clustering.structure.criteria.stability import (
    JaccardStability,
    clusterwise_jaccard,
    jaccard_stability,
)

KS = range(2, 9)
N_INIT = 10
SHARES = (0.30, 0.25, 0.20, 0.15, 0.10)


def mixture(n: int, d: int, separation: float, seed: int) -> NDArray[np.float64]:
    """Five unit Gaussians of unequal size, z-scored; coordinates of centres have this sd."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(SHARES), d)) * separation
    values = centres[rng.choice(len(SHARES), n, p=SHARES)] + rng.normal(size=(n, d))
    return (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)


def tolerance(jaccard: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(jaccard > 0.95, 0.02, np.where(jaccard > 0.75, 0.06, 0.10))


def copied_rows(
    values: NDArray[np.float64], partitions: Sequence[NDArray[np.int64]], n_resamples: int
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Inertias (n_resamples, len(KS)) and mean Jaccards per k, rows copied into scikit-learn."""
    n = len(values)
    inertias = np.empty((n_resamples, len(KS)))
    jaccards: list[list[NDArray[np.float64]]] = [[] for _ in KS]
    for b, stream in enumerate(streams(0, "Jaccard stability, bootstrap", n_resamples)):
        draw = bootstrap(n, np.random.default_rng(stream))
        rows = np.repeat(draw.rows, draw.weights.astype(np.int64))
        copied = values[rows]
        for position, k in enumerate(KS):
            model = KMeans(k, n_init=N_INIT, random_state=b).fit(copied)
            inertias[b, position] = model.inertia_
            counts = np.zeros((k, k))
            np.add.at(counts, (partitions[position][rows], model.labels_), 1.0)
            jaccards[position].append(clusterwise_jaccard(counts).max(axis=1))
    return inertias, [np.mean(of_k, axis=0) for of_k in jaccards]


def compare_jaccard(values: NDArray[np.float64], n_resamples: int) -> None:
    partitions = [fit_kmeans(values, k, seed=5).labels for k in KS]
    started = time.process_time()
    with threadpool_limits(1):
        their_inertias, theirs = copied_rows(values, partitions, n_resamples)
    their_cpu = time.process_time() - started
    started = time.process_time()
    os.environ["CLUSTERING_THREADS"] = "1"
    ours = jaccard_stability(values, partitions, n_resamples=n_resamples)
    our_cpu = time.process_time() - started
    wall = time.perf_counter()
    started = time.process_time()
    os.environ["CLUSTERING_THREADS"] = "2"
    on_two = jaccard_stability(values, partitions, n_resamples=n_resamples)
    os.environ["CLUSTERING_THREADS"] = "1"
    two_cpu, wall = time.process_time() - started, time.perf_counter() - wall

    excess = np.stack([one.inertias for one in ours], axis=1) / their_inertias - 1
    print(f"Bootstrap Jaccard, k = 2..8, B = {n_resamples}")
    print(f"  scikit-learn, rows copied, {N_INIT} starts  {their_cpu:8.2f} CPU s")
    print(
        f"  ours, one thread                     {our_cpu:8.2f} CPU s, {their_cpu / our_cpu:.1f}x"
    )
    print(f"  ours, two threads                    {two_cpu:8.2f} CPU s, {wall:.2f} s elapsed")
    same = all(np.array_equal(a.values, b.values) for a, b in zip(ours, on_two, strict=True))
    print(f"  equal on one and on two threads: {same}")
    print(f"  inertia, ours over theirs - 1: mean {excess.mean():.1e}, worst {excess.max():.1e}")
    for k, one, other in zip(KS, ours, theirs, strict=True):
        off = np.abs(one.mean - other)
        print(
            f"  k={k} largest difference of mean Jaccards {off.max():.3f}, "
            f"{(off / tolerance(other)).max():.2f} of the tolerance; smallest {other.min():.2f}"
        )
    _compare_starts(values, partitions, ours, n_resamples)


def _compare_starts(
    values: NDArray[np.float64],
    partitions: Sequence[NDArray[np.int64]],
    ours: Sequence[JaccardStability],
    n_resamples: int,
) -> None:
    """What the warm starts change: the same resamples with twice as many cold starts only."""
    some = max(10, n_resamples // 5)
    cold = jaccard_stability(
        values, partitions, n_resamples=some, starts=Starts(n_cold=20, n_long=6, warm=False)
    )
    for k, one, other in zip(KS, ours, cold, strict=True):
        off = np.abs(one.values[:some].mean(axis=0) - other.mean).max()
        better = (other.inertias / one.inertias[:some] - 1).mean()
        print(
            f"  k={k} 20 cold starts only, {some} resamples: Jaccard differs by {off:.3f}, "
            f"inertia by {better:.1e}"
        )


def compare_gap(values: NDArray[np.float64], n_references: int) -> None:
    ks = range(1, 9)
    inertias = [fit_kmeans(values, k, seed=5).inertia for k in ks]
    started = time.process_time()
    ours = gap_statistic(values, ks, inertias, space="pca", n_references=n_references)
    our_cpu = time.process_time() - started
    low, width = reference_box(values - values.mean(axis=0), "pca")
    log_w = np.empty((n_references, len(ks)))
    started = time.process_time()
    with threadpool_limits(1):
        for b, stream in enumerate(streams(0, "gap statistic, pca", n_references)):
            drawn = low + width * np.random.default_rng(stream).random(values.shape)
            for position, k in enumerate(ks):
                fit = KMeans(k, n_init=N_INIT, random_state=b).fit(drawn)
                log_w[b, position] = np.log(0.5 * fit.inertia_)
    their_cpu = time.process_time() - started
    off = ours.expected_log_w - log_w.mean(axis=0)
    print(f"Gap statistic, principal axes, k = 1..8, B = {n_references}")
    print(f"  scikit-learn, {N_INIT} starts  {their_cpu:8.2f} CPU s")
    print(f"  ours, one thread         {our_cpu:8.2f} CPU s, {their_cpu / our_cpu:.1f}x")
    print(f"  expected log W, ours - theirs: {np.array2string(off, precision=5)}")
    print(f"  chosen k: {ours.chosen_k}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--features", type=int, default=15)
    parser.add_argument("--separation", type=float, default=1.0)
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=("jaccard", "gap"))
    asked = parser.parse_args()
    compile_kernels()
    values = mixture(asked.accounts, asked.features, asked.separation, asked.seed)
    print(
        f"{asked.accounts} accounts x {asked.features} features, 5 Gaussians, "
        f"separation {asked.separation}, seed {asked.seed}"
    )
    if asked.only != "gap":
        compare_jaccard(values, asked.resamples)
    if asked.only != "jaccard":
        compare_gap(values, asked.resamples)


if __name__ == "__main__":
    main()
