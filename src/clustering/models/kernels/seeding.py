"""k-means++ seeds, weighted and greedy, compiled.

Arthur & Vassilvitskii (2007); of several candidates for each seed the one that leaves the least
inertia is taken, as in scikit-learn.
"""

import numpy as np

from clustering.arrays import Floats
from clustering.models.kernels.compiled import compiled
from clustering.models.kernels.packing import LANES, copy_account, squared_distances


@compiled
def _draw(potential: Floats, block_sums: Floats, total: float, uniform: float) -> int:
    """Index drawn with probability proportional to `potential`, found by blocks first."""
    target = uniform * total
    block = 0
    last = block_sums.size - 1
    while block < last and target >= block_sums[block]:
        target -= block_sums[block]
        block += 1
    chosen = -1
    for i in range(block * LANES, (block + 1) * LANES):
        if potential[i] > 0.0:
            chosen = i
            if target < potential[i]:
                return i
            target -= potential[i]
    if chosen >= 0:
        return chosen
    return int(np.argmax(potential))  # rounding ran past the last block that has any potential


@compiled
def _sum_blocks(potential: Floats, block_sums: Floats) -> float:
    total = 0.0
    for b in range(block_sums.size):
        block_sum = 0.0
        for i in range(b * LANES, (b + 1) * LANES):
            block_sum += potential[i]
        block_sums[b] = block_sum
        total += block_sum
    return total


@compiled
def _closer(blocks: Floats, weights: Floats, centre: Floats, closest: Floats, out: Floats) -> float:
    """Squared distances to the nearest seed once `centre` is one too, and their weighted sum."""
    distances = np.empty(LANES)
    lane_sums = np.zeros(LANES)
    for b in range(blocks.shape[0]):
        squared_distances(blocks[b], centre, distances)
        first = b * LANES
        for lane in range(LANES):
            near = closest[first + lane]
            near = distances[lane] if distances[lane] < near else near
            out[first + lane] = near
            lane_sums[lane] += weights[first + lane] * near
    total = 0.0
    for lane in range(LANES):
        total += lane_sums[lane]
    return total


@compiled
def seed_plus_plus(
    blocks: Floats, weights: Floats, uniforms: Floats, centres: Floats, n_given: int
) -> int:
    """Write k-means++ seeds into `centres` (k, d); weighted, greedy.

    The first `n_given` centres are kept and the others are drawn one by one. `uniforms`
    (k, n_trials) holds all the randomness: of the candidates of one step, the one that leaves the
    least inertia is taken. `weights` is filled up with zeros to whole blocks.

    Returns the number of seeds, less than k where there are fewer distinct accounts; the seeds
    that are missing repeat the first.
    """
    k, n_trials = uniforms.shape
    n = weights.size
    block_sums = np.empty(blocks.shape[0])
    closest = np.full(n, np.inf)
    potential = weights.copy()
    trials = np.empty((n_trials, n))
    for j in range(n_given):
        _closer(blocks, weights, centres[j], closest, closest)
    for j in range(n_given, k):
        if j > 0:
            for i in range(n):
                potential[i] = weights[i] * closest[i]
        total = _sum_blocks(potential, block_sums)
        if not total > 0.0:
            for missing in range(j, k):
                centres[missing] = centres[0]
            return j
        best_trial = 0
        best_total = np.inf
        best_index = 0
        for trial in range(n_trials if j > 0 else 1):
            index = _draw(potential, block_sums, total, uniforms[j, trial])
            copy_account(blocks, index, centres[j])
            left = _closer(blocks, weights, centres[j], closest, trials[trial])
            if trial == 0 or left < best_total:
                best_total = left
                best_trial = trial
                best_index = index
        copy_account(blocks, best_index, centres[j])
        closest[:] = trials[best_trial]
    return int(k)
