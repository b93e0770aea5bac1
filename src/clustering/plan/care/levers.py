"""The four ways back under the cost limit, each solved for exactly, and their mixes.

Care costs a share of the amount: `r = C / (q a)`, with `C` the cost of a CSM, `q` the accounts per
CSM and `a` the amount per account. Where `r` exceeds the limit `L`, one lever alone must move by
the factor `r / L` (or charge `a (r - L)` for services); a mix moves each by less.

References
----------
Pickens: fully loaded CSM cost of at most 15 % of ARR, with these four levers.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.optimize import brentq

from clustering.arrays import Floats
from clustering.config.plan import LeversConfig


@dataclass(frozen=True)
class _Levers:
    """The four levers: values of the first three, and a price of services an account and year."""

    arr_per_account: float
    accounts_per_csm: float
    cost_per_csm: float
    services_per_account: float


@dataclass(frozen=True)
class Mix(_Levers):
    """Where the four levers stand together.

    Attributes
    ----------
    moved : share of the way that each goes: of its way alone, or of its bound; 1 is all of it
    cost_share : what care then costs, as a share of the amount; the limit where it is reached
    reached : whether the mix comes back under the limit
    """

    moved: float
    cost_share: float
    reached: bool = False


@dataclass(frozen=True)
class Levers(_Levers):
    """What each lever alone must become, and two mixes.

    Attributes
    ----------
    equal : the mix in which each lever goes the same share of its way alone
    bounded : the mix in which each lever goes the same share of its bound (`LeversConfig`); not
        reached where all bounds together do not suffice: the care is not affordable for these
        accounts, so charge more, serve them otherwise, or do not sign (Murphy)
    """

    equal: Mix
    bounded: Mix


def cost_share(
    arr_per_account: float, accounts_per_csm: float, cost_per_csm: float, services: float = 0.0
) -> float:
    """Cost of care, less the services paid for, as a share of the amount.

    Examples
    --------
    A CSM of 150,000 a year with 25 accounts of 30,000 each: 150,000 / 750,000.

    >>> cost_share(30_000, 25, 150_000)
    0.2
    """
    return (cost_per_csm / accounts_per_csm - services) / arr_per_account


def solve_levers(
    arr_per_account: float,
    accounts_per_csm: float,
    cost_per_csm: float,
    limit: float,
    bounds: LeversConfig,
) -> Levers | None:
    """Solve every lever for the limit; None where the cost is within it.

    Parameters
    ----------
    arr_per_account, accounts_per_csm, cost_per_csm : as they are, above 0
    limit : largest share of the amount that care may cost
    bounds : how far each lever can be moved

    Examples
    --------
    20 % against a limit of 15 %: each lever alone must move by the factor 4 / 3.

    >>> levers = solve_levers(30_000, 25, 150_000, 0.15, LeversConfig())
    >>> round(levers.arr_per_account), round(levers.accounts_per_csm, 2)
    (40000, 33.33)
    >>> round(levers.cost_per_csm), round(levers.services_per_account)
    (112500, 1500)
    >>> round(cost_share(40_000, 25, 150_000), 3), round(cost_share(30_000, 25, 150_000, 1500), 3)
    (0.15, 0.15)
    >>> levers.bounded.reached, round(levers.bounded.cost_share, 3)
    (True, 0.15)
    """
    share = cost_share(arr_per_account, accounts_per_csm, cost_per_csm)
    if share <= limit:
        return None
    factor = share / limit
    services = arr_per_account * (share - limit)
    start = np.array([arr_per_account, accounts_per_csm, cost_per_csm, 0.0])
    alone = start * [factor, factor, 1.0 / factor, 0.0] + [0.0, 0.0, 0.0, services]
    farthest = np.array(
        [
            arr_per_account * (1.0 + bounds.arr_per_account),
            accounts_per_csm * (1.0 + bounds.accounts_per_csm),
            cost_per_csm * (1.0 - bounds.cost_per_csm),
            arr_per_account * bounds.priced_services,
        ]
    )
    equal, bounded = _mix(start, alone, limit), _mix(start, farthest, limit)
    arr, accounts, cost, _ = alone.tolist()
    return Levers(arr, accounts, cost, services, equal, bounded)


def _mix(start: Floats, end: Floats, limit: float) -> Mix:
    """The smallest common share of all ways that meets the limit; all of them where none does.

    The cost share falls in the common share, so there is one root.
    """

    def at(moved: float) -> Mix:
        arr, accounts, cost, services = (start + moved * (end - start)).tolist()
        share = cost_share(arr, accounts, cost, services)
        return Mix(arr, accounts, cost, services, moved, share)

    if at(1.0).cost_share > limit:
        return at(1.0)
    moved = brentq(lambda moved: at(moved).cost_share - limit, 0.0, 1.0, xtol=1e-12)
    return replace(at(float(moved)), cost_share=limit, reached=True)


def lever_columns(levers: Levers | None) -> dict[str, float | bool]:
    """Columns of the coverage plan: each lever alone and in both mixes; missing where None.

    Examples
    --------
    >>> columns = lever_columns(solve_levers(30_000, 25, 150_000, 0.15, LeversConfig()))
    >>> round(columns["need_arr_per_account"]), round(columns["equal_arr_per_account"])
    (40000, 32404)
    """

    def value(of: Levers | Mix | None, name: str) -> float:
        return np.nan if of is None else float(getattr(of, name))

    mixes = {"equal": levers and levers.equal, "bounded": levers and levers.bounded}
    columns: dict[str, float | bool] = {}
    for lever in (field.name for field in fields(_Levers)):
        columns[f"need_{lever}"] = value(levers, lever)
        columns |= {f"{mix}_{lever}": value(of, lever) for mix, of in mixes.items()}
    for mix, of in mixes.items():
        columns |= {f"{mix}_{name}": value(of, name) for name in ("moved", "cost_share")}
    return columns | {"bounded_reached": levers is not None and levers.bounded.reached}
