"""Accounts in blocks, and their distances to centres, compiled.

`blocks[b, t, l]` is coordinate `t` of account `b * LANES + l`, the last block filled up with
zeros. The loops over lanes then have a fixed length and no dependence between lanes, so that the
compiler turns them into vector instructions without being allowed to reorder any sum. Distances
are sums of squared differences, never |x|^2 - 2xc + |c|^2: an outlier of 1e9 does not cancel the
digits of all other accounts.
"""

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.kernels.compiled import compiled

LANES = 64


def padded(weights: Floats) -> Floats:
    """Weights (m,) filled up with zeros to whole blocks.

    Examples
    --------
    >>> padded(np.ones(3)).shape
    (64,)
    """
    whole = np.zeros(-(-weights.size // LANES) * LANES)
    whole[: weights.size] = weights
    return whole


@compiled
def pack(values: Floats, rows: Ints) -> Floats:
    """Rows of `values` (n, d) in blocks of shape (ceil(m / LANES), d, LANES)."""
    m = rows.size
    d = values.shape[1]
    blocks = np.zeros(((m + LANES - 1) // LANES, d, LANES))
    for p in range(m):
        block = p // LANES
        lane = p - block * LANES
        row = rows[p]
        for t in range(d):
            blocks[block, t, lane] = values[row, t]
    return blocks


@compiled
def squared_distances(block: Floats, centre: Floats, out: Floats) -> None:
    """Squared distance of every lane of one block (d, LANES) to one centre (d,).

    Four coordinates at a time, so that `out` is not read and written for each; the odd ones first.
    """
    d = block.shape[0]
    odd = d % 4
    for lane in range(LANES):
        out[lane] = 0.0
    for t in range(odd):
        c0 = centre[t]
        for lane in range(LANES):
            e0 = block[t, lane] - c0
            out[lane] += e0 * e0
    for t in range(odd, d, 4):
        c0 = centre[t]
        c1 = centre[t + 1]
        c2 = centre[t + 2]
        c3 = centre[t + 3]
        for lane in range(LANES):
            e0 = block[t, lane] - c0
            e1 = block[t + 1, lane] - c1
            e2 = block[t + 2, lane] - c2
            e3 = block[t + 3, lane] - c3
            out[lane] += e0 * e0 + e1 * e1 + e2 * e2 + e3 * e3


@compiled
def nearest_in_block(
    block: Floats, centres: Floats, scratch: Floats, best: Floats, nearest_centre: Ints
) -> None:
    """Nearest centre of every lane, the first of equally near ones, and its squared distance."""
    squared_distances(block, centres[0], best)
    for lane in range(LANES):
        nearest_centre[lane] = 0
    for j in range(1, centres.shape[0]):
        squared_distances(block, centres[j], scratch)
        for lane in range(LANES):
            closer = scratch[lane] < best[lane]
            best[lane] = scratch[lane] if closer else best[lane]
            nearest_centre[lane] = j if closer else nearest_centre[lane]


@compiled
def nearest(blocks: Floats, n: int, centres: Floats) -> tuple[Ints, Floats]:
    """Label (n,) and squared distance (n,) of the nearest centre of every account."""
    labels = np.empty(blocks.shape[0] * LANES, np.int64)
    distances = np.empty(blocks.shape[0] * LANES)
    scratch = np.empty(LANES)
    for b in range(blocks.shape[0]):
        first = b * LANES
        nearest_in_block(
            blocks[b],
            centres,
            scratch,
            distances[first : first + LANES],
            labels[first : first + LANES],
        )
    return labels[:n].copy(), distances[:n].copy()


def nearest_centre(values: Floats, centres: Floats) -> Ints:
    """Label (n,) of the nearest of the centres (k, d) of every account (n, d).

    Examples
    --------
    >>> nearest_centre(np.array([[1.0], [7.0]]), np.array([[0.0], [9.0]]))
    array([0, 1])
    """
    return nearest(pack(values, np.arange(len(values))), len(values), centres)[0]


@compiled
def inertia_of(blocks: Floats, weights: Floats, centres: Floats) -> float:
    """Weighted sum of squared distances to the nearest of the centres (k, d)."""
    best = np.empty(LANES)
    scratch = np.empty(LANES)
    lane_sums = np.zeros(LANES)
    labels = np.empty(LANES, np.int64)
    for b in range(blocks.shape[0]):
        nearest_in_block(blocks[b], centres, scratch, best, labels)
        for lane in range(LANES):
            lane_sums[lane] += weights[b * LANES + lane] * best[lane]
    total = 0.0
    for lane in range(LANES):
        total += lane_sums[lane]
    return total


@compiled
def copy_account(blocks: Floats, index: int, out: Floats) -> None:
    """Write the coordinates of one account into `out` (d,)."""
    block = index // LANES
    lane = index - block * LANES
    for t in range(out.size):
        out[t] = blocks[block, t, lane]
