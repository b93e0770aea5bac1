"""Renewal and leaving with contracts that are not due, and windows that outlast the data.

A contract that is not due in the window is censored: it was neither renewed nor lost. An account
that the data follows only for a part of the window is censored at their end. Kaplan and Meier's
estimate uses both as far as they go.
"""

import warnings

import numpy as np
from scipy.stats import CensoredData, ecdf

from clustering.arrays import Flags, Floats
from clustering.comparison.base.entries import Range
from clustering.comparison.base.labellings import Labelling
from clustering.comparison.base.rates import wilson
from clustering.errors import BadInputError


def share_staying(days: Floats, event: Flags, day: float) -> tuple[float, Range]:
    """Probability to have no event up to and on a day, by Kaplan and Meier, with its interval.

    The 95 % interval takes Greenwood's variance on the scale of log(-log). An estimate of 0 or 1
    has no variance to work with: its interval is Wilson's, of the share without an event.

    Parameters
    ----------
    days : float64 array of shape (n,), day of the event or of the end of the follow-up
    event : boolean array of shape (n,); False: censored on that day, at risk on it
    day : that the probability is asked for

    Raises
    ------
    BadInputError
        Days are missing or below 0.

    References
    ----------
    Kaplan and Meier (1958), JASA 53:457.

    Examples
    --------
    Remission of 21 patients under 6-MP (Freireich et al. 1963, Blood 21:699):

    >>> days = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> event = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    >>> staying, _ = share_staying(np.array(days, dtype=float), np.array(event, dtype=bool), 22)
    >>> round(staying, 4)
    0.5378
    """
    if days.shape != event.shape or not np.isfinite(days).all() or (days < 0).any():
        raise BadInputError("a follow-up must be a known number of days from 0, one an account.")
    survival = ecdf(CensoredData(uncensored=days[event], right=days[~event])).sf
    staying = float(survival.evaluate(np.array(day)))
    if staying in (0.0, 1.0):
        return staying, wilson((~event).sum(), event.size)
    with warnings.catch_warnings():
        # Before the first event the estimate is 1, which has no interval; nobody asks for it.
        warnings.filterwarnings("ignore", message="The confidence interval is undefined")
        bounds = survival.confidence_interval(method="log-log")
    # The bounds are step functions too, whatever the stubs of SciPy say.
    low, high = (getattr(bounds, end).evaluate(np.array(day)) for end in ("low", "high"))
    return staying, (float(low), float(high))


def renewals_by(
    groups: Labelling, due_days: Floats, left_days: Floats, followed_days: Floats
) -> list[dict[str, object]]:
    """Renewals of every group, as far as the data goes.

    Accounts whose contract ended in the follow-up are due; the others are censored and count
    neither as renewed nor as lost. `left` is the share of all that were without any contract by
    `days` after the as-of date.

    Parameters
    ----------
    groups : Labelling of shape (n_accounts,)
    due_days : float64 array of shape (n_accounts,)
        Days to the first end of a contract; NaN where none was due in the follow-up.
    left_days : float64 array of shape (n_accounts,)
        Days to the day from which no contract is active to the end; NaN if it did not come.
    followed_days : float64 array of shape (n_accounts,)
        Days that the data follows the account; NaN: not at risk, such accounts are left out.

    Returns
    -------
    list of rows of `renewals.parquet`, without the name of the labelling

    Examples
    --------
    >>> groups = Labelling("tier", np.array([0, 0, 0, 0]), ("smb",), True)
    >>> nan = float("nan")
    >>> due, left = np.array([90.0, 200.0, 300.0, nan]), np.array([nan, 200.0, nan, nan])
    >>> found = renewals_by(groups, due, left, np.full(4, 365.0))[0]
    >>> found["n_due"], found["n_censored"], round(found["renewed"], 2), found["left"]
    (3, 1, 0.67, 0.25)
    """
    found = []
    for code, level in enumerate(groups.levels):
        rows = (groups.codes == code) & np.isfinite(followed_days)
        if rows.any():
            own = _renewals(due_days[rows], left_days[rows], followed_days[rows])
            found.append({"level": level, **own})
    return found


def _renewals(due: Floats, left: Floats, followed: Floats) -> dict[str, object]:
    is_due = np.isfinite(due) & (due <= followed)
    lost = np.isfinite(left) & (left <= followed)
    n_due, kept = int(is_due.sum()), int((is_due & ~lost).sum())
    day = float(followed.max())
    staying, (low, high) = share_staying(np.where(lost, left, followed), lost, day)
    renewed_low, renewed_high = wilson(kept, n_due) if n_due else (np.nan, np.nan)
    return {
        "n_at_risk": due.size,
        "n_due": n_due,
        "n_censored": due.size - n_due,
        "renewed": kept / n_due if n_due else np.nan,
        "renewed_low": renewed_low,
        "renewed_high": renewed_high,
        "days": int(day),
        "left": 1 - staying,
        "left_low": 1 - high,
        "left_high": 1 - low,
    }
