"""Sums of distances from accounts to clusters, compiled: what silhouettes are made of."""

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.kernels.compiled import compiled
from clustering.models.kernels.packing import LANES, squared_distances


@compiled
def cluster_distances(values: Floats, blocks: Floats, labels: Ints, offsets: Ints) -> Floats:
    """Sums of distances of packed accounts to the accounts of every cluster of every partition.

    Returns shape (whole blocks of accounts, total number of clusters).
    """
    n_partitions, n = labels.shape
    sums = np.zeros((blocks.shape[0] * LANES, offsets[-1]))
    distances = np.empty(LANES)
    totals = np.empty((offsets[-1], LANES))
    for b in range(blocks.shape[0]):
        totals[:] = 0.0
        for i in range(n):
            squared_distances(blocks[b], values[i], distances)
            for lane in range(LANES):
                distances[lane] = np.sqrt(distances[lane])
            for p in range(n_partitions):
                total = totals[offsets[p] + labels[p, i]]
                for lane in range(LANES):
                    total[lane] += distances[lane]
        for c in range(totals.shape[0]):
            for lane in range(LANES):
                sums[b * LANES + lane, c] = totals[c, lane]
    return sums
