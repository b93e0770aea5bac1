"""Which segment each account is in, how probable that is, and what the runner-up would be."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from clustering.arrays import Floats, Ints
from clustering.models.types import Algorithm, Clustering, CovarianceType

#: Least variance of the k-means soft assignment, in the matrix' units, for clusters of copies.
_LEAST_VARIANCE = 1e-12

#: Squared distances this close, relative to the account's own size, are computed once more by
#: differences: the product of matrices that gave them has lost those digits.
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Assignment:
    """The segments of some accounts.

    Attributes
    ----------
    labels, runner_up : int64 arrays of shape (n,); the runner-up is -1 where there is one segment
    probability : float64 array of shape (n,), of the label
    margin : float64 array of shape (n,), probability minus that of the runner-up
    fit : float64 array of shape (n,): distance to the own centre (k-means), log density (mixture)
    """

    labels: Ints
    runner_up: Ints
    probability: Floats
    margin: Floats
    fit: Floats


@dataclass(frozen=True, eq=False)
class SegmentModel:
    """Parameters that assign standardised accounts to segments.

    A mixture gives its posterior probabilities. K-means has none of its own; its soft assignment
    is the posterior of a mixture that shares its assumptions: spherical components of one
    variance, the within-cluster mean square ``inertia / (n d)``, and equal weights. Weights by
    size would move borders away from the middle between centres, and the most probable segment
    would not always be the one of the nearest centre.

    Attributes
    ----------
    algorithm, covariance_type : of the clustering
    centres : float64 array of shape (k, n_features)
    variance : of the soft assignment (k-means); None for mixtures
    weights : float64 array of shape (k,), mixtures only
    covariances : float64 array of shape (k, n_features, n_features), mixtures only
    """

    algorithm: Algorithm
    covariance_type: CovarianceType | None
    centres: Floats
    variance: float | None = None
    weights: Floats | None = None
    covariances: Floats | None = None

    @classmethod
    def of(cls, clustering: Clustering) -> "SegmentModel":
        """The parameters of a fitted clustering.

        Raises
        ------
        ValueError
            The clustering lacks the inertia of its kind, or its weights and covariances.
        """
        spec = clustering.spec
        if spec.algorithm == "mixture":
            return cls(
                spec.algorithm,
                spec.covariance_type,
                clustering.centres,
                weights=clustering.weights,
                covariances=clustering.covariances,
            )
        if clustering.inertia is None:
            raise ValueError("a k-means clustering needs its inertia to give probabilities")
        cells = clustering.labels.size * clustering.centres.shape[1]
        return cls(
            spec.algorithm, None, clustering.centres, variance=clustering.inertia / max(1, cells)
        )

    def __post_init__(self) -> None:
        if self.algorithm == "kmeans" and self.variance is None:
            raise ValueError("k-means needs the variance of its soft assignment")
        if self.algorithm == "mixture" and (self.weights is None or self.covariances is None):
            raise ValueError("a mixture needs weights and covariances")

    @property
    def k(self) -> int:
        """Number of segments."""
        return len(self.centres)

    def assign(self, columns: Floats) -> Assignment:
        """Assign accounts given as columns.

        Parameters
        ----------
        columns : float64 array of shape (n_features, n)
            Standardised, complete. Accounts are columns because every step then runs along them.
        """
        scores, sharpness = self._scores(columns)
        labels, runner_up, best, second = _two_best(scores)
        total = _sum_of_exponentials(scores, best, sharpness)
        probability = 1.0 / total
        other = np.exp(sharpness * (second - best)) / total
        fit = np.sqrt(-best) if self.algorithm == "kmeans" else best + np.log(total)
        return Assignment(labels, runner_up, probability, probability - other, fit)

    def probabilities(self, values: Floats) -> Floats:
        """Probability of every segment, shape (n, k), for `values` of shape (n, n_features).

        Examples
        --------
        >>> model = SegmentModel("kmeans", None, np.array([[0.0], [2.0]]), variance=1.0)
        >>> model.probabilities(np.array([[0.0], [1.0]])).round(3).tolist()
        [[0.881, 0.119], [0.5, 0.5]]
        """
        scores, sharpness = self._scores(np.ascontiguousarray(values.T))
        odds = np.exp(sharpness * (scores - scores.max(axis=0)))
        return np.ascontiguousarray((odds / odds.sum(axis=0)).T)

    def _scores(self, columns: Floats) -> tuple[Floats, float]:
        """Scores (k, n), larger is better, and the factor that makes them log probabilities."""
        if self.variance is not None:
            return -self._squared_distances(columns), 0.5 / max(self.variance, _LEAST_VARIANCE)
        whitening, offsets, constants = self._whitening
        d, n = columns.shape
        whitened = whitening @ columns
        whitened -= offsets
        np.square(whitened, out=whitened)
        scores = whitened.reshape(self.k, d, n).sum(axis=1)
        scores *= -0.5
        scores += constants
        return scores, 1.0

    def _squared_distances(self, columns: Floats) -> Floats:
        sizes = np.einsum("dn,dn->n", columns, columns)
        distances = (-2.0 * self.centres) @ columns
        distances += (self.centres**2).sum(axis=1)[:, np.newaxis]
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
            row[tied] = ((columns[:, tied] - centre[:, np.newaxis]) ** 2).sum(axis=0)

    @cached_property
    def _whitening(self) -> tuple[Floats, Floats, Floats]:
        """Inverse Cholesky factors (k d, d), the centres in them (k d, 1), constants (k, 1)."""
        if self.weights is None or self.covariances is None:
            raise ValueError("only a mixture has covariances")
        k, d = self.centres.shape
        factors = np.linalg.cholesky(self.covariances)
        inverses = [solve_triangular(factor, np.eye(d), lower=True) for factor in factors]
        log_determinants = 2.0 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
        constants = np.log(self.weights) - 0.5 * (d * np.log(2 * np.pi) + log_determinants)
        offsets = np.einsum("kde,ke->kd", np.stack(inverses), self.centres)
        return np.vstack(inverses), offsets.reshape(k * d, 1), constants[:, np.newaxis]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Its arrays by name, for storage."""
        parts = {"centres": self.centres, "weights": self.weights, "covariances": self.covariances}
        if self.variance is not None:
            parts["variance"] = np.array([self.variance])
        return {name: part for name, part in parts.items() if part is not None}

    @classmethod
    def from_arrays(
        cls,
        algorithm: Algorithm,
        covariance_type: CovarianceType | None,
        arrays: dict[str, NDArray[Any]],
    ) -> "SegmentModel":
        """What `arrays` gave, put together again."""
        variance = arrays.get("variance")
        return cls(
            algorithm,
            covariance_type,
            arrays["centres"],
            None if variance is None else float(variance[0]),
            arrays.get("weights"),
            arrays.get("covariances"),
        )


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


def _sum_of_exponentials(scores: Floats, best: Floats, sharpness: float) -> Floats:
    odds = scores - best
    odds *= sharpness
    np.exp(odds, out=odds)
    return np.asarray(odds.sum(axis=0))
