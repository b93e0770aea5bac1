"""A company that cares by a plan and fails some accounts; and a segment that cannot pay for it.

Off unless asked for. With it every account gets the hours a year that its segment is planned to
get, spread evenly, whatever its size; planted accounts get far more or far less, and the ARR of one
segment is cut until the care it needs is not affordable.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.simulation.accounts import account_ids
from clustering.simulation.events.care import ENGAGEMENT_KINDS, TYPICAL_HOURS, draw_kinds
from clustering.simulation.events.feedback import Lives
from clustering.simulation.period import QUARTER_DAYS
from clustering.simulation.population import Population

#: Hours a year that an account of each planted segment is planned to get: those of the shipped
#: playbook of the same name.
HOURS_A_YEAR = {
    "first_steps": 41.4,
    "execution_guidance": 46.2,
    "strategy_guidance": 59.2,
    "self_directed": 10.4,
    "integrators": 26.2,
}
_OVER, _UNDER = 3.0, 0.25
_MEAN_HOURS = 1.2
_ARR_FACTOR = 0.3


@dataclass(frozen=True)
class CarePlan:
    """What is planted.

    Attributes
    ----------
    over, under : share of the accounts that get three times, or a quarter, of the planned hours
    unaffordable : segment whose ARR is cut to three tenths; None for no segment
    """

    over: float = 0.0
    under: float = 0.0
    unaffordable: str | None = None

    @property
    def planted(self) -> bool:
        """Whether there is anything to plant."""
        return self != CarePlan()


def with_unaffordable(population: Population, segment: str | None) -> Population:
    """Cut the ARR of the accounts that are in `segment` at the as-of date."""
    if segment is None:
        return population
    mine = population.names_now == segment
    return replace(population, log_arr=population.log_arr + np.where(mine, np.log(_ARR_FACTOR), 0))


def draw_planned(
    lives: Lives, plan: CarePlan, rng: np.random.Generator
) -> tuple[pd.DataFrame, NDArray[np.str_]]:
    """Draw meetings by the plan; the second value tells over, under or as_planned per account."""
    population = lives.population
    n_accounts, n_quarters = population.segments.shape
    drawn = rng.random(n_accounts)
    fate = np.where(
        drawn < plan.over, "over", np.where(drawn > 1.0 - plan.under, "under", "as_planned")
    )
    factor = np.select([fate == "over", fate == "under"], [_OVER, _UNDER], 1.0)
    planned = np.array([HOURS_A_YEAR[name] for name in population.segment_names])
    hours = planned[population.segments] / 365.0 * QUARTER_DAYS * factor[:, None]
    expected = hours / _MEAN_HOURS
    counts = np.floor(expected + rng.random(expected.shape)).astype(np.int64)
    cell = np.repeat(np.arange(n_accounts * n_quarters), counts.ravel())
    accounts, quarters = np.divmod(cell, n_quarters)
    days = population.period.begin + quarters * QUARTER_DAYS
    days = days + rng.integers(0, QUARTER_DAYS, len(cell))
    kind = draw_kinds(lives, accounts, days, rng)
    taken = TYPICAL_HOURS[kind] * np.exp(0.3 * lives.noise * rng.standard_normal(len(cell)))
    # The entries of a quarter share its hours, so that the kinds change what is done, not how much.
    sums = np.bincount(cell, weights=taken, minlength=n_accounts * n_quarters)
    taken = taken * _MEAN_HOURS * counts.ravel()[cell] / sums[cell]
    kept = lives.within(accounts, days)
    frame = pd.DataFrame(
        {
            "account": accounts[kept],
            "held_on": days[kept],
            "kind": np.array(ENGAGEMENT_KINDS)[kind[kept]],
            "hours": np.maximum(0.1, taken[kept].round(2)),
        }
    )
    return frame.sort_values(["account", "held_on"], kind="stable", ignore_index=True), fate


def delivery_truth(population: Population, plan: CarePlan, fate: NDArray[np.str_]) -> pd.DataFrame:
    """What was planted about care, one row an account: delivery, planned hours, affordable."""
    names = population.names_now
    return pd.DataFrame(
        {
            "account_id": account_ids(population.n_accounts),
            "delivery": fate,
            "planned_hours": [HOURS_A_YEAR[name] for name in names],
            "affordable": names != (plan.unaffordable or ""),
        }
    )
