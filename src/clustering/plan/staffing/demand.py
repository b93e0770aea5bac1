"""What the accounts need and are worth, and accounts that are alike in both.

Many accounts are allocated in groups of like need and value, and separated again: within a group
the more valuable get the higher levels, so the single accounts are covered no worse than the mean.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Floats, Ints
from clustering.config.plan import LEVELS

#: Up to so many accounts each is a variable of its own.
_SINGLE = 2_000
#: Parts of equal value into which all accounts, sorted by need, are cut beyond that; and parts of
#: like need, where needs are more than so many, as they are where they follow the size.
_PARTS, _NEEDS = 2_000, 100


@dataclass(frozen=True, eq=False)
class Demand:
    """What the accounts need and what covering them is worth.

    Attributes
    ----------
    hours : of the whole playbook, a year, shape (n_accounts,), not negative
    value : revenue at risk and expansion, a year, shape (n_accounts,), not negative
    least : index into `LEVELS` of the lowest level that the account may get
    """

    hours: Floats
    value: Floats
    least: Ints


@dataclass(frozen=True, eq=False)
class Groups:
    """Accounts of like need and value, with their means.

    `of` is the group of each account, shape (n_accounts,); the others have shape (n_groups,).
    """

    of: Ints
    size: Floats
    hours: Floats
    value: Floats
    least: Ints


def group_alike(demand: Demand) -> Groups:
    """Group accounts of like need by parts of equal value; few accounts stay single.

    Examples
    --------
    >>> groups = group_alike(Demand(np.ones(3), np.arange(3.0), np.full(3, 3)))
    >>> groups.size.tolist(), groups.value.tolist()
    ([1.0, 1.0, 1.0], [0.0, 1.0, 2.0])
    """
    n = len(demand.hours)
    if n <= _SINGLE:
        return Groups(np.arange(n), np.ones(n), demand.hours, demand.value, demand.least)
    kinds = pd.DataFrame({"need": _parts_of_need(demand.hours), "least": demand.least})
    order = np.lexsort((-demand.value, kinds["least"], kinds["need"]))
    total = max(float(demand.value.sum()), 1e-12)
    part = np.cumsum(demand.value[order]) / total * _PARTS
    kinds.loc[order, "part"] = np.minimum(part, _PARTS - 1).astype(np.int64)
    of = np.asarray(kinds.groupby(["need", "least", "part"]).ngroup(), dtype=np.int64)
    size = np.bincount(of).astype(np.float64)
    hours, value = (np.bincount(of, weights=x) / size for x in (demand.hours, demand.value))
    return Groups(of, size, hours, value, demand.least[np.unique(of, return_index=True)[1]])


def _parts_of_need(hours: Floats) -> Ints:
    """Each need by itself where there are few, else as many accounts in each part."""
    distinct, code = np.unique(hours, return_inverse=True)
    if len(distinct) <= _NEEDS:
        return code.astype(np.int64)
    edges = np.unique(np.quantile(hours, np.arange(1, _NEEDS) / _NEEDS))
    return np.searchsorted(edges, hours, side="right").astype(np.int64)


def separate(demand: Demand, groups: Groups, counts: Ints) -> Ints:
    """Levels of the single accounts: within a group the more valuable get the higher ones."""
    order = np.lexsort((-demand.value, groups.of))
    levels = np.tile(np.arange(len(LEVELS)), len(groups.size))
    spread = np.empty(len(order), dtype=np.int64)
    spread[order] = np.repeat(levels, counts.ravel())
    return spread
