"""Accounts unlike those that the segments were learned from."""

from collections.abc import Sequence

import numpy as np

from clustering.arrays import Floats
from clustering.models.types import Clustering
from clustering.scorer.fitting.held_out import fold_of, without

#: By distance, an account further from its centre than this share of its segment's is new.
DISTANCE_QUANTILE = 0.995
#: By density, an account less likely than all but this share of held-out accounts is new.
LOG_DENSITY_QUANTILE = 0.01


def novelty_limits(clustering: Clustering, values: Floats, account_ids: Sequence[str]) -> Floats:
    """Limits beyond which an account is flagged.

    The posterior probability cannot tell: it is near 1 for an account that is far from everything.

    Parameters
    ----------
    clustering : the fitted segments
    values : float64 array of shape (n_accounts, n_features), the training matrix
    account_ids : sequence of str
        Decide by their hash which fold an account is held out in; nothing of them is stored.

    Returns
    -------
    float64 array of shape (k,)
        By distance: the 99.5 % quantile of the distance to the own centre, of each segment's
        training accounts but those that the fit had set aside. By density: the 1 % quantile of
        the held-out log density, the same for every segment (see `held_out_log_density`).
    """
    model = clustering.model
    if model.by_distance:
        distances = model.assign(np.ascontiguousarray(values.T)).fit
        n_kept = distances.size - int(clustering.spec.trim * distances.size)
        kept = np.argsort(distances, kind="stable")[:n_kept]
        own = [distances[kept[clustering.labels[kept] == segment]] for segment in range(model.k)]
        return np.array([np.quantile(one, DISTANCE_QUANTILE) for one in own])
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
    if clustering.responsibilities is None:
        raise ValueError("held-out densities need the responsibilities of a mixture")
    folds = fold_of(account_ids)
    density = np.empty(len(values))
    for fold in np.unique(folds):
        held_out = folds == fold
        model = without(clustering, values, ~held_out if not held_out.all() else held_out)
        density[held_out] = model.assign(np.ascontiguousarray(values[held_out].T)).fit
    return density
