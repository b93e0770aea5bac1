"""k-means on one resample for every k, and the optima of all accounts that it may start from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError
from clustering.models.kernels.multistart import best_of_starts
from clustering.models.kernels.packing import pack, padded
from clustering.models.kmeans import fit_kmeans, n_candidates
from clustering.progress import SILENT, Progress
from clustering.resampling.draws import Draw
from clustering.resampling.engine import run_tasks


@dataclass(frozen=True)
class Starts:
    """How a resample is fitted; said with every result.

    Attributes
    ----------
    n_cold : greedy k-means++ starts, at least 1, each refined on a sample of the resample first
    warm : also start from the centres of the partition that is judged and from the optima that
        compete with it. A warm start is taken only where it is clearly better than the cold ones:
        decided otherwise, near-ties would make every partition look stable
    n_long : how many of the cold starts run on after the short runs by which they are compared
    n_agree : no more cold starts are made once so many have found the best inertia
    rough_size : least number of accounts in the samples that refine the cold starts
    """

    n_cold: int = 10
    warm: bool = True
    n_long: int = 3
    n_agree: int = 3
    rough_size: int = 700

    def __post_init__(self) -> None:
        if min(self.n_cold, self.n_long, self.n_agree, self.rough_size) < 1:
            raise BadInputError(f"every number of starts must be at least 1, found {self!r}.")

    def __str__(self) -> str:
        kinds = ", warm starts where they are clearly better" if self.warm else ""
        return f"{self.n_cold} cold starts (fewer where {self.n_agree} agree){kinds}"


@dataclass(frozen=True, eq=False)
class ResampleFit:
    """Solution on one resample: labels (m,) of the drawn accounts, centres (k, d), inertia."""

    labels: Ints
    centres: Floats
    inertia: float
    n_iter: int
    converged: bool


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
    parents : centres (n_warm, k, d) that warm starts begin from, one array for each of `ks`

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
    step = max(1, n // starts.rough_size)
    for position, k in enumerate(ks):
        if starts.warm and parents is not None:
            given = np.ascontiguousarray(parents[position])
        else:
            given = np.empty((0, k, values.shape[1]))
        uniforms = rng.random((starts.n_cold, k, n_candidates(k)))
        fit = best_of_starts(
            blocks,
            n,
            weights,
            given,
            uniforms,
            step,
            starts.n_long,
            starts.n_agree,
        )
        centres, labels, inertia, n_iter, converged = fit
        fits.append(ResampleFit(labels, centres, float(inertia), int(n_iter), bool(converged)))
    return fits


def competing_optima(
    values: Floats,
    ks: Sequence[int],
    *,
    n_init: int = 20,
    seed: int = 0,
    progress: Progress = SILENT,
    n_threads: int | None = None,
) -> dict[int, Floats]:
    """Centres of the best k-means solution and of those that compete with it, for every k.

    A resample that is started from the best solution alone stays in its basin: where several
    optima nearly tie, as beyond the true number of clusters, that makes them look stable. Started
    from all of them, the resample itself decides which is best.

    Returns
    -------
    by k, array of shape (n_optima, k, n_features), the best first

    Examples
    --------
    >>> values = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> competing_optima(values, (2,))[2]
    array([[[ 0.5],
            [10.5]]])
    """

    def fit(number: int, rng: np.random.Generator) -> Floats:
        optima = fit_kmeans(values, ks[number], n_init=n_init, seed=seed).optima
        return optima if optima is not None else np.empty((0, ks[number], values.shape[1]))

    results = run_tasks(
        fit,
        len(ks),
        seed=seed,
        purpose="competing optima",
        progress=progress,
        n_threads=n_threads,
    )
    return dict(zip(ks, results, strict=True))
