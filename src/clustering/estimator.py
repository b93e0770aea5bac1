"""Segments and their verdict as a scikit-learn estimator, for pipelines and outside tools."""

from typing import Any, Self, get_args

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from clustering.arrays import Floats, Ints
from clustering.config import EvidenceConfig, ModelsConfig
from clustering.errors import BadInputError
from clustering.models.refit import refit
from clustering.models.types import Algorithm, CandidateSpec, Clustering, CovarianceType
from clustering.structure.evidence import LEAST_ROWS, assess_structure
from clustering.structure.protocol import Evidence
from clustering.structure.settings import ProtocolSettings


class SegmentClusterer(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Segments of accounts, with a verdict on whether they are natural clusters.

    The verdict is that of `clustering.assess_structure`. Columns are taken as they are: put a
    `StandardScaler` before it where they have different units.

    Parameters
    ----------
    n_clusters : number of segments, or None for those that the evidence offers (one where it
        offers none). The verdict does not depend on it
    algorithm : ``kmeans``, ``mixture`` or ``trimmed``, for a given `n_clusters`; without one the
        evidence chooses among k-means and mixtures
    covariance_type : of a ``mixture``: ``full``, ``tied``, ``diag`` or ``spherical``
    trim : share of the accounts that ``trimmed`` sets aside
    evidence : resamples, nulls and limits of the verdict (None: the defaults of a study)
    models : candidates of the evidence, and `n_init` of every fit (None: likewise)
    random_state : int, RandomState or None; every draw follows from it

    Attributes
    ----------
    verdict_ : ``natural``, ``reproducible`` or ``constructive``
    are_clusters_ : whether these very segments are the natural ones
    reasons_ : the verdict in words
    n_clusters_ : number of segments
    labels_ : int64 array of shape (n_samples,), from 0
    set_aside_ : bool array of shape (n_samples,), rows that are unlike all others: they had no part
        in the segments, and have the label of the nearest
    cluster_centers_ : float64 array of shape (k, n_features), k segments
    evidence_ : `clustering.structure.protocol.Evidence`, everything that was measured
    n_features_in_, feature_names_in_ : as everywhere in scikit-learn

    See Also
    --------
    clustering.assess_structure : the verdict alone

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> X, _ = make_blobs([150, 150], centers=[[0, 0], [8, 8]], random_state=1)
    >>> quick = EvidenceConfig(resamples=10, nulls=19)
    >>> grid = ModelsConfig(k_max=3, n_init=2)
    >>> clusterer = SegmentClusterer(evidence=quick, models=grid).fit(X)
    >>> clusterer.verdict_, clusterer.n_clusters_
    ('natural', 2)
    >>> clusterer.predict([[0.5, 0.0], [7.0, 9.0]])
    array([0, 1])
    """

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        algorithm: Algorithm = "kmeans",
        covariance_type: CovarianceType | None = None,
        trim: float = 0.05,
        evidence: EvidenceConfig | None = None,
        models: ModelsConfig | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.algorithm = algorithm
        self.covariance_type = covariance_type
        self.trim = trim
        self.evidence = evidence
        self.models = models
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Judge the rows, and keep the segments that are offered or asked for.

        Parameters
        ----------
        X : array or DataFrame of shape (n_samples, n_features), finite; at least 8 different rows
            and no constant column
        y : ignored

        Raises
        ------
        BadInputError
            A `ValueError`: the values cannot be judged, or a parameter cannot be.
        """
        values = np.ascontiguousarray(
            validate_data(self, X, dtype=np.float64, ensure_min_samples=LEAST_ROWS)
        )
        seed = self._seed()
        settings = ProtocolSettings(
            seed,
            config=self.evidence or EvidenceConfig(),
            models=self.models or ModelsConfig(),
            complete=False,
        )
        self.evidence_: Evidence = assess_structure(values, settings)
        self.verdict_ = self.evidence_.verdict
        self.reasons_ = self.evidence_.reasons
        asked = self.n_clusters is not None
        found = self._fit_asked(values, seed) if asked else self.evidence_.chosen
        natural = self.evidence_.are_clusters
        self.are_clusters_ = natural and self.evidence_.offered.is_spec_of(found)
        self.model_ = found.model
        self.labels_ = found.labels
        self.set_aside_ = ~found.fitted
        self.cluster_centers_ = found.centres
        self.n_clusters_ = len(found.centres)
        return self

    def predict(self, X: ArrayLike) -> Ints:
        """Segment of every row, int64 array of shape (n_samples,)."""
        values = self._checked(X)
        return self.model_.labels(values)

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probability of every segment, float64 array of shape (n_samples, k).

        Given the model; for k-means see `clustering.models.kinds.CentreModel`.
        """
        values = self._checked(X)
        return self.model_.probabilities(values)

    def _checked(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        values: Floats = validate_data(self, X, dtype=np.float64, reset=False)
        return values

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _fit_asked(self, values: Floats, seed: int) -> Clustering:
        if self.algorithm not in get_args(Algorithm):
            names = ", ".join(get_args(Algorithm))
            raise BadInputError(f"algorithm is '{self.algorithm}'; expected one of {names}.")
        spec: dict[str, Any] = {"covariance_type": self.covariance_type, "trim": self.trim}
        if self.algorithm != "trimmed":  # which sets aside by itself
            spec["set_aside"] = (self.evidence or EvidenceConfig()).most_set_aside
        n_init = (self.models or ModelsConfig()).n_init
        return refit(
            CandidateSpec(self.algorithm, self.n_clusters or 0, **spec),
            values,
            n_init=n_init,
            seed=seed,
        )
