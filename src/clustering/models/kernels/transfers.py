"""Hartigan's single transfers, compiled: they leave many optima in which Lloyd's iterations stop.

Moving one account changes both centres, and Lloyd's iterations do not see that. A partition that
no transfer improves is also one that Lloyd's iterations keep, so labels stay those of the nearest
centre. Hartigan & Wong (1979); Telgarsky & Vattani (2010).
"""

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.kernels.compiled import compiled
from clustering.models.kernels.packing import LANES, squared_distances

#: A transfer must gain this share of the inertia, or rounding could move accounts for ever.
LEAST_GAIN = 1e-12


@compiled
def _best_transfer(
    blocks: Floats,
    i: int,
    weight: float,
    own: int,
    centres: Floats,
    mass: Floats,
) -> tuple[int, float]:
    """Cluster that account i would best join, and by how much that lowers the inertia."""
    block = i // LANES
    lane = i - block * LANES
    own_cost = 0.0
    best_cost = np.inf
    best = own
    for j in range(mass.size):
        distance = 0.0
        for t in range(centres.shape[1]):
            e = blocks[block, t, lane] - centres[j, t]
            distance += e * e
        if j == own:
            own_cost = distance * mass[j] / (mass[j] - weight)
        else:
            cost = distance * mass[j] / (mass[j] + weight)
            if cost < best_cost:
                best_cost = cost
                best = j
    return best, weight * (own_cost - best_cost)


@compiled
def _gains_in_block(
    block: Floats,
    weights: Floats,
    labels: Ints,
    centres: Floats,
    mass: Floats,
    scratch: Floats,
    own_cost: Floats,
    best_cost: Floats,
) -> None:
    """Gain of the best transfer of every lane, written into `own_cost`."""
    for lane in range(LANES):
        own_cost[lane] = 0.0
        best_cost[lane] = np.inf
    for j in range(mass.size):
        squared_distances(block, centres[j], scratch)
        for lane in range(LANES):
            own = labels[lane] == j
            weight = weights[lane]
            cost = scratch[lane] * mass[j] / (mass[j] + (-weight if own else weight))
            own_cost[lane] = cost if own else own_cost[lane]
            cost = np.inf if own else cost
            best_cost[lane] = cost if cost < best_cost[lane] else best_cost[lane]
    for lane in range(LANES):
        own_cost[lane] = weights[lane] * (own_cost[lane] - best_cost[lane])


@compiled
def _move(
    blocks: Floats, i: int, weight: float, own: int, new: int, centres: Floats, mass: Floats
) -> None:
    block = i // LANES
    lane = i - block * LANES
    for t in range(centres.shape[1]):
        x = blocks[block, t, lane]
        centres[own, t] -= weight * (x - centres[own, t]) / (mass[own] - weight)
        centres[new, t] += weight * (x - centres[new, t]) / (mass[new] + weight)
    mass[own] -= weight
    mass[new] += weight


@compiled
def transfer(
    blocks: Floats,
    n: int,
    weights: Floats,
    centres: Floats,
    labels: Ints,
    inertia: float,
    max_passes: int,
) -> int:
    """Move single accounts while that lowers the inertia; how many moves were made.

    `centres` (k, d) must be the means of `labels`; both are changed in place. The centres follow by
    the update of a mean, whose rounding adds up: run `lloyd` from them to finish.
    """
    mass = np.zeros(centres.shape[0])
    for i in range(n):
        mass[labels[i]] += weights[i]
    scratch = np.empty(LANES)
    gains = np.empty(LANES)
    costs = np.empty(LANES)
    least = LEAST_GAIN * inertia
    moves = 0
    for _ in range(max_passes):
        before = moves
        for b in range(blocks.shape[0]):
            first = b * LANES
            last = min(first + LANES, n)
            _gains_in_block(
                blocks[b],
                weights[first : first + LANES],
                labels[first : first + LANES],
                centres,
                mass,
                scratch,
                gains,
                costs,
            )
            for i in range(first, last):
                own = labels[i]
                if gains[i - first] > least and mass[own] > weights[i]:
                    # The centres may have moved since the block was looked at.
                    new, gain = _best_transfer(blocks, i, weights[i], own, centres, mass)
                    if gain > least:
                        _move(blocks, i, weights[i], own, new, centres, mass)
                        labels[i] = new
                        moves += 1
        if moves == before:
            break
    return moves
