"""Mixtures, structure and verdict on Old Faithful, against R 4.2.2 (mclust 6.0.0, diptest 0.76-0).

The values are those of `reference/faithful.json` beside the shared documents; em_from_kmeans_labels
is mclust's `me()` from k-means labels, BIC has mclust's sign turned.
"""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.models.kmeans import fit_kmeans
from clustering.models.mixture import fit_from_labels, fit_mixture
from clustering.progress import SILENT
from clustering.structure.criteria.hopkins import first_component, hopkins
from clustering.structure.evidence import assess_structure, zscore
from clustering.structure.mixtures.candidates import fit_mixtures
from clustering.structure.separation.dip import dip
from clustering.structure.separation.valleys import held_out_valleys
from clustering.structure.settings import ProtocolSettings

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CLUSTERING_SHARED", ROOT.parent / "shared")) / "reference"
MODELS = {"VII": "spherical", "VVI": "diag", "EEE": "tied", "VVV": "full"}

pytestmark = [
    pytest.mark.real_input,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared reference values are absent"),
]


@pytest.fixture(scope="module")
def reference():
    return json.loads((SHARED / "faithful.json").read_text())["data"]["faithful"]


@pytest.fixture(scope="module")
def raw():
    return pd.read_csv(SHARED / "faithful.csv").to_numpy(np.float64)


@pytest.fixture(scope="module")
def labels():
    return pd.read_csv(SHARED / "labels_faithful.csv")


def test_em_from_given_labels(reference, raw, labels):
    for entry in reference["em_from_kmeans_labels"]:
        start = labels[f"kmeans_k{entry['k']}"].to_numpy() - 1
        fit = fit_from_labels(raw, start, MODELS[entry["model"]])
        assert fit.log_likelihood == pytest.approx(entry["loglik"], abs=1e-5)
        assert -fit.bic == pytest.approx(entry["bic"], abs=1e-4)
        assert fit.n_parameters == entry["df"]
        np.testing.assert_allclose(fit.means.T, np.array(entry["means"]), rtol=1e-4)
        np.testing.assert_allclose(fit.weights, entry["weights"], atol=1e-4)
        np.testing.assert_allclose(fit.responsibilities[:5], entry["first5_z"], atol=1e-4)


def test_bic_is_at_least_that_of_mclust(reference, raw):
    mixtures = fit_mixtures(raw, 8, ModelsConfig(), 1, SILENT)
    fits = {(fit.covariance_type, fit.k): fit for fit in mixtures.fits if fit is not None}
    known = {
        (entry["model"], entry["G"]): entry["sklearn_minus_bic"]
        for entry in reference["sklearn_crosscheck_bic"]
    }
    for model, kind in MODELS.items():
        for k, theirs in enumerate(reference["mclust"]["BIC"][model], start=1):
            fit = fits[kind, k]
            allowed = 0.5 if k <= 6 else 5.0
            least = min(theirs, known.get((model, k), theirs)) - allowed
            assert -fit.bic >= least, (model, k)
            if -fit.bic > theirs + 1:
                assert fit.smallest_eigenvalue_ratio >= 1e-3


def test_icl_by_both_definitions(reference, raw):
    mclust = reference["mclust"]
    fit = fit_mixture(raw, 3, "tied", seed=1)
    assert -fit.icl_hard == pytest.approx(mclust["chosen_icl"], abs=1.0)
    # mclust stops a little early: the same optimum has another entropy in the first decimal.
    assert -fit.icl_soft == pytest.approx(mclust["soft_entropy_icl"], abs=1.5)


def test_dip_equals_diptest(reference, raw):
    scaled = zscore(raw)
    for column, entry in zip(scaled.T, reference["dip"]["columns"], strict=True):
        assert pytest.approx(entry["D"], abs=1e-6) == dip(column).D
        assert dip(column).p == pytest.approx(entry["p"], abs=0.01)
    assert pytest.approx(reference["dip"]["pc1"]["D"], abs=1e-6) == dip(first_component(scaled)).D


def test_hopkins(reference, raw):
    entry = reference["hopkins"]
    found = hopkins(zscore(raw), seed=1)
    assert found.mean == pytest.approx(entry["mean"], abs=4 * entry["sd"] / 10 + 0.02)


def test_held_out_valleys(reference, raw):
    scaled = zscore(raw)
    centres = {k: fit_kmeans(scaled, k, seed=1).centres for k in (2, 3, 4)}
    found = held_out_valleys(scaled, centres, seed=1)
    for entry in reference["heldout_separation"]:
        assert found[entry["k"]].share == pytest.approx(entry["share_p_below_05"], abs=0.15)


@pytest.mark.slow
def test_verdict_is_two_natural_clusters(reference, raw):
    config = EvidenceConfig(resamples=30, nulls=99)
    evidence = assess_structure(
        raw, ProtocolSettings(config=config, models=ModelsConfig(n_init=10), seed=1, scale="zscore")
    )
    assert (evidence.verdict, evidence.n_clusters) == ("natural", 2)
    assert evidence.offered.k == 2
    assert evidence.admissible == (2,)
    null = {test.name: test for test in evidence.structure.nulls}["gaussian"]
    entry = reference["gaussian_null"]
    assert null.observed == pytest.approx(entry["max_silhouette_k2_5"], abs=1e-6)
    allowed = 4 * entry["null_sil_sd"] / np.sqrt(99) + 0.005
    assert null.mean == pytest.approx(entry["null_sil_mean"], abs=allowed)
    assert null.p == pytest.approx(entry["p_silhouette"], abs=1e-9)
    choices = evidence.chosen_by
    assert (choices.bic.covariance_type, choices.bic.k) == ("tied", 3)
    assert choices.icl.k == 2
