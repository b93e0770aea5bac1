"""How the hours of a playbook scale with the size of an account.

A playbook says what a median account of its segment needs. A larger one needs more: `(size / median
size of the segment) ** elasticity`. Size is what drives effort (seats, users, features in use,
tickets), never what the account pays: else the delivery audit would be the ARR tier under another
name. The elasticity is the company's own where it gives one, else the one of the hours that it
delivers inside its segments.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from clustering.arrays import Floats
from clustering.comparison.base.rates import Z95
from clustering.features.types import Snapshot
from clustering.schema import Entry

#: What drives effort, the best first: column of the snapshot -> what readers call it.
MEASURES: Mapping[str, str] = {
    "contracted_seats": "seats under contract",
    "active_users_peak": "active users",
    "features_used": "features in use",
    "tickets_per_year": "tickets",
}

#: Where the tables allow no estimate: the middle of what is possible, 0 to 1.
ASSUMED = 0.5
#: Fewer accounts with hours and a size, or a wider interval, tell nothing.
_FEWEST, _WIDEST = 30, 0.6


class Effort(Entry):
    """How the hours of the playbooks grow with the size of an account."""

    elasticity: float = Field(
        description="Hours are those of the playbook x (size / median size of the label) to this."
    )
    interval: tuple[float, float] | None = Field(
        description="95 % interval of the estimate; null where it is none."
    )
    origin: Literal["configured", "estimated", "assumed"] = Field(description="Where it is from.")
    why: str = Field(description="Why it could not be estimated; else ''.")
    n_accounts: int = Field(description="Accounts that the estimate rests on.")
    measures: dict[str, int] = Field(description="Accounts by the measure that tells their size.")
    n_unknown: int = Field(description="Accounts of unknown size, taken as median ones.")


@dataclass(frozen=True, eq=False)
class Size:
    """Size of every account.

    Attributes
    ----------
    relative : of the median account by the first measure that is known for it, above 0; missing
        where none is
    counts : accounts by measure, in words
    """

    relative: "pd.Series[float]"
    counts: Mapping[str, int]

    @property
    def n_unknown(self) -> int:
        """Accounts whose size no measure tells."""
        return int(self.relative.isna().sum())


def account_size(snapshot: Snapshot, ids: pd.Index) -> Size:
    """Size of the accounts by what is known of each; a measure of 0 tells no size.

    Examples
    --------
    >>> from datetime import date
    >>> index = pd.Index(["a", "b", "c", "d"])
    >>> frame = pd.DataFrame({"contracted_seats": [10.0, 20.0, 40.0, None]}, index=index)
    >>> size = account_size(Snapshot(date(2025, 1, 1), frame, (), frame[[]]), index)
    >>> size.relative.tolist(), dict(size.counts)
    ([0.5, 1.0, 2.0, nan], {'seats under contract': 3})
    """
    relative = pd.Series(np.nan, index=ids, dtype="float64")
    counts: dict[str, int] = {}
    for column, words in MEASURES.items():
        source = snapshot.frame if column in snapshot.frame else snapshot.attributes
        if column not in source:
            continue
        values = source[column].reindex(ids).astype("float64")
        values = values.where(values > 0)
        new = relative.isna() & values.notna()
        if new.any():
            relative = relative.where(~new, values / values.median())
            counts[words] = int(new.sum())
    return Size(relative, counts)


def size_in_label(size: Size, labels: "pd.Series[str]") -> "pd.Series[float]":
    """Size of every account relative to the median of its label; the factor on hours is its power.

    An account of unknown size counts as a median one, which is said where it is counted.

    Examples
    --------
    >>> index = ["a", "b", "c"]
    >>> size = Size(pd.Series([1.0, 4.0, 16.0], index=index), {})
    >>> size_in_label(size, pd.Series(["x"] * 3, index=index)).tolist()
    [0.25, 1.0, 4.0]
    """
    median = size.relative.groupby(labels.to_numpy()).transform("median")
    return (size.relative / median).fillna(1.0)


def effort_of(
    size: Size,
    delivered: "pd.Series[float]",
    labels: "pd.Series[str]",
    configured: float | None = None,
) -> Effort:
    """The elasticity of the hours delivered inside the labels, held between 0 and 1.

    The slope of log hours on log size with a level of its own for every label, by least squares;
    the interval allows for unequal spread (HC1). Accounts without hours have no logarithm and are
    left out.

    Parameters
    ----------
    size, delivered, labels : of the accounts; `delivered` in hours a year
    configured : taken as it is where it is given

    Examples
    --------
    >>> index = pd.RangeIndex(40)
    >>> size = Size(pd.Series(np.linspace(0.1, 8.0, 40), index=index), {})
    >>> labels = pd.Series(["x", "y"] * 20, index=index)
    >>> hours = 10 * size.relative**0.7 * labels.map({"x": 1.0, "y": 3.0})
    >>> round(effort_of(size, hours, labels).elasticity, 6)
    0.7
    """
    known = (delivered > 0) & size.relative.notna() & labels.notna()
    n, spare = int(known.sum()), int(known.sum()) - labels[known].nunique() - 1
    value, interval, origin, why = ASSUMED, None, "assumed", ""
    if configured is not None:
        value, origin, n = configured, "configured", 0
    elif n < _FEWEST or spare < 1:
        why = f"hours and a size are known together of {n} accounts, and {_FEWEST} are needed"
    else:
        x, y = (_within(values[known], labels[known]) for values in (size.relative, delivered))
        value, interval, why = _estimated(x, y, spare)
        origin = "assumed" if why else "estimated"
    return Effort(
        elasticity=value,
        interval=interval,
        origin=origin,
        why=why,
        n_accounts=n,
        measures=dict(size.counts),
        n_unknown=size.n_unknown,
    )


def _estimated(x: Floats, y: Floats, spare: int) -> tuple[float, tuple[float, float] | None, str]:
    """The elasticity and its interval, or why they tell too little."""
    if not (x**2).sum() > 0:
        return ASSUMED, None, "all accounts of a segment are of one size"
    slope, error = slope_through_origin(x, y, spare)
    low, high = slope - Z95 * error, slope + Z95 * error
    if high - low > _WIDEST:
        why = f"the hours delivered tell too little of it (95 % interval {low:.2f} to {high:.2f})"
        return ASSUMED, None, why
    return float(np.clip(slope, 0.0, 1.0)), (low, high), ""


def _within(values: "pd.Series[float]", groups: "pd.Series[str]") -> Floats:
    """Logarithms less the mean of their group."""
    logged = pd.Series(np.log(values.to_numpy(dtype=np.float64)))
    return (logged - logged.groupby(groups.to_numpy()).transform("mean")).to_numpy()


def slope_through_origin(x: Floats, y: Floats, spare: int) -> tuple[float, float]:
    """Least-squares slope, and its standard error whatever the spread of the residuals (HC1).

    Parameters
    ----------
    x, y : of shape (n_accounts,), less the mean of their group
    spare : degrees of freedom that are left, above 0

    Examples
    --------
    >>> slope_through_origin(np.array([-1.0, 0.0, 1.0]), np.array([-2.0, 0.0, 2.0]), 1)
    (2.0, 0.0)
    """
    total = float((x**2).sum())
    slope = float((x * y).sum()) / total
    residual = y - slope * x
    error = np.sqrt(float((x**2 * residual**2).sum()) * len(x) / spare) / total
    return slope, float(error)
