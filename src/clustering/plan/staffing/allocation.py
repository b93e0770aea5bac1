"""Who gets which level of touch, within the hours of a given head count.

Each account takes one level; a level takes a share of the hours of its playbook and covers a share
of its value (revenue at risk and open expansion). The allocation covers the most value that the
hours allow: a multiple-choice knapsack, solved as a mixed-integer programme by HiGHS. Where there
are many accounts those of like need and value are solved together and separated again, the more
valuable first. A bound that holds for every allocation (the Lagrangian of the limits) is computed
on the single accounts, so the gap that is stated is proven whatever was solved; where the programme
was of the single accounts, the solver's own bound serves if it is lower.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from clustering.arrays import Flags, Floats, Ints
from clustering.config.plan import LEVELS, TouchLevelsConfig
from clustering.plan.staffing.demand import Demand, Groups, group_alike, separate

_GAP = 1e-4
_SECONDS = 40.0
#: Times that groups are solved with fewer hours until the single accounts fit; two are enough.
_TRIES = 6
#: The levels that take a place with a CSM: all but the last, digital.
_TAKES_PLACE: Flags = np.arange(len(LEVELS)) < len(LEVELS) - 1


@dataclass(frozen=True, eq=False)
class Allocation:
    """The allocation, or why there is none.

    Attributes
    ----------
    status : `optimal` (the gap is at most 0.01 %), `gap` (stated), or `infeasible`
    reason : which limit binds, or which makes it infeasible
    level : index into `LEVELS` of every account; empty where infeasible
    hours, covered : that it takes and covers
    bound : no allocation covers more
    gap : `(bound - covered) / bound`
    """

    status: Literal["optimal", "gap", "infeasible"]
    reason: str
    level: Ints
    hours: float = 0.0
    covered: float = 0.0
    bound: float = 0.0
    gap: float = 0.0


@dataclass(frozen=True, eq=False)
class _Limits:
    """Hours and places (accounts above digital touch), and what the levels take and cover."""

    hours: float
    places: float
    share: Floats
    covers: Floats

    @classmethod
    def of(cls, hours: float, places: float, levels: TouchLevelsConfig) -> "_Limits":
        """Limits of a head count."""
        return cls(hours, np.floor(places), np.array(levels.hours), np.array(levels.covers))


class _Prices(NamedTuple):
    """What one more hour and one more place would cover."""

    hour: float
    place: float = 0.0


def allocate(
    demand: Demand, hours: float, levels: TouchLevelsConfig, most_accounts: float = np.inf
) -> Allocation:
    """Cover the most value within the hours.

    Parameters
    ----------
    demand : of every account
    hours : that all CSMs together have in a year
    levels : what each level takes and covers
    most_accounts : most accounts above digital touch

    Examples
    --------
    Two accounts need 10 hours each. With 10 hours the account worth 900 gets high touch, and the
    one worth 100 stays digital: 0.9 x 900 + 0.1 x 100.

    >>> demand = Demand(np.array([10.0, 10.0]), np.array([900.0, 100.0]), np.array([3, 3]))
    >>> found = allocate(demand, 10.0, TouchLevelsConfig())
    >>> [LEVELS[level] for level in found.level], round(found.covered, 6), found.status
    (['high', 'digital'], 820.0, 'optimal')
    """
    limits = _Limits.of(hours, most_accounts, levels)
    nobody = np.array([], dtype=np.int64)
    if refused := _infeasible(demand, limits):
        return Allocation("infeasible", refused, nobody)
    if len(demand.hours) == 0:
        return Allocation("optimal", "no accounts", nobody)
    groups = group_alike(demand)
    level, solver_bound = _within_hours(demand, groups, limits)
    covered = float((demand.value * limits.covers[level]).sum())
    prices = _prices(groups, limits)
    bound = _bound(demand, limits, prices)
    if len(groups.size) == len(demand.hours):  # the programme is of the single accounts
        bound = min(bound, solver_bound)
    bound = max(bound, covered)
    gap = (bound - covered) / bound if bound > 0 else 0.0
    return Allocation(
        status="optimal" if gap <= _GAP else "gap",
        reason=_binding(prices, limits),
        level=level,
        hours=_taken(demand, level, limits),
        covered=covered,
        bound=bound,
        gap=gap,
    )


def coverage_curve(
    demand: Demand, hours: Floats, levels: TouchLevelsConfig, most_accounts: Floats
) -> Floats:
    """Most value that can be covered with each number of hours (the bound); NaN if infeasible.

    Parameters
    ----------
    hours, most_accounts : limits, shape (n_points,)
    """
    groups = group_alike(demand)
    curve = []
    for most_hours, most in zip(hours, most_accounts, strict=True):
        limits = _Limits.of(float(most_hours), float(most), levels)
        if len(demand.hours) == 0 or _infeasible(demand, limits):
            curve.append(np.nan)
        else:
            curve.append(_bound(demand, limits, _prices(groups, limits)))
    return np.array(curve)


def _taken(demand: Demand, level: Ints, limits: _Limits) -> float:
    """Hours a year that the accounts take at their levels."""
    return float((demand.hours * limits.share[level]).sum())


def _infeasible(demand: Demand, limits: _Limits) -> str:
    """Name the limit that even the lowest levels break; empty where none is."""
    least = _taken(demand, demand.least, limits)
    above = int(_TAKES_PLACE[demand.least].sum())
    broken = []
    if least > limits.hours * (1 + 1e-9):
        broken.append(
            f"the lowest levels allowed take {least:,.0f} hours a year, and the head count has "
            f"{limits.hours:,.0f}: hire for {least - limits.hours:,.0f} hours, or lower "
            "least_touch or the hours of the playbooks"
        )
    if above > limits.places:
        broken.append(
            f"{above:,} accounts may not be digital, and the head count can keep "
            f"{limits.places:,.0f}: raise capacity.most_accounts or the head count, or lower "
            "least_touch"
        )
    return "; ".join(broken)


def _within_hours(demand: Demand, groups: Groups, limits: _Limits) -> tuple[Ints, float]:
    """Level of every account, and the solver's bound.

    Accounts of a group need about as much, not the same: where the single accounts take more than
    there is, it is solved once more with as many hours less.
    """
    tried = limits
    for _ in range(_TRIES):
        counts, solver_bound = _solve(groups, tried)
        level = separate(demand, groups, counts)
        used = _taken(demand, level, limits)
        if used <= limits.hours * (1 + 1e-9):
            return level, solver_bound
        tried = replace(tried, hours=tried.hours - 1.1 * (used - limits.hours))
    return demand.least.astype(np.int64), np.inf


def _programme(
    groups: Groups, limits: _Limits
) -> tuple[Floats, float, Bounds, LinearConstraint, LinearConstraint]:
    """Gains of the variables `x[group, level]` in units of the largest, that unit, their bounds.

    Then the limits on hours and places, and that each group has its accounts.
    """
    n, k = len(groups.size), len(LEVELS)
    gain = (groups.value[:, None] * limits.covers[None, :]).ravel()
    unit = max(float(gain.max()), 1e-12)
    allowed = np.arange(k)[None, :] <= groups.least[:, None]
    upper = np.where(allowed, groups.size[:, None], 0.0).ravel()
    rows, most = [(groups.hours[:, None] * limits.share[None, :]).ravel()], [limits.hours]
    if np.isfinite(limits.places):
        rows.append(np.tile(_TAKES_PLACE, n).astype(np.float64))
        most.append(limits.places)
    cells = np.arange(n * k)
    each = csr_array((np.ones(n * k), (cells // k, cells)), shape=(n, n * k))
    return (
        gain / unit,
        unit,
        Bounds(np.zeros(n * k), upper),
        LinearConstraint(csr_array(np.array(rows)), -np.inf, np.array(most)),
        LinearConstraint(each, groups.size, groups.size),
    )


def _solve(groups: Groups, limits: _Limits) -> tuple[Ints, float]:
    """Accounts of each group at each level, shape (n_groups, n_levels), and the solver's bound."""
    gain, unit, bounds, limit, each = _programme(groups, limits)
    found = milp(
        -gain,
        integrality=np.ones(len(gain), dtype=np.int64),
        bounds=bounds,
        constraints=[limit, each],
        options={"mip_rel_gap": _GAP / 2, "time_limit": _SECONDS},
    )
    shape = len(groups.size), len(LEVELS)
    if found.x is None:  # out of time without any allocation: the lowest levels are always one
        counts = np.zeros(shape, dtype=np.int64)
        counts[np.arange(shape[0]), groups.least] = groups.size.astype(np.int64)
        return counts, np.inf
    dual = found.mip_dual_bound
    counts = np.asarray(found.x).round().astype(np.int64).reshape(shape)
    return counts, np.inf if dual is None else -float(dual) * unit


def _prices(groups: Groups, limits: _Limits) -> _Prices:
    """What an hour and a place more would cover: the duals of the linear relaxation."""
    gain, unit, bounds, limit, each = _programme(groups, limits)
    found: Any = linprog(  # type: ignore[call-overload, unused-ignore]
        -gain,
        A_ub=limit.A,
        b_ub=limit.ub,
        A_eq=each.A,
        b_eq=each.ub,
        bounds=np.column_stack([bounds.lb, bounds.ub]),
        method="highs",
    )
    if found.status != 0:
        return _Prices(0.0)
    duals = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0) * unit
    return _Prices(*duals.tolist())


def _bound(demand: Demand, limits: _Limits, prices: _Prices) -> float:
    """Value that no allocation exceeds: the Lagrangian at these prices, on single accounts."""
    net = demand.value[:, None] * limits.covers
    net = net - prices.hour * demand.hours[:, None] * limits.share - prices.place * _TAKES_PLACE
    allowed = np.arange(len(LEVELS))[None, :] <= demand.least[:, None]
    places = prices.place * limits.places if prices.place > 0 else 0.0
    best = np.where(allowed, net, -np.inf).max(axis=1).sum()
    return float(best + prices.hour * limits.hours + places)


def _binding(prices: _Prices, limits: _Limits) -> str:
    binding = []
    if prices.hour > 0:
        binding.append("the hours of the head count")
    if prices.place > 0:
        binding.append(f"the {limits.places:,.0f} accounts that it can keep")
    if binding:
        return f"{' and '.join(binding)} limit what is covered"
    return "neither hours nor places limit what is covered"
