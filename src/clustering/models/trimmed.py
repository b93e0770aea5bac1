"""Trimmed k-means: the accounts that fit worst have no influence on the centres.

A handful of outliers is enough to take a centre of k-means away from its cluster. Here the share
`trim` of the accounts that lies furthest from every centre is set aside while the centres are
found, and which accounts these are is found together with them.
"""

from dataclasses import replace

import numpy as np

from clustering.arrays import Floats
from clustering.errors import BadInputError
from clustering.models.kinds import CentreModel
from clustering.models.kmeans import checked_values, fit_kmeans
from clustering.models.labels import canonical_order
from clustering.models.types import MOST_TRIM, CandidateSpec, Clustering

MAX_ITER = 300


def fit_trimmed(
    values: Floats, k: int, trim: float, *, n_init: int = 20, seed: int = 0
) -> Clustering:
    """Best trimmed k-means solution of k-means and of `n_init` random starts.

    Every start alternates between keeping the accounts nearest to a centre and taking their
    means, until neither changes.

    Parameters
    ----------
    values : (n, d) finite
    trim : share of the accounts that is set aside, at least 0 and below 0.5

    Returns
    -------
    Clustering
        Of fewer than k clusters where there are fewer distinct accounts than that. Accounts that
        were set aside are labelled by their nearest centre; the variance of the model is that of
        the others.

    Raises
    ------
    BadInputError
        Values that are not finite, k below 1 or above the number of accounts kept, or a share
        that cannot be.

    References
    ----------
    Cuesta-Albertos, Gordaliza and Matran (1997), Annals of Statistics 25:553 (the method);
    Garcia-Escudero, Gordaliza, Matran and Mayo-Iscar (2008), Annals of Statistics 36:1324 (the
    concentration steps).

    Examples
    --------
    >>> values = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0], [500.0]])
    >>> fit_trimmed(values, 2, trim=0.15).centres.ravel().tolist()
    [1.0, 11.0]
    """
    matrix = checked_values(values)
    if not 0 <= trim < MOST_TRIM:
        raise BadInputError(
            f"the share to set aside must be at least 0 and below {MOST_TRIM:g}, not {trim}."
        )
    n_kept = len(matrix) - int(trim * len(matrix))
    if not 1 <= k <= n_kept:
        raise BadInputError(f"k must be 1 to {n_kept}, the number of accounts kept; found {k}.")
    rng = np.random.default_rng([seed, k])
    starts = [fit_kmeans(matrix, k, n_init=1, seed=seed).centres]
    starts += [matrix[rng.choice(len(matrix), k, replace=False)] for _ in range(n_init)]
    runs = [_concentrate(matrix, centres, n_kept) for centres in starts]
    model, n_iter, converged = min(runs, key=lambda run: run[0].variance)
    model = replace(model, trim=trim)
    spec = CandidateSpec("trimmed", k, None, n_init, 0.0, seed, trim)
    found = model.assign(np.ascontiguousarray(matrix.T))
    aside = np.full(len(matrix), False)
    aside[np.argsort(found.fit, kind="stable")[n_kept:]] = True
    return Clustering(spec, model, found.labels, n_iter, converged, aside=aside)


def fit(spec: CandidateSpec, values: Floats, *, n_init: int, seed: int, quick: bool) -> Clustering:
    """Trimmed k-means of the number of clusters and the share of `spec`: see `refit.refit`."""
    return fit_trimmed(values, spec.n_clusters, spec.trim, n_init=n_init, seed=seed)


def _concentrate(values: Floats, centres: Floats, n_kept: int) -> tuple[CentreModel, int, bool]:
    """Keep and take means, in turn, until the same accounts stay where they are."""
    before, filled = np.full(len(values), -2), np.arange(len(centres))
    converged, n_iter = False, 0
    while not converged and n_iter < MAX_ITER:
        scores, _ = CentreModel(centres.copy(), 1.0).log_scores(values.T)
        nearest, distances = scores.argmax(axis=0), -scores.max(axis=0)
        kept = np.argsort(distances, kind="stable")[:n_kept]
        labels = np.full(len(values), -1)
        labels[kept] = nearest[kept]
        converged = np.array_equal(labels, before)
        before, n_iter = labels, n_iter + 1
        # A cluster that no account is kept for stays where it was, and is left out in the end.
        filled = np.unique(nearest[kept])
        centres = centres.copy()
        centres[filled] = [values[labels == cluster].mean(axis=0) for cluster in filled]
    variance = float(distances[kept].sum()) / (n_kept * values.shape[1])
    centres = centres[filled]
    return CentreModel(centres[canonical_order(centres)], variance, "trimmed"), n_iter, converged
