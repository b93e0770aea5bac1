"""Partitions that mixtures start from, shared by all candidates of one matrix."""

import numpy as np
from scipy.cluster.hierarchy import ward
from scipy.spatial.distance import pdist
from sklearn.cluster import kmeans_plusplus

from clustering.arrays import Floats, Ints
from clustering.models.kmeans import cut_centres, fit_kmeans

#: Rows of the Ward tree; mclust too grows its tree on a subsample when there are many.
WARD_ROWS = 1000


def _nearest(values: Floats, centres: Floats) -> Ints:
    squared = (centres**2).sum(axis=1) - 2.0 * values @ centres.T
    nearest: Ints = squared.argmin(axis=1)
    return nearest


def _whiten(X: Floats) -> Floats:
    """Principal components at unit variance; directions without variance are left out."""
    left, singular, _ = np.linalg.svd(X, full_matrices=False)
    kept = singular > 1e-8 * max(float(singular[0]), 1e-300)
    return np.ascontiguousarray(left[:, kept] * np.sqrt(len(X)))


class MixtureStarts:
    """Starting partitions of one matrix, for every number of components.

    Four kinds, in this order: the Ward tree (on principal components at unit variance, as mclust
    does), k-means, and then by turns k-means++ seeds, on columns at unit variance and on whitened
    ones, and random rows.

    Parameters
    ----------
    values : (n, d) finite
    seed : every draw follows from it, separately for each k
    """

    def __init__(self, values: Floats, *, seed: int) -> None:
        centred = values - values.mean(axis=0)
        spread = centred.std(axis=0)
        self._X = np.ascontiguousarray(centred / np.where(spread > 0, spread, 1.0))
        self._white = _whiten(self._X)
        self._seed = seed
        rng = np.random.default_rng([seed, 0])
        n = len(values)
        self._rows = np.sort(rng.choice(n, min(n, WARD_ROWS), replace=False))
        self._tree = ward(pdist(self._white[self._rows]))

    def _ward(self, k: int) -> Ints:
        return _nearest(self._white, cut_centres(self._tree, self._white[self._rows], k))

    def partitions(self, k: int, n_starts: int) -> list[Ints]:
        """`n_starts` partitions into `k` groups, none empty; fewer where the data has ties."""
        rng = np.random.default_rng([self._seed, k])
        found: list[Ints] = []
        for turn in range(n_starts):
            labels = self._draw(turn, k, rng)
            if len(np.unique(labels)) == k:
                found.append(labels)
        return found or [np.arange(len(self._X), dtype=np.int64) % k]

    def _draw(self, turn: int, k: int, rng: np.random.Generator) -> Ints:
        draw = int(rng.integers(2**31))
        if turn == 0:
            return self._ward(k)
        if turn == 1:
            return fit_kmeans(self._X, k, n_init=4, seed=draw).labels
        X = self._white if turn % 3 == 0 else self._X
        if turn % 3 == 1:
            return _nearest(X, X[rng.choice(len(X), k, replace=False)])
        centres, _ = kmeans_plusplus(X, k, random_state=draw)
        return _nearest(X, centres)
