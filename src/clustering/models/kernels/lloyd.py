"""Lloyd's iterations on weighted accounts, compiled.

Lloyd (1982). The sums of the clusters are brought up to date for the accounts that moved only.
"""

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.kernels.compiled import compiled
from clustering.models.kernels.packing import LANES, nearest_in_block, squared_distances
from clustering.models.kernels.transfers import transfer

#: An account is where its centre is if their squared distance is below this share of the largest
#: squared norm: a mean of equal accounts is off by the rounding of a sum.
SAME_PLACE = 1e-28


@compiled
def _exact_means(
    blocks: Floats, n: int, weights: Floats, labels: Ints, sums: Floats, mass: Floats
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
    block: Floats,
    weights: Floats,
    labels: Ints,
    new_labels: Ints,
    n_lanes: int,
    sums: Floats,
    mass: Floats,
    counts: Ints,
) -> int:
    """Give the accounts of one block their new labels, bring the running sums up to date.

    Returns how many changed. A label below 0 means that the account was nowhere before.
    """
    changed = 0
    for lane in range(n_lanes):
        new = new_labels[lane]
        old = labels[lane]
        if new == old:
            continue
        changed += 1
        weight = weights[lane]
        labels[lane] = new
        counts[new] += 1
        mass[new] += weight
        for t in range(block.shape[0]):
            sums[new, t] += weight * block[t, lane]
        if old >= 0:
            counts[old] -= 1
            mass[old] -= weight
            for t in range(block.shape[0]):
                sums[old, t] -= weight * block[t, lane]
    return changed


@compiled
def _largest_square(blocks: Floats) -> float:
    """Largest squared norm of an account."""
    largest = 0.0
    norms = np.empty(LANES)
    origin = np.zeros(blocks.shape[1])
    for b in range(blocks.shape[0]):
        squared_distances(blocks[b], origin, norms)
        largest = max(largest, norms.max())
    return largest


@compiled
def _fill_empty(
    blocks: Floats,
    n: int,
    weights: Floats,
    labels: Ints,
    distances: Floats,
    sums: Floats,
    mass: Floats,
    counts: Ints,
) -> int:
    """Give every empty cluster the account that costs most where it is; how many were given."""
    given = 0
    least = SAME_PLACE * _largest_square(blocks)
    for j in range(counts.size):
        if counts[j] > 0:
            continue
        worst = -1
        cost = 0.0
        for i in range(n):
            apart = distances[i] > least and counts[labels[i]] > 1
            if apart and weights[i] * distances[i] > cost:
                cost = weights[i] * distances[i]
                worst = i
        if worst < 0:
            return given  # fewer distinct accounts than clusters: the rest stay empty
        distances[worst] = 0.0
        b = worst // LANES
        lane = worst - b * LANES
        new = labels[b * LANES : (b + 1) * LANES].copy()
        new[lane] = j
        _move(
            blocks[b],
            weights[b * LANES : (b + 1) * LANES],
            labels[b * LANES : (b + 1) * LANES],
            new,
            lane + 1,
            sums,
            mass,
            counts,
        )
        given += 1
    return given


@compiled
def _assign(
    blocks: Floats,
    n: int,
    weights: Floats,
    centres: Floats,
    labels: Ints,
    distances: Floats,
    running: tuple[Floats, Floats, Ints],
) -> tuple[float, int]:
    """Give every account to its nearest centre; the inertia, and how many accounts moved.

    `running` holds sums, masses and counts of the clusters, which are brought up to date.
    """
    sums, mass, counts = running
    scratch = np.empty(LANES)
    lane_sums = np.zeros(LANES)
    nearest_centre = np.empty(LANES, np.int64)
    changed = 0
    for b in range(blocks.shape[0]):
        first = b * LANES
        best = distances[first : first + LANES]
        nearest_in_block(blocks[b], centres, scratch, best, nearest_centre)
        for lane in range(LANES):
            lane_sums[lane] += weights[first + lane] * best[lane]
        changed += _move(
            blocks[b],
            weights[first : first + LANES],
            labels[first : first + LANES],
            nearest_centre,
            min(LANES, n - first),
            sums,
            mass,
            counts,
        )
    inertia = 0.0
    for lane in range(LANES):
        inertia += lane_sums[lane]
    return inertia, changed


@compiled
def lloyd(
    blocks: Floats,
    n: int,
    weights: Floats,
    centres: Floats,
    labels: Ints,
    max_iter: int,
    tol: float,
) -> tuple[float, int, bool]:
    """Iterate from `centres` (k, d) until no account changes its cluster.

    `centres` and `labels` (whole blocks) are written in place; a cluster that no account is left
    for keeps its last centre and has no label. With a positive `tol` it also stops once an
    iteration gains less than that share of the inertia. Returns inertia, iterations and whether no
    account changed its cluster.
    On convergence the means are computed afresh and checked by one more assignment, so that the
    result does not depend on the rounding of running sums.
    """
    k, d = centres.shape
    sums = np.zeros((k, d))
    mass = np.zeros(k)
    counts = np.zeros(k, np.int64)
    distances = np.empty(labels.size)
    labels[:] = -1
    exact = False
    inertia = np.inf
    n_iter = 0
    while True:
        before = inertia
        inertia, changed = _assign(
            blocks, n, weights, centres, labels, distances, (sums, mass, counts)
        )
        if changed == 0 and exact:
            return inertia, n_iter, True
        if n_iter >= max_iter or (tol > 0.0 and before - inertia < tol * inertia):
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
    blocks: Floats,
    n: int,
    weights: Floats,
    centres: Floats,
    labels: Ints,
    max_iter: int,
    max_passes: int,
) -> tuple[float, int, bool]:
    """Lloyd's iterations, then transfers of single accounts, in turn, until neither moves any.

    Arguments and result as in `lloyd`; at most `max_passes` times are all accounts looked at for
    one round of transfers.
    """
    inertia, n_iter, converged = lloyd(blocks, n, weights, centres, labels, max_iter, 0.0)
    while converged and n_iter < max_iter:
        if transfer(blocks, n, weights, centres, labels, inertia, max_passes) == 0:
            break
        improved, more, converged = lloyd(blocks, n, weights, centres, labels, max_iter, 0.0)
        n_iter += more
        if not improved < inertia:
            break
        inertia = improved
    return inertia, n_iter, converged
