"""The latent side of a book: who the accounts are before anything is observed.

Every account has a level on each of `FACTORS`, in units of its standard deviation within a
group; all tables are drawn from these levels. Levels may change from quarter to quarter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering.arrays import Floats, Ints
from clustering.simulation.period import Days, Period

FACTORS = (
    "milestones", "outcomes", "breadth", "utilisation", "care", "sentiment", "strategic",
    "training",
)  # fmt: skip
MEDIAN_ARR = 30_000.0
LOG_ARR_SPREAD = 0.9
#: Quantiles of ARR that part the tiers by which the company works today.
TIER_QUANTILES = (0.6, 0.9)

_STARTS_AFTER_AS_OF = 0.04


@dataclass(frozen=True, eq=False)
class Population:
    """What is true of every account.

    Attributes
    ----------
    started : day of the first contract, shape (n_accounts,)
    log_arr : log of the first contract's ARR, shape (n_accounts,)
    segments : index into `segment_names`, shape (n_accounts, n_quarters)
    levels : levels of `FACTORS`, shape (n_accounts, n_quarters, n_factors)
    churn, expand : log-odds a year, before the effect of ARR, shape (n_accounts, n_quarters)
    arr_effect : change of `churn` per unit of log ARR above the median
    changed_on : day on which the mix or the product changed, where one does
    counted : by how much more events and hours are counted from that day on
    mix : log of how much more than usual each account uses each feature of the product, shape
        (n_accounts, n_product_features); None where all have the same habits
    """

    period: Period
    segment_names: tuple[str, ...]
    started: Days
    log_arr: Floats
    segments: Ints
    levels: Floats
    churn: Floats
    expand: Floats
    arr_effect: float
    changed_on: np.datetime64 | None = None
    counted: float = 1.0
    mix: Floats | None = None

    @property
    def n_accounts(self) -> int:
        """Number of accounts, whether or not they are active at the as-of date."""
        return len(self.started)

    @property
    def now(self) -> int:
        """The quarter of the as-of date."""
        return int(self.period.quarter(np.array([self.period.as_of]))[0])

    @property
    def names_now(self) -> NDArray[np.str_]:
        """Segment of each account at the as-of date, by name."""
        return np.array(self.segment_names)[self.segments[:, self.now]]

    def of(self, factor: str) -> Floats:
        """Levels of one factor, shape (n_accounts, n_quarters)."""
        return np.asarray(self.levels[:, :, FACTORS.index(factor)])

    def counted_on(self, days: Days) -> Floats:
        """By how much more is counted on each day than at the beginning."""
        if self.changed_on is None:
            return np.ones(len(days))
        return np.where(days >= self.changed_on, self.counted, 1.0)

    def level(self, factor: str, accounts: Ints, days: Days) -> Floats:
        """Level of one factor for each pair of an account's position and a day."""
        return np.asarray(self.of(factor)[accounts, self.period.quarter(days)])


def draw_starts(n_accounts: int, period: Period, rng: np.random.Generator) -> Days:
    """Most accounts start well before the as-of date, one in twenty-five after it."""
    before = int((period.as_of - period.begin).astype(int)) - 60
    after = int((period.end - period.as_of).astype(int)) - 30
    offsets = rng.integers(0, before, n_accounts)
    late = rng.random(n_accounts) < _STARTS_AFTER_AS_OF
    offsets[late] = before + 60 + rng.integers(1, after, int(late.sum()))
    return period.begin + offsets


def constant(values: Floats, n_quarters: int) -> Floats:
    """Repeat what does not change over all quarters, as the second axis, without a copy.

    Examples
    --------
    >>> constant(np.zeros((5, 8)), 3).shape
    (5, 3, 8)
    """
    return np.broadcast_to(values[:, None], (len(values), n_quarters, *values.shape[1:]))


def scaled(shape: Floats, separation: float, n_reference: int | None = None) -> Floats:
    """Scale centres until the two nearest of the first `n_reference` are `separation` apart.

    Examples
    --------
    >>> scaled(np.array([[0.0], [1.0], [3.0]]), 4.0).ravel().round(2).tolist()
    [-5.33, -1.33, 6.67]
    """
    reference = shape[:n_reference]
    gaps = np.linalg.norm(reference[:, None, :] - reference[None, :, :], axis=2)
    nearest = gaps[np.triu_indices(len(reference), 1)].min()
    return np.asarray((shape - reference.mean(axis=0)) * separation / nearest)
