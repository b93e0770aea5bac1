"""Hartigan's dip: how far a column is from having one mode, and how often chance goes as far.

The statistic follows the paper's own algorithm. The greatest convex minorant of the distribution
function is its lower hull, the least concave majorant its upper hull; the modal interval shrinks
to where they are furthest apart, until what lies outside it is worse than what lies inside. The
vertices of the hull of every prefix (and suffix) are found once, so that all steps together are
linear in the number of values.

References
----------
Hartigan and Hartigan (1985), The dip test of unimodality, Annals of Statistics 13:70.
"""

from functools import cache
from importlib.resources import files

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.kernels.compiled import compiled
from clustering.structure.findings import Dip

#: Quantiles of sqrt(n) times the dip of n uniform values; `benchmarks/dip_table.py` makes it.
TABLE = "dip_quantiles.csv"


def dip(values: Floats) -> Dip:
    """Dip test of unimodality of one column.

    The p-value is interpolated in a table of simulated quantiles of the uniform, the least
    favourable unimodal distribution, and is therefore conservative for others; below the table's
    least it is that least, never 0. Ties and rounding inflate `D`.

    Parameters
    ----------
    values : (n,), finite

    References
    ----------
    Hartigan and Hartigan (1985), Annals of Statistics 13:70.

    Examples
    --------
    >>> two_heaps = np.r_[np.linspace(0, 1, 50), np.linspace(9, 10, 50)]
    >>> dip(two_heaps).p < 0.01
    True
    """
    n = len(values)
    if n < 4 or values.min() == values.max():
        return Dip(D=1.0 / (2 * n), p=1.0)
    D = float(dip_of_sorted(np.sort(values.astype(np.float64))))
    return Dip(D=D, p=_p_value(D, n))


def _p_value(D: float, n: int) -> float:
    """Share of samples of n uniform values whose dip is at least `D`."""
    sizes, upper_tail, quantiles = _quantiles()
    inside = min(max(n, int(sizes[0])), int(sizes[-1]))
    at_n = np.array([np.interp(inside, sizes, column) for column in quantiles.T])
    # The least dip has a mass of its own in small samples: all of it is at or above itself.
    at_least = np.searchsorted(at_n, at_n[0], side="right") - 1
    scaled = np.sqrt(n) * D
    if scaled <= at_n[at_least] * (1 + 1e-5):
        return 1.0
    return float(np.interp(scaled, at_n[at_least:], upper_tail[at_least:]))


@cache
def _quantiles() -> tuple[Floats, Floats, Floats]:
    """Sample sizes (s,), upper tail probabilities (q,) and quantiles (s, q) of the table."""
    with files("clustering.structure.separation").joinpath(TABLE).open(encoding="utf-8") as lines:
        head = next(line for line in lines if not line.startswith("#"))
        table = np.loadtxt(lines, delimiter=",")
    return table[:, 0], np.array([float(p) for p in head.split(",")[1:]]), table[:, 1:]


@compiled
def dip_of_sorted(x: Floats) -> float:
    """The dip of ascending values.

    Heights are counted in values: the distribution function jumps at ``x[i]`` from i to i + 1, the
    minorant runs through the feet of the jumps and the majorant through their tops.

    Parameters
    ----------
    x : (n,), ascending, not all equal

    Returns
    -------
    float
        At least ``1 / (2 n)``, at most 1/4.
    """
    n = len(x)
    previous, following = _hull_pointers(x)
    minorant, majorant = np.empty(n, np.int64), np.empty(n, np.int64)
    low, high = 0, n - 1
    largest = 1.0
    while True:
        n_minorant = _walk(previous, high, low, minorant)
        n_majorant = _walk(following, low, high, majorant)
        minorant[:n_minorant] = minorant[:n_minorant][::-1].copy()
        gap, new_low, new_high = _widest_gap(x, minorant[:n_minorant], majorant[:n_majorant])
        if gap <= largest:
            break
        largest = max(
            largest,
            _furthest(x, minorant[:n_minorant], low, new_low, 1.0),
            _furthest(x, majorant[:n_majorant], new_high, high, -1.0),
        )
        if new_low == low and new_high == high:
            break
        low, high = new_low, new_high
    return largest / (2.0 * n)


@compiled
def _hull_pointers(x: Floats) -> tuple[Ints, Ints]:
    """The last vertex before i of the lower hull of x[:i+1]; the first one after i above x[i:]."""
    n = len(x)
    previous, following = np.zeros(n, np.int64), np.full(n, n - 1, np.int64)
    for i in range(1, n):
        k = i - 1
        while k > 0 and (x[i] - x[k]) * (k - previous[k]) >= (x[k] - x[previous[k]]) * (i - k):
            k = previous[k]
        previous[i] = k
    for i in range(n - 2, -1, -1):
        k = i + 1
        while k < n - 1 and (x[k] - x[i]) * (following[k] - k) >= (x[following[k]] - x[k]) * (
            k - i
        ):
            k = following[k]
        following[i] = k
    return previous, following


@compiled
def _walk(pointers: Ints, start: int, end: int, vertices: Ints) -> int:
    """Write the vertices from `start` to `end`; the number of them."""
    count, at = 0, start
    while (at > end) if start > end else (at < end):
        vertices[count] = at
        count += 1
        at = pointers[at]
    vertices[count] = end
    return count + 1


@compiled
def _height(x: Floats, first: int, last: int, at: int) -> float:
    """Height above `first`, at ``x[at]``, of the edge between two vertices."""
    width = x[last] - x[first]
    return (last - first) * (x[at] - x[first]) / width if width > 0 else float(at - first)


@compiled
def _widest_gap(x: Floats, minorant: Ints, majorant: Ints) -> tuple[float, int, int]:
    """Where the hulls are furthest apart, and the modal interval that this leaves."""
    gap, low, high = 0.0, minorant[0], majorant[-1]
    edge = 0
    for vertex in majorant:
        while edge < len(minorant) - 2 and minorant[edge + 1] < vertex:
            edge += 1
        first, last = minorant[edge], minorant[edge + 1]
        here = vertex + 1 - (first + _height(x, first, last, vertex))
        if here > gap:
            gap, low, high = here, first, vertex
    edge = 0
    for vertex in minorant:
        while edge < len(majorant) - 2 and majorant[edge + 1] <= vertex:
            edge += 1
        first, last = majorant[edge], majorant[edge + 1]
        here = first + 1 + _height(x, first, last, vertex) - vertex
        if here > gap:
            gap, low, high = here, vertex, last
    return gap, low, high


@compiled
def _furthest(x: Floats, vertices: Ints, start: int, end: int, side: float) -> float:
    """How far the distribution function leaves a hull between two of its vertices.

    Parameters
    ----------
    side : 1 where the hull runs below the function (tops of jumps count), -1 where above (feet)
    """
    furthest = 1.0
    for edge in range(len(vertices) - 1):
        first, last = vertices[edge], vertices[edge + 1]
        if first < start or last > end or x[first] == x[last]:
            continue
        for i in range(first, last + 1):
            furthest = max(furthest, 1.0 + side * (i - first - _height(x, first, last, i)))
    return furthest
