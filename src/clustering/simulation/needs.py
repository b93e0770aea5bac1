"""Populations with needs segments: lasting ones, ones that accounts pass through, and a change."""

from collections.abc import Mapping
from dataclasses import dataclass

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
_N_LASTING = 4  # the fifth appears with the change in `drift` and `weak_drift`
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

_MOVERS = 0.5
#: Nine months before the as-of date: a study a year before it sees nothing of the change.
_CHANGE_QUARTER = 9


@dataclass(frozen=True)
class _Change:
    """What is otherwise from one day on.

    Attributes
    ----------
    release : what the changed product adds to everybody's levels, by factor
    counted : by how much more events and hours are counted
    moves : share of the second segment that moves to a fifth one
    mix : of the accounts that start later; None where it stays and there is no fifth segment
    """

    release: Mapping[str, float]
    counted: float = 1.0
    moves: float = 0.0
    mix: tuple[float, ...] | None = None


_CHANGES: Mapping[ScenarioName, _Change] = {
    "drift": _Change({"breadth": 1.0}, moves=0.5, mix=(0.15, 0.10, 0.15, 0.15, 0.45)),
    "weak_drift": _Change({"breadth": 0.3}, moves=0.1, mix=(0.26, 0.24, 0.20, 0.22, 0.08)),
    "rescaled": _Change(
        {"breadth": 3.0, "utilisation": 3.0, "sentiment": 3.0, "care": 1.0}, counted=2.0
    ),
}


def segments_of(scenario: ScenarioName) -> tuple[str, ...]:
    """Names of the needs segments of a scenario; none where it has no such segments."""
    if scenario in ("needs", "moving"):
        return _NAMES[:_N_LASTING]
    change = _CHANGES.get(scenario)
    if change is None:
        return ()
    return _NAMES[:_N_LASTING] if change.mix is None else _NAMES


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
    change = _CHANGES.get(scenario)
    changed_on = None if change is None else period.begin + _CHANGE_QUARTER * QUARTER_DAYS
    if scenario == "moving":
        segments = _lifecycle(first, started, period, rng)
    elif change is not None and changed_on is not None and change.mix is not None:
        new_mix = rng.choice(len(_NAMES), n_accounts, p=change.mix)
        begun = np.where(started >= changed_on, new_mix, first)
        segments = _after_change(begun, change.moves, period, rng)
    else:
        segments = np.broadcast_to(first[:, None], (n_accounts, period.n_quarters))
    own = rng.standard_normal((n_accounts, 1, len(FACTORS)))
    levels = scaled(_CENTRES, separation, _N_LASTING)[segments] + own
    for factor, more in change.release.items() if change is not None else ():
        levels[:, _CHANGE_QUARTER:, FACTORS.index(factor)] += more
    spread = LOG_ARR_SPREAD * rng.standard_normal(n_accounts)
    return Population(
        period=period,
        segment_names=segments_of(scenario),
        started=started,
        log_arr=np.log(MEDIAN_ARR) + _LOG_ARR[first] + spread,
        segments=segments,
        levels=levels,
        churn=_CHURN[segments],
        expand=_EXPAND[segments],
        arr_effect=-0.15,
        changed_on=changed_on,
        counted=1.0 if change is None else change.counted,
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


def _after_change(first: Ints, share: float, period: Period, rng: np.random.Generator) -> Ints:
    """From the change on, a share of the second segment is in the fifth."""
    moves = (first == 1) & (rng.random(len(first)) < share)
    later = np.where(moves, len(_NAMES) - 1, first)
    is_later = np.arange(period.n_quarters)[None, :] >= _CHANGE_QUARTER
    return np.where(is_later, later[:, None], first[:, None]).astype(np.int64)
