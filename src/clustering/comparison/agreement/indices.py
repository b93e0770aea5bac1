"""Indices of agreement between two partitions, on contingency tables; many tables at once.

All take integer tables of shape (..., n_first, n_second). The expected mutual information of
Vinh, Epps and Bailey is computed by running along each hypergeometric distribution from its
mode, so that the resamples of a large book cost one pass over a few thousand terms a cell.
"""

import numpy as np

from clustering.arrays import Flags, Floats, Ints
from clustering.models.kernels.compiled import compiled

#: Terms below this share of the mode are left out of the expectation: far below rounding.
_NEGLIGIBLE = 1e-18

#: The same for resampled tables, and the expected count from which moments serve.
_SMALL = 1e-9
_LARGE_CELL = 50.0


def entropy(sizes: Ints | Floats) -> Floats:
    """Entropy in nats of groups of the given sizes or shares, over the last axis.

    Examples
    --------
    >>> round(float(entropy(np.array([5, 5]))), 4)
    0.6931
    """
    shares = sizes / sizes.sum(axis=-1, keepdims=True)
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    return np.asarray(-(shares * logs).sum(axis=-1))


def mutual_information(tables: Ints) -> Floats:
    """Mutual information in nats of each table.

    Examples
    --------
    >>> round(float(mutual_information(np.array([[3, 1, 0], [0, 2, 2]]))), 4)
    0.4545
    """
    n = tables.sum(axis=(-2, -1), keepdims=True)
    rows = tables.sum(axis=-1, keepdims=True)
    columns = tables.sum(axis=-2, keepdims=True)
    expected = rows * (columns / n)
    ratio = np.divide(tables, expected, where=tables > 0, out=np.ones(tables.shape))
    information = (tables / n * np.log(ratio)).sum(axis=(-2, -1))
    return np.asarray(np.maximum(information, 0.0))


def expected_mutual_information(rows: Ints, columns: Ints) -> float:
    """Mutual information in nats that chance gives groups of these sizes.

    The mean over all tables with these margins under the hypergeometric model (permuted labels).

    References
    ----------
    Vinh, Epps and Bailey (2010), JMLR 11:2837, equation 24a.

    Examples
    --------
    >>> round(expected_mutual_information(np.array([4, 4]), np.array([3, 3, 2])), 4)
    0.1849
    """
    n = int(rows.sum())
    return float(_expected_information(*_sizes(rows), *_sizes(columns), n))


def adjusted_mutual_information(tables: Ints) -> Floats:
    """Adjusted mutual information of each table, with the arithmetic mean of the entropies.

    (MI - E[MI]) / ((H_first + H_second) / 2 - E[MI]), the definition of scikit-learn; much of
    the literature divides by the larger entropy instead. 1 for identical partitions (two
    single groups included), 0 where exactly one of the two is a single group.

    Examples
    --------
    >>> adjusted_mutual_information(np.array([[4, 0], [0, 4]])).item()
    1.0
    """
    flat = tables.reshape(-1, *tables.shape[-2:])
    rows, columns = flat.sum(axis=2), flat.sum(axis=1)
    information = mutual_information(flat)
    expected = _expected_of_margins(rows, columns)
    ceiling = (entropy(rows) + entropy(columns)) / 2 - expected
    scale = np.maximum(ceiling, np.finfo(float).eps)
    adjusted = np.where(_identical(flat), 1.0, (information - expected) / scale)
    # With as many groups as accounts every table has the same information: chance explains all.
    degenerate = (
        (ceiling < 1e-12) | ((rows > 0).sum(axis=1) == 1) | ((columns > 0).sum(axis=1) == 1)
    )
    adjusted[degenerate & ~_identical(flat)] = 0.0
    return adjusted.reshape(tables.shape[:-2])


def resampled_mutual_information(tables: Ints) -> Floats:
    """Adjusted mutual information of many tables of equally many accounts, to about 1e-4.

    For intervals, whose ends nobody reads further: where a cell is expected to hold 50 accounts
    or more, its part of the chance term comes from the first moments of its distribution.

    Examples
    --------
    >>> tables = np.array([[[40, 10], [10, 40]], [[400, 10], [10, 400]]])[:1]
    >>> fast, exact = resampled_mutual_information(tables), adjusted_mutual_information(tables)
    >>> bool(abs(fast - exact) < 1e-4)
    True
    """
    n = int(tables[0].sum())
    logs = np.log(np.maximum(np.arange(n + 1), 1))
    return np.asarray(_adjusted_of_tables(np.ascontiguousarray(tables), n, logs))


def adjusted_rand_index(tables: Ints) -> Floats:
    """Adjusted Rand index of each table (Hubert and Arabie 1985).

    Examples
    --------
    >>> round(float(adjusted_rand_index(np.array([[1, 1, 0], [1, 2, 1], [0, 0, 4]]))), 3)
    0.313
    """
    together = _pairs(tables).sum(axis=(-2, -1))
    first = _pairs(tables.sum(axis=-1)).sum(axis=-1)
    second = _pairs(tables.sum(axis=-2)).sum(axis=-1)
    every = np.maximum(_pairs(tables.sum(axis=(-2, -1))), 1.0)
    expected = first * (second / every)
    ceiling = (first + second) / 2 - expected
    adjusted = np.divide(
        together - expected, ceiling, where=ceiling > 0, out=np.ones(np.shape(together))
    )
    return np.where(_identical(tables), 1.0, adjusted)


def _pairs(counts: Ints) -> Floats:
    as_float = counts.astype(np.float64)
    return as_float * (as_float - 1) / 2


def _identical(tables: Ints) -> Flags:
    """Whether each row and each column has at most one cell with accounts."""
    filled = tables > 0
    return np.asarray(
        (filled.sum(axis=-1) <= 1).all(axis=-1) & (filled.sum(axis=-2) <= 1).all(axis=-1)
    )


def _expected_of_margins(rows: Ints, columns: Ints) -> Floats:
    """Expected mutual information of each pair of margins; every total must be the same."""
    n = int(rows[0].sum()) if rows.size else 0
    expected = np.empty(rows.shape[0])
    for table in range(rows.shape[0]):
        expected[table] = _expected_information(*_sizes(rows[table]), *_sizes(columns[table]), n)
    return expected


def _sizes(sizes: Ints) -> tuple[Ints, Ints]:
    """Different sizes of groups, and how many groups have each: equal groups cost one."""
    values, times = np.unique(sizes[sizes > 0], return_counts=True)
    return values.astype(np.int64), times.astype(np.int64)


@compiled
def _expected_information(
    rows: Ints, row_times: Ints, columns: Ints, column_times: Ints, n: int
) -> float:
    total = 0.0
    for i in range(rows.size):
        for j in range(columns.size):
            times = row_times[i] * column_times[j]
            total += times * _expected_cell(rows[i], columns[j], n)
    return total


@compiled
def _expected_cell(a: int, b: int, n: int) -> float:
    """E[(x / n) log(n x / (a b))] with x hypergeometric: a drawn of n, b of them marked.

    Probabilities are relative to the mode and follow from each other by their ratio; dividing
    by their sum at the end makes them absolute, without the rounding of log factorials.
    """
    low, high = max(0, a + b - n), min(a, b)
    mode = min(max(((a + 1) * (b + 1)) // (n + 2), low), high)
    log_scale = np.log(n) - np.log(a) - np.log(b)
    mass, weighted, p = 0.0, 0.0, 1.0
    for x in range(mode, high + 1):
        mass += p
        if x > 0:
            weighted += p * x * (log_scale + np.log(x))
        p *= (a - x) / (x + 1.0) * ((b - x) / (n - a - b + x + 1.0))
        if p < _NEGLIGIBLE:
            break
    p = 1.0
    for x in range(mode, low, -1):
        p *= x / (a - x + 1.0) * ((n - a - b + x) / (b - x + 1.0))
        if p < _NEGLIGIBLE:
            break
        mass += p
        if x > 1:
            weighted += p * (x - 1) * (log_scale + np.log(x - 1))
    return weighted / mass / n


@compiled
def _adjusted_of_tables(tables: Ints, n: int, logs: Floats) -> Floats:
    adjusted = np.empty(tables.shape[0])
    for number in range(tables.shape[0]):
        table = tables[number]
        rows, columns = table.sum(axis=1), table.sum(axis=0)
        first, second, expected, joint = 0.0, 0.0, 0.0, 0.0
        for i in range(rows.size):
            first -= rows[i] * (logs[rows[i]] - logs[n])
        for j in range(columns.size):
            second -= columns[j] * (logs[columns[j]] - logs[n])
        for i in range(rows.size):
            for j in range(columns.size):
                joint -= table[i, j] * (logs[table[i, j]] - logs[n])
                if rows[i] > 0 and columns[j] > 0:
                    expected += _chance_of_cell(rows[i], columns[j], n, logs)
        ceiling = (first + second) / (2 * n) - expected
        information = (first + second - joint) / n
        if ceiling < 1e-12:
            adjusted[number] = 1.0 if information >= (first + second) / (2 * n) - 1e-12 else 0.0
        else:
            adjusted[number] = (information - expected) / ceiling
    return adjusted


@compiled
def _chance_of_cell(a: int, b: int, n: int, logs: Floats) -> float:
    """As `_expected_cell`: from a few moments where the cell is large, else over what may occur."""
    mean = a * (b / n)
    if mean >= _LARGE_CELL:
        spread = mean * (1 - a / n) * (1 - b / n) * n / (n - 1)
        skew = spread * (1 - 2 * a / n) * (1 - 2 * b / n)
        series = spread / (2 * mean) - skew / (6 * mean**2) + spread**2 / (4 * mean**3)
        return float(series / n)
    low, high = max(0, a + b - n), min(a, b)
    mode = min(max(((a + 1) * (b + 1)) // (n + 2), low), high)
    scale = logs[n] - logs[a] - logs[b]
    mass, weighted, p = 0.0, 0.0, 1.0
    for x in range(mode, high + 1):
        mass += p
        weighted += p * x * (scale + logs[x])
        p *= (a - x) / (x + 1.0) * ((b - x) / (n - a - b + x + 1.0))
        if p < _SMALL:
            break
    p = 1.0
    for x in range(mode, low, -1):
        p *= x / (a - x + 1.0) * ((n - a - b + x) / (b - x + 1.0))
        if p < _SMALL:
            break
        mass += p
        weighted += p * (x - 1) * (scale + logs[x - 1])
    return float(weighted / mass / n)
