"""Prediction strength, instability and seed stability: do refits tell the same story?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from clustering.arrays import Floats
from clustering.models.kernels.packing import nearest, pack
from clustering.models.kmeans import checked_values
from clustering.models.labels import adjusted_rand, cross_counts
from clustering.progress import SILENT, Progress
from clustering.resampling.draws import Draw, bootstrap, halves
from clustering.resampling.engine import run_tasks
from clustering.resampling.fits import ResampleFit, Starts, fit_resample

#: These statistics compare independent fits: a warm start would make them agree by construction.
COLD = Starts(n_cold=8, n_long=2, warm=False)


@dataclass(frozen=True, eq=False)
class Replicated:
    """A statistic for every k, over replicates.

    Attributes
    ----------
    ks : numbers of clusters
    values : float64 array of shape (n_replicates, len(ks))
    """

    ks: tuple[int, ...]
    values: Floats

    @property
    def mean(self) -> Floats:
        """Mean over replicates, shape (len(ks),)."""
        return np.asarray(self.values.mean(axis=0))


def prediction_strength(
    values: Floats,
    ks: Sequence[int],
    *,
    n_splits: int = 50,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Replicated:
    """Prediction strength of k-means for every k.

    The accounts are split in halves and each half is clustered. The strength of a cluster of one
    half is the share of its pairs that the centres of the other half keep together (1 for a
    cluster of one account); of a half, the minimum over its clusters; of a split, the mean of both
    halves. One cluster has strength 1.

    References
    ----------
    Tibshirani & Walther (2005) JCGS 14:511; both directions and M = 50 splits as in R's
    ``fpc::prediction.strength``.

    Examples
    --------
    >>> values = np.concatenate([np.linspace(0, 0.1, 20), np.linspace(1, 1.1, 20)])[:, None]
    >>> prediction_strength(values, (1, 2), n_splits=5).mean
    array([1., 1.])
    """
    matrix = _centred(values)

    def split(number: int, rng: np.random.Generator) -> Floats:
        pair = halves(len(matrix), rng)
        fits = [fit_resample(matrix, half, ks, rng, COLD) for half in pair]
        packed = [pack(matrix, half.rows) for half in pair]
        strengths = np.empty((2, len(ks)))
        for position in range(len(ks)):
            for own, other in ((0, 1), (1, 0)):
                strengths[own, position] = _strength(
                    fits[own][position], fits[other][position], packed[own]
                )
        return np.asarray(strengths.mean(axis=0))

    results = run_tasks(
        split, n_splits, seed=seed, purpose="prediction strength", progress=progress
    )
    return Replicated(tuple(ks), np.stack(results))


def _strength(own: ResampleFit, other: ResampleFit, blocks: Floats) -> float:
    predicted, _ = nearest(blocks, own.labels.size, other.centres)
    k = len(own.centres)
    counts = cross_counts(own.labels, predicted, np.ones(predicted.size), k, len(other.centres))
    sizes = counts.sum(axis=1)
    many = sizes > 1
    together = (counts[many] * (counts[many] - 1)).sum(axis=1)
    pairs = sizes[many] * (sizes[many] - 1)
    return float((together / pairs).min(initial=1.0))


def instability(
    values: Floats,
    ks: Sequence[int],
    *,
    n_pairs: int = 50,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Replicated:
    """Bootstrap instability of k-means for every k: lower is better.

    Two bootstrap samples are clustered, all accounts are assigned to the nearest centres of each,
    and the distance of the two partitions is the share of ordered pairs of accounts (of all n^2)
    that one keeps together and the other apart. R's ``fpc::nselectboot`` counts one direction only,
    half of this in expectation.

    References
    ----------
    Fang & Wang (2012) CSDA 56:468.

    Examples
    --------
    >>> values = np.concatenate([np.linspace(0, 0.1, 20), np.linspace(1, 1.1, 20)])[:, None]
    >>> instability(values, (2,), n_pairs=5).mean
    array([0.])
    """
    matrix = _centred(values)
    n = len(matrix)
    blocks = pack(matrix, np.arange(n))
    ones = np.ones(n)

    def pair(number: int, rng: np.random.Generator) -> Floats:
        fits = [fit_resample(matrix, bootstrap(n, rng), ks, rng, COLD) for _ in range(2)]
        distances = np.empty(len(ks))
        for position, k in enumerate(ks):
            first, second = (nearest(blocks, n, fit[position].centres)[0] for fit in fits)
            distances[position] = _pair_distance(cross_counts(first, second, ones, k, k))
        return distances

    results = run_tasks(pair, n_pairs, seed=seed, purpose="instability", progress=progress)
    return Replicated(tuple(ks), np.stack(results))


def _pair_distance(counts: Floats) -> float:
    """Share of the n^2 ordered pairs that are together in one partition and apart in the other."""
    n = counts.sum()
    together = (counts.sum(axis=1) ** 2).sum() + (counts.sum(axis=0) ** 2).sum()
    return float((together - 2 * (counts**2).sum()) / n**2)


def seed_stability(
    values: Floats,
    ks: Sequence[int],
    *,
    n_seeds: int = 20,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Replicated:
    """Refit the same accounts from `n_seeds` seeds, never from a warm start, and compare all pairs.

    The replicates are the adjusted Rand indices of the pairs of seeds.

    Examples
    --------
    >>> values = np.concatenate([np.linspace(0, 0.1, 20), np.linspace(1, 1.1, 20)])[:, None]
    >>> seed_stability(values, (2,), n_seeds=3).mean
    array([1.])
    """
    matrix = _centred(values)
    everyone = Draw(np.arange(len(matrix)), np.ones(len(matrix)))

    def refit(number: int, rng: np.random.Generator) -> list[ResampleFit]:
        return fit_resample(matrix, everyone, ks, rng, COLD)

    fits = run_tasks(refit, n_seeds, seed=seed, purpose="seed stability", progress=progress)
    pairs = list(combinations(range(n_seeds), 2))
    ari = np.empty((len(pairs), len(ks)))
    for row, (a, b) in enumerate(pairs):
        for position in range(len(ks)):
            ari[row, position] = adjusted_rand(fits[a][position].labels, fits[b][position].labels)
    return Replicated(tuple(ks), ari)


def _centred(values: Floats) -> Floats:
    matrix = checked_values(values)
    return np.ascontiguousarray(matrix - matrix.mean(axis=0))
