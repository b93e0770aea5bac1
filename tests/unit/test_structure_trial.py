"""A mixture is offered where it holds natural clusters that k-means cuts across, and only there."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.structure.evidence import assess_structure
from clustering.structure.pictures import coassignment, valley_projections
from clustering.structure.protocol import Evidence
from clustering.structure.settings import ProtocolSettings

QUICK = EvidenceConfig(resamples=20, nulls=39)
GRID = ModelsConfig(k_max=4, n_init=4, covariance_types=("tied", "full"))


def elongated(seed: int, n: int = 600) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Three parallel cigars, turned so that no single column shows them."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    centres = np.array([[0, 0, 0], [0, 4, 0], [0, 0, 4.0]])
    values = centres[truth] + rng.normal(size=(n, 3)) * [5.0, 0.7, 0.7]
    return values @ np.linalg.qr(rng.normal(size=(3, 3)))[0], truth


def judged(values: NDArray[np.float64], config: EvidenceConfig = QUICK) -> Evidence:
    return assess_structure(
        values, ProtocolSettings(config=config, models=GRID, seed=1, scale="zscore")
    )


@pytest.fixture(scope="module")
def cigars() -> tuple[Evidence, NDArray[np.float64], NDArray[np.int64]]:
    values, truth = elongated(0)
    return judged(values), values, truth


def test_elongated_clusters_are_offered_as_a_mixture(
    cigars: tuple[Evidence, NDArray[np.float64], NDArray[np.int64]],
) -> None:
    evidence, _, truth = cigars
    assert (evidence.verdict, evidence.n_clusters) == ("natural", 3)
    assert evidence.offered.algorithm == "mixture"
    assert evidence.admissible == (3,)
    assert adjusted_rand_score(evidence.chosen.labels, truth) > 0.95
    # The best k-means cut of the same accounts runs across the cigars.
    kmeans = next(
        one
        for one in evidence.clusterings
        if one.spec.algorithm == "kmeans" and one.spec.n_clusters == 3
    )
    assert adjusted_rand_score(kmeans.labels, truth) < 0.5


def test_the_offered_mixture_brings_its_own_stability_and_reasons(
    cigars: tuple[Evidence, NDArray[np.float64], NDArray[np.int64]],
) -> None:
    evidence, _, _ = cigars
    assert len(evidence.segment_jaccard) == 3
    assert min(evidence.segment_jaccard) > 0.9
    assert 0.9 < float(np.nanmean(evidence.account_stability)) <= 1.0
    assert evidence.reasons[0].startswith("The mixture that ICL prefers (tied, 3 components)")
    assert "p = 0.000" not in " ".join(evidence.reasons)
    assert evidence.to_json()["trial"]["passed"] is True
    assert evidence.table().query("chosen")["algorithm"].tolist() == ["mixture"]


def test_pictures_refit_the_mixture_and_not_k_means(
    cigars: tuple[Evidence, NDArray[np.float64], NDArray[np.int64]],
) -> None:
    evidence, values, truth = cigars
    scaled = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    together = coassignment(
        scaled, evidence.chosen, evidence.account_stability, seed=0, n_refits=10
    )
    same = truth[together["first"].astype(int)] == truth[together["second"].astype(int)]
    assert together.loc[same, "share"].mean() > 0.9
    assert together.loc[~same, "share"].mean() < 0.1
    assert valley_projections(scaled, evidence.chosen, seed=0)["dip_p"].min() < 0.01


def test_clusters_that_are_long_along_the_line_between_their_means_are_told_apart() -> None:
    """Two of the three lie lengthwise one behind the other: no straight line shows their gap."""
    values, truth = make_blobs(n_samples=400, random_state=170)
    evidence = judged(values @ np.array([[0.6, -0.6], [-0.4, 0.8]]))
    assert (evidence.verdict, evidence.n_clusters) == ("natural", 3)
    assert evidence.offered.name == "mixture k=3 tied"
    assert adjusted_rand_score(evidence.chosen.labels, truth) > 0.95
    assert any(reason.startswith("Labels: ") for reason in evidence.reasons)


def test_one_bimodal_column_is_not_offered_as_a_mixture() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(500, 3))
    values[:, 0] += np.where(rng.random(500) < 0.4, 6.0, 0.0)
    evidence = judged(values)
    assert evidence.n_clusters == 1
    assert evidence.offered.algorithm == "kmeans"
    assert evidence.trial is not None
    assert not evidence.trial.passed
    assert "data without clusters gains as much" in evidence.trial.reason
    assert "column 1 has several bumps" in evidence.reasons[0]
    assert evidence.trial.reason in evidence.reasons


def test_the_limits_of_the_business_hold_for_mixtures_too() -> None:
    values, _ = elongated(0)
    evidence = judged(values, QUICK.model_copy(update={"most_segments": 2}))
    assert evidence.offered.algorithm == "kmeans"
    assert evidence.offered.k == 2
    assert (evidence.verdict, evidence.n_clusters, evidence.admissible) == ("natural", 3, ())
    assert "do not meet the limits that the business sets" in evidence.reasons[1]


def test_neither_threads_nor_the_order_of_rows_matter(
    cigars: tuple[Evidence, NDArray[np.float64], NDArray[np.int64]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evidence, values, _ = cigars
    monkeypatch.setattr("clustering.resampling.engine.available_cores", lambda: 1)
    order = np.random.default_rng(5).permutation(len(values))
    again = judged(values[order])
    assert json.dumps(again.to_json()) == json.dumps(evidence.to_json())
    assert (again.chosen.labels == evidence.chosen.labels[order]).all()
