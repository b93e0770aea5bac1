"""Populations with needs segments: lasting ones, ones that accounts pass through, and a change."""

import numpy as np

from clustering.arrays import Ints
from clustering.simulation.period import QUARTER_DAYS, Days, Period
from clustering.simulation.population import (
    FACTORS,
    LOG_ARR_SPREAD,
    MEDIAN_ARR,
    Population,
    draw_starts,
    scaled,
)
from clustering.simulation.scenarios import ScenarioName

_NAMES = ("first_steps", "execution_guidance", "strategy_guidance", "self_directed", "integrators")
_N_LASTING = 4  # the fifth appears with the change in the scenario `drift`
# One row a segment, one column a factor: the shape of the needs, scaled to the separation.
_CENTRES = np.array(
    [
        [-1.0, -0.8, -1.0, -0.7, 0.7, -0.3, -0.4, 1.0],
        [-0.6, 0.5, 0.9, 0.7, 0.5, -1.0, -0.5, -0.5],
        [0.7, -1.0, 0.6, 0.1, 0.0, 0.6, 1.0, -0.6],
        [1.0, 1.0, -0.4, 0.3, -1.1, 0.8, -0.1, 0.1],
        [0.2, 0.4, 0.4, -1.2, -0.5, -0.9, 0.2, 1.0],
    ]
)
_MIX = np.array([0.28, 0.27, 0.22, 0.23])
_LOG_ARR = np.array([-0.40, 0.0, 0.45, 0.10, 0.0])
_CHURN = np.array([-0.7, -2.2, -1.6, -3.4, -2.0])
_EXPAND = np.array([-2.6, -0.5, -1.6, -1.0, -1.2])

#: What the changed product adds to everybody's breadth of use, in levels.
_BREADTH_OF_RELEASE = 1.0
_MOVERS = 0.5
_MIX_AFTER_CHANGE = np.array([0.15, 0.10, 0.15, 0.15, 0.45])
#: Nine months before the as-of date: a study a year before it sees nothing of the change.
_CHANGE_QUARTER = 9
_MOVE_WITH_CHANGE = 0.5


def segments_of(scenario: ScenarioName) -> tuple[str, ...]:
    """Names of the needs segments of a scenario; none where it has no such segments."""
    if scenario not in ("needs", "moving", "drift"):
        return ()
    return _NAMES if scenario == "drift" else _NAMES[:_N_LASTING]


def draw_needs(
    scenario: ScenarioName,
    n_accounts: int,
    period: Period,
    separation: float,
    rng: np.random.Generator,
) -> Population:
    """Draw accounts of needs segments, which are loosely related to ARR and set renewals."""
    started = draw_starts(n_accounts, period, rng)
    first = rng.choice(_N_LASTING, n_accounts, p=_MIX)
    changed_on = None
    if scenario == "moving":
        segments = _lifecycle(first, started, period, rng)
    elif scenario == "drift":
        changed_on = period.begin + _CHANGE_QUARTER * QUARTER_DAYS
        segments = _after_change(first, started, period, changed_on, rng)
    else:
        segments = np.broadcast_to(first[:, None], (n_accounts, period.n_quarters))
    n_segments = _N_LASTING if changed_on is None else len(_NAMES)
    own = rng.standard_normal((n_accounts, 1, len(FACTORS)))
    levels = scaled(_CENTRES, separation, _N_LASTING)[segments] + own
    if changed_on is not None:
        levels[:, _CHANGE_QUARTER:, FACTORS.index("breadth")] += _BREADTH_OF_RELEASE
    spread = LOG_ARR_SPREAD * rng.standard_normal(n_accounts)
    return Population(
        period=period,
        segment_names=_NAMES[:n_segments],
        started=started,
        log_arr=np.log(MEDIAN_ARR) + _LOG_ARR[first] + spread,
        segments=segments,
        levels=levels,
        churn=_CHURN[segments],
        expand=_EXPAND[segments],
        arr_effect=-0.15,
        changed_on=changed_on,
    )


def _lifecycle(first: Ints, started: Days, period: Period, rng: np.random.Generator) -> Ints:
    """Half of the accounts stay as they are; the others pass through the segments.

    First steps, then execution, then strategy or self-directed, each at its own pace.
    """
    n_accounts = len(started)
    learning = 2 + rng.poisson(2.0, (n_accounts, 1))
    executing = 3 + rng.poisson(2.0, (n_accounts, 1))
    final = rng.integers(2, 4, (n_accounts, 1))
    age = np.arange(period.n_quarters)[None, :] - period.quarter(started)[:, None]
    path = np.where(age < learning, 0, np.where(age < learning + executing, 1, final))
    moves = rng.random((n_accounts, 1)) < _MOVERS
    return np.where(moves, path, first[:, None]).astype(np.int64)


def _after_change(
    first: Ints,
    started: Days,
    period: Period,
    changed_on: np.datetime64,
    rng: np.random.Generator,
) -> Ints:
    """From the change on, new accounts are of another mix, and half of one segment moves."""
    new_mix = rng.choice(len(_NAMES), len(first), p=_MIX_AFTER_CHANGE)
    first = np.where(started >= changed_on, new_mix, first)
    moves = (first == 1) & (rng.random(len(first)) < _MOVE_WITH_CHANGE)
    later = np.where(moves, len(_NAMES) - 1, first)
    is_later = np.arange(period.n_quarters)[None, :] >= _CHANGE_QUARTER
    return np.where(is_later, later[:, None], first[:, None]).astype(np.int64)
