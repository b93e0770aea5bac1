"""What of a study is recorded, without MLflow."""

from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

import pandas as pd
import pytest

from clustering import results
from clustering.config import TrackingConfig
from clustering.errors import StudyFolderError, TrackingError
from clustering.results import StudyDocument
from clustering.tracking import content, log_study, promote, resolve_model, tracking_uri
from clustering.tracking.metrics import (
    _NUMBERS,
    _REFUSED,
    _STAFFING,
    candidate_metrics,
    study_metrics,
)
from clustering.tracking.store import absolute_uri, artifact_location
from study_folders import Recipe, add_report, build_study


def test_parameters_are_the_flat_configuration_without_places(tmp_path: Path) -> None:
    found = content.parameters(results.read(build_study(tmp_path / "s")))
    assert found["evidence.nulls"] == "199"
    assert found["as_of"] == "2025-06-30"
    assert found["chosen.k"] == "3"
    assert not [key for key in found if key.startswith(("source", "output", "tracking"))]


def test_metrics_are_finite_and_have_names_that_mlflow_takes(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(forward=True)))
    metrics = study_metrics(study)
    assert metrics["n_accounts"] == 240
    assert "ami.segment.arr_tiers" in metrics
    assert metrics["gain_log_loss.segment.churned"] == 0.012
    assert not _REFUSED.search("".join(metrics))


def test_sums_of_the_plan_are_metrics(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    plan, metrics = study.document.plan, study_metrics(study)
    assert metrics["plan.cost"] == plan.cost
    assert metrics["audit.bad_fit.accounts"] == plan.audit[-1].n_accounts
    assert metrics["plan.accounts_moved"] == 0


def test_the_place_of_the_playbooks_is_not_recorded() -> None:
    places = {"engagement": {"playbooks": "/home/me/own.toml", "plan_on": "segment"}, "source": {}}
    assert content.without_places(places) == {"engagement": {"plan_on": "segment"}}


def test_a_candidate_has_one_metric_a_criterion_it_has(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    first = candidate_metrics(study.candidates.iloc[0])
    second = candidate_metrics(study.candidates.iloc[1])
    assert "silhouette" not in first
    assert second["silhouette"] == pytest.approx(0.32)
    assert second["smallest_segment"] == 120
    assert "k" not in second
    assert "chosen" not in second


def test_tables_are_recorded_without_people(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    add_report(study.path)
    out = tmp_path / "out"
    out.mkdir()
    content.write_artifacts(study, out)
    assert sorted(file.stem for file in (out / "tables").iterdir()) == [
        "accounts",
        "agreements",
        "audit",
        "books",
        "candidates",
        "champions",
        "clustergram",
        "coassignment",
        "coverage",
        "crosswalk",
        "differences",
        "disagreements",
        "discovery",
        "head_count",
        "misjudged",
        "plan_costs",
        "playbook_runs",
        "profiles",
        "rates",
        "reconfirmation",
        "renewals",
        "retention",
        "scorecard",
        "segment_value",
        "sensitivity",
        "typical",
        "valleys",
    ]
    accounts = pd.read_parquet(out / "tables" / "accounts.parquet")
    assert {"csm", "name"}.isdisjoint(accounts.columns)
    assert len(accounts) == 240
    books = pd.read_parquet(out / "tables" / "books.parquet")
    assert {"csm", "book_csm"}.isdisjoint(books.columns)
    assert "book" in books
    for file in (out / "tables").iterdir():
        assert "Manager" not in pd.read_parquet(file).to_csv(), file.stem


def test_a_study_without_a_report_is_told_how_to_get_one(tmp_path: Path) -> None:
    study = build_study(tmp_path / "s")
    with pytest.raises(TrackingError, match=r"has no report to record. Run: clustering report"):
        log_study(study, TrackingConfig())
    with pytest.raises(StudyFolderError, match="not a finished study"):
        log_study(tmp_path, TrackingConfig())


def test_a_study_that_was_not_recorded_cannot_be_promoted(tmp_path: Path) -> None:
    study = build_study(tmp_path / "s")
    with pytest.raises(TrackingError, match="was not recorded: it ran with --no-track"):
        promote(study, by="a reviewer", reason="the better one")
    (study / "tracking.json").write_text("{}")
    with pytest.raises(TrackingError, match="is not a record of this version"):
        promote(study, by="a reviewer", reason="the better one")


@pytest.mark.parametrize(("by", "reason"), [(" ", "why"), ("who", "")])
def test_who_and_why_are_needed(tmp_path: Path, by: str, reason: str) -> None:
    with pytest.raises(TrackingError, match=r"say who promotes the model \(--by\)"):
        promote(tmp_path, by=by, reason=reason)


@pytest.mark.parametrize("uri", ["models:/", "models:/a", "models:/a@", "runs:/1/m", "models:/a/b"])
def test_what_is_no_address_of_a_model_is_refused(uri: str) -> None:
    with pytest.raises(TrackingError, match="is not the address of a model"):
        resolve_model(uri)


def test_a_store_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/none.db"
    with pytest.raises(TrackingError, match="there is no tracking store"):
        resolve_model("models:/account-segments@champion", store)
    assert not list(tmp_path.iterdir())


def test_the_store_is_given_or_of_the_environment_or_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking_uri() == f"sqlite:///{tmp_path}/studies/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://tracking.example")
    assert tracking_uri() == "https://tracking.example"
    assert tracking_uri("sqlite:////srv/mlflow.db") == "sqlite:////srv/mlflow.db"


def test_artifacts_lie_beside_the_store(tmp_path: Path) -> None:
    uri = absolute_uri("sqlite:///mlflow.db", tmp_path)
    studies = tmp_path / "studies"
    assert artifact_location(uri, studies) == (tmp_path / "mlartifacts").as_uri()
    assert artifact_location("postgresql+pg8000://me@db/x", studies) == (
        (studies / "mlartifacts").as_uri()
    )
    assert artifact_location("https://tracking.example", studies) is None


def test_every_metric_stands_where_it_is_said_to() -> None:
    for place in (*_NUMBERS.values(), *_STAFFING.values()):
        kind: Any = StudyDocument
        for part in place.split("."):
            known = [one for one in get_args(kind) if one is not NoneType]
            kind = known[0] if NoneType in get_args(kind) else kind
            if part.isdecimal():
                assert get_origin(kind) in (list, tuple), place
            else:
                assert part in kind.model_fields, place
                kind = kind.model_fields[part].annotation
