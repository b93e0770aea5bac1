"""Populations on one continuum of maturity, and those whose needs follow ARR."""

from dataclasses import replace

import numpy as np

from clustering.arrays import Floats
from clustering.simulation.period import Period
from clustering.simulation.population import (
    FACTORS,
    LOG_ARR_SPREAD,
    MEDIAN_ARR,
    TIER_QUANTILES,
    Population,
    constant,
    draw_starts,
    scaled,
)

_COMMON_SHARE = 0.5  # of a factor's variance that maturity explains
_LEVEL_SPREAD = 1.5
_SIGNS = np.array([1.0, 1.0, 1.0, 1.0, -1.0, 1.0, 0.5, -1.0])
_MATURITY_TO_ARR = 0.3

#: The one factor that has two modes in the scenario `one_feature`, and what its modes change.
_BIMODAL = "utilisation"
_CHURN_OF_MODE = 0.6

_TIERS = ("smb", "midmarket", "enterprise")
_TIER_CENTRES = np.array(
    [
        [-0.8, -0.7, -0.9, -0.3, -0.9, 0.6, -0.8, 0.8],
        [0.7, -0.2, 0.8, 0.5, 0.1, -0.9, -0.3, -0.5],
        [0.3, 1.0, 0.1, -0.2, 1.0, 0.5, 1.1, -0.5],
    ]
)


def draw_continuum(n_accounts: int, period: Period, rng: np.random.Generator) -> Population:
    """Draw accounts that differ by one common factor and by chance: no groups.

    Maturity raises every factor (and lowers the care and training drawn), makes renewal and
    expansion more likely, and goes with a somewhat larger ARR; all of it smoothly.
    """
    maturity = rng.standard_normal(n_accounts)
    own = rng.standard_normal((n_accounts, len(FACTORS)))
    common = np.sqrt(_COMMON_SHARE) * _SIGNS * maturity[:, None]
    levels = _LEVEL_SPREAD * (common + np.sqrt(1.0 - _COMMON_SHARE) * own)
    size = rng.standard_normal(n_accounts) * np.sqrt(1.0 - _MATURITY_TO_ARR**2)
    size = size + _MATURITY_TO_ARR * maturity
    return Population(
        period=period,
        segment_names=("all_accounts",),
        started=draw_starts(n_accounts, period, rng),
        log_arr=np.log(MEDIAN_ARR) + LOG_ARR_SPREAD * size,
        segments=np.zeros((n_accounts, period.n_quarters), dtype=np.int64),
        levels=constant(levels, period.n_quarters),
        churn=constant(-2.0 - 0.7 * maturity, period.n_quarters),
        expand=constant(-1.4 + 0.5 * maturity, period.n_quarters),
        arr_effect=-0.15,
    )


def with_two_modes(
    population: Population, separation: float, rng: np.random.Generator
) -> Population:
    """Give one factor of a continuum two modes, which also part the accounts in renewal."""
    mode = rng.integers(0, 2, population.n_accounts)
    levels = population.levels[:, 0, :].copy()
    around = rng.standard_normal(population.n_accounts)
    levels[:, FACTORS.index(_BIMODAL)] = (mode - 0.5) * separation + around
    churn = population.churn + np.where(mode == 0, _CHURN_OF_MODE, -_CHURN_OF_MODE)[:, None]
    n_quarters = population.period.n_quarters
    return replace(
        population,
        segment_names=("few_seats_used", "most_seats_used"),
        segments=np.broadcast_to(mode[:, None], (population.n_accounts, n_quarters)),
        levels=constant(levels, n_quarters),
        churn=churn,
    )


def draw_sizes(n_accounts: int, period: Period, rng: np.random.Generator) -> Population:
    """Draw accounts of which only the ARR is known yet, and renewals that follow ARR alone.

    `follow_arr` gives them their needs once the contracts have set the ARR at the as-of date.
    """
    shape = (n_accounts, period.n_quarters)
    return Population(
        period=period,
        segment_names=_TIERS,
        started=draw_starts(n_accounts, period, rng),
        log_arr=np.log(MEDIAN_ARR) + LOG_ARR_SPREAD * rng.standard_normal(n_accounts),
        segments=np.zeros(shape, dtype=np.int64),
        levels=np.zeros((*shape, len(FACTORS))),
        churn=np.full(shape, -2.0),
        expand=np.full(shape, -1.4),
        arr_effect=-0.6,
    )


def follow_arr(
    population: Population,
    arr: Floats,
    separation: float,
    rng: np.random.Generator,
) -> Population:
    """Give every account the needs of its ARR tier.

    `arr` is the ARR at the as-of date, 0 where there is no contract then. The tiers are parted at
    `TIER_QUANTILES` of the accounts that have one; the others go by their first contract.
    """
    cuts = np.quantile(arr[arr > 0], TIER_QUANTILES) if (arr > 0).any() else np.zeros(2)
    arr = np.where(arr > 0, arr, np.exp(population.log_arr))
    tier = np.searchsorted(cuts, arr, side="right")
    own = rng.standard_normal((population.n_accounts, len(FACTORS)))
    n_quarters = population.period.n_quarters
    return replace(
        population,
        segments=np.broadcast_to(tier[:, None], (population.n_accounts, n_quarters)),
        levels=constant(scaled(_TIER_CENTRES, separation)[tier] + own, n_quarters),
    )
