"""The same kind of model fitted once more, on other accounts or other values."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from clustering.arrays import Floats
from clustering.matrix.outliers import far_rows
from clustering.models import kmeans, mixture, trimmed
from clustering.models.types import Algorithm, CandidateSpec, Clustering


class Fit(Protocol):
    """The `fit` of an algorithm's own module."""

    def __call__(
        self, spec: CandidateSpec, values: Floats, *, n_init: int, seed: int, quick: bool
    ) -> Clustering:
        """Fit the algorithm of a spec to values (n, d); as `refit`."""


FITS: Mapping[Algorithm, Fit] = {
    "kmeans": kmeans.fit,
    "mixture": mixture.fit,
    "trimmed": trimmed.fit,
}


def refit(
    spec: CandidateSpec, values: Floats, *, n_init: int, seed: int, quick: bool = False
) -> Clustering:
    """Fit the algorithm, number and kind of `spec`; clusters in the order of the new fit.

    Where the accounts of `spec` were fitted without those far from all others, these are too.

    Parameters
    ----------
    values : (n, d); rows may repeat, as in a bootstrap
    n_init, seed : in place of those of `spec`: refits are many
    quick : whether one long run and fewer digits will do, where only labels are wanted

    Raises
    ------
    BadInputError
        The values cannot be clustered so, or the spec lacks what its algorithm needs.

    Examples
    --------
    >>> X = np.array([[0.0], [0.1], [9.0], [9.1]])
    >>> again = refit(CandidateSpec("kmeans", 2), X, n_init=2, seed=0)
    >>> again.model.labels(np.array([[1.0], [8.0]])).tolist()
    [0, 1]
    """
    fit = FITS[spec.algorithm]
    far = far_rows(values, share=spec.set_aside, seed=seed).rows
    core = np.ascontiguousarray(values[~far])
    found = fit(spec, core, n_init=n_init, seed=seed, quick=quick)
    return found.over(values, far, spec.set_aside) if far.any() else found
