"""Optima of the whole data that resamples are started from."""

from collections.abc import Sequence

import numpy as np

from clustering.arrays import Floats
from clustering.models.kmeans import fit_kmeans
from clustering.progress import SILENT, Progress
from clustering.resampling.engine import run_tasks


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
