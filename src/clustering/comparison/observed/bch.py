"""Rates of segments whose membership is uncertain: the BCH correction of assignment error.

Assigning every account to its most probable segment mixes the segments, and their rates are
drawn together. Bolck, Croon and Hagenaars weight the accounts by the inverse of the matrix of
classification errors, which undoes that on average.
"""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.comparison.base.resampled import resampled_sums
from clustering.errors import BadInputError

#: Errors of assignment that cannot be undone: the segments cannot be told apart.
_WORST_CONDITION = 1e8


@dataclass(frozen=True, eq=False)
class CorrectedRates:
    """Rates of an outcome by segment, each of shape (k,).

    `modal` by most probable segment, `weighted` by probability of membership, `corrected` by
    BCH; a corrected rate may leave 0 to 1 where segments hardly differ from each other.
    `errors` of shape (k, k): share of the accounts of a segment (row) assigned to each (column).
    """

    modal: Floats
    weighted: Floats
    corrected: Floats
    errors: Floats


def corrected_rates(responsibilities: Floats, outcome: Floats) -> CorrectedRates:
    """Rates of the outcome by segment, with and without assignment error.

    Parameters
    ----------
    responsibilities : float64 array of shape (n_accounts, k), rows sum to 1
    outcome : float64 array of shape (n_accounts,), 0 and 1, or any number (then means)

    Raises
    ------
    BadInputError
        Shapes do not fit, no account is assigned to some segment, or the segments cannot be
        told apart (the matrix of errors has no inverse).

    References
    ----------
    Bolck, Croon and Hagenaars (2004), Political Analysis 12:3; Vermunt (2010), Political
    Analysis 18:450; Bakk and Kuha (2021), BJMSP 74:340.

    Examples
    --------
    >>> sure = np.eye(2)[np.array([0, 0, 1, 1])]
    >>> corrected_rates(sure, np.array([1.0, 0.0, 1.0, 1.0])).corrected.tolist()
    [0.5, 1.0]
    """
    n_accounts, k = responsibilities.shape
    if outcome.shape != (n_accounts,) or not np.isfinite(outcome).all():
        raise BadInputError(
            f"the outcome must have {n_accounts} known values, found shape {outcome.shape}."
        )
    modal = np.eye(k)[responsibilities.argmax(axis=1)]
    if (modal.sum(axis=0) == 0).any():
        raise BadInputError("some segment is the most probable one of no account.")
    errors = responsibilities.T @ modal / responsibilities.sum(axis=0)[:, None]
    if np.linalg.cond(errors) > _WORST_CONDITION:
        raise BadInputError("the segments cannot be told apart; their rates cannot be corrected.")
    weights = modal @ np.linalg.inv(errors)
    return CorrectedRates(
        modal=outcome @ modal / modal.sum(axis=0),
        weighted=outcome @ responsibilities / responsibilities.sum(axis=0),
        corrected=outcome @ weights / weights.sum(axis=0),
        errors=errors,
    )


def corrected_intervals(
    responsibilities: Floats,
    outcome: Floats,
    *,
    n_bootstrap: int,
    seed: int,
    company: Ints | None = None,
) -> Floats:
    """95 % percentile intervals of the corrected rates, shape (k, 2).

    Accounts are resampled, or companies where given, and the matrix of errors is made anew each
    time; the probabilities of membership are taken as given. NaN where too many resamples leave a
    segment without accounts.

    Examples
    --------
    >>> sure = np.eye(2)[np.array([0, 1] * 100)]
    >>> outcome = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0] * 25)
    >>> bounds = corrected_intervals(sure, outcome, n_bootstrap=500, seed=1)
    >>> bool((bounds[:, 0] < [0.75, 0.25]).all() and (bounds[:, 1] > [0.75, 0.25]).all())
    True
    """
    n_accounts, k = responsibilities.shape
    modal = np.eye(k)[responsibilities.argmax(axis=1)]
    crossed = (responsibilities[:, :, None] * modal[:, None, :]).reshape(n_accounts, k * k)
    columns = np.column_stack([crossed, responsibilities, outcome[:, None] * modal, modal])
    sums = resampled_sums(columns, n_bootstrap, seed, company)
    mass, happened, sizes = np.split(sums[:, k * k :], 3, axis=1)
    usable = (mass > 0).all(axis=1) & (sizes > 0).all(axis=1)
    errors = sums[usable, : k * k].reshape(-1, k, k) / mass[usable][:, :, None]
    regular = np.linalg.cond(errors) < _WORST_CONDITION
    inverse = np.linalg.inv(errors[regular])
    rows = np.flatnonzero(usable)[regular]
    if rows.size < n_bootstrap / 2:
        return np.full((k, 2), np.nan)
    above = (happened[rows][:, None, :] @ inverse)[:, 0, :]
    below = (sizes[rows][:, None, :] @ inverse)[:, 0, :]
    return np.asarray(np.quantile(above / below, [0.025, 0.975], axis=0).T)
