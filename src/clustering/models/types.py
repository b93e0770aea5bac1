"""Candidates before and after fitting."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from clustering.arrays import Floats, Ints

if TYPE_CHECKING:
    from clustering.models.model import Model

Algorithm = Literal["kmeans", "mixture", "trimmed"]
CovarianceType = Literal["full", "tied", "diag", "spherical"]

#: Trimmed k-means sets aside less than this share of the accounts.
MOST_TRIM = 0.5


@dataclass(frozen=True)
class CandidateSpec:
    """A model with its settings, before fitting.

    Attributes
    ----------
    covariance_type, reg_covar : of a mixture; `reg_covar` is a share of each column's variance
    trim : share of the accounts that is set aside (trimmed k-means)
    """

    algorithm: Algorithm
    n_clusters: int
    covariance_type: CovarianceType | None = None
    n_init: int = 20
    reg_covar: float = 1e-6
    seed: int = 0
    trim: float = 0.0

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
    model : what assigns any account to the clusters
    labels : int64 array of shape (n_accounts,), 0 .. k-1
    responsibilities : float64 array of shape (n_accounts, k), mixtures only; rows sum to 1
    """

    spec: CandidateSpec
    model: "Model"
    labels: Ints
    n_iter: int
    converged: bool
    responsibilities: Floats | None = None

    def __post_init__(self) -> None:
        self.labels.setflags(write=False)
        if self.responsibilities is not None:
            self.responsibilities.setflags(write=False)

    @property
    def centres(self) -> Floats:
        """float64 array of shape (k, n_features)."""
        return self.model.centres
