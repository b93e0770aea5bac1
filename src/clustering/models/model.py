"""A fitted model without any account's data: what assigns accounts to segments.

There are two kinds (`kinds`): centres, by distance, and Gaussian components, by density. What a
room needs to know of a kind is asked of the model here, so that no room needs to ask which
algorithm made it. An algorithm is its Literal in `types`, a line in `MODELS` of `kinds`, one in
`FITS` of `refit`, and a file with its `fit`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Self

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.models.types import Algorithm, CandidateSpec, CovarianceType


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
    scores : float64 array of shape (k, n) of every segment; times `sharpness` the log of its odds
        as the model has them
    sharpness : as `log_scores` gives it
    """

    labels: Ints
    runner_up: Ints
    probability: Floats
    margin: Floats
    fit: Floats
    scores: Floats
    sharpness: float


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

    @property
    def spec(self) -> CandidateSpec:
        """What a model of the same kind is fitted with (`refit.refit`)."""
        return CandidateSpec(self.algorithm, self.k, self.covariance_type)

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
            Factor of the flattened log odds of each account (`flattened`; None: log odds as the
            model has them). It changes how probable a segment is, never which one it is.
        labels : int64 array of shape (n,)
            The segments, where others decided them; their margin is negative where another
            segment is more probable (None: the most probable ones).
        """
        scores, sharpness, expected = self._scored(columns)
        if labels is None:
            labels, runner_up, best, second = _two_best(scores)
            top = best
        else:
            runner_up, best, second = _given_and_best_other(scores, labels)
            top = scores.max(axis=0)

        def odds(of: Floats) -> Floats:
            """Of segments against the most probable one, from their scores."""
            return _odds(top - of, sharpness, temperature)

        total = odds(scores).sum(axis=0)
        probability = odds(best) / total
        margin = probability - odds(second) / total
        fit = self._fit_of(expected, labels)
        return Assignment(labels, runner_up, probability, margin, fit, scores, sharpness)

    def labels(self, values: Floats) -> Ints:
        """Segment (n,) of accounts (n, n_features); the first of equally good ones."""
        scores, _ = self.log_scores(np.ascontiguousarray(values.T))
        return np.asarray(scores.argmax(axis=0), dtype=np.int64)

    def probabilities(self, values: Floats) -> Floats:
        """Probability of every segment, shape (n, k), for `values` of shape (n, n_features).

        Examples
        --------
        >>> from clustering.models.kinds import CentreModel
        >>> model = CentreModel(np.array([[0.0], [2.0]]), variance=1.0)
        >>> model.probabilities(np.array([[0.0], [1.0]])).round(3).tolist()
        [[0.881, 0.119], [0.5, 0.5]]
        """
        scores, sharpness = self.log_scores(np.ascontiguousarray(values.T))
        odds = np.exp(sharpness * (scores - scores.max(axis=0)))
        return np.ascontiguousarray((odds / odds.sum(axis=0)).T)


def _two_best(scores: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Best and second row of every column, and their scores; the first row of equal ones."""
    n = scores.shape[1]
    best, second, lower = scores[0].copy(), np.full(n, -np.inf), np.empty(n)
    for score in scores[1:]:
        np.minimum(best, score, out=lower)
        np.maximum(second, lower, out=second)
        np.maximum(best, score, out=best)
    labels, runner_up = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    for row in range(len(scores) - 1, -1, -1):
        np.copyto(labels, row, where=scores[row] == best)
    for row in range(len(scores) - 1, -1, -1):
        np.copyto(runner_up, row, where=(scores[row] == second) & (labels != row))
    return labels, runner_up, best, second


def _given_and_best_other(scores: Floats, labels: Ints) -> tuple[Ints, Floats, Floats]:
    """The best row of every column but the given one, and the scores of both."""
    own = np.take_along_axis(scores, labels[np.newaxis], axis=0)[0]
    others = scores.copy()
    np.put_along_axis(others, labels[np.newaxis], -np.inf, axis=0)
    best = others.max(axis=0)
    runner_up = np.where(np.isinf(best), -1, others.argmax(axis=0))
    return runner_up, own, best


def flattened(gaps: Floats) -> Floats:
    """Log odds by which segments are behind the best one, to the power 3/4; `gaps` is used up.

    Real features have heavier tails than a model: at one factor for all of them large odds are
    believed too much, while small ones are believed too little. The power makes one factor do for
    both (`scorer.fitting.temperature`). Square roots are exact alike in every database.

    Examples
    --------
    >>> flattened(np.array([0.0, 1.0, 16.0])).tolist()
    [0.0, 1.0, 8.0]
    """
    roots = np.sqrt(gaps)
    gaps *= roots
    return np.asarray(np.sqrt(gaps, out=gaps))


def _odds(gaps: Floats, sharpness: float, temperature: Floats | None) -> Floats:
    gaps *= sharpness
    if temperature is not None:
        gaps = flattened(gaps)
        gaps *= temperature
    np.negative(gaps, out=gaps)
    return np.asarray(np.exp(gaps, out=gaps))
