"""k-means statistics of Old Faithful against R: `reference/faithful.json`, its tolerances."""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clustering.models.kmeans import KMeansFit, fit_kmeans
from clustering.structure.criteria.gap import gap_statistic
from clustering.structure.criteria.internal import criteria_of
from clustering.structure.criteria.prediction import instability, prediction_strength
from clustering.structure.criteria.stability import jaccard_stability

SHARED = Path(os.environ.get("CLUSTERING_SHARED", Path(__file__).parents[3] / "shared"))
FOLDER = SHARED / "reference"
KS = range(1, 9)
SCHEMES = {
    "bootstrap": "boot_multiple",
    "distinct": "boot_unique",
    "subset": "subset",
    "noise": "noise",
}

pytestmark = pytest.mark.skipif(
    not (FOLDER / "faithful.json").exists(),
    reason=f"reference values are not in {FOLDER}; set CLUSTERING_SHARED to their folder's parent",
)


@cache
def reference() -> Mapping[str, Any]:
    return json.loads((FOLDER / "faithful.json").read_text())["data"]["faithful"]


@cache
def scaled() -> NDArray[np.float64]:
    values = np.loadtxt(FOLDER / "faithful.csv", delimiter=",", skiprows=1)
    return (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)


@cache
def stored_labels(k: int) -> NDArray[np.int64]:
    if k == 1:
        return np.zeros(272, np.int64)
    table = np.genfromtxt(FOLDER / "labels_faithful.csv", delimiter=",", names=True)
    return table[f"kmeans_k{k}"].astype(np.int64) - 1


@cache
def fits() -> tuple[KMeansFit, ...]:
    return tuple(fit_kmeans(scaled(), k, seed=1) for k in KS)


@pytest.mark.parametrize("k", KS)
def test_inertia_is_no_worse_than_the_best_of_200_starts_in_r(k):
    # The stated tolerance is one-sided: 1e-6 up to k = 4, 2e-3 above.
    assert fits()[k - 1].inertia <= reference()["kmeans"][k - 1]["wss"] * (1 + 1e-6)
    assert fits()[k - 1].converged


@pytest.mark.parametrize("k", KS)
def test_labels_of_the_same_optimum(k):
    if fits()[k - 1].inertia < reference()["kmeans"][k - 1]["wss"] * (1 - 1e-9):
        pytest.skip("a better optimum than the stored one was found")
    np.testing.assert_array_equal(fits()[k - 1].labels, stored_labels(k))
    sizes = np.atleast_1d(reference()["kmeans"][k - 1]["sizes"])
    np.testing.assert_array_equal(fits()[k - 1].sizes, sizes)


def test_indices_given_the_stored_labels():
    stored = [stored_labels(k) for k in KS]
    for ours, theirs in zip(criteria_of(scaled(), stored), reference()["kmeans"], strict=True):
        if ours.k == 1:
            assert ours.silhouette is ours.calinski_harabasz is ours.davies_bouldin is None
            continue
        assert ours.silhouette is not None
        assert ours.silhouette.mean == pytest.approx(theirs["silhouette"], abs=1e-8)
        np.testing.assert_allclose(
            ours.silhouette.by_cluster, theirs["sil_by_cluster"], atol=1e-8, rtol=0
        )
        assert ours.calinski_harabasz == pytest.approx(theirs["calinski_harabasz"], rel=1e-8)
        assert ours.davies_bouldin == pytest.approx(theirs["davies_bouldin"], abs=1e-8)


@pytest.mark.parametrize(
    ("space", "name"), [("pca", "dpower2_scaledPCA"), ("box", "dpower2_original")]
)
def test_gap(space, name):
    theirs = reference()["gap"][name]
    gap = gap_statistic(
        scaled(), KS, [fit.inertia for fit in fits()], space=space, n_references=200, seed=12
    )
    log_w, expected, se = (np.array(theirs[field]) for field in ("logW", "ElogW", "SE"))
    np.testing.assert_allclose(gap.log_w[:4], log_w[:4], atol=1e-6, rtol=0)
    assert (gap.log_w[4:] <= log_w[4:] + 5e-3).all()  # lower is a better optimum
    allowed = 4 * se / np.sqrt(200) + np.where(np.array(KS) >= 5, 0.01, 0.0)
    assert (np.abs(gap.expected_log_w - expected) <= allowed).all()
    assert (np.abs(gap.se / se - 1) <= 0.25).all()
    np.testing.assert_allclose(gap.gap, gap.expected_log_w - gap.log_w, atol=1e-12)
    assert gap.chosen_k == theirs["k"]["Tibs2001SEmax"] == 2


@pytest.mark.parametrize("scheme", SCHEMES)
def test_clusterwise_jaccard(scheme):
    rows = [
        row
        for row in reference()["clusterboot"]
        if row["method"] == "kmeans" and row["scheme"] == SCHEMES[scheme]
    ]
    results = jaccard_stability(
        scaled(), [stored_labels(row["k"]) for row in rows], scheme=scheme, seed=1
    )
    for row, result in zip(rows, results, strict=True):
        theirs = np.array(row["jaccard"])
        slack = np.where(theirs >= 0.95, 0.02, np.where(theirs >= 0.75, 0.06, 0.10))
        allowed = 4 * np.array(row["sd_between_B100_runs"]) + slack
        assert (np.abs(result.mean - theirs) <= allowed).all(), (row["k"], result.mean, theirs)


def test_prediction_strength():
    theirs = reference()["prediction_strength"]
    strength = prediction_strength(scaled(), KS, seed=1)
    expected, sd = np.array(theirs["mean"]), np.array(theirs["sd_between_M50_runs"])
    allowed = 4 * sd + np.where(expected >= 0.7, 0.03, 0.08)
    assert (np.abs(strength.mean - expected) <= allowed).all()
    assert max(k for k, mean in zip(KS, strength.mean, strict=True) if mean >= 0.8) == 2


def test_instability_is_twice_that_of_fpc():
    theirs = reference()["nselectboot"]
    ours = instability(scaled(), KS, seed=1).mean[1:]
    expected, sd = np.array(theirs["instability"]), np.array(theirs["sd_between_B50_runs"])
    allowed = 4 * sd + np.where(expected > 0.05, 0.03, 0.005)
    assert (np.abs(ours / 2 - expected) <= allowed).all()
    assert int(ours.argmin()) + 2 == theirs["chosen"]
