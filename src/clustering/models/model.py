"""A fitted model without any account's data: what assigns accounts to segments.

Two kinds: centres, by distance, and Gaussian components, by density. What a room needs to know
of a kind is asked of the model here, so that no room needs to ask which algorithm made it. An
algorithm is its Literal in `types`, a line in `MODELS` here, one in `FITS` of `refit`, and a file
with its `fit`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.gaussian import symmetric_positive, whitened, whitening
from clustering.models.types import Algorithm, CovarianceType

#: Least variance of the k-means soft assignment, in the matrix' units, for clusters of copies.
_LEAST_VARIANCE = 1e-12

#: Squared distances this close, relative to the account's own size, are computed once more by
#: differences: the product of matrices that gave them has lost those digits.
_TIE = 1e-9

#: Combinations of missing features whose marginals are kept: a few million numbers at most.
_MOST_PATTERNS = 1024
_BITS = 52

#: Standardised values are a few units from zero; far larger ones overflow when squared.
_LARGEST = 1e6
_WEIGHTS_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Assignment:
    """The segments of some accounts.

    Attributes
    ----------
    labels, runner_up : int64 arrays of shape (n,); the runner-up is -1 where there is one segment
    probability : float64 array of shape (n,), of the label
    margin : float64 array of shape (n,), probability minus that of the runner-up
    fit : float64 array of shape (n,): distance to the own centre, or log density (`by_distance`),
        of what is known
    scores : float64 array of shape (k, n), log of the odds of every segment, before a temperature
    """

    labels: Ints
    runner_up: Ints
    probability: Floats
    margin: Floats
    fit: Floats
    scores: Floats


@dataclass(frozen=True, eq=False)
class Contrast:
    """What each known feature of some accounts says of their segment, and of another one.

    All are float64 arrays of shape (n, n_features), in natural log odds; 0 where a feature is
    missing, but for `slope` and `bend`, which mean nothing there.

    Attributes
    ----------
    own : for the segment, against the mean of all others
    against : for the segment, against the other one; the parts of an account sum to the log odds
        of the two, but for a constant that no feature makes (weights and volumes of a mixture)
    slope, bend : how the log odds of the other segment grow with the feature: moved by a step,
        ``slope * step + bend * step**2 / 2``; `bend` is None where it is 0 throughout
    """

    own: Floats
    against: Floats
    slope: Floats
    bend: Floats | None


class Model(ABC):
    """Parameters that assign standardised accounts to segments.

    Attributes
    ----------
    by_distance : whether an account fits worse the larger its `Assignment.fit` (a distance), not
        the smaller (a log density)
    algorithm, covariance_type : of the clustering
    centres : float64 array of shape (k, n_features)
    """

    by_distance: ClassVar[bool]
    algorithm: Algorithm
    covariance_type: CovarianceType | None
    centres: Floats

    @property
    def k(self) -> int:
        """Number of segments."""
        return len(self.centres)

    @abstractmethod
    def _scored(self, columns: Floats) -> tuple[Floats, float, Floats]:
        """`log_scores`, and the scores (k, n) with what is missing at its expectation."""

    def log_scores(self, columns: Floats) -> tuple[Floats, float]:
        """Scores (k, n) of accounts given as columns, and the factor that makes them log odds.

        The largest score of a column is that of its segment. A value that is missing (NaN) takes
        no part: the scores are those of what is known.
        """
        return self._scored(columns)[:2]

    @abstractmethod
    def _fit_of(self, expected: Floats, labels: Ints) -> Floats:
        """`Assignment.fit`, from the scores with what is missing at its expectation."""

    @abstractmethod
    def slopes(self, values: Floats, segments: Ints) -> Floats:
        """Gradient (n, n_features), at each account, of half its squared distance to a segment.

        In the segment's own metric; the difference of two segments' is the gradient of the log
        odds between them.

        Parameters
        ----------
        values : float64 array of shape (n, n_features)
        segments : int64 array of shape (n,)
        """

    @abstractmethod
    def contrast(self, columns: Floats, segments: Ints, others: Ints) -> Contrast:
        """What features say of segments; half a squared distance splits into parts by feature.

        The part of a feature is half its offset from the centre times its pull, ``0.5 * (z -
        mu)_j * (P (z - mu))_j``, P the precision of what is known.

        Parameters
        ----------
        columns : float64 array of shape (n_features, n), standardised; NaN is missing
        segments, others : int64 arrays of shape (n,), of two segments each
        """

    @abstractmethod
    def breaches(self) -> Iterator[str]:
        """Why these cannot be the parameters of segments; nothing if they can."""

    def to_arrays(self) -> dict[str, Floats]:
        """Its arrays by name, for storage."""
        shapes = self.shapes(*self.centres.shape)
        return {name: np.reshape(getattr(self, name), shape) for name, shape in shapes.items()}

    @classmethod
    @abstractmethod
    def shapes(cls, k: int, d: int) -> dict[str, tuple[int, ...]]:
        """Shape of each of its arrays, for k segments and d features."""

    @classmethod
    def from_arrays(
        cls,
        algorithm: Algorithm,
        covariance_type: CovarianceType | None,
        arrays: Mapping[str, Floats],
    ) -> Self:
        """What `to_arrays` gave, put together again."""
        given = {**arrays, "algorithm": algorithm, "covariance_type": covariance_type}
        parts = fields(cls)  # type: ignore[arg-type]  # every kind is a dataclass
        return cls(**{one.name: given[one.name] for one in parts if one.init})

    def assign(
        self, columns: Floats, temperature: Floats | None = None, labels: Ints | None = None
    ) -> Assignment:
        """Assign accounts given as columns.

        Parameters
        ----------
        columns : float64 array of shape (n_features, n)
            Standardised; NaN is missing and takes no part. Accounts are columns because every
            step then runs along them.
        temperature : float64 array of shape (n,)
            Factor of the log odds of each account (None: 1). It changes how probable a segment
            is, never which one it is.
        labels : int64 array of shape (n,)
            The segments, where others decided them; their margin is negative where another
            segment is more probable (None: the most probable ones).
        """
        scores, plain, expected = self._scored(columns)
        sharpness: float | Floats = plain
        if temperature is not None:
            sharpness = plain * temperature
        if labels is None:
            labels, runner_up, best, second = _two_best(scores)
        else:
            runner_up, best, second = _given_and_best_other(scores, labels)
        total = _sum_of_exponentials(scores, best, sharpness)
        probability = 1.0 / total
        other = np.exp(sharpness * (second - best)) / total
        fit = self._fit_of(expected, labels)
        margin = probability - other
        return Assignment(labels, runner_up, probability, margin, fit, plain * scores)

    def labels(self, values: Floats) -> Ints:
        """Segment (n,) of accounts (n, n_features); the first of equally good ones."""
        scores, _ = self.log_scores(np.ascontiguousarray(values.T))
        return np.asarray(scores.argmax(axis=0), dtype=np.int64)

    def probabilities(self, values: Floats) -> Floats:
        """Probability of every segment, shape (n, k), for `values` of shape (n, n_features).

        Examples
        --------
        >>> model = CentreModel(np.array([[0.0], [2.0]]), variance=1.0)
        >>> model.probabilities(np.array([[0.0], [1.0]])).round(3).tolist()
        [[0.881, 0.119], [0.5, 0.5]]
        """
        scores, sharpness = self.log_scores(np.ascontiguousarray(values.T))
        odds = np.exp(sharpness * (scores - scores.max(axis=0)))
        return np.ascontiguousarray((odds / odds.sum(axis=0)).T)


@dataclass(frozen=True, eq=False)
class CentreModel(Model):
    """Segments of the nearest centre.

    K-means has no probabilities of its own; its soft assignment is the posterior of a mixture that
    shares its assumptions: spherical components of one variance, the within-cluster mean square
    ``inertia / (n d)``, and equal weights. Weights by size would move borders away from the middle
    between centres, and the most probable segment would not always be that of the nearest centre.

    Attributes
    ----------
    variance : of the soft assignment
    """

    centres: Floats
    variance: float
    algorithm: Algorithm = "kmeans"
    covariance_type: None = field(default=None, init=False)

    by_distance: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self.centres.setflags(write=False)
        # Stored as an array of one number.
        object.__setattr__(self, "variance", float(np.reshape(self.variance, ())))

    def _scored(self, columns: Floats) -> tuple[Floats, float, Floats]:
        # Minus the squared distances, and half the precision. What is missing adds nothing: an
        # account is never called far for what is not known.
        scores = -self._squared_distances(columns)
        return scores, 0.5 / max(self.variance, _LEAST_VARIANCE), scores

    def _fit_of(self, expected: Floats, labels: Ints) -> Floats:
        return np.asarray(np.sqrt(-np.take_along_axis(expected, labels[np.newaxis], axis=0)[0]))

    def slopes(self, values: Floats, segments: Ints) -> Floats:
        """As in `Model`."""
        offsets = values - self.centres[segments]
        return np.asarray(offsets / max(self.variance, np.finfo(np.float64).tiny))

    def contrast(self, columns: Floats, segments: Ints, others: Ints) -> Contrast:
        """As in `Model`: linear in the features, with the same numbers for all of a segment."""
        values = np.ascontiguousarray(columns.T)
        precision, k, centres = 1.0 / max(self.variance, _LEAST_VARIANCE), self.k, self.centres
        halves = 0.5 * precision * centres**2
        steps = precision * (centres[:, np.newaxis] - centres).reshape(k * k, -1)
        offsets = (halves - halves[:, np.newaxis]).reshape(k * k, -1)
        pairs = segments * k + others
        slope = steps[pairs]
        against = values * slope
        against += offsets[pairs]
        own = values * (precision / (k - 1) * (k * centres - centres.sum(axis=0)))[segments]
        own += ((halves.sum(axis=0) - k * halves) / (k - 1))[segments]
        np.negative(slope, out=slope)
        return Contrast(nothing_missing(own), nothing_missing(against), slope, None)

    def _squared_distances(self, columns: Floats) -> Floats:
        sizes, values, squares = np.einsum("dn,dn->n", columns, columns), columns, self.centres**2
        norms = squares.sum(axis=1)[:, np.newaxis]
        if np.isnan(sizes).any():
            missing = np.isnan(columns)
            values = np.where(missing, 0.0, columns)
            sizes = np.einsum("dn,dn->n", values, values)
            norms = norms - squares @ missing
        distances = (-2.0 * self.centres) @ values
        distances += norms
        distances += sizes
        if self.k > 1:
            self._settle_ties(columns, distances, sizes)
        return np.maximum(distances, 0.0, out=distances)

    def _settle_ties(self, columns: Floats, distances: Floats, sizes: Floats) -> None:
        """Compute near-ties by differences, so that a label depends on no neighbour in memory."""
        best, second = distances[0].copy(), np.full(len(sizes), np.inf)
        for row in distances[1:]:
            np.minimum(second, np.maximum(best, row), out=second)
            np.minimum(best, row, out=best)
        tied = np.flatnonzero(second - best <= _TIE * (1.0 + sizes))
        for row, centre in zip(distances, self.centres, strict=True):
            row[tied] = np.nansum((columns[:, tied] - centre[:, np.newaxis]) ** 2, axis=0)

    def breaches(self) -> Iterator[str]:
        """As in `Model`."""
        yield from _centre_breaches(self.centres)
        if not 0 <= self.variance <= _LARGEST:
            yield f"'variance' cannot be {self.variance}."

    @classmethod
    def shapes(cls, k: int, d: int) -> dict[str, tuple[int, ...]]:
        """As in `Model`."""
        return {"centres": (k, d), "variance": (1,)}


@dataclass(frozen=True, eq=False)
class GaussianModel(Model):
    """Segments of the most probable component of a Gaussian mixture.

    Attributes
    ----------
    weights : float64 array of shape (k,)
    covariances : float64 array of shape (k, n_features, n_features), whatever the covariance type
    """

    covariance_type: CovarianceType
    centres: Floats
    weights: Floats
    covariances: Floats
    algorithm: Algorithm = field(default="mixture", init=False)

    by_distance: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for array in (self.centres, self.weights, self.covariances):
            array.setflags(write=False)

    def _scored(self, columns: Floats) -> tuple[Floats, float, Floats]:
        # Log of weight times the marginal density of what is known. What is missing counts as its
        # expectation, neither likely nor unlikely: the density is comparable with others then.
        patterns = _patterns(columns)
        if not patterns:
            scores = whitened(columns, *self._whitening(()))
            return scores, 1.0, scores
        scores, expected = np.empty((2, self.k, columns.shape[1]))
        constants = self._whitening(())[2]
        for missing, rows in patterns.items():
            whitening = self._whitening(missing)
            known = np.delete(columns[:, rows], missing, axis=0) if missing else columns[:, rows]
            scores[:, rows] = part = whitened(known, *whitening)
            expected[:, rows] = part + (constants - whitening[2] - 0.5 * len(missing))
        return scores, 1.0, expected

    def _whitening(self, missing: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
        """Of the marginal without some features; kept, since many accounts lack the same ones."""
        kept = self._whitenings
        if missing not in kept:
            if len(kept) >= _MOST_PATTERNS:
                kept.clear()
            known = np.delete(np.arange(self.centres.shape[1]), missing)
            covariances = self.covariances[:, known[:, np.newaxis], known]
            kept[missing] = whitening(self.weights, self.centres[:, known], covariances)
        return kept[missing]

    @cached_property
    def _whitenings(self) -> dict[tuple[int, ...], tuple[Floats, Floats, Floats]]:
        return {}

    def _fit_of(self, expected: Floats, labels: Ints) -> Floats:
        best = expected.max(axis=0)
        return np.asarray(best + np.log(np.exp(expected - best).sum(axis=0)))

    def slopes(self, values: Floats, segments: Ints) -> Floats:
        """As in `Model`."""
        offsets = values - self.centres[segments]
        slopes = np.empty_like(offsets)
        for segment, precision in enumerate(np.linalg.inv(self.covariances)):
            rows = segments == segment
            slopes[rows] = offsets[rows] @ precision
        return slopes

    def contrast(self, columns: Floats, segments: Ints, others: Ints) -> Contrast:
        """As in `Model`."""
        pull, curve = self._pulls(columns)
        parts = 0.5 * nothing_missing(columns - self.centres[:, :, np.newaxis])
        parts *= pull
        mine = _of_segment(parts, segments)
        return Contrast(
            own=(parts.sum(axis=0).T - self.k * mine) / (self.k - 1),
            against=_of_segment(parts, others) - mine,
            slope=_of_segment(pull, segments) - _of_segment(pull, others),
            bend=_of_segment(curve, segments) - _of_segment(curve, others),
        )

    def _pulls(self, columns: Floats) -> tuple[Floats, Floats]:
        """Of each feature the pull to each segment (k, d, n), and its growth with the value."""
        offsets = nothing_missing(columns - self.centres[:, :, np.newaxis])
        patterns = _patterns(columns) or {(): np.arange(columns.shape[1])}
        pull, curve = np.empty_like(offsets), np.empty_like(offsets)
        for missing, rows in patterns.items():
            precision = self._precision(missing)
            pull[:, :, rows] = precision @ offsets[:, :, rows]
            curve[:, :, rows] = np.diagonal(precision, axis1=1, axis2=2)[:, :, np.newaxis]
        return pull, curve

    def _precision(self, missing: tuple[int, ...]) -> Floats:
        """Precisions (k, d, d) of what is known; rows and columns of missing features are 0."""
        k, d = self.centres.shape
        known = np.delete(np.arange(d), missing)
        inverses = self._whitening(missing)[0].reshape(k, known.size, known.size)
        precision = np.zeros((k, d, d))
        precision[:, known[:, np.newaxis], known] = inverses.transpose(0, 2, 1) @ inverses
        return precision

    def breaches(self) -> Iterator[str]:
        """As in `Model`."""
        yield from _centre_breaches(self.centres)
        if self.weights.min() <= 0 or abs(self.weights.sum() - 1) > _WEIGHTS_TOLERANCE:
            yield "weights are not positive shares that sum to 1."
        large = np.abs(self.covariances).max() > _LARGEST
        if large or not symmetric_positive(self.covariances):
            yield "covariances are not symmetric and positive definite."

    @classmethod
    def shapes(cls, k: int, d: int) -> dict[str, tuple[int, ...]]:
        """As in `Model`."""
        return {"centres": (k, d), "weights": (k,), "covariances": (k, d, d)}


#: What each algorithm gives.
MODELS: Mapping[Algorithm, type[CentreModel] | type[GaussianModel]] = {
    "kmeans": CentreModel,
    "mixture": GaussianModel,
    "trimmed": CentreModel,
}


def nothing_missing(values: Floats) -> Floats:
    """The array itself, with 0 where it was NaN."""
    missing = np.isnan(values)
    if missing.any():
        values[missing] = 0.0
    return values


def _patterns(columns: Floats) -> dict[tuple[int, ...], Ints]:
    """Rows of accounts by which features they lack; empty if none lacks any."""
    missing = np.isnan(columns)
    lacks = missing.any(axis=0)
    if not lacks.any():
        return {}
    incomplete = np.flatnonzero(lacks)
    missing = missing[:, incomplete]
    # Each combination as one number, in pieces that a float holds exactly.
    keys = [
        2.0 ** np.arange(len(piece)) @ piece
        for piece in np.split(missing, range(_BITS, len(missing), _BITS))
    ]
    order = np.lexsort(keys)
    sorted_keys = np.array(keys)[:, order]
    starts = np.flatnonzero((np.diff(sorted_keys, axis=1) != 0).any(axis=0)) + 1
    groups = np.split(order, starts)
    patterns = {tuple(np.flatnonzero(missing[:, rows[0]]).tolist()): rows for rows in groups}
    found: dict[tuple[int, ...], Ints] = {
        lacking: incomplete[rows] for lacking, rows in patterns.items()
    }
    if incomplete.size < lacks.size:
        found[()] = np.flatnonzero(~lacks)
    return found


def _centre_breaches(centres: Floats) -> Iterator[str]:
    if np.abs(centres).max() > _LARGEST:
        yield f"centres lie further than {_LARGEST:,.0f} from zero."


def _of_segment(values: Floats, segments: Ints) -> Floats:
    """From (k, d, n) those (n, d) of each account's segment."""
    return np.asarray(values[segments, :, np.arange(segments.size)])


def _two_best(scores: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Best and second row of every column, and their scores; the first row of equal ones."""
    n = scores.shape[1]
    labels = np.zeros(n, dtype=np.int64)
    runner_up = np.full(n, -1, dtype=np.int64)
    best, second = scores[0].copy(), np.full(n, -np.inf)
    for row in range(1, len(scores)):
        score = scores[row]
        better = score > best
        ahead = score > second
        runner_up = np.where(better, labels, np.where(ahead, row, runner_up))
        second = np.where(better, best, np.where(ahead, score, second))
        labels[better] = row
        np.maximum(best, score, out=best)
    return labels, runner_up, best, second


def _given_and_best_other(scores: Floats, labels: Ints) -> tuple[Ints, Floats, Floats]:
    """The best row of every column but the given one, and the scores of both."""
    own = np.take_along_axis(scores, labels[np.newaxis], axis=0)[0]
    others = scores.copy()
    np.put_along_axis(others, labels[np.newaxis], -np.inf, axis=0)
    best = others.max(axis=0)
    runner_up = np.where(np.isinf(best), -1, others.argmax(axis=0))
    return runner_up, own, best


def _sum_of_exponentials(scores: Floats, best: Floats, sharpness: float | Floats) -> Floats:
    odds = scores - best
    odds *= sharpness
    np.exp(odds, out=odds)
    return np.asarray(odds.sum(axis=0))
