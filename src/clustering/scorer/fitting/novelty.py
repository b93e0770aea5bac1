"""Accounts unlike those that the segments were learned from."""

from collections.abc import Sequence

import numpy as np

from clustering.arrays import Floats
from clustering.models.types import Clustering
from clustering.scorer.answers.scores import ORDINARY_SHARE
from clustering.scorer.fitting.held_out import fold_of, without


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
        By distance: the width of each segment (the root mean square of the distances to its
        centre), times the factor that all but 0.1 % of the accounts keep within (`ORDINARY_SHARE`);
        one factor for all, since few accounts of one segment cannot tell. By density: what that
        share of the accounts exceeds, the same for every segment. Both of accounts that were held
        out (see `held_out_fit`); what the fit had set aside has no part.
    """
    model, fitted = clustering.model, clustering.fitted
    held_out = held_out_fit(clustering, values, account_ids)[fitted]
    if not model.by_distance:
        return np.full(model.k, np.quantile(held_out, 1 - ORDINARY_SHARE))
    distances = model.assign(np.ascontiguousarray(values[fitted].T)).fit
    labels = clustering.labels[fitted]
    counts = np.bincount(labels, minlength=model.k)
    squares = np.bincount(labels, distances**2, minlength=model.k)
    widths = np.sqrt(squares / np.maximum(counts, 1))
    own = widths[labels]
    # A segment of copies has no width; its accounts tell nothing of the others'.
    relative = np.divide(held_out, own, out=np.zeros(own.size), where=own > 0)
    return np.asarray(widths * np.quantile(relative, ORDINARY_SHARE))


def held_out_fit(clustering: Clustering, values: Floats, account_ids: Sequence[str]) -> Floats:
    """`Assignment.fit` of every account under parameters that were estimated without it.

    Accounts fall into five folds by a hash of their id; for each the parameters are estimated from
    the other four (see `held_out.without`). In-sample distances are smaller and densities higher,
    and the limit would be too strict for accounts that the model has not seen.

    Returns
    -------
    float64 array of shape (n_accounts,)
    """
    folds = fold_of(account_ids)
    fit = np.empty(len(values))
    for fold in np.unique(folds):
        held_out = folds == fold
        model = without(clustering, values, ~held_out if not held_out.all() else held_out)
        fit[held_out] = model.assign(np.ascontiguousarray(values[held_out].T)).fit
    return fit
