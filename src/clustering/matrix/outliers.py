"""Rows far from all others, which are set aside before anything is fitted.

A few accounts unlike all others take centres of k-means and components of mixtures away from the
rest. Which they are is told without any partition: by the distance to a near neighbour.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from clustering.arrays import Flags, Floats

#: Distances are to this neighbour, so that a handful of outliers does not hide itself.
NEIGHBOUR = 5
#: It is looked for among at most so many rows, drawn at random.
REFERENCE_ROWS = 2000
#: Interquartile ranges of the log distance beyond its upper quartile from which a row is far ...
LEAST_RANGES = 3.0
#: ... or as many as a normal cloud of so many columns has beyond it at this share of its rows,
#: which are more in few columns ...
NORMAL_SHARE = 0.001
#: ... and at least so many times the distance at the upper quartile: values of a few steps, as
#: counts are, have next to no range.
LEAST_FACTOR = 2.0


@dataclass(frozen=True, eq=False)
class FarRows:
    """Which rows are set aside, and why.

    Attributes
    ----------
    rows : (n,), whether a row is set aside
    factor : times the distance of three rows in four, from which a row is far
    n_far : rows that are; more than `rows` holds where the share at most is reached
    """

    rows: Flags
    factor: float
    n_far: int


def far_rows(values: Floats, *, share: float, seed: int) -> FarRows:
    """Rows that are far from all others, at most a share of them: the farthest.

    A row is far when the log distance to its fifth neighbour exceeds the upper quartile of all by
    three interquartile ranges (`LEAST_RANGES`, `NORMAL_SHARE`, `LEAST_FACTOR`). Quartiles are of
    the rows that have not five equals. A row that alone keeps a column from being constant stays.

    Parameters
    ----------
    values : (n, d), columns on scales that can be compared
    share : at most this share of the rows is set aside; 0 sets none aside
    seed : of the sample of rows among which neighbours are looked for

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(size=(200, 2)), [[50.0, 50.0]]])
    >>> np.flatnonzero(far_rows(X, share=0.05, seed=0).rows).tolist()
    [200]
    >>> int(far_rows(X, share=0.0, seed=0).rows.sum())
    0
    """
    n, d = values.shape
    most = int(share * n)
    distances = _to_neighbour(values, seed) if most else np.zeros(n)
    apart = distances[distances > 0]
    if most == 0 or len(apart) <= n / 2:  # most rows have their equals: nothing to compare with
        return FarRows(np.zeros(n, dtype=bool), LEAST_FACTOR, 0)
    lower, upper = np.quantile(np.log(apart), [0.25, 0.75])
    factor = max(LEAST_FACTOR, float(np.exp(_ranges(d) * (upper - lower))))
    far = distances > factor * np.exp(upper)
    farthest = np.argsort(-distances, kind="stable")[:most]
    rows = np.zeros(n, dtype=bool)
    rows[farthest] = far[farthest]
    rows &= ~_alone_in_a_column(values, rows)
    return FarRows(rows, factor, int(far.sum()))


def _to_neighbour(values: Floats, seed: int) -> Floats:
    """Distance to the fifth neighbour in a sample of the rows, (n,); 0 where five are equal."""
    n = len(values)
    rng = np.random.default_rng(seed)
    centred = values - np.median(values, axis=0)  # of the many: a giant would cost them digits
    sample = centred[np.sort(rng.choice(n, min(n, REFERENCE_ROWS), replace=False))]
    nth = min(NEIGHBOUR, len(sample) - 1)
    norms = (sample**2).sum(axis=1)
    squared = np.empty(n)
    for first in range(0, n, REFERENCE_ROWS):
        block = centred[first : first + REFERENCE_ROWS]
        all_squared = (block**2).sum(axis=1)[:, None] + norms - 2.0 * block @ sample.T
        # Single precision is enough to order them, and twice as fast.
        squared[first : first + len(block)] = np.partition(
            all_squared.astype(np.float32), nth, axis=1
        )[:, nth]
    scale = float(np.median(norms))
    return np.sqrt(np.where(squared > 1e-10 * scale, squared, 0.0))


def _ranges(d: int) -> float:
    """Interquartile ranges beyond the upper quartile; log distances grow as squared radii do."""
    lower, upper, beyond = (float(chi2.isf(share, d)) for share in (0.75, 0.25, NORMAL_SHARE))
    return max(LEAST_RANGES, (beyond - upper) / (upper - lower))


def _alone_in_a_column(values: Floats, rows: Flags) -> Flags:
    """Rows without which a column would be constant."""
    kept = values[~rows]
    constant = kept.min(axis=0) == kept.max(axis=0)
    differs: Flags = (values[:, constant] != kept[0, constant]).any(axis=1)
    return differs
