"""The same kind of model fitted once more, on other accounts or other values."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import pairwise_distances_argmin

from clustering.arrays import Floats, Ints
from clustering.models.kmeans import fit_kmeans
from clustering.models.mixture import fit_mixture
from clustering.models.types import CandidateSpec


@dataclass(frozen=True, eq=False)
class Refitted:
    """Centres (k, d) of a new fit, and what labels any accounts (n, d) by it."""

    centres: Floats
    assign: Callable[[Floats], Ints]


def fit_again(spec: CandidateSpec, values: Floats, *, n_init: int, seed: int) -> Refitted:
    """Fit the algorithm, number and kind of `spec`; labels in the order of the new fit.

    Parameters
    ----------
    values : (n, d); rows may repeat, as in a bootstrap
    n_init : starts, in place of those of `spec`: refits are many

    Examples
    --------
    >>> X = np.array([[0.0], [0.1], [9.0], [9.1]])
    >>> again = fit_again(CandidateSpec("kmeans", 2), X, n_init=2, seed=0)
    >>> again.assign(np.array([[1.0], [8.0]])).tolist()
    [0, 1]
    """
    values = np.ascontiguousarray(values)
    if spec.algorithm == "kmeans":
        centres = fit_kmeans(values, spec.n_clusters, n_init=n_init, seed=seed).centres
        return Refitted(centres, lambda accounts: _nearest(accounts, centres))
    assert spec.covariance_type is not None
    fit = fit_mixture(
        values,
        spec.n_clusters,
        spec.covariance_type,
        n_init=n_init,
        seed=seed,
        long_runs=1,
        tolerance=1e-5,
    )
    order = np.argsort(fit.means[:, 0], kind="stable")
    return Refitted(
        fit.means[order], lambda accounts: np.argsort(order)[fit.scores(accounts).argmax(axis=0)]
    )


def _nearest(accounts: Floats, centres: Floats) -> Ints:
    return np.asarray(pairwise_distances_argmin(accounts, centres), dtype=np.int64)
