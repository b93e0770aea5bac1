"""The protocol end to end on small data: laws, edge cases, every message, the document."""

import json

import numpy as np
import pytest

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.errors import BadInputError
from clustering.structure.evidence import assess_structure, zscore
from clustering.structure.settings import ProtocolSettings

QUICK = EvidenceConfig(resamples=10, nulls=19)
SMALL = ModelsConfig(k_max=3, n_init=2, covariance_types=("full", "diag"))


def _quick(values, **kwargs):
    told = {
        name: kwargs.pop(name)
        for name in ("config", "models", "scale", "complete")
        if name in kwargs
    }
    settings = ProtocolSettings(**{"config": QUICK, "models": SMALL, "seed": 1, **told})
    return assess_structure(values, settings, **kwargs)


def _two(n=160, d=3, apart=6.0, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, d))
    values[: n // 3] += apart
    return values


@pytest.fixture(scope="module")
def evidence():
    return _quick(_two(), scale="zscore")


def test_document_has_the_keys_of_the_contract(evidence):
    found = evidence.to_json()
    json.dumps(found, allow_nan=False)
    assert {
        "n", "d", "scale", "seed", "verdict", "n_clusters", "offered", "admissible", "reasons",
        "chosen_by", "structure", "kmeans", "mixtures",
    } <= set(found)  # fmt: skip
    assert set(found["offered"]) == {"algorithm", "k", "covariance_type"}
    assert set(found["chosen_by"]) == {
        "gap_pca", "gap_box", "prediction_strength", "instability", "silhouette", "bic", "icl",
    }  # fmt: skip
    assert set(found["chosen_by"]["bic"]) == {"covariance_type", "k"}
    assert {"hopkins", "dip", "nulls"} <= set(found["structure"])
    assert set(found["structure"]["dip"]["pc1"]) == {"D", "p"}
    assert [null["name"] for null in found["structure"]["nulls"]] == [
        "gaussian",
        "copula_margins",
        "copula_unimodal",
    ]
    assert [row["k"] for row in found["kmeans"]] == [1, 2, 3]
    row = found["kmeans"][1]
    assert {
        "k", "sizes", "inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "gap",
        "prediction_strength", "instability", "jaccard", "valley_share",
    } <= set(row)  # fmt: skip
    assert set(row["gap"]["box"]) == {"log_w", "expected_log_w", "gap", "se"}
    assert set(row["jaccard"]) == {"bootstrap", "distinct", "subset", "noise"}
    assert all(len(values) == 2 for values in row["jaccard"].values())
    assert set(found["mixtures"][0]) == {
        "covariance_type", "k", "log_likelihood", "n_parameters", "bic", "icl_hard", "icl_soft",
        "smallest_eigenvalue_ratio", "ruled_out",
    }  # fmt: skip


def test_the_document_is_read_as_it_was_written(evidence):
    assert evidence.findings().model_dump(mode="json") == evidence.to_json()


def test_descriptions_left_out_change_nothing_else(evidence):
    found, whole = _quick(_two(), scale="zscore", complete=False).to_json(), evidence.to_json()
    for document in (found, whole):
        for name in ("hopkins", "hopkins_null", "dip"):
            document["structure"][name] = None
        document["chosen_by"]["gap_box"] = None
        document["reasons"] = [said for said in document["reasons"] if "Dissent" not in said]
        for row in document["kmeans"]:
            row |= {"calinski_harabasz": None, "davies_bouldin": None}
            row["gap"]["box"] = None
            row["jaccard"] |= {"distinct": None, "subset": None, "noise": None}
    assert found == whole


def test_two_far_clusters_are_natural(evidence):
    assert (evidence.verdict, evidence.n_clusters, evidence.offered.k) == ("natural", 2, 2)
    assert np.bincount(evidence.chosen.labels).tolist() == [107, 53]
    assert evidence.account_stability.min() > 0.9


def test_order_of_rows_and_threads_change_nothing(evidence, monkeypatch):
    monkeypatch.setenv("CLUSTERING_THREADS", "1")
    order = np.random.default_rng(5).permutation(160)
    other = _quick(_two()[order], scale="zscore")
    assert json.dumps(other.to_json()) == json.dumps(evidence.to_json())
    assert (other.chosen.labels == evidence.chosen.labels[order]).all()
    np.testing.assert_array_equal(other.account_stability, evidence.account_stability[order])


def test_unit_of_a_column_changes_no_verdict(evidence):
    other = _quick(_two() * [1000.0, 1.0, 0.001] + [5.0, 0.0, 1.0], scale="zscore")
    assert (other.verdict, other.admissible) == (evidence.verdict, evidence.admissible)
    assert (other.chosen.labels == evidence.chosen.labels).all()


def test_table_of_candidates(evidence):
    table = evidence.table()
    assert table.columns[:4].tolist() == ["algorithm", "k", "covariance_type", "sizes"]
    assert table.columns[-3:].tolist() == ["ruled_out", "admissible", "chosen"]
    assert all(len(row["sizes"]) == row["k"] for row in table.to_dict("records"))
    assert len(table) == 3 + 2 * 3
    assert table["chosen"].sum() == 1


def test_one_gaussian_has_no_natural_clusters():
    found = _quick(np.random.default_rng(0).normal(size=(200, 3)))
    assert found.verdict != "natural"
    assert found.n_clusters == 1
    assert 1 in found.admissible
    assert found.offered.k >= 2


def test_one_bimodal_feature_is_to_be_cut_with_a_rule():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(300, 4))
    values[:120, 0] += 12
    found = _quick(values)
    assert found.verdict != "natural"
    named = "column 1 has several bumps (dip test, ties spread, Holm): cut there with a rule"
    assert any(named in reason for reason in found.reasons)


def test_heaps_on_a_grid_are_clusters_although_their_margins_draw_them_too():
    rng = np.random.default_rng(0)
    values = 8.0 * rng.integers(0, 2, size=(240, 2)) + rng.normal(size=(240, 2))
    found = _quick(values, models=ModelsConfig(k_max=4, n_init=2, covariance_types=("diag",)))
    margins = {null.name: null for null in found.structure.nulls}["copula_margins"]
    assert margins.p > 0.05
    assert (found.verdict, found.n_clusters, found.structure.n_bumpy) == ("natural", 4, 2)
    assert "is no comparison" in found.reasons[0]
    assert [null.name for null in found.segment_nulls] == ["gaussian", "copula_unimodal"]
    assert not any("no clustering is needed" in reason for reason in found.reasons)


def test_business_limits_are_said_as_such():
    config = QUICK.model_copy(update={"most_segments": 2, "smallest_segment": 40})
    found = _quick(_two(), config=config)
    assert found.offered.k == 2
    (said,) = [reason for reason in found.reasons if reason.startswith("Business limit")]
    assert "at least 40 accounts, at most 2 segments" in said


def test_nulls_run_the_preparation():
    raw = np.exp(_two(apart=3.0))
    found = _quick(zscore(np.log(raw)), raw=raw, prepare=lambda drawn: zscore(np.log(drawn)))
    assert found.structure.nulls[1].replicates == 19
    with pytest.raises(BadInputError, match="give both the raw columns and what prepares them"):
        _quick(raw, raw=raw)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.random.default_rng(0).normal(size=(30, 2)), id="thirty rows"),
        pytest.param(np.random.default_rng(0).normal(size=(20, 40)), id="more columns than rows"),
        pytest.param(np.repeat(np.arange(5.0), 12)[:, None], id="five distinct values"),
        pytest.param(
            np.r_[np.random.default_rng(0).normal(size=(60, 2)), [[1e9, 0.0]]], id="giant outlier"
        ),
        pytest.param(
            np.random.default_rng(0).poisson(1.0, size=(80, 3)).astype(float), id="counts with ties"
        ),
        pytest.param(
            np.repeat(np.random.default_rng(0).normal(size=(50, 1)), 2, axis=1), id="equal columns"
        ),
        pytest.param(np.repeat([[0.0], [1.0]], 40, axis=0), id="two values"),
    ],
)
def test_awkward_data_gets_an_honest_result(values):
    # Each row is an account: without their ids, equal rows alone would be too few to judge.
    found = _quick(values, scale="zscore", accounts=range(len(values)))
    json.dumps(found.to_json(), allow_nan=False)
    assert len(found.chosen.labels) == len(values)
    assert found.reasons


def test_k_that_the_data_cannot_hold_is_said():
    values = np.repeat(np.arange(3.0), 12)[:, None]
    found = _quick(values, models=ModelsConfig(k_max=8, n_init=2), accounts=range(len(values)))
    assert len(found.kmeans) == 2
    assert any("k above 2 was not considered, with 36 accounts of which 3 are distinct" in reason
               for reason in found.reasons)  # fmt: skip


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((3, 2)), r"3 rows; at least 8 are needed[\s\S]*columns \[1, 2\] are constant"),
        (np.full((20, 1), np.nan), "missing entries"),
        (np.r_[np.arange(20.0), np.inf][:, None], "infinite entries"),
        (np.array([["a"], ["b"]]), "must be numbers"),
    ],
)
def test_what_cannot_be_judged_is_refused(values, message):
    with pytest.raises(BadInputError, match=message):
        _quick(values)


@pytest.mark.slow
def test_many_rows_are_sampled_and_said():
    values = np.vstack([_two(n=15_000, d=2), _two(n=9_000, d=2, seed=1)])
    found = _quick(values)
    assert any("of a random sample of 10000" in reason for reason in found.reasons)
    assert len(found.chosen.labels) == 24_000
    assert np.isnan(found.account_stability).sum() == 14_000


def test_a_number_that_is_asked_for_is_offered_and_the_verdict_stays(evidence):
    asked = QUICK.model_copy(update={"offered_segments": 3})
    found = _quick(_two(), scale="zscore", config=asked)
    assert (found.verdict, found.n_clusters) == (evidence.verdict, evidence.n_clusters)
    assert found.verdict == "natural"
    assert (found.offered.k, found.are_clusters) == (3, False)
    assert any(reason.startswith("Asked for: 3 segments") for reason in found.reasons)


def test_a_number_that_is_not_fitted_cannot_be_asked_for():
    asked = QUICK.model_copy(update={"offered_segments": 4})
    with pytest.raises(BadInputError, match=r"offered_segments is 4, .* 1 to 3 .* models.k_max"):
        _quick(_two(), config=asked)
