"""Draws of accounts, as positions with weights: no scheme copies a row to count it twice."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from clustering.arrays import Floats, Ints

Scheme = Literal["bootstrap", "distinct", "subset", "noise"]
SCHEMES: tuple[Scheme, ...] = ("bootstrap", "distinct", "subset", "noise")


@dataclass(frozen=True, eq=False)
class Draw:
    """Accounts of one resample.

    Attributes
    ----------
    rows : int64 array of shape (m,), positions drawn, ascending, each once
    weights : float64 array of shape (m,), how often each was drawn
    """

    rows: Ints
    weights: Floats


def bootstrap(n: int, rng: np.random.Generator) -> Draw:
    """n accounts with replacement; an account drawn twice has weight 2.

    Examples
    --------
    >>> draw = bootstrap(100, np.random.default_rng(0))
    >>> float(draw.weights.sum()), len(draw.rows) < 100
    (100.0, True)
    """
    counts = np.bincount(rng.integers(0, n, n), minlength=n)
    rows = np.flatnonzero(counts)
    return Draw(rows, counts[rows].astype(np.float64))


def distinct(n: int, rng: np.random.Generator) -> Draw:
    """The distinct accounts of a bootstrap draw, each once: what `fpc::clusterboot` calls "boot".

    Examples
    --------
    >>> float(distinct(100, np.random.default_rng(0)).weights.max())
    1.0
    """
    rows = bootstrap(n, rng).rows
    return Draw(rows, np.ones(rows.size))


def subset(n: int, rng: np.random.Generator, size: int | None = None) -> Draw:
    """`size` accounts without replacement, by default half of them, rounded down.

    Examples
    --------
    >>> len(subset(101, np.random.default_rng(0)).rows)
    50
    """
    rows = np.sort(rng.permutation(n)[: n // 2 if size is None else size]).astype(np.int64)
    return Draw(rows, np.ones(rows.size))


def halves(n: int, rng: np.random.Generator) -> tuple[Draw, Draw]:
    """A random split; the second half has the odd account.

    Examples
    --------
    >>> [len(half.rows) for half in halves(5, np.random.default_rng(0))]
    [2, 3]
    """
    order = rng.permutation(n).astype(np.int64)
    first, second = np.sort(order[: n // 2]), np.sort(order[n // 2 :])
    return Draw(first, np.ones(first.size)), Draw(second, np.ones(second.size))
