"""Renewal and leaving with contracts that are not due, and windows that outlast the data.

A contract that is not due in the window is censored: it was neither renewed nor lost. An account
that the data follows only for a part of the window is censored at their end. Kaplan and Meier's
estimate uses both as far as they go; weights by the inverse probability of being followed give
the same for a rate at one day.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from clustering.arrays import Flags, Floats
from clustering.comparison.base.labellings import Labelling
from clustering.comparison.base.rates import wilson
from clustering.errors import BadInputError


@dataclass(frozen=True, eq=False)
class Survival:
    """Kaplan-Meier estimate.

    Attributes
    ----------
    days : float64 array of shape (m,), days with an event, ascending
    at_risk, events : float64 arrays of shape (m,)
    staying : float64 array of shape (m,), probability to have no event up to and on each day
    """

    days: Floats
    at_risk: Floats
    events: Floats
    staying: Floats

    def at(self, day: float) -> float:
        """Probability to have no event up to and on a day."""
        before = self.days <= day
        return float(self.staying[before][-1]) if before.any() else 1.0

    def interval(self, day: float, level: float = 0.95) -> tuple[float, float]:
        """Interval of `at`: Greenwood's variance, on the scale of log(-log).

        An estimate of 0 or 1 has no variance to work with: its interval is that one value.
        """
        before = self.days <= day
        staying = self.at(day)
        if staying in (0.0, 1.0):
            return staying, staying
        risk, gone = self.at_risk[before], self.events[before]
        variance = float((gone / (risk * (risk - gone))).sum()) / np.log(staying) ** 2
        half = float(norm.ppf((1 + level) / 2)) * np.sqrt(variance)
        return staying ** float(np.exp(half)), staying ** float(np.exp(-half))


def kaplan_meier(days: Floats, event: Flags) -> Survival:
    """Kaplan-Meier estimate of having no event.

    Parameters
    ----------
    days : float64 array of shape (n,), day of the event or of the end of the follow-up
    event : boolean array of shape (n,); False: censored on that day, at risk on it

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
    >>> found = kaplan_meier(np.array(days, dtype=float), np.array(event, dtype=bool))
    >>> found.staying.round(4).tolist()
    [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    """
    if days.shape != event.shape or not np.isfinite(days).all() or (days < 0).any():
        raise BadInputError("a follow-up must be a known number of days from 0, one an account.")
    times = np.unique(days[event])
    at_risk = (days.size - np.searchsorted(np.sort(days), times, side="left")).astype(np.float64)
    happened = np.sort(days[event])
    events = np.searchsorted(happened, times, "right") - np.searchsorted(happened, times, "left")
    staying = np.cumprod(1 - events / at_risk).astype(np.float64)
    return Survival(times, at_risk, events.astype(np.float64), staying)


def followed_weights(days: Floats, event: Flags, horizon: float) -> Floats:
    """Weights that let the accounts followed stand for those that were not.

    An account counts if its event came by the horizon, or if it was followed to it; its weight is
    one over the probability of being followed so long. The weighted share of events is then
    1 - the Kaplan-Meier estimate at the horizon.

    Parameters
    ----------
    days : float64 array of shape (n,), day of the event or of the end of the follow-up
    event : boolean array of shape (n,)
    horizon : day that the rate is asked for

    Raises
    ------
    BadInputError
        Nobody was followed to the horizon: nothing stands for what came later.

    References
    ----------
    Robins and Rotnitzky (1992); Graf et al. (1999), Statistics in Medicine 18:2529.

    Examples
    --------
    Four accounts; one is lost from view on day 50, so the later two count for three:

    >>> days, event = np.array([20.0, 50.0, 80.0, 100.0]), np.array([True, False, True, False])
    >>> followed_weights(days, event, 100.0).tolist()
    [1.0, 0.0, 1.5, 1.5]
    """
    counted = event & (days <= horizon)
    through = days >= horizon
    if not (through & ~counted).any() and not counted.all():
        last = float(days.max()) if days.size else 0.0
        raise BadInputError(
            f"no account was followed for {horizon:g} days (the longest: {last:g}); ask for a "
            "shorter horizon."
        )
    # Of an event and an end of follow-up on one day the event came first.
    ended = ~event & (days < horizon)
    times = np.unique(days[ended])
    still = days.size - np.searchsorted(np.sort(days), times, side="right")
    ends = np.sort(days[ended])
    lost = np.searchsorted(ends, times, "right") - np.searchsorted(ends, times, "left")
    followed = np.concatenate([[1.0], np.cumprod(still / np.maximum(still + lost, 1))])
    by_day = followed[np.searchsorted(times, np.minimum(days, horizon), side="left")]
    weights = np.zeros(days.size)
    used = counted | through
    weights[used] = 1 / by_day[used]
    return weights


@dataclass(frozen=True)
class Renewals:
    """Contracts of one group in the window, as far as the data goes.

    `n_due` accounts had a contract that ended in the follow-up, `n_censored` had none and count
    neither as renewed nor as lost. `renewed` is the share of those due, with its 95 % Wilson
    interval. `left` is the share of all that were without any contract by `days` after the as-of
    date (Kaplan and Meier), with its 95 % interval.
    """

    group: str
    n_at_risk: int
    n_due: int
    n_censored: int
    renewed: float | None
    renewed_interval: tuple[float, float] | None
    days: int
    left: float
    left_interval: tuple[float, float]


def renewals_by(
    groups: Labelling, due_days: Floats, left_days: Floats, followed_days: Floats
) -> tuple[Renewals, ...]:
    """Renewals of every group.

    Parameters
    ----------
    groups : Labelling of shape (n_accounts,)
    due_days : float64 array of shape (n_accounts,)
        Days to the first end of a contract; NaN where none was due in the follow-up.
    left_days : float64 array of shape (n_accounts,)
        Days to the day from which no contract is active to the end; NaN if it did not come.
    followed_days : float64 array of shape (n_accounts,)
        Days that the data follows the account; NaN: not at risk, such accounts are left out.

    Examples
    --------
    >>> groups = Labelling("tier", np.array([0, 0, 0, 0]), ("smb",), True)
    >>> nan = float("nan")
    >>> due, left = np.array([90.0, 200.0, 300.0, nan]), np.array([nan, 200.0, nan, nan])
    >>> found = renewals_by(groups, due, left, np.full(4, 365.0))[0]
    >>> found.n_due, found.n_censored, round(found.renewed, 2), found.left
    (3, 1, 0.67, 0.25)
    """
    found = []
    for code, level in enumerate(groups.levels):
        rows = (groups.codes == code) & np.isfinite(followed_days)
        if rows.any():
            found.append(_renewals(level, due_days[rows], left_days[rows], followed_days[rows]))
    return tuple(found)


def _renewals(level: str, due: Floats, left: Floats, followed: Floats) -> Renewals:
    is_due = np.isfinite(due) & (due <= followed)
    lost = np.isfinite(left) & (left <= followed)
    n_due = int(is_due.sum())
    kept = int((is_due & ~lost).sum())
    day = float(followed.max())
    survival = kaplan_meier(np.where(lost, left, followed), lost)
    low, high = survival.interval(day)
    if low == high:  # nobody left, or everybody
        low, high = wilson(float((~lost).sum()), float(lost.size))
    return Renewals(
        group=level,
        n_at_risk=int(due.size),
        n_due=n_due,
        n_censored=int(due.size) - n_due,
        renewed=kept / n_due if n_due else None,
        renewed_interval=wilson(float(kept), float(n_due)) if n_due else None,
        days=int(day),
        left=1 - survival.at(day),
        left_interval=(1 - high, 1 - low),
    )
