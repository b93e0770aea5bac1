"""Small hand-made snapshots, clusterings and scorers for the tests of matrix, profiles, scorer."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from clustering.config import FeaturesConfig, MatrixConfig
from clustering.features.types import Feature, Scale, Snapshot
from clustering.matrix import FeatureMatrix, Standardiser, standardise
from clustering.models.kinds import CentreModel, GaussianModel
from clustering.models.types import CandidateSpec, Clustering, CovarianceType
from clustering.profiles import profile
from clustering.scorer import Scorer, Training

AS_OF = date(2025, 6, 30)


def feature(
    name: str, scale: Scale = "share", family: str = "usage", words: tuple[str, str] | None = None
) -> Feature:
    return Feature(
        name, family, "unit", f"Meaning of {name}.", "Not known.", ("usage",), scale, True,
        words or (f"low {name}", f"high {name}"),
    )  # fmt: skip


def snapshot_of(
    columns: Mapping[str, Sequence[float] | NDArray[np.float64]],
    features: Sequence[Feature] | None = None,
    withheld: Mapping[str, str] | None = None,
    arr: Sequence[float] | NDArray[np.float64] | None = None,
) -> Snapshot:
    """A snapshot of given values; accounts are a0000, a0001, ..."""
    frame = pd.DataFrame({name: np.asarray(values, float) for name, values in columns.items()})
    frame.index = pd.Index([f"a{row:04}" for row in range(len(frame))], name="account_id")
    attributes = pd.DataFrame(index=frame.index)
    if arr is not None:
        attributes["arr"] = np.asarray(arr, float)
    described = tuple(features or [feature(name) for name in frame.columns])
    return Snapshot(AS_OF, frame, described, attributes, withheld=withheld or {})


FEATURES = (
    feature("days_late", "signed", "milestones", ("early on milestones", "late on milestones")),
    feature("goals_share", "share", "outcomes", ("few goals reached", "most goals reached")),
    feature("breadth", "count", "usage", ("low breadth", "high breadth")),
    feature("hours", "amount", "engagement", ("little care", "much care")),
    feature("has_sponsor", "binary", "engagement", ("no sponsor", "with a sponsor")),
    feature("score", "signed", "sentiment", ("dissatisfied", "satisfied")),
)


def book(n: int = 400, seed: int = 0, missing: float = 0.05) -> Snapshot:
    """Three kinds of accounts on features of every scale, some values missing."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(3, size=n)

    def around(levels: Sequence[float], noise: float) -> NDArray[np.float64]:
        return np.asarray(levels)[kind] + noise * rng.normal(size=n)

    columns = {
        "days_late": around([-20, 0, 35], 8),
        "goals_share": 1 / (1 + np.exp(-around([2, 0, -1], 0.5))),
        "breadth": rng.poisson(np.asarray([9, 6, 2])[kind]).astype(float),
        "hours": np.exp(around([2, 3, 2], 0.4)),
        "has_sponsor": (rng.random(n) < np.asarray([0.8, 0.5, 0.2])[kind]).astype(float),
        "score": around([40, 10, -20], 12),
    }
    for values in columns.values():
        values[rng.random(n) < missing] = np.nan
    return snapshot_of(columns, FEATURES, arr=np.exp(rng.normal(10, 1, n)))


def kmeans_clustering(values: NDArray[np.float64], k: int) -> Clustering:
    """Fitted by scikit-learn to full convergence, clusters by ascending first column."""
    fit = KMeans(k, n_init=5, tol=0, max_iter=1000, random_state=0).fit(values)
    order = np.argsort(fit.cluster_centers_[:, 0], kind="stable")
    centres = fit.cluster_centers_[order]
    distances = ((values[:, None, :] - centres) ** 2).sum(axis=2)
    return Clustering(
        CandidateSpec("kmeans", k),
        CentreModel(centres, float(distances.min(axis=1).sum()) / values.size),
        distances.argmin(axis=1),
        n_iter=int(fit.n_iter_),
        converged=True,
    )


def mixture_clustering(
    values: NDArray[np.float64], k: int, kind: CovarianceType = "full"
) -> Clustering:
    """Fitted by scikit-learn, as the type that all rooms share."""
    fit = GaussianMixture(
        k, covariance_type=kind, n_init=2, tol=1e-8, max_iter=2000, reg_covar=1e-4, random_state=0
    ).fit(values)
    d = values.shape[1]
    covariances = {
        "full": lambda c: c,
        "tied": lambda c: np.broadcast_to(c, (k, d, d)).copy(),
        "diag": lambda c: c[:, :, None] * np.eye(d),
        "spherical": lambda c: c[:, None, None] * np.eye(d),
    }[kind](fit.covariances_)
    posterior = fit.predict_proba(values)
    return Clustering(
        CandidateSpec("mixture", k, kind, reg_covar=1e-4),
        GaussianModel(kind, fit.means_, fit.weights_, covariances),
        posterior.argmax(axis=1),
        n_iter=int(fit.n_iter_),
        converged=bool(fit.converged_),
        responsibilities=posterior,
    )


@cache
def fitted(
    snapshot: Snapshot, algorithm: str = "kmeans", k: int = 3
) -> tuple[FeatureMatrix, Standardiser, Clustering]:
    """Matrix, standardiser and clustering; cached, so leave the snapshot as it is."""
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    fit = kmeans_clustering if algorithm == "kmeans" else mixture_clustering
    return matrix, standardiser, fit(matrix.values, k)


@cache
def scorer_of(snapshot: Snapshot, algorithm: str = "kmeans", k: int = 3) -> Scorer:
    matrix, standardiser, clustering = fitted(snapshot, algorithm, k)
    return Scorer.build(
        standardiser,
        clustering,
        matrix,
        profile(snapshot, matrix, clustering).names,
        FeaturesConfig(),
        Training(snapshot.as_of, "reproducible", study="demo", config_hash="0" * 64),
    )
