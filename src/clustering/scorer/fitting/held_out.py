"""Parameters that have not seen some of the accounts."""

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clustering.arrays import Flags, Floats, Ints
from clustering.models.kinds import CentreModel, GaussianModel
from clustering.models.mixture import fit_from_responsibilities
from clustering.models.model import Model
from clustering.models.types import Clustering

N_FOLDS = 5

#: A component of fewer accounts is not determined by them.
_LEAST_IN_COMPONENT = 10


def fold_of(account_ids: Sequence[str]) -> Ints:
    """The fold in which each account is held out, by a hash of its id; nothing of it is stored."""
    return np.array([zlib.crc32(account.encode()) % N_FOLDS for account in account_ids])


def without(clustering: Clustering, values: Floats, rows: Flags) -> Model:
    """The model as some accounts alone make it, segments as in the full fit.

    What the fit had set aside has no part in it.

    Of k-means the means of the segments of the full fit. Of a mixture the fit that follows from the
    responsibilities of the full one: responsibilities alone would still know the other accounts. A
    segment that the accounts do not determine keeps the parameters of the full fit.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features), the training matrix
    rows : bool array of shape (n_accounts,), the accounts that are used
    """
    full, rows = clustering.model, rows & clustering.fitted
    if isinstance(full, CentreModel):
        return _centres_without(clustering, full, values, rows)
    shares = clustering.responsibilities
    if shares is None or not isinstance(full, GaussianModel):
        raise ValueError("held-out densities need the responsibilities of a mixture")
    kind = full.covariance_type
    learned = fit_from_responsibilities(
        values[rows], shares[rows], kind, reg_covar=clustering.spec.reg_covar
    )
    found = learned.model
    determined = learned.responsibilities.sum(axis=0) >= _LEAST_IN_COMPONENT
    return GaussianModel(
        kind,
        np.where(determined[:, np.newaxis], found.centres, full.centres),
        found.weights,
        np.where(determined[:, np.newaxis, np.newaxis], found.covariances, full.covariances),
    )


def _centres_without(
    clustering: Clustering, full: CentreModel, values: Floats, rows: Flags
) -> CentreModel:
    centres = full.centres.copy()
    for segment in range(full.k):
        own = values[rows & (clustering.labels == segment)]
        if len(own):
            centres[segment] = own.mean(axis=0)
    return replace(full, centres=centres)
