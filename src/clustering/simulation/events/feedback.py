"""What the tables have in common: lifespans, and events scattered over them."""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Flags, Floats, Ints
from clustering.simulation.period import QUARTER_DAYS, Days
from clustering.simulation.population import Population


@dataclass(frozen=True, eq=False)
class Lives:
    """The accounts, and from when until when each can leave traces.

    `until` is the first day without traces: the day an account left, or the day after the book.
    `noise` multiplies every random deviation of what is observed from its latent level.
    """

    population: Population
    until: Days
    noise: float

    @classmethod
    def of(cls, population: Population, ended: Days, noise: float) -> "Lives":
        """Bound every life by the end of the book."""
        after = population.period.end + 1
        return cls(population, np.where(np.isnat(ended), after, ended), noise)

    @property
    def started(self) -> Days:
        """First day of each account."""
        return self.population.started

    def within(self, accounts: Ints, days: Days) -> Flags:
        """Whether each day lies in the life of its account."""
        return (days >= self.started[accounts]) & (days < self.until[accounts])


def chance(log_odds: Floats) -> Floats:
    """Probability of log-odds.

    Examples
    --------
    >>> chance(np.array([0.0])).tolist()
    [0.5]
    """
    return 1.0 / (1.0 + np.exp(-log_odds))


def scatter(lives: Lives, per_quarter: Floats, rng: np.random.Generator) -> tuple[Ints, Days]:
    """Draw events of a Poisson process whose rate is constant within a quarter.

    Parameters
    ----------
    per_quarter : expected events, shape (n_accounts, n_quarters)

    Returns
    -------
    accounts, days : position of the account and day of each event, ordered by both
    """
    n_accounts, n_quarters = per_quarter.shape
    counts = rng.poisson(per_quarter).ravel()
    cell = np.repeat(np.arange(n_accounts * n_quarters), counts)
    accounts, quarters = np.divmod(cell, n_quarters)
    offset = quarters * QUARTER_DAYS + rng.integers(0, QUARTER_DAYS, len(cell))
    days = lives.population.period.begin + offset
    kept = lives.within(accounts, days)
    accounts, days = accounts[kept], days[kept]
    order = np.lexsort((days, accounts))
    return accounts[order], days[order]
