"""Single columns with several bumps: what a rule can cut without any clustering."""

from collections.abc import Sequence

import numpy as np

from clustering.arrays import Flags, Floats
from clustering.inference.multiple_testing import holm
from clustering.models.guards import column_name
from clustering.structure.nulls.marginals import without_spike
from clustering.structure.separation.dip import dip

LEVEL = 0.05


def columns_with_bumps(
    values: Floats, columns: Sequence[str] | None = None, *, seed: int
) -> tuple[str, ...]:
    """Names of the columns with several bumps (`have_bumps`).

    Parameters
    ----------
    values : (n, d)
    columns : names; numbers from 1 where not given

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> one = np.round(rng.normal(size=400), 1)
    >>> two = one + np.where(rng.random(400) < 0.4, 6.0, 0.0)
    >>> columns_with_bumps(np.column_stack([one, two]), ["seats", "logins"], seed=0)
    ("'logins'",)
    """
    bumpy = np.flatnonzero(have_bumps(values, seed=seed))
    return tuple(column_name(int(index), columns) for index in bumpy)


def have_bumps(values: Floats, *, seed: int) -> Flags:
    """Which columns' dip test rejects one bump, adjusted for their number (Holm), (d,).

    The dip of a rounded column is inflated by its ties, so they are spread between the
    neighbouring values. A pile at the lowest or highest value is left out: the null with unimodal
    margins keeps it too.

    Parameters
    ----------
    values : (n, d); NaN is missing

    Examples
    --------
    >>> heaps = np.r_[np.linspace(0, 1, 50), np.linspace(9, 10, 50)]
    >>> have_bumps(np.column_stack([heaps, np.linspace(0, 1, 100)]), seed=0).tolist()
    [True, False]
    """
    rng = np.random.default_rng([seed, 3])
    known = [column[~np.isnan(column)] for column in values.T]
    p_values = [dip(spread_ties(without_spike(column), rng)).p for column in known]
    return np.array(holm(p_values)) <= LEVEL


def spread_ties(column: Floats, rng: np.random.Generator) -> Floats:
    """Tied values drawn uniformly between the middles to the neighbouring values.

    Examples
    --------
    >>> spread = spread_ties(np.repeat([1.0, 2.0, 3.0], 50), np.random.default_rng(0))
    >>> len(np.unique(spread)), bool(np.abs(spread - np.repeat([1.0, 2.0, 3.0], 50)).max() <= 0.5)
    (150, True)
    """
    distinct, position, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(distinct) == len(column) or len(distinct) < 2:
        return column
    half = np.diff(distinct) / 2.0
    below = np.concatenate([half[:1], half])[position]
    above = np.concatenate([half, half[-1:]])[position]
    moved = column + rng.uniform(-below, above)
    return np.where(counts[position] > 1, moved, column)
