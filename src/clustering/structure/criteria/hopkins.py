"""Is there structure at all? Hopkins' statistic: a description, not a verdict."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from clustering.arrays import Floats

#: Probe points of Hopkins' statistic are a tenth of the rows and at most so many.
MOST_PROBES = 500
REPEATS = 100


def first_component(values: Floats) -> Floats:
    """Projection on the first principal axis, of shape (n,)."""
    centred = values - values.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    projection: Floats = centred @ axes[0]
    return projection


@dataclass(frozen=True)
class Hopkins:
    """Hopkins' statistic beside its mean where there is one Gaussian and nothing else."""

    mean: float
    sd: float
    null_mean: float


def hopkins(values: Floats, *, seed: int, repeats: int = REPEATS) -> Hopkins:
    """Hopkins' statistic, averaged over draws, and its mean under one Gaussian.

    ``H = sum(u^d) / (sum(u^d) + sum(w^d))``: u are distances of uniform points in the bounding
    box to the nearest row, w those of sampled rows to their nearest other row. Under uniformity
    it is 1/2 on average, but a single Gaussian cloud scores near 0.9 in two dimensions: the
    statistic means nothing without its null beside it.

    Parameters
    ----------
    values : (n, d)
    seed : of the draws
    repeats : draws for the mean; a tenth as many Gaussians for the null

    References
    ----------
    Cross and Jain (1982); Wright (2022), R Journal 14/3 (the exponent is d).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> H = hopkins(rng.random((400, 2)), seed=0)
    >>> abs(H.mean - 0.5) < 0.1
    True
    """
    rng = np.random.default_rng(seed)
    draws = hopkins_statistic(values, rng, repeats)
    covariance = np.atleast_2d(np.cov(values, rowvar=False))
    nulls = [
        hopkins_statistic(
            rng.multivariate_normal(values.mean(axis=0), covariance, len(values), method="eigh"),
            rng,
            1,
        )[0]
        for _ in range(max(1, repeats // 10))
    ]
    return Hopkins(float(draws.mean()), float(draws.std(ddof=1)), float(np.mean(nulls)))


def hopkins_statistic(values: Floats, rng: np.random.Generator, repeats: int) -> Floats:
    """`repeats` draws of Hopkins' statistic, of shape (repeats,)."""
    n, d = values.shape
    probes = max(1, min(n // 10, MOST_PROBES))
    tree = cKDTree(values)
    low, high = values.min(axis=0), values.max(axis=0)
    draws = np.empty(repeats)
    for draw in range(repeats):
        uniform = rng.uniform(low, high, (probes, d))
        sampled = values[rng.choice(n, probes, replace=False)]
        u = np.asarray(tree.query(uniform, k=1)[0])
        w = np.asarray(tree.query(sampled, k=min(2, n))[0]).reshape(probes, -1)[:, -1]
        draws[draw] = _share_of_powers(u, w, d)
    return draws


def _share_of_powers(u: Floats, w: Floats, d: int) -> float:
    """``sum(u^d) / (sum(u^d) + sum(w^d))`` without overflow at large d."""
    largest = max(float(u.max()), float(w.max()))
    if largest == 0:
        return 0.5
    above, below = ((u / largest) ** d).sum(), ((w / largest) ** d).sum()
    return float(above / (above + below))
