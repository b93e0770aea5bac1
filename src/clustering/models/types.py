"""Candidates before and after fitting."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from clustering.arrays import Flags, Floats, Ints

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
    trim : share of the accounts that is set aside while they are fitted (trimmed k-means)
    set_aside : at most this share of the accounts, those far from all others, is set aside before
        anything is fitted (`matrix.outliers.far_rows`)
    """

    algorithm: Algorithm
    n_clusters: int
    covariance_type: CovarianceType | None = None
    n_init: int = 20
    reg_covar: float = 1e-6
    seed: int = 0
    trim: float = 0.0
    set_aside: float = 0.0

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
    aside : bool array of shape (n_accounts,), the accounts that had no part in the fit and were
        labelled afterwards; None where there are none
    """

    spec: CandidateSpec
    model: "Model"
    labels: Ints
    n_iter: int
    converged: bool
    responsibilities: Floats | None = None
    aside: Flags | None = None

    def __post_init__(self) -> None:
        for one in (self.labels, self.responsibilities, self.aside):
            if one is not None:
                one.setflags(write=False)

    @property
    def fitted(self) -> Flags:
        """Accounts that had a part in the fit, bool array of shape (n_accounts,)."""
        return np.full(self.labels.size, True) if self.aside is None else ~self.aside

    def over(self, values: Floats, aside: Flags, share: float) -> Self:
        """The same of all accounts; it was fitted on those that were not set aside.

        Parameters
        ----------
        values : float64 array of shape (n_accounts, n_features), scaled as the fitted ones
        aside : bool array of shape (n_accounts,)
        share : that was set aside at most
        """
        labels = np.empty(len(values), np.int64)
        labels[~aside], labels[aside] = self.labels, self.model.labels(values[aside])
        likely = self.responsibilities
        if likely is not None:
            every = np.empty((len(values), likely.shape[1]))
            every[~aside], every[aside] = likely, self.model.probabilities(values[aside])
            likely = every
        unfitted = aside.copy()
        unfitted[~aside] = ~self.fitted
        return replace(
            self,
            spec=replace(self.spec, set_aside=share),
            labels=labels,
            responsibilities=likely,
            aside=unfitted,
        )

    def rows(self, back: Ints) -> Self:
        """The labels of rows that these stand for, or of some of them."""
        likely, aside = self.responsibilities, self.aside
        return replace(
            self,
            labels=self.labels[back],
            responsibilities=None if likely is None else likely[back],
            aside=None if aside is None else aside[back],
        )

    @property
    def centres(self) -> Floats:
        """float64 array of shape (k, n_features)."""
        return self.model.centres
