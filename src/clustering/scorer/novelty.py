"""Accounts unlike those that the segments were learned from."""

import zlib
from collections.abc import Sequence
from typing import get_args

import numpy as np

from clustering.arrays import Flags, Floats
from clustering.models.types import Clustering, CovarianceType
from clustering.scorer.assignment import SegmentModel

#: K-means: an account further from its centre than this share of its segment's accounts is new.
DISTANCE_QUANTILE = 0.995
#: Mixtures: an account less likely than all but this share of held-out accounts is new.
LOG_DENSITY_QUANTILE = 0.01

_FOLDS = 5


def novelty_limits(
    model: SegmentModel, clustering: Clustering, values: Floats, account_ids: Sequence[str]
) -> Floats:
    """Limits beyond which an account is flagged.

    The posterior probability cannot tell: it is near 1 for an account that is far from everything.

    Parameters
    ----------
    model, clustering : the fitted segments
    values : float64 array of shape (n_accounts, n_features), the training matrix
    account_ids : sequence of str
        Decide by their hash which fold an account is held out in; nothing of them is stored.

    Returns
    -------
    float64 array of shape (k,)
        K-means: the 99.5 % quantile of the distance to the own centre, of each segment's training
        accounts. Mixtures: the 1 % quantile of the held-out log density, the same for every
        segment (see `held_out_log_density`).
    """
    if model.algorithm == "kmeans":
        distances = model.assign(np.ascontiguousarray(values.T)).fit
        return np.array(
            [
                np.quantile(distances[clustering.labels == segment], DISTANCE_QUANTILE)
                for segment in range(model.k)
            ]
        )
    limit = np.quantile(held_out_log_density(clustering, values, account_ids), LOG_DENSITY_QUANTILE)
    return np.full(model.k, limit)


def held_out_log_density(
    clustering: Clustering, values: Floats, account_ids: Sequence[str]
) -> Floats:
    """Log density of every account under parameters that were estimated without it.

    Accounts fall into five folds by a hash of their id. For each fold weights, means and
    covariances are estimated anew from the other four, with the responsibilities of the full fit
    (one M-step, not a whole refit: the responsibilities still know the held-out accounts, which
    makes the densities a little too high). In-sample densities would be higher still, and the
    limit too strict for accounts that the model has not seen.

    Returns
    -------
    float64 array of shape (n_accounts,)
    """
    folds = np.array([zlib.crc32(account.encode()) % _FOLDS for account in account_ids])
    density = np.empty(len(values))
    for fold in np.unique(folds):
        held_out = folds == fold
        model = _estimate(clustering, values, ~held_out if not held_out.all() else held_out)
        density[held_out] = model.assign(np.ascontiguousarray(values[held_out].T)).fit
    return density


def _estimate(clustering: Clustering, values: Floats, rows: Flags) -> SegmentModel:
    """M-step on some rows; a component that they do not determine keeps the full fit's."""
    full = clustering.covariances
    if clustering.responsibilities is None or full is None or clustering.weights is None:
        raise ValueError("held-out densities need the responsibilities of a mixture")
    kept, shares = values[rows], clustering.responsibilities[rows]
    counts = shares.sum(axis=0)
    determined = counts >= 2 * values.shape[1] + 2
    safe = np.maximum(counts, 1e-12)
    means = np.where(
        determined[:, np.newaxis], (shares.T @ kept) / safe[:, np.newaxis], clustering.centres
    )
    scatter = np.stack(
        [
            ((kept - mean) * share[:, np.newaxis]).T @ (kept - mean)
            for mean, share in zip(means, shares.T, strict=True)
        ]
    )
    kind = clustering.spec.covariance_type or get_args(CovarianceType)[0]
    covariances = _constrained(scatter, safe, kind)
    ridge = clustering.spec.reg_covar * values.var(axis=0)
    covariances = covariances + np.diag(np.where(ridge > 0, ridge, clustering.spec.reg_covar))
    covariances = np.where(determined[:, np.newaxis, np.newaxis], covariances, full)
    return SegmentModel("mixture", kind, means, weights=safe / safe.sum(), covariances=covariances)


def _constrained(scatter: Floats, counts: Floats, kind: CovarianceType) -> Floats:
    """Covariances (k, d, d) of the given type from the components' scatter matrices."""
    k, d, _ = scatter.shape
    if kind == "tied":
        return np.broadcast_to(scatter.sum(axis=0) / counts.sum(), (k, d, d)).copy()
    covariances = scatter / counts[:, np.newaxis, np.newaxis]
    if kind == "full":
        return covariances
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    if kind == "spherical":
        variances = np.repeat(variances.mean(axis=1, keepdims=True), d, axis=1)
    return variances[:, :, np.newaxis] * np.eye(d)
