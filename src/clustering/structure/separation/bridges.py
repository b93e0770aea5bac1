"""Is a gap between two clusters bent around by accounts that connect them?

The valley and the saddle test look along the straight line between two centres. An arc, a ring, a
roll or a filled simplex has a true valley there, and is one heap all the same: its accounts pass
beside the line. Two clusters with a gap leave the gap empty wherever one crosses it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import chi2, gamma, norm

from clustering.arrays import Flags, Floats, Ints
from clustering.structure.findings import Bridge
from clustering.structure.mixtures.discriminant import Discriminant, fit_discriminant
from clustering.structure.separation.saddle import HALF_WIDTH, lowest_between
from clustering.structure.separation.valleys import gabriel_neighbours

#: Accounts whose density is looked up are compared by the distance to this neighbour.
NEIGHBOUR = 5
#: A window with fewer accounts is empty: no density at the gap, none to compare with at a centre.
FEWEST = 3
#: Accounts farther from the line than all but this share of a normal cluster are left out.
FARTHEST = 0.005
#: And so are those farther beyond a centre, in standard deviations within the clusters.
BEYOND = 3.5
#: Of more than two clusters a small one may straddle a border between two others, and then looks
#: like a continuum that comes together at its ends: there the parabola counts only from this
#: density on, and its p-value so many times. Both were read off books of clusters.
ENDS_DENSITY = 0.6
ENDS_FACTOR = 1e4
#: Directions of less variance, relative to the largest, hold nothing but rounding.
FLAT = 1e-8
#: Shares of a window below this are taken for this: the tails of far clusters underflow.
LEAST_SHARE = 1e-12
#: Gamma approximation to the Tracy-Widom law of symmetric matrices: shape, scale, shift.
TRACY_WIDOM = (46.446, 0.186054, 9.84801)


def bridges_between(values: Floats, labels: Ints) -> tuple[Bridge, ...]:
    """One bridge for every pair of neighbouring clusters; none where there is but one column.

    The partition is refined by a mixture with one common covariance and the columns are whitened
    by it. If its components are the clusters, the position of an account along the line between
    two of them says nothing about where it lies across the line. Three signs speak against it (see
    `Bridge`); Fisher's combination is the evidence that the line does not tell the whole story, and
    the density says whether it matters.

    Parameters
    ----------
    values : (n, d)
    labels : (n,), 0 .. k-1

    References
    ----------
    Chiani (2014), Journal of Multivariate Analysis 129:69, for the largest eigenvalue.

    Examples
    --------
    Half a circle cut in two is bridged; two heaps are not.

    >>> rng = np.random.default_rng(0)
    >>> angle = np.sort(rng.uniform(0, np.pi, 600))
    >>> arc = 2 * np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.3, (600, 2))
    >>> halves = np.repeat([0, 1], 300)
    >>> bridge, = bridges_between(arc, halves)
    >>> bridge.p < 0.01, bridge.density > 0.5
    (True, True)
    >>> heaps = rng.normal(size=(600, 2)) + 5.0 * halves[:, np.newaxis]
    >>> bridge, = bridges_between(heaps, halves)
    >>> bridge.p < 0.01, bridge.density > 0.5
    (False, False)
    """
    present, compact = np.unique(labels, return_inverse=True)
    k = len(present)
    inside = np.ascontiguousarray(values[:, values.min(axis=0) < values.max(axis=0)])
    if k < 2 or inside.shape[1] < 2:
        return ()
    model = fit_discriminant(inside, compact.astype(np.int64), k)
    white = np.linalg.inv(np.linalg.cholesky(model.covariance)).T
    whitened = _Whitened(inside @ white, model.means @ white, model.scores(inside).argmax(axis=0))
    neighbours = gabriel_neighbours(whitened.means)
    found = [
        _bridge(whitened, model, i, j, (int(present[i]) + 1, int(present[j]) + 1))
        for i, j in neighbours
    ]
    return tuple(_times(len(neighbours), bridge) for bridge in found)


@dataclass(frozen=True, eq=False)
class _Whitened:
    """Accounts and centres at unit covariance within the clusters."""

    values: Floats
    means: Floats
    labels: Ints


@dataclass(frozen=True, eq=False)
class _Line:
    """Accounts of two clusters: position along the line from one centre to the other, and across.

    Attributes
    ----------
    position : (n,), 0 at the first centre, `length` at the second
    across : (n, d-1)
    gap : position of the lowest point of the fitted density
    share : (2,), weights of the two components, with sum 1
    """

    position: Floats
    across: Floats
    length: float
    gap: float
    share: Floats

    @property
    def half(self) -> float:
        """Half the width of the windows at the gap and at the centres."""
        return min(HALF_WIDTH, 0.5 * self.gap, 0.5 * (self.length - self.gap))

    def window(self, at: float) -> Flags:
        """Accounts in the window at a position."""
        return np.abs(self.position - at) <= self.half

    def fitted(self, at: float) -> float:
        """Share of the accounts that the two components put in the window at a position."""
        away = at - np.array([0.0, self.length])
        inside = norm.cdf(away + self.half) - norm.cdf(away - self.half)
        return max(LEAST_SHARE, float(self.share @ inside))


def _bridge(
    whitened: _Whitened, model: Discriminant, i: int, j: int, segments: tuple[int, int]
) -> Bridge:
    line = _line(whitened, model.weights, i, j)
    if line is None:  # fitted as one
        return _bare(segments, p=0.0, density=1.0)
    n, across = line.across.shape
    if n <= 2 * (across + 3):
        return _bare(segments, p=1.0, density=0.0)
    # A continuum that is closed or rolled and cut in two looks alike on both sides of the line at
    # the gap and at the centres; what gives it away is how it comes together at its ends.
    wave = _judge(line, _gap_against_centres(line), segments)
    parabola = _judge(line, _middle_against_ends(line), segments)
    if len(whitened.means) == 2:
        return _times(2, min((wave, parabola), key=lambda bridge: bridge.p))
    parabola = _times(ENDS_FACTOR, parabola)
    return parabola if parabola.density >= ENDS_DENSITY and parabola.p < wave.p else wave


def _bare(segments: tuple[int, int], p: float, density: float) -> Bridge:
    """Of two clusters that are joined, or about which nothing can be said."""
    return Bridge(segments=segments, p=p, p_off_line=1, p_spread=1, p_filled=p, density=density)


def _line(whitened: _Whitened, weights: Floats, i: int, j: int) -> _Line | None:
    """The two clusters as seen from the line between them; None where they are fitted as one."""
    start = whitened.means[i]
    towards = whitened.means[j] - start
    length = float(np.sqrt(towards @ towards))
    if length == 0:
        return None
    share = weights[[i, j]] / weights[[i, j]].sum()
    gap = lowest_between(share, np.ones(2), length)
    if gap is None:
        return None
    members = (whitened.labels == i) | (whitened.labels == j)
    from_start = whitened.values[members] - start
    axes = np.linalg.qr(np.column_stack([towards, np.eye(len(start))]))[0]
    position = from_start @ (towards / length)
    across = from_start @ axes[:, 1 : len(start)]
    squared = (across**2).sum(axis=1)
    normal = chi2.isf(FARTHEST, across.shape[1]) / chi2.median(across.shape[1])
    near = (
        (squared <= normal * np.median(squared))
        & (position >= -BEYOND)
        & (position <= length + BEYOND)
    )
    return _Line(position[near], across[near], length, gap, share)


def _scaled(line: _Line) -> Floats:
    """Position with the centres at 0 and 1 and the gap at 1/2, (n,)."""
    first = 0.5 * line.position / line.gap
    second = 0.5 + 0.5 * (line.position - line.gap) / (line.length - line.gap)
    scaled: Floats = np.where(line.position < line.gap, first, second)
    return scaled


def _gap_against_centres(line: _Line) -> Floats:
    """A wave with its crest at the gap and its troughs at both centres, (n,)."""
    scaled = _scaled(line)
    wave: Floats = np.where(np.abs(scaled - 0.5) < 0.75, -np.cos(2 * np.pi * scaled), 0.0)
    return wave


def _middle_against_ends(line: _Line) -> Floats:
    """A parabola with its top at the gap, (n,)."""
    parabola: Floats = -np.minimum((_scaled(line) - 0.5) ** 2, 0.8)
    return parabola


def _times(factor: float, bridge: Bridge) -> Bridge:
    """With its p-value multiplied."""
    return bridge.model_copy(update={"p": min(1.0, factor * bridge.p)})


def _judge(line: _Line, contrast: Floats, segments: tuple[int, int]) -> Bridge:
    """The three signs and the density, seen with one contrast of positions."""
    n = len(line.position)
    side = (line.position > line.gap).astype(np.float64)
    known = np.linalg.qr(np.column_stack([np.ones(n), side, line.position]))[0]
    residual = line.across - known @ (known.T @ line.across)
    variances, axes = np.linalg.eigh(residual.T @ residual / n)
    kept = variances > FLAT * max(1.0, float(variances[-1]))
    contrast = contrast - known @ (known.T @ contrast)
    size = float(np.sqrt(contrast @ contrast))
    if not kept.any() or size <= FLAT:
        return _bare(segments, p=1.0, density=0.0)
    unit = axes[:, kept] / np.sqrt(variances[kept])
    contrast = contrast / size
    offset = contrast @ residual
    moments = (residual * contrast[:, None]).T @ residual
    scaled_offset, scaled_moments = offset @ unit, unit.T @ moments @ unit
    off_line = float(chi2.sf(scaled_offset @ scaled_offset, len(scaled_offset)))
    spread = _largest_eigenvalue_p(scaled_moments)
    filled = _filled_p(line)
    signs = np.log(np.maximum([off_line, spread, filled], np.finfo(np.float64).tiny))
    return Bridge(
        segments=segments,
        p=chi2.sf(-2.0 * signs.sum(), 2 * len(signs)),
        p_off_line=off_line,
        p_spread=spread,
        p_filled=filled,
        density=_density(line, _bends(offset, moments)),
    )


def _largest_eigenvalue_p(moments: Floats) -> float:
    """P-value of the largest absolute eigenvalue of a symmetric matrix of normal noise.

    The noise has variance 1 off the diagonal and 2 on it. Conservative in few dimensions.
    """
    size = len(moments)
    largest = float(np.abs(np.linalg.eigvalsh(moments)).max())
    shape, scale, shift = TRACY_WIDOM
    centred = (largest - 2.0 * np.sqrt(size)) * size ** (1 / 6)
    return min(1.0, 2.0 * float(gamma.sf(centred + shift, shape, scale=scale)))


def _filled_p(line: _Line) -> float:
    """P-value of the ratio of accounts at the gap and at the lower centre, on the log scale."""
    n = len(line.position)
    centres = (0.0, line.length)
    seen = min(int(line.window(at).sum()) for at in centres)
    expected = min(line.fitted(at) for at in centres)
    in_gap, fitted_gap = int(line.window(line.gap).sum()), line.fitted(line.gap)
    excess = np.log((in_gap + 0.5) / (seen + 0.5)) - np.log(fitted_gap / expected)
    return float(norm.sf(excess / np.sqrt(1 / (n * fitted_gap) + 1 / (n * expected))))


def _bends(offset: Floats, moments: Floats) -> Floats:
    """The direction off the line, and the one whose spread changes most, (d-1, 1 or 2)."""
    size = len(offset)
    length = float(np.sqrt(offset @ offset))
    first = offset / length if length > 0 else np.eye(size)[0]
    if size == 1:
        return first[:, None]
    others = np.eye(size) - np.outer(first, first)
    eigenvalues, vectors = np.linalg.eigh(others @ moments @ others)
    return np.column_stack([first, vectors[:, np.abs(eigenvalues).argmax()]])


def _density(line: _Line, bends: Floats) -> float:
    """Geometric mean density at the accounts in the gap over that at the centre where it is lower.

    By the distance to a near neighbour, along the line and the given directions across it.
    """
    seen = np.column_stack([line.position, line.across @ bends])
    gap, *centres = (np.flatnonzero(line.window(at)) for at in (line.gap, 0.0, line.length))
    if len(gap) < FEWEST:
        return 0.0
    if min(map(len, centres)) < FEWEST or len(seen) <= NEIGHBOUR:
        return 1.0
    tree = cKDTree(seen)

    def log_density(rows: Ints) -> float:
        distances = np.asarray(tree.query(seen[rows], k=[NEIGHBOUR + 1])[0])
        return float(-seen.shape[1] * np.log(np.maximum(distances, 1e-12)).mean())

    return float(np.exp(log_density(gap) - min(log_density(rows) for rows in centres)))
