"""Silhouettes of many partitions from one pass over the distances."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError
from clustering.models.kernels.distances import cluster_distances
from clustering.models.kernels.packing import LANES, pack
from clustering.models.kmeans import checked_values
from clustering.progress import SILENT, Progress
from clustering.resampling.engine import run_tasks

#: Up to so many accounts the silhouette of every account is computed: 4e8 distances, seconds.
EXACT_UP_TO = 20_000
SAMPLE = 2_000
ROWS_PER_TASK = 16 * LANES


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Silhouettes of one partition.

    Attributes
    ----------
    rows : int64 array of shape (m,), accounts whose silhouette was computed, exactly, against all
        accounts; all of them unless there are too many
    values : float64 array of shape (m,), 0 for an account alone in its cluster
    by_cluster : float64 array of shape (k,), mean per cluster (NaN where no account was sampled)
    """

    rows: Ints
    values: Floats
    by_cluster: Floats

    @property
    def mean(self) -> float:
        """Average silhouette of all accounts, or its estimate from the sample."""
        return float(self.values.mean())


def silhouettes(
    values: Floats,
    partitions: Sequence[Ints],
    *,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress = SILENT,
) -> tuple[Silhouettes, ...]:
    """Silhouettes (Rousseeuw 1987) of every partition from one pass over the distances.

    ``s(i) = (b - a) / max(a, b)`` with a the mean distance to the other accounts of the own
    cluster and b the smallest mean distance to another cluster; 0 for an account alone in its
    cluster. Above 20,000 accounts a random sample of 2,000 accounts is compared with all accounts.

    Parameters
    ----------
    values : array of shape (n_accounts, n_features)
    partitions : label arrays of shape (n_accounts,), labels 0 .. k-1, at least two clusters each
    sample : compare so many accounts, drawn without replacement by `seed`, with all accounts

    Examples
    --------
    >>> values = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> (result,) = silhouettes(values, [np.array([0, 0, 1, 1])])
    >>> round(result.mean, 4)
    0.8997
    """
    matrix = checked_values(values)
    n = len(matrix)
    rows = _sampled_rows(n, sample, seed)
    labels = np.ascontiguousarray(np.stack(partitions), np.int64)
    ks = labels.max(axis=1) + 1
    if ks.min() < 2:
        raise BadInputError("a silhouette needs at least two clusters, found one.")
    offsets = np.concatenate([[0], np.cumsum(ks)]).astype(np.int64)
    starts = range(0, rows.size, ROWS_PER_TASK)

    def sums_of(number: int, rng: np.random.Generator) -> Floats:
        chosen = rows[starts[number] : starts[number] + ROWS_PER_TASK]
        return cluster_distances(matrix, pack(matrix, chosen), labels, offsets)[: chosen.size]

    parts = run_tasks(sums_of, len(starts), seed=seed, purpose="silhouettes", progress=progress)
    sums = np.concatenate(parts)
    return tuple(
        _silhouettes(sums[:, offsets[p] : offsets[p + 1]], labels[p], rows)
        for p in range(len(labels))
    )


def _sampled_rows(n: int, sample: int | None, seed: int) -> Ints:
    if sample is None and n > EXACT_UP_TO:
        sample = SAMPLE
    if sample is None or sample >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, n]).choice(n, sample, replace=False))


def _silhouettes(sums: Floats, labels: Ints, rows: Ints) -> Silhouettes:
    k = sums.shape[1]
    sizes = np.bincount(labels, minlength=k)
    own = labels[rows]
    values = _values(sums, own, sizes)
    counts = np.bincount(own, minlength=k)
    totals = np.bincount(own, weights=values, minlength=k)
    by_cluster = np.divide(totals, counts, out=np.full(k, np.nan), where=counts > 0)
    return Silhouettes(rows, values, by_cluster)


def mean_silhouettes(sums: Floats, labels: Ints, rows: Ints, offsets: Ints) -> Floats:
    """Average silhouette of every partition from the sums of `cluster_distances`.

    Clusters may be empty; NaN for a partition with fewer than two clusters that are not.
    """
    means = np.full(len(labels), np.nan)
    for p in range(len(labels)):
        sizes = np.bincount(labels[p], minlength=offsets[p + 1] - offsets[p])
        used = np.flatnonzero(sizes)
        if used.size < 2 or used.size == labels.shape[1]:
            continue
        position = np.searchsorted(used, labels[p, rows])
        of_partition = sums[: rows.size, offsets[p] : offsets[p + 1]][:, used]
        means[p] = _values(of_partition, position, sizes[used]).mean()
    return means


def _values(sums: Floats, own: Ints, sizes: Ints) -> Floats:
    at = np.arange(own.size)
    # The account itself is at distance 0 from itself: only the divisor has to leave it out.
    within = sums[at, own] / np.maximum(sizes[own] - 1, 1)
    between = sums / sizes
    between[at, own] = np.inf
    nearest_other = between.min(axis=1)
    larger = np.maximum(within, nearest_other)
    alone = (sizes[own] == 1) | (larger == 0)
    return np.where(alone, 0.0, (nearest_other - within) / np.where(larger == 0, 1.0, larger))
