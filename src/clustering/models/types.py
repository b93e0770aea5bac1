"""Candidates before and after fitting."""

from dataclasses import dataclass
from typing import Literal

from clustering.arrays import Floats, Ints

Algorithm = Literal["kmeans", "mixture"]
CovarianceType = Literal["full", "tied", "diag", "spherical"]


@dataclass(frozen=True)
class CandidateSpec:
    """A model with its settings, before fitting."""

    algorithm: Algorithm
    n_clusters: int
    covariance_type: CovarianceType | None = None
    n_init: int = 20
    reg_covar: float = 1e-6
    seed: int = 0

    @property
    def name(self) -> str:
        """As in "mixture k=3 diag"."""
        kind = "" if self.covariance_type is None else f" {self.covariance_type}"
        return f"{self.algorithm} k={self.n_clusters}{kind}"


@dataclass(frozen=True, eq=False)
class Clustering:
    """A fitted candidate, its clusters in canonical order (ascending mean of the first column).

    Attributes
    ----------
    labels : int64 array of shape (n_accounts,), 0 .. k-1
    centres : float64 array of shape (k, n_features)
    covariances : float64 array of shape (k, n_features, n_features), mixtures only; whatever the
        covariance type, so that a scorer needs one formula
    weights : float64 array of shape (k,), mixtures only
    responsibilities : float64 array of shape (n_accounts, k), mixtures only; rows sum to 1
    inertia : within-cluster sum of squares (k-means)
    log_likelihood : sum over accounts (mixtures)
    """

    spec: CandidateSpec
    labels: Ints
    centres: Floats
    n_iter: int
    converged: bool
    inertia: float | None = None
    log_likelihood: float | None = None
    weights: Floats | None = None
    covariances: Floats | None = None
    responsibilities: Floats | None = None

    def __post_init__(self) -> None:
        for array in (
            self.labels,
            self.centres,
            self.weights,
            self.covariances,
            self.responsibilities,
        ):
            if array is not None:
                array.setflags(write=False)
