"""The rows of the evidence: what was measured about every candidate."""

from dataclasses import dataclass

import numpy as np

from clustering.models.types import Algorithm, Clustering, CovarianceType
from clustering.structure.criteria.hopkins import Hopkins
from clustering.structure.nulls.homogeneous import NullTest
from clustering.structure.separation.bridges import Bridge
from clustering.structure.separation.dip import Dip
from clustering.structure.separation.saddle import Saddle
from clustering.structure.separation.valleys import Valley


@dataclass(frozen=True)
class GapRow:
    """Gap statistic of one k against one reference space."""

    log_w: float
    expected_log_w: float
    gap: float
    se: float


@dataclass(frozen=True)
class JaccardRow:
    """Mean clusterwise Jaccard similarity, one value per cluster, in four resampling schemes."""

    bootstrap: tuple[float, ...]
    distinct: tuple[float, ...]
    subset: tuple[float, ...]
    noise: tuple[float, ...]


@dataclass(frozen=True)
class NullBand:
    """Average silhouette of one k where there are no clusters (null with unimodal margins)."""

    mean: float
    sd: float


@dataclass(frozen=True)
class KMeansDiagnostics:
    """Everything measured about k-means with one k; None where it is not defined."""

    k: int
    sizes: tuple[int, ...]
    inertia: float
    silhouette: float | None
    calinski_harabasz: float | None
    davies_bouldin: float | None
    gap_pca: GapRow
    gap_box: GapRow
    prediction_strength: float
    instability: float | None
    seed_ari: float | None
    jaccard: JaccardRow
    valley: Valley | None
    saddle: Saddle | None
    bridges: tuple[Bridge, ...]
    silhouette_null: NullBand | None

    @property
    def least_jaccard(self) -> float:
        """Of the least stable cluster, under the bootstrap."""
        return min(self.jaccard.bootstrap)

    @property
    def calibrated(self) -> float:
        """Average silhouette in standard deviations above its mean without clusters."""
        band = self.silhouette_null
        if band is None or self.silhouette is None or band.sd <= 0:
            return -np.inf
        return (self.silhouette - band.mean) / band.sd


@dataclass(frozen=True)
class MixtureRow:
    """Everything measured about one mixture; numbers are None where it could not be fitted."""

    covariance_type: CovarianceType
    k: int
    n_parameters: int
    log_likelihood: float | None
    bic: float | None
    icl_hard: float | None
    icl_soft: float | None
    smallest_eigenvalue_ratio: float | None
    sizes: tuple[int, ...]
    ruled_out: str | None


@dataclass(frozen=True)
class Structure:
    """Is there structure at all?"""

    hopkins: Hopkins
    dip_columns: tuple[Dip, ...]
    dip_pc1: Dip
    nulls: tuple[NullTest, ...]


@dataclass(frozen=True)
class Offered:
    """The segments that a study works with."""

    algorithm: Algorithm
    k: int
    covariance_type: CovarianceType | None = None

    @property
    def name(self) -> str:
        """As in "mixture k=3 diag"."""
        kind = "" if self.covariance_type is None else f" {self.covariance_type}"
        return f"{self.algorithm} k={self.k}{kind}"

    def is_spec_of(self, clustering: Clustering) -> bool:
        """Whether this is what the clustering was fitted as."""
        spec = clustering.spec
        return (self.algorithm, self.k, self.covariance_type) == (
            spec.algorithm,
            spec.n_clusters,
            spec.covariance_type,
        )


@dataclass(frozen=True)
class ChosenBy:
    """The k that each criterion would choose by itself; None where it cannot choose."""

    gap_pca: int | None
    gap_box: int | None
    prediction_strength: int | None
    instability: int | None
    silhouette: int | None
    bic: Offered | None
    icl: Offered | None
