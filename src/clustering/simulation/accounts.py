"""The accounts table, and the truth that no reader opens by itself."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Flags, Ints
from clustering.simulation.events.contracts import Contracts
from clustering.simulation.population import FACTORS, TIER_QUANTILES, Population

_INDUSTRIES = (
    "manufacturing", "retail", "logistics", "healthcare", "financial services", "education",
    "software", "public sector",
)  # fmt: skip
_REGIONS = ("north", "south", "east", "west")
_ACCOUNTS_PER_CSM = 40
_CSM_ERROR = 0.15
_EXCEPTIONS = 0.08
_GUIDANCE = np.array(["first_steps", "execution_guidance", "strategy_guidance"])
_TOUCH = np.array(["tech_touch", "mid_touch", "high_touch"])


def account_ids(n_accounts: int) -> NDArray[np.str_]:
    """Text ids of equal width.

    Examples
    --------
    >>> account_ids(2).tolist()
    ['A00001', 'A00002']
    """
    width = max(5, len(str(n_accounts)))
    return np.array([f"A{number:0{width}d}" for number in range(1, n_accounts + 1)])


def draw_accounts(
    population: Population, contracts: Contracts, missing: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw what the CRM knows; a share `missing` of the optional entries is absent."""
    n = population.n_accounts
    penetration = np.clip(0.25 * np.exp(0.6 * rng.standard_normal(n)), 0.03, 1.0)
    employees = np.ceil(contracts.seats / penetration)
    region = rng.integers(0, len(_REGIONS), n)
    needs = _assigned_needs(population, rng)
    gone = rng.random((4, n)) < missing
    width = len(account_ids(n)[0]) - 1
    return pd.DataFrame(
        {
            "account": np.arange(n),
            "started_on": population.started,
            "name": [f"Account {number:0{width}d}" for number in range(1, n + 1)],
            "industry": _with_gaps(rng.choice(_INDUSTRIES, n), gone[0]),
            "region": _with_gaps(np.array(_REGIONS)[region], gone[1]),
            "employees": pd.array(np.where(gone[2], np.nan, employees), dtype="Int64"),
            "is_champion": _champions(population, rng),
            "needs_segment": _with_gaps(needs, gone[3]),
            "current_segment": _current_segment(contracts, rng),
            "csm": _csm(region, rng),
            "ended_on": contracts.ended,
        }
    )


def truth_table(population: Population) -> pd.DataFrame:
    """What was planted, one row an account, at the as-of date: segment, odds and levels."""
    now = population.now
    return pd.DataFrame(
        {
            "account_id": account_ids(population.n_accounts),
            "true_segment": population.names_now,
            "churn_log_odds": population.churn[:, now],
            "expand_log_odds": population.expand[:, now],
            **{f"level_{factor}": population.of(factor)[:, now] for factor in FACTORS},
        }
    )


def truth_path(population: Population) -> pd.DataFrame:
    """Every segment that an account was in: `account_id`, `from_on`, `true_segment`."""
    segments, period = population.segments, population.period
    changes = np.ones(segments.shape, dtype=bool)
    changes[:, 1:] = segments[:, 1:] != segments[:, :-1]
    first = period.quarter(population.started)
    quarters = np.arange(period.n_quarters)[None, :]
    changes = np.where(quarters <= first[:, None], quarters == first[:, None], changes)
    account, quarter = np.nonzero(changes)
    begin = period.begin + 91 * quarter
    return pd.DataFrame(
        {
            "account_id": account_ids(population.n_accounts)[account],
            "from_on": np.maximum(begin, population.started[account]),
            "true_segment": np.array(population.segment_names)[segments[account, quarter]],
        }
    )


def _assigned_needs(population: Population, rng: np.random.Generator) -> NDArray[np.str_]:
    """The needs segment as a CSM would have assigned it: right for most accounts."""
    n, n_segments = population.n_accounts, len(population.segment_names)
    segment = population.segments[:, population.now]
    labels = np.array(population.segment_names) if n_segments > 3 else _GUIDANCE
    if n_segments < 3:
        maturity = population.levels[:, population.now, :3].mean(axis=1)
        judged = maturity + 0.5 * rng.standard_normal(n)
        segment = np.searchsorted(np.quantile(judged, (1 / 3, 2 / 3)), judged)
    wrong = rng.random(n) < _CSM_ERROR
    other = (segment + rng.integers(1, len(labels), n)) % len(labels)
    return np.asarray(labels[np.where(wrong, other, segment)])


def _current_segment(contracts: Contracts, rng: np.random.Generator) -> NDArray[np.str_]:
    """Today's practice: touch by the ARR of the first contract, with a few exceptions."""
    arr = contracts.rows.groupby("account")["arr"].first().to_numpy()
    tier = np.searchsorted(np.quantile(arr, TIER_QUANTILES), arr, side="right")
    exception = rng.random(len(arr)) < _EXCEPTIONS
    return np.asarray(_TOUCH[np.where(exception, rng.integers(0, 3, len(arr)), tier)])


def _champions(population: Population, rng: np.random.Generator) -> Flags:
    """About one account in twenty, mostly those far along with good outcomes."""
    progress = population.levels[:, population.now, :2].sum(axis=1)
    progress = progress + rng.standard_normal(population.n_accounts)
    return np.asarray(progress >= np.quantile(progress, 0.95))


def _csm(region: Ints, rng: np.random.Generator) -> NDArray[np.str_]:
    """Every region has CSMs of its own, with about forty accounts each."""
    per_region = max(1, round(len(region) / len(_REGIONS) / _ACCOUNTS_PER_CSM))
    number = region * per_region + rng.integers(0, per_region, len(region)) + 1
    return np.array([f"csm-{value:02d}" for value in number])


def _with_gaps(values: NDArray[np.str_], gone: Flags) -> "pd.Series[str]":
    return pd.Series(values, dtype="str").mask(gone)
