"""The latent side of a book: who the accounts are before anything is observed.

Every account has a level on each of `FACTORS`, in units of its standard deviation within a
group; all tables are drawn from these levels. Levels may change from quarter to quarter.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clustering.simulation.period import Days, Period
from clustering.simulation.scenarios import Scenario

__all__ = ["FACTORS", "MEDIAN_ARR", "TIER_QUANTILES", "Population", "draw_population", "follow_arr"]

FACTORS = (
    "milestones",
    "outcomes",
    "breadth",
    "utilisation",
    "care",
    "sentiment",
    "strategic",
    "training",
)
MEDIAN_ARR = 30_000.0
#: Quantiles of ARR at the as-of date that part the planted groups of the scenario `tiers`.
TIER_QUANTILES = (0.6, 0.9)

_LOG_ARR_SPREAD = 0.9

_NEEDS = ("first_steps", "execution_guidance", "strategy_guidance", "self_directed", "integrators")
# One row a segment, one column a factor: the shape of the needs, scaled to the separation.
_NEEDS_CENTRES = np.array(
    [
        [-1.0, -0.8, -1.0, -0.7, 0.7, -0.3, -0.4, 1.0],
        [-0.6, 0.5, 0.9, 0.7, 0.5, -1.0, -0.5, -0.5],
        [0.6, -1.0, 0.5, 0.0, 0.1, 0.4, 1.0, -0.6],
        [1.0, 1.0, -0.4, 0.3, -1.1, 0.8, -0.1, 0.1],
        [0.2, 0.4, 0.4, -1.2, -0.5, -0.9, 0.2, 1.0],
    ]
)
_NEEDS_MIX = np.array([0.28, 0.27, 0.22, 0.23])
_NEEDS_LOG_ARR = np.array([-0.20, 0.0, 0.25, 0.05, 0.0])
_NEEDS_CHURN = np.array([-0.7, -2.2, -1.6, -3.4, -2.0])
_NEEDS_EXPAND = np.array([-2.6, -0.5, -1.6, -1.0, -1.2])

_TIERS = ("smb", "midmarket", "enterprise")
_TIER_CENTRES = np.array(
    [
        [-0.8, -0.7, -0.9, -0.3, -0.9, 0.6, -0.8, 0.8],
        [0.7, -0.2, 0.8, 0.5, 0.1, -0.9, -0.3, -0.5],
        [0.3, 1.0, 0.1, -0.2, 1.0, 0.5, 1.1, -0.5],
    ]
)
_MIX_AFTER_DRIFT = np.array([0.15, 0.10, 0.15, 0.15, 0.45])
_DRIFT_DAYS_BEFORE_AS_OF = 365
_COMMON_SHARE = 0.5  # of a factor's variance that the continuum explains


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
    changed_on : day on which the mix and the product changed (scenario `drift` only)
    """

    period: Period
    segment_names: tuple[str, ...]
    started: Days
    log_arr: NDArray[np.float64]
    segments: NDArray[np.int64]
    levels: NDArray[np.float64]
    churn: NDArray[np.float64]
    expand: NDArray[np.float64]
    arr_effect: float
    changed_on: np.datetime64 | None = None

    @property
    def n_accounts(self) -> int:
        """Number of accounts, whether or not they are active at the as-of date."""
        return len(self.started)

    def level(self, factor: str, accounts: NDArray[np.int64], days: Days) -> NDArray[np.float64]:
        """Level of one factor for each pair of an account's position and a day."""
        quarters = self.period.quarter(days)
        return np.asarray(self.levels[accounts, quarters, FACTORS.index(factor)])


def draw_population(
    scenario: Scenario,
    n_accounts: int,
    period: Period,
    separation: float,
    rng: np.random.Generator,
) -> Population:
    """Draw the latent side of a book; for `tiers` it is completed by `follow_arr`."""
    started = _starts(n_accounts, period, rng)
    if scenario.name in ("needs", "moving", "drift"):
        return _needs(scenario, started, period, separation, rng)
    return _continuum(scenario, started, period, separation, rng)


def follow_arr(
    population: Population,
    arr: NDArray[np.float64],
    separation: float,
    rng: np.random.Generator,
) -> Population:
    """Give every account the needs of its ARR tier, for the scenario `tiers`.

    `arr` is the ARR at the as-of date, or the first contract's where there is none then; the
    tiers are parted at `TIER_QUANTILES` of the accounts.
    """
    tier = np.searchsorted(np.quantile(arr, TIER_QUANTILES), arr, side="right")
    centres = _scaled(_TIER_CENTRES, separation)
    levels = centres[tier] + rng.standard_normal((len(arr), len(FACTORS)))
    shape = population.segments.shape
    return replace(
        population,
        segment_names=_TIERS,
        segments=np.broadcast_to(tier[:, None], shape),
        levels=_constant(levels, shape[1]),
    )


def _starts(n_accounts: int, period: Period, rng: np.random.Generator) -> Days:
    """Most accounts start well before the as-of date, one in twenty-five after it."""
    before = int((period.as_of - period.begin).astype(int)) - 60
    after = int((period.end - period.as_of).astype(int)) - 30
    offsets = rng.integers(0, before, n_accounts)
    late = rng.random(n_accounts) < 0.04
    offsets[late] = before + 60 + rng.integers(1, after, int(late.sum()))
    return period.begin + offsets


def _needs(
    scenario: Scenario,
    started: Days,
    period: Period,
    separation: float,
    rng: np.random.Generator,
) -> Population:
    n_accounts, n_quarters = len(started), period.n_quarters
    first = rng.choice(4, n_accounts, p=_NEEDS_MIX)
    changed_on = None
    if scenario.name == "needs":
        segments = np.broadcast_to(first[:, None], (n_accounts, n_quarters))
    elif scenario.name == "moving":
        segments = _lifecycle(started, period, rng)
    else:
        changed_on = period.as_of - _DRIFT_DAYS_BEFORE_AS_OF
        segments = _drifting(first, started, period, changed_on, rng)
    centres = _scaled(_NEEDS_CENTRES, separation, n_reference=4)
    own = rng.standard_normal((n_accounts, 1, len(FACTORS)))
    used = segments.max() + 1
    return Population(
        period=period,
        segment_names=_NEEDS[:used],
        started=started,
        log_arr=np.log(MEDIAN_ARR)
        + _NEEDS_LOG_ARR[first]
        + _LOG_ARR_SPREAD * rng.standard_normal(n_accounts),
        segments=segments,
        levels=centres[segments] + own,
        churn=_NEEDS_CHURN[segments],
        expand=_NEEDS_EXPAND[segments],
        arr_effect=-0.15,
        changed_on=changed_on,
    )


def _lifecycle(started: Days, period: Period, rng: np.random.Generator) -> NDArray[np.int64]:
    """First steps, then execution, then strategy or self-directed, each at its own pace."""
    n_accounts = len(started)
    quarters = np.arange(period.n_quarters)
    first_quarter = period.quarter(started)[:, None]
    learning = 1 + rng.poisson(2.0, (n_accounts, 1))
    executing = 2 + rng.poisson(2.5, (n_accounts, 1))
    final = rng.integers(2, 4, (n_accounts, 1))
    age = quarters[None, :] - first_quarter
    path = np.where(age < learning, 0, np.where(age < learning + executing, 1, final))
    return path.astype(np.int64)


def _drifting(
    first: NDArray[np.int64],
    started: Days,
    period: Period,
    changed_on: np.datetime64,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """After the change new accounts are of another mix, and half of one segment moves."""
    n_accounts = len(first)
    new_mix = rng.choice(5, n_accounts, p=_MIX_AFTER_DRIFT)
    first = np.where(started >= changed_on, new_mix, first)
    moves = (first == 1) & (rng.random(n_accounts) < 0.5)
    later = np.where(moves, 4, first)
    change = period.quarter(np.array([changed_on]))[0]
    after = np.arange(period.n_quarters)[None, :] >= change
    return np.where(after, later[:, None], first[:, None]).astype(np.int64)


def _continuum(
    scenario: Scenario,
    started: Days,
    period: Period,
    separation: float,
    rng: np.random.Generator,
) -> Population:
    """One common factor, `maturity`; for `one_feature` seat utilisation has two modes."""
    n_accounts, n_quarters = len(started), period.n_quarters
    maturity = rng.standard_normal(n_accounts)
    own = rng.standard_normal((n_accounts, len(FACTORS)))
    signs = np.array([1.0, 1.0, 1.0, 1.0, -1.0, 1.0, 0.5, -1.0])
    common = np.sqrt(_COMMON_SHARE) * signs * maturity[:, None]
    levels = 1.5 * (common + np.sqrt(1.0 - _COMMON_SHARE) * own)
    segments = np.zeros((n_accounts, n_quarters), dtype=np.int64)
    names: tuple[str, ...] = ("all_accounts",)
    if scenario.name == "one_feature":
        mode = rng.integers(0, 2, n_accounts)
        level = (mode - 0.5) * separation + rng.standard_normal(n_accounts)
        levels[:, FACTORS.index("utilisation")] = level
        segments = np.broadcast_to(mode[:, None], segments.shape)
        names = ("few_seats_used", "most_seats_used")
    follows_arr = scenario.name == "tiers"
    log_arr = rng.standard_normal(n_accounts)
    if not follows_arr:
        log_arr = 0.3 * maturity + np.sqrt(1 - 0.3**2) * log_arr
    churn = -2.0 - (0.0 if follows_arr else 0.7) * maturity
    expand = -1.4 + (0.0 if follows_arr else 0.5) * maturity
    return Population(
        period=period,
        segment_names=names,
        started=started,
        log_arr=np.log(MEDIAN_ARR) + _LOG_ARR_SPREAD * log_arr,
        segments=segments,
        levels=_constant(levels, n_quarters),
        churn=np.broadcast_to(churn[:, None], (n_accounts, n_quarters)),
        expand=np.broadcast_to(expand[:, None], (n_accounts, n_quarters)),
        arr_effect=-0.6 if follows_arr else -0.15,
    )


def _constant(levels: NDArray[np.float64], n_quarters: int) -> NDArray[np.float64]:
    shape = (len(levels), n_quarters, levels.shape[1])
    return np.broadcast_to(levels[:, None, :], shape)


def _scaled(
    shape: NDArray[np.float64], separation: float, n_reference: int | None = None
) -> NDArray[np.float64]:
    """Scale centres until the two nearest of the first `n_reference` are `separation` apart."""
    reference = shape[:n_reference]
    gaps = np.linalg.norm(reference[:, None, :] - reference[None, :, :], axis=2)
    nearest = gaps[np.triu_indices(len(reference), 1)].min()
    centred = shape - reference.mean(axis=0)
    return np.asarray(centred * separation / nearest)
