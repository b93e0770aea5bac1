"""Lloyd's iterations on weighted accounts, and the best of several starts, compiled.

Lloyd (1982). The sums of the clusters are brought up to date for the accounts that moved only.
"""

import numpy as np
from numpy.typing import NDArray

from clustering.models.compiled import compiled
from clustering.models.packing import LANES, nearest, nearest_in_block, pack, padded
from clustering.models.seeding import seed_plus_plus
from clustering.models.transfers import transfer

__all__ = ["best_of_starts", "compile_kernels", "cross_counts", "finish", "lloyd"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def _exact_means(
    blocks: Floats, n: int, weights: Floats, labels: Integers, sums: Floats, mass: Floats
) -> None:
    """Sums and masses from scratch: running sums pick up rounding over the iterations."""
    sums[:] = 0.0
    mass[:] = 0.0
    for i in range(n):
        block = i // LANES
        lane = i - block * LANES
        j = labels[i]
        mass[j] += weights[i]
        for t in range(sums.shape[1]):
            sums[j, t] += weights[i] * blocks[block, t, lane]


@compiled
def _move(
    blocks: Floats,
    weights: Floats,
    i: int,
    j: int,
    labels: Integers,
    sums: Floats,
    mass: Floats,
    counts: Integers,
) -> None:
    """Move account i to cluster j and bring the running sums up to date."""
    block = i // LANES
    lane = i - block * LANES
    weight = weights[i]
    old = labels[i]
    labels[i] = j
    counts[j] += 1
    mass[j] += weight
    if old >= 0:
        counts[old] -= 1
        mass[old] -= weight
        for t in range(sums.shape[1]):
            moved = weight * blocks[block, t, lane]
            sums[j, t] += moved
            sums[old, t] -= moved
    else:
        for t in range(sums.shape[1]):
            sums[j, t] += weight * blocks[block, t, lane]


@compiled
def _fill_empty(
    blocks: Floats,
    n: int,
    weights: Floats,
    labels: Integers,
    distances: Floats,
    sums: Floats,
    mass: Floats,
    counts: Integers,
) -> int:
    """Give every empty cluster the account that costs most where it is; how many were given."""
    given = 0
    for j in range(counts.size):
        if counts[j] > 0:
            continue
        worst = -1
        cost = 0.0
        for i in range(n):
            if weights[i] * distances[i] > cost and counts[labels[i]] > 1:
                cost = weights[i] * distances[i]
                worst = i
        if worst < 0:
            return given  # fewer distinct accounts than clusters: the rest stay empty
        distances[worst] = 0.0
        _move(blocks, weights, worst, j, labels, sums, mass, counts)
        given += 1
    return given


@compiled
def lloyd(
    blocks: Floats, n: int, weights: Floats, centres: Floats, labels: Integers, max_iter: int
) -> tuple[float, int, bool]:
    """Iterate from `centres` (k, d) until no account changes its cluster.

    `centres` and `labels` (whole blocks) are written in place; a cluster that no account is left
    for keeps its last centre and has no label. Returns inertia, iterations and whether converged.
    On convergence the means are computed afresh and checked by one more assignment, so that the
    result does not depend on the rounding of running sums.
    """
    k, d = centres.shape
    sums = np.zeros((k, d))
    mass = np.zeros(k)
    counts = np.zeros(k, np.int64)
    distances = np.empty(labels.size)
    scratch = np.empty(LANES)
    lane_sums = np.empty(LANES)
    nearest_centre = np.empty(LANES, np.int64)
    labels[:] = -1
    exact = False
    inertia = np.inf
    n_iter = 0
    while True:
        changed = 0
        for lane in range(LANES):
            lane_sums[lane] = 0.0
        for b in range(blocks.shape[0]):
            first = b * LANES
            best = distances[first : first + LANES]
            nearest_in_block(blocks[b], centres, scratch, best, nearest_centre)
            for lane in range(LANES):
                lane_sums[lane] += weights[first + lane] * best[lane]
            for lane in range(min(LANES, n - first)):
                if nearest_centre[lane] != labels[first + lane]:
                    changed += 1
                    _move(
                        blocks,
                        weights,
                        first + lane,
                        nearest_centre[lane],
                        labels,
                        sums,
                        mass,
                        counts,
                    )
        inertia = 0.0
        for lane in range(LANES):
            inertia += lane_sums[lane]
        if changed == 0 and exact:
            return inertia, n_iter, True
        if n_iter >= max_iter:
            return inertia, n_iter, False
        n_iter += 1
        exact = changed == 0
        if exact:
            _exact_means(blocks, n, weights, labels, sums, mass)
        for j in range(k):
            if counts[j] == 0:
                given = _fill_empty(blocks, n, weights, labels, distances, sums, mass, counts)
                exact = exact and given == 0
                break
        for j in range(k):
            if counts[j] > 0:
                for t in range(d):
                    centres[j, t] = sums[j, t] / mass[j]


@compiled
def finish(
    blocks: Floats, n: int, weights: Floats, centres: Floats, labels: Integers, max_iter: int
) -> tuple[float, int, bool]:
    """Lloyd's iterations, then transfers of single accounts, in turn, until neither moves any.

    Arguments and result as in `lloyd`.
    """
    inertia, n_iter, converged = lloyd(blocks, n, weights, centres, labels, max_iter)
    while converged and n_iter < max_iter:
        if transfer(blocks, n, weights, centres, labels, inertia, max_iter) == 0:
            break
        improved, more, converged = lloyd(blocks, n, weights, centres, labels, max_iter)
        n_iter += more
        if not improved < inertia:
            break
        inertia = improved
    return inertia, n_iter, converged


@compiled
def best_of_starts(
    blocks: Floats,
    n: int,
    weights: Floats,
    given: Floats,
    uniforms: Floats,
    short_iter: int,
    n_long: int,
    max_iter: int,
) -> tuple[Floats, Integers, float, int, bool]:
    """Best of the starts from `given` centres (g, k, d) and of cold k-means++ starts.

    `uniforms` has shape (n_cold, k, n_trials). Every start runs for `short_iter` iterations; the
    best `n_long` of them run on until no account changes its cluster. Returns centres (k, d;
    infinite for clusters without an account), labels (n,), inertia, iterations of the winner and
    whether it converged.
    """
    k, d = given.shape[1], given.shape[2]
    n_given = given.shape[0]
    n_starts = n_given + uniforms.shape[0]
    centres = np.empty((n_starts, k, d))
    labels = np.empty((n_starts, weights.size), np.int64)
    inertias = np.empty(n_starts)
    iterations = np.zeros(n_starts, np.int64)
    converged = np.zeros(n_starts, np.bool_)
    for s in range(n_starts):
        if s < n_given:
            centres[s] = given[s]
        else:
            seed_plus_plus(blocks, weights, uniforms[s - n_given], centres[s])
        inertias[s], iterations[s], converged[s] = lloyd(
            blocks, n, weights, centres[s], labels[s], short_iter
        )
    ranking = np.argsort(inertias, kind="mergesort")
    for r in range(min(n_long, n_starts)):
        s = ranking[r]
        inertias[s], more, converged[s] = finish(
            blocks, n, weights, centres[s], labels[s], max_iter
        )
        iterations[s] += more
    winner = ranking[0]
    for r in range(min(n_long, n_starts)):
        if inertias[ranking[r]] < inertias[winner]:
            winner = ranking[r]
    sizes = np.zeros(k, np.int64)
    for i in range(n):
        sizes[labels[winner, i]] += 1
    for j in range(k):
        if sizes[j] == 0:
            centres[winner, j] = np.inf  # nothing is ever nearest to it
    return (
        centres[winner].copy(),
        labels[winner, :n].copy(),
        inertias[winner],
        iterations[winner],
        converged[winner],
    )


@compiled
def cross_counts(
    first: Integers, second: Integers, weights: Floats, n_first: int, n_second: int
) -> Floats:
    """Weighted contingency table (n_first, n_second) of two labellings."""
    table = np.zeros((n_first, n_second))
    for i in range(first.size):
        table[first[i], second[i]] += weights[i]
    return table


def compile_kernels() -> None:
    """Compile everything now and keep it on disk, so that no user waits for it later.

    Examples
    --------
    >>> compile_kernels()
    """
    values = np.arange(8.0).reshape(4, 2)
    blocks = pack(values, np.arange(4))
    weights = padded(np.ones(4))
    centres, labels, *_ = best_of_starts(
        blocks, 4, weights, values[None, :2].copy(), np.full((1, 2, 1), 0.5), 2, 1, 10
    )
    nearest(blocks, 4, centres)
    cross_counts(labels, labels, weights[:4].copy(), 2, 2)
