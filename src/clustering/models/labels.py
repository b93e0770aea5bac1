"""Numbering of clusters: one canonical order, and the best match between two labellings."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError


def canonical_order(rows: Floats) -> Ints:
    """Order of rows by ascending first column, ties by the next columns.

    Cluster numbers carry no meaning; ordered by their centres, two runs and two programs are
    comparable. Resampling draws positions: whoever needs the same result for any order of accounts
    sorts them by this first.

    Parameters
    ----------
    rows : array of shape (n, n_features); equal rows are interchangeable

    Returns
    -------
    int64 array of shape (n,), the old number of each new one

    Examples
    --------
    >>> canonical_order(np.array([[2.0, 0.0], [1.0, 5.0], [1.0, 4.0]]))
    array([2, 1, 0])
    """
    return np.lexsort(rows.T[::-1]).astype(np.int64)


def renumber(labels: Ints, order: Ints) -> Ints:
    """Labels under the numbering in which `order[new]` is the old number.

    Examples
    --------
    >>> renumber(np.array([0, 0, 1, 2]), np.array([2, 1, 0]))
    array([2, 2, 1, 0])
    """
    new = np.empty(order.size, np.int64)
    new[order] = np.arange(order.size)
    return new[labels]


def contingency(first: ArrayLike, second: ArrayLike) -> Ints:
    """Counts of accounts by label: the first partition in rows, the second in columns.

    Examples
    --------
    >>> contingency([0, 0, 1], [1, 1, 0])
    array([[0, 2],
           [1, 0]])
    """
    rows = np.asarray(first, np.int64)
    columns = np.asarray(second, np.int64)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise BadInputError(
            "two partitions of the same accounts are needed, found shapes "
            f"{rows.shape} and {columns.shape}."
        )
    if rows.size == 0:
        return np.zeros((0, 0), np.int64)
    shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    return np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)


def cross_counts(first: Ints, second: Ints, weights: Floats, n_first: int, n_second: int) -> Floats:
    """Weighted contingency table (n_first, n_second) of two labellings.

    Examples
    --------
    >>> cross_counts(np.array([0, 0, 1]), np.array([1, 1, 0]), np.array([1.0, 2.0, 5.0]), 2, 2)
    array([[0., 3.],
           [5., 0.]])
    """
    cells, n_cells = first * n_second + second, n_first * n_second
    counts = np.bincount(cells, weights=weights, minlength=n_cells)
    return np.asarray(counts, np.float64).reshape(n_first, n_second)


def adjusted_rand(first: ArrayLike, second: ArrayLike) -> float:
    """Adjusted Rand index (Hubert & Arabie 1985) of two labellings with labels from 0.

    The same number as scikit-learn's, without its checks: resampling asks for it many times.

    Examples
    --------
    >>> adjusted_rand([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    """
    counts = contingency(first, second).astype(np.float64)
    n = counts.sum()
    together = (counts**2).sum() - n
    of_first = (counts.sum(axis=1) ** 2).sum() - n
    of_second = (counts.sum(axis=0) ** 2).sum() - n
    expected = of_first * of_second / max(n * (n - 1), 1.0)
    largest = 0.5 * (of_first + of_second)
    return 1.0 if largest == expected else float((together - expected) / (largest - expected))


def match(reference: ArrayLike, other: ArrayLike) -> Ints:
    """Number in `reference` for each cluster of `other`, one to one, with the largest overlap.

    Clusters of `other` beyond those of `reference` get the next free numbers.

    Parameters
    ----------
    reference, other : integer arrays of shape (n_accounts,), labels from 0

    Returns
    -------
    int64 array of shape (k_other,), so that ``match(reference, other)[other]`` speaks the language
    of `reference`

    Examples
    --------
    >>> match([0, 0, 1, 1], [1, 1, 0, 2])
    array([1, 0, 2])
    """
    counts = contingency(reference, other)
    rows, columns = linear_sum_assignment(-counts)
    mapping = np.full(counts.shape[1], -1, np.int64)
    mapping[columns] = rows
    unmatched = np.flatnonzero(mapping < 0)
    mapping[unmatched] = counts.shape[0] + np.arange(unmatched.size)
    return mapping
