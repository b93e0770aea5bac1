"""k-means on one resample for every k: packed once, several starts, the best one run to its end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering.models.kmeans import n_candidates
from clustering.models.lloyd import best_of_starts
from clustering.models.packing import pack, padded
from clustering.resampling.draws import Draw

__all__ = ["ResampleFit", "Starts", "fit_resample"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Starts:
    """How a resample is fitted; said with every result.

    Attributes
    ----------
    n_cold : greedy k-means++ starts
    warm : one more start from the centres of the partition that is judged. It alone would hide
        instability that comes from competing optima, so cold starts are never left out
    short_iter : iterations after which the starts are compared
    n_long : how many of them then run until no account changes its cluster
    """

    n_cold: int = 2
    warm: bool = True
    short_iter: int = 5
    n_long: int = 1

    def __post_init__(self) -> None:
        if self.n_cold < 1:
            raise ValueError(f"at least one cold start is needed, found {self.n_cold}")

    def __str__(self) -> str:
        kinds = "1 warm + " if self.warm else ""
        return f"{kinds}{self.n_cold} cold starts, best of {self.short_iter} iterations finished"


@dataclass(frozen=True, eq=False)
class ResampleFit:
    """Solution on one resample: labels (m,) of the drawn accounts, centres (k, d), inertia."""

    labels: Integers
    centres: Floats
    inertia: float
    n_iter: int
    converged: bool


MAX_ITER = 1000


def fit_resample(
    values: Floats,
    draw: Draw,
    ks: Sequence[int],
    rng: np.random.Generator,
    starts: Starts,
    parents: Sequence[Floats] | None = None,
) -> list[ResampleFit]:
    """Fit every k on one resample.

    Parameters
    ----------
    values : array of shape (n, d), C order
    parents : centres (k, d) that the warm start begins from, one for each of `ks`

    Examples
    --------
    >>> values = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> draw = Draw(np.arange(4), np.ones(4))
    >>> rng = np.random.default_rng(0)
    >>> fit_resample(values, draw, (2,), rng, Starts(warm=False))[0].inertia
    1.0
    """
    n = draw.rows.size
    blocks = pack(values, draw.rows)
    weights = padded(draw.weights)
    fits = []
    for position, k in enumerate(ks):
        if starts.warm and parents is not None:
            given = np.ascontiguousarray(parents[position])[None]
        else:
            given = np.empty((0, k, values.shape[1]))
        uniforms = rng.random((starts.n_cold, k, n_candidates(k)))
        fit = best_of_starts(
            blocks, n, weights, given, uniforms, starts.short_iter, starts.n_long, MAX_ITER
        )
        centres, labels, inertia, n_iter, converged = fit
        fits.append(ResampleFit(labels, centres, float(inertia), int(n_iter), bool(converged)))
    return fits
