"""The two kinds of models: centres, by distance, and Gaussian components, by density."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.gaussian import symmetric_positive, whitened, whitening
from clustering.models.missing import missing_patterns, nothing_missing
from clustering.models.model import Contrast, Model
from clustering.models.types import MOST_TRIM, Algorithm, CandidateSpec, CovarianceType

#: Least variance of the k-means soft assignment, in the matrix' units, for clusters of copies.
_LEAST_VARIANCE = 1e-12

#: Squared distances this close, relative to the account's own size, are computed once more by
#: differences: the product of matrices that gave them has lost those digits.
_TIE = 1e-9

#: Combinations of missing features whose marginals are kept: a few million numbers at most.
_MOST_PATTERNS = 1024

#: Standardised values are a few units from zero; far larger ones overflow when squared.
_LARGEST = 1e6
_WEIGHTS_TOLERANCE = 1e-6


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
    trim : share of the accounts that was set aside (trimmed k-means)
    """

    centres: Floats
    variance: float
    algorithm: Algorithm = "kmeans"
    trim: float = 0.0
    covariance_type: None = field(default=None, init=False)

    by_distance: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self.centres.setflags(write=False)
        # Stored as arrays of one number.
        for name in ("variance", "trim"):
            object.__setattr__(self, name, float(np.reshape(getattr(self, name), ())))

    @property
    def spec(self) -> CandidateSpec:
        """As in `Model`."""
        return CandidateSpec(self.algorithm, self.k, trim=self.trim)

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
        sizes, squares = np.einsum("dn,dn->n", columns, columns), self.centres**2
        values, norms = columns, squares.sum(axis=1)[:, np.newaxis]
        if np.isnan(sizes).any():
            missing = np.isnan(columns)
            values = columns.copy()
            np.copyto(values, 0.0, where=missing)
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
        if not 0 <= self.trim < MOST_TRIM or (self.trim and self.algorithm != "trimmed"):
            yield f"'trim' of {self.algorithm} cannot be {self.trim}."

    @classmethod
    def shapes(cls, k: int, d: int) -> dict[str, tuple[int, ...]]:
        """As in `Model`."""
        return {"centres": (k, d), "variance": (1,), "trim": (1,)}


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
        found = missing_patterns(columns)
        if not found:
            scores = whitened(columns, *self._whitening(()))
            return scores, 1.0, scores
        scores, expected = np.empty((2, self.k, columns.shape[1]))
        constants = self._whitening(())[2]
        for missing, rows in found.items():
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
        found = missing_patterns(columns) or {(): np.arange(columns.shape[1])}
        pull, curve = np.empty_like(offsets), np.empty_like(offsets)
        for missing, rows in found.items():
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


def _centre_breaches(centres: Floats) -> Iterator[str]:
    if np.abs(centres).max() > _LARGEST:
        yield f"centres lie further than {_LARGEST:,.0f} from zero."


def _of_segment(values: Floats, segments: Ints) -> Floats:
    """From (k, d, n) those (n, d) of each account's segment."""
    return np.asarray(values[segments, :, np.arange(segments.size)])
