"""Missing entries, completed from a small set of prototypes.

Filling in the mean of all accounts pulls incomplete accounts to the middle and invents a group
there; any single number for everybody does. Here a vector quantiser is fitted on the training
matrix, each account compared on its observed coordinates alone (k-means for partially observed
data: Chi, Chi and Baraniuk 2016, k-POD, The American Statistician 70), and an account's missing
entries are what the prototypes near to it show: their mean, weighted by how near they are. Taking
the nearest one alone would give many accounts the very same number, and such spikes look like
structure to a test of modality and like a component without variance to a mixture.
"""

from dataclasses import dataclass

import numpy as np

from clustering.arrays import Flags, Floats, Ints

#: Least number of observed values behind every number of a prototype: no model holds the values
#: of a single customer.
MIN_ACCOUNTS = 10

_ACCOUNTS_PER_PROTOTYPE = 25
_MAX_PROTOTYPES = 64
_MAX_TRAINING_ROWS = 20_000
_LLOYD_STEPS = 15
_CHUNK = 50_000
_LEAST_VARIANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Prototypes:
    """A vector quantiser.

    Attributes
    ----------
    centres : float64 array of shape (n_prototypes, n_features), complete
    variance : mean squared deviation of the observed training entries from the nearest centre; the
        width within which prototypes count as near
    """

    centres: Floats
    variance: float


def fit_prototypes(values: Floats) -> Prototypes:
    """Prototypes of a standardised matrix with missing entries.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features)
        NaN is missing; every column has at least one observed value.

    Returns
    -------
    Prototypes
        One for 25 accounts, at most 64; each number is a mean of at least 10 observed values (of
        all of them, where a column has fewer).

    Notes
    -----
    Deterministic, and independent of the order of the accounts: they are put into lexicographic
    order, at most 20,000 evenly spaced ones are taken, the start divides the cell of largest
    spread at the mean of its widest column (Su and Dy 2007, Intelligent Data Analysis 11), and
    Lloyd steps follow.
    """
    rows = _canonical_rows(values)
    observed = ~np.isnan(rows)
    filled = np.where(observed, rows, 0.0)
    centres = _cell_means(filled, observed, _divide(rows))
    for _ in range(_LLOYD_STEPS):
        moved = _cell_means(filled, observed, _nearest(filled, observed, centres))
        if np.array_equal(moved, centres):
            break
        centres = moved
    centres = _with_enough_accounts(filled, observed, centres)
    return Prototypes(centres, _within_variance(filled, observed, centres))


def complete(values: Floats, prototypes: Prototypes) -> Floats:
    """Copy of `values` with each missing entry completed from the prototypes near to its row.

    The completed entry is its expectation under spherical components of equal weight and one
    variance at the prototypes, given the row's observed entries. Rows without a single observed
    value stay as they are: nothing is known of them.

    Examples
    --------
    >>> prototypes = Prototypes(np.array([[0.0, 0.0], [5.0, 7.0]]), variance=0.1)
    >>> complete(np.array([[4.0, np.nan], [np.nan, np.nan]]), prototypes).round(6).tolist()
    [[4.0, 7.0], [nan, nan]]
    """
    completed = values.copy()
    missing = np.isnan(values)
    incomplete = np.flatnonzero(missing.any(axis=1) & ~missing.all(axis=1))
    for start in range(0, incomplete.size, _CHUNK):
        rows = incomplete[start : start + _CHUNK]
        gaps = missing[rows]
        expected = _expected(np.where(gaps, 0.0, values[rows]), ~gaps, prototypes)
        completed[rows] = np.where(gaps, expected, values[rows])
    return completed


def _expected(filled: Floats, observed: Flags, prototypes: Prototypes) -> Floats:
    """Mean of the prototypes, weighted by their posterior given the observed entries."""
    weights = _distances(filled, observed, prototypes.centres)
    weights -= weights.min(axis=1, keepdims=True)
    weights *= -0.5 / max(prototypes.variance, _LEAST_VARIANCE)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights @ prototypes.centres)


def _canonical_rows(values: Floats) -> Floats:
    known = values[~np.isnan(values).all(axis=1)]
    ordered = known[np.lexsort(known.T[::-1])]
    step = max(1, -(-len(ordered) // _MAX_TRAINING_ROWS))
    return ordered[::step]


def _divide(rows: Floats) -> Ints:
    """Cells of the start: the widest is divided until there are enough of them."""
    cells = np.zeros(len(rows), dtype=np.int64)
    spreads = [_spread(rows)]
    wanted = int(np.clip(len(rows) // _ACCOUNTS_PER_PROTOTYPE, 1, _MAX_PROTOTYPES))
    while len(spreads) < wanted and max(spreads) > 0:
        cell = int(np.argmax(spreads))
        members = np.flatnonzero(cells == cell)
        upper = _upper_half(rows[members])
        if min(upper.sum(), (~upper).sum()) < MIN_ACCOUNTS:
            spreads[cell] = 0.0  # it cannot be divided: leave it whole
            continue
        cells[members[upper]] = len(spreads)
        spreads[cell] = _spread(rows[members[~upper]])
        spreads.append(_spread(rows[members[upper]]))
    return cells


def _spread(rows: Floats) -> float:
    """Sum of squares about the means, observed entries only."""
    return float(_column_spreads(rows).sum())


def _column_spreads(rows: Floats) -> Floats:
    observed = ~np.isnan(rows)
    filled = np.where(observed, rows, 0.0)
    counts = np.maximum(observed.sum(axis=0), 1)
    means = filled.sum(axis=0) / counts
    return np.asarray(((filled - means) ** 2 * observed).sum(axis=0))


def _upper_half(rows: Floats) -> Flags:
    """Which rows lie above the mean of the widest column; unknown ones go where they are nearer."""
    observed = ~np.isnan(rows)
    filled = np.where(observed, rows, 0.0)
    column = int(np.argmax(_column_spreads(rows)))
    known = observed[:, column]
    upper: Flags = known & (filled[:, column] > filled[known, column].mean())
    if not upper.any() or known.all():
        return upper
    halves = np.where(upper, 1, 0)[known]
    centres = _cell_means(filled[known], observed[known], halves)
    nearest = _nearest(filled, observed, centres)
    upper |= ~known & (nearest == 1)
    return upper


def _cell_means(filled: Floats, observed: Flags, cells: Ints) -> Floats:
    """Mean of the observed entries of every cell that has rows; the overall mean where none is."""
    sums, counts = _sums(filled, observed, cells)
    overall = sums.sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), overall)


def _sums(filled: Floats, observed: Flags, cells: Ints) -> tuple[Floats, Floats]:
    _, numbered = np.unique(cells, return_inverse=True)
    member = np.zeros((numbered.max() + 1, len(cells)))
    member[numbered, np.arange(len(cells))] = 1.0
    return member @ filled, member @ observed.astype(np.float64)


def _nearest(filled: Floats, observed: Flags, centres: Floats) -> Ints:
    """Index of the nearest centre by squared distance over the observed coordinates."""
    return np.asarray(np.argmin(_distances(filled, observed, centres), axis=1), dtype=np.int64)


def _distances(filled: Floats, observed: Flags, centres: Floats) -> Floats:
    """Squared distances over the observed coordinates, less the row's own sum of squares."""
    distances = observed.astype(np.float64) @ (centres**2).T
    distances -= 2.0 * (filled @ centres.T)
    return distances


def _within_variance(filled: Floats, observed: Flags, centres: Floats) -> float:
    least = _distances(filled, observed, centres).min(axis=1) + (filled**2).sum(axis=1)
    return float(np.maximum(least, 0.0).sum() / max(1, observed.sum()))


def _with_enough_accounts(filled: Floats, observed: Flags, centres: Floats) -> Floats:
    """Drop prototypes with few accounts, and pool the entries that rest on few observed values."""
    while True:
        cells = _nearest(filled, observed, centres)
        members = np.bincount(cells, minlength=len(centres))
        keep = members >= MIN_ACCOUNTS
        if keep.all() or not keep.any():
            break
        centres = centres[keep]
    if not keep.any():
        cells = np.zeros(len(filled), dtype=np.int64)
    sums, counts = _sums(filled, observed, cells)
    return _pooled(sums, counts)


def _pooled(sums: Floats, counts: Floats) -> Floats:
    """Means; an entry of fewer than `MIN_ACCOUNTS` values takes in those of the next prototypes."""
    supported = counts >= MIN_ACCOUNTS
    means = np.where(supported, sums / np.maximum(counts, 1), 0.0)
    prototypes = means.copy()
    for row, column in np.argwhere(~supported):
        shared = supported & supported[row]
        gaps = np.where(shared, (means - means[row]) ** 2, 0.0).sum(axis=1)
        distance = np.where(shared.any(axis=1), gaps / np.maximum(shared.sum(axis=1), 1), np.inf)
        distance[row] = -1.0  # itself first
        order = np.argsort(distance, kind="stable")
        total = np.cumsum(counts[order, column])
        enough = int(np.searchsorted(total, min(MIN_ACCOUNTS, total[-1])))
        pool = order[: enough + 1]
        prototypes[row, column] = sums[pool, column].sum() / counts[pool, column].sum()
    return prototypes
