"""Who gets which level of touch, within the hours of a given head count.

Each account takes one level; a level takes a share of the hours of its playbook and covers a share
of its value (revenue at risk and open expansion). The allocation covers the most value that the
hours allow: a multiple-choice knapsack, solved as a mixed-integer programme by HiGHS. Where there
are many accounts those of like need and value are solved together and told apart again, the more
valuable first. A bound that holds for every allocation (the Lagrangian of the limits) is computed
on the single accounts, so the gap that is stated is proven whatever was solved; where the programme
was of the single accounts, the solver's own bound serves if it is lower.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from clustering.arrays import Floats, Ints
from clustering.config.plan import TouchLevelsConfig
from clustering.plan.care.demand import LEVELS, Demand, Groups, group_alike, tell_apart

_GAP = 1e-4
_SECONDS = 40.0
#: Times that groups are solved with fewer hours until the single accounts fit; two are enough.
_TRIES = 6


@dataclass(frozen=True, eq=False)
class Allocation:
    """The allocation, or why there is none.

    Attributes
    ----------
    status : `optimal` (the gap is at most 0.01 %), `gap` (stated), or `infeasible`
    level : index into `LEVELS` of every account; empty where infeasible
    hours, covered : that it takes and covers
    bound : no allocation covers more
    gap : `(bound - covered) / bound`
    value_of_an_hour : what one more hour would cover, at the margin
    reason : which limit binds, or which makes it infeasible
    """

    status: str
    level: Ints
    hours: float
    covered: float
    bound: float
    gap: float
    value_of_an_hour: float
    reason: str


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
    share, covers = np.array(levels.hours), np.array(levels.covers)
    most_accounts = np.floor(most_accounts)
    refused = _infeasible(demand, hours, share, most_accounts)
    if refused:
        return Allocation(
            "infeasible", np.array([], dtype=np.int64), 0.0, 0.0, 0.0, 0.0, 0.0, refused
        )
    if len(demand.hours) == 0:
        return Allocation(
            "optimal", np.array([], dtype=np.int64), 0.0, 0.0, 0.0, 0.0, 0.0, "no accounts"
        )
    groups = group_alike(demand)
    level, used, solver_bound = _within_hours(demand, groups, hours, share, covers, most_accounts)
    covered = float((demand.value * covers[level]).sum())
    prices = _prices(groups, hours, share, covers, most_accounts)
    bound = _bound(demand, hours, share, covers, most_accounts, prices)
    if len(groups.size) == len(demand.hours):  # the programme is of the single accounts
        bound = min(bound, solver_bound)
    bound = max(bound, covered)
    gap = (bound - covered) / bound if bound > 0 else 0.0
    return Allocation(
        status="optimal" if gap <= _GAP else "gap",
        level=level,
        hours=used,
        covered=covered,
        bound=bound,
        gap=gap,
        value_of_an_hour=prices[0],
        reason=_binding(prices, most_accounts),
    )


def coverage_curve(
    demand: Demand, hours: Floats, levels: TouchLevelsConfig, most_accounts: Floats
) -> Floats:
    """Most value that can be covered with each number of hours (the bound); NaN if infeasible.

    Parameters
    ----------
    hours, most_accounts : limits, shape (n_points,)
    """
    share, covers = np.array(levels.hours), np.array(levels.covers)
    groups = group_alike(demand)
    curve = []
    for most_hours, most in zip(hours, most_accounts, strict=True):
        if len(demand.hours) == 0 or _infeasible(demand, float(most_hours), share, float(most)):
            curve.append(np.nan)
            continue
        prices = _prices(groups, float(most_hours), share, covers, float(most))
        curve.append(_bound(demand, float(most_hours), share, covers, float(most), prices))
    return np.array(curve)


def _infeasible(demand: Demand, hours: float, share: Floats, most_accounts: float) -> str:
    """Name the limit that even the lowest levels break; empty where none is."""
    least = float((demand.hours * share[demand.least]).sum())
    above = int((demand.least < len(LEVELS) - 1).sum())
    broken = []
    if least > hours * (1 + 1e-9):
        broken.append(
            f"the lowest levels allowed take {least:,.0f} hours a year, and the head count has "
            f"{hours:,.0f}: hire for {least - hours:,.0f} hours, or lower least_touch or the "
            "hours of the playbooks"
        )
    if above > most_accounts:
        broken.append(
            f"{above:,} accounts may not be digital, and the head count can keep "
            f"{most_accounts:,.0f}: raise capacity.most_accounts or the head count, or lower "
            "least_touch"
        )
    return "; ".join(broken)


def _within_hours(
    demand: Demand,
    groups: Groups,
    hours: float,
    share: Floats,
    covers: Floats,
    most_accounts: float,
) -> tuple[Ints, float, float]:
    """Level of every account, the hours that takes, and the solver's bound.

    Accounts of a group need about as much, not the same: where the single accounts take more than
    there is, it is solved once more with as many hours less.
    """
    limit = hours
    for _ in range(_TRIES):
        counts, solver_bound = _solve(groups, limit, share, covers, most_accounts)
        level = tell_apart(demand, groups, counts)
        used = float((demand.hours * share[level]).sum())
        if used <= hours * (1 + 1e-9):
            return level, used, solver_bound
        limit -= 1.1 * (used - hours)
    level = demand.least.astype(np.int64)
    return level, float((demand.hours * share[level]).sum()), np.inf


def _programme(
    groups: Groups, hours: float, share: Floats, covers: Floats, most_accounts: float
) -> tuple[Floats, Floats, csr_array[Any, Any], Floats, csr_array[Any, Any], Floats]:
    """Costs and bounds of the variables `x[group, level]`, and the limits and equalities."""
    n, k = len(groups.size), len(LEVELS)
    gain = (groups.value[:, None] * covers[None, :]).ravel()
    allowed = np.arange(k)[None, :] <= groups.least[:, None]
    upper = np.where(allowed, groups.size[:, None], 0.0).ravel()
    rows, limits = [(groups.hours[:, None] * share[None, :]).ravel()], [hours]
    if np.isfinite(most_accounts):
        rows.append(np.tile(np.arange(k) < k - 1, n).astype(np.float64))
        limits.append(most_accounts)
    cells = np.arange(n * k)
    each = csr_array((np.ones(n * k), (np.repeat(np.arange(n), k), cells)), shape=(n, n * k))
    return gain, upper, csr_array(np.array(rows)), np.array(limits), each, groups.size


def _solve(
    groups: Groups, hours: float, share: Floats, covers: Floats, most_accounts: float
) -> tuple[Ints, float]:
    """Accounts of each group at each level, shape (n_groups, n_levels), and the solver's bound."""
    gain, upper, limit, most, each, size = _programme(groups, hours, share, covers, most_accounts)
    scale = max(float(gain.max()), 1e-12)
    found = milp(
        -gain / scale,
        integrality=np.ones(len(gain), dtype=np.int64),
        bounds=Bounds(0.0, upper),
        constraints=[
            LinearConstraint(limit, -np.inf, most),
            LinearConstraint(each, size, size),
        ],
        options={"mip_rel_gap": _GAP / 2, "time_limit": _SECONDS},
    )
    n, k = len(groups.size), len(LEVELS)
    if found.x is None:  # out of time without any allocation: the lowest levels are always one
        counts = np.zeros((n, k), dtype=np.int64)
        counts[np.arange(n), groups.least] = groups.size.astype(np.int64)
        return counts, np.inf
    dual = found.mip_dual_bound
    bound = np.inf if dual is None else -float(dual) * scale
    return np.asarray(found.x).round().astype(np.int64).reshape(n, k), bound


def _prices(
    groups: Groups, hours: float, share: Floats, covers: Floats, most_accounts: float
) -> tuple[float, float]:
    """What an hour and a place more would cover: the duals of the linear relaxation."""
    gain, upper, limit, most, each, size = _programme(groups, hours, share, covers, most_accounts)
    scale = max(float(gain.max()), 1e-12)
    found: Any = linprog(  # type: ignore[call-overload, unused-ignore]
        -gain / scale,
        A_ub=limit,
        b_ub=most,
        A_eq=each,
        b_eq=size,
        bounds=np.column_stack([np.zeros(len(upper)), upper]),
        method="highs",
    )
    if found.status != 0:
        return 0.0, 0.0
    duals = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0) * scale
    return float(duals[0]), float(duals[1]) if len(duals) > 1 else 0.0


def _bound(
    demand: Demand,
    hours: float,
    share: Floats,
    covers: Floats,
    most_accounts: float,
    prices: tuple[float, float],
) -> float:
    """Value that no allocation exceeds: the Lagrangian at these prices, on single accounts."""
    k = len(LEVELS)
    net = demand.value[:, None] * covers - prices[0] * demand.hours[:, None] * share
    net = net - prices[1] * (np.arange(k) < k - 1)
    net = np.where(np.arange(k)[None, :] <= demand.least[:, None], net, -np.inf)
    places = prices[1] * most_accounts if prices[1] > 0 else 0.0
    return float(net.max(axis=1).sum() + prices[0] * hours + places)


def _binding(prices: tuple[float, float], most_accounts: float) -> str:
    binding = []
    if prices[0] > 0:
        binding.append("the hours of the head count")
    if prices[1] > 0:
        binding.append(f"the {most_accounts:,.0f} accounts that it can keep")
    if binding:
        return f"{' and '.join(binding)} limit what is covered"
    return "neither hours nor places limit what is covered"
