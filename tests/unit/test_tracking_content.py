"""What of a study is recorded, without MLflow."""

import json
import re
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

import pandas as pd
import pytest

from clustering import results
from clustering.config import TrackingConfig
from clustering.config.recorded import without_places
from clustering.errors import StudyFolderError, TrackingError
from clustering.report.subjects import first
from clustering.report.words import short_answer
from clustering.results import StudyDocument, StudyFolder
from clustering.tracking import log_study, promote, resolve_model, tracking_uri
from clustering.tracking.record import content
from clustering.tracking.record.candidates import candidates
from clustering.tracking.record.description import description
from clustering.tracking.record.headline import headline_metrics
from clustering.tracking.record.numbers import _NUMBERS, _STAFFING, study_numbers, write_numbers
from clustering.tracking.record.views import EXPERIMENT_KIND, experiment_tags
from clustering.tracking.store import absolute_uri, artifact_location
from study_folders import Recipe, add_report, build_study


def test_parameters_are_the_flat_configuration_without_places(tmp_path: Path) -> None:
    found = content.parameters(results.read(build_study(tmp_path / "s")))
    assert found["evidence.nulls"] == "199"
    assert found["as_of"] == "2025-06-30"
    assert found["chosen.k"] == "3"
    assert not [key for key in found if key.startswith(("source", "output", "tracking"))]


#: What MLflow takes as the name of a metric.
NAME = re.compile(r"[A-Za-z0-9_\-. /]+")


def test_the_numbers_of_a_study_are_one_table(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(forward=True)))
    numbers = study_numbers(study)
    assert numbers["n_accounts"] == 240
    assert "ami.segment.arr_tiers" in numbers
    assert numbers["gain_log_loss.segment.churned"] == 0.012
    write_numbers(study, tmp_path)
    table = pd.read_csv(tmp_path / "numbers.csv")
    assert list(table.columns) == ["number", "value"]
    assert dict(zip(table["number"], table["value"], strict=True)) == pytest.approx(numbers)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(forward=True),
        Recipe(verdict="natural", forward=True, amount_name="MRR"),
        Recipe(with_arr=False, axes=False, verdict="constructive"),
        Recipe(k=1, verdict="constructive"),
    ],
)
def test_few_numbers_stand_in_the_list_of_studies(tmp_path: Path, recipe: Recipe) -> None:
    study = results.read(build_study(tmp_path / "s", recipe))
    metrics = headline_metrics(study)
    assert len(metrics) <= 15
    assert all(NAME.fullmatch(name) for name in metrics)
    assert metrics["study/k"] == recipe.k
    assert ("tiers/ami" in metrics) == recipe.with_arr
    if recipe.forward:
        gain = [metrics[f"gain/{name}"] for name in ("low", "log_loss", "high")]
        assert gain == [0.004, 0.012, 0.021]
    else:
        assert not [name for name in metrics if name.startswith("gain/")]


def test_the_description_is_the_first_screen_without_names(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(forward=True)))
    text = description(study)
    assert len(text) <= 5_000
    for told in (first.question(study), short_answer(study), first.actions(study)[0].todo):
        assert told in text
    assert not [name for name in study.names if name in text]


def test_a_description_longer_than_a_tag_ends_with_a_whole_line(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    long = study.document.model_copy(update={"title": "<b>*" + "x" * 4_500})
    text = description(StudyFolder(study.path, long))
    assert len(text) <= 5_000
    assert text.startswith("**\\<b\\>\\*xxx")
    assert text.splitlines()[-1] == "The rest: report/index.html among the artifacts."


def test_the_views_of_an_experiment_show_what_is_recorded(tmp_path: Path) -> None:
    """A column of a view that no run has would stand empty for ever."""
    tags = experiment_tags(7)
    assert tags[EXPERIMENT_KIND] == "custom_model_development"
    study = results.read(build_study(tmp_path / "s", Recipe(forward=True)))
    ours = {f"metrics.`{name}`" for name in headline_metrics(study)}
    ours |= {"tags.`as_of`", "tags.`verdict`"}
    theirs = set()
    for one in candidates(study):
        theirs |= {f"metrics.`{name}`" for name in one.metrics}
        theirs |= {f"params.`{name}`" for name in one.parameters}
        theirs |= {f"tags.`{name}`" for name in one.tags}
    for view, known in (("studies", ours), ("candidates", theirs)):
        shown = json.loads(json.loads(tags[f"mlflow.sharedViewState.{view}"])["state"])
        not_simulated = {"metrics.`choice/gap`"}
        assert set(shown["selectedColumns"]) - not_simulated <= known


def test_sums_of_the_plan_are_metrics(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    plan, metrics = study.document.plan, study_numbers(study)
    assert metrics["plan.cost"] == plan.cost
    assert metrics["audit.bad_fit.accounts"] == plan.audit[-1].n_accounts
    assert metrics["plan.accounts_moved"] == 0


def test_the_place_of_the_playbooks_is_not_recorded() -> None:
    places = {"engagement": {"playbooks": "/home/me/own.toml", "plan_on": "segment"}, "source": {}}
    assert without_places(places) == {"engagement": {"plan_on": "segment"}}


def test_candidates_have_names_that_sort_by_k_and_the_same_criteria(tmp_path: Path) -> None:
    listed = candidates(results.read(build_study(tmp_path / "s")))
    by_name = {one.name: one for one in listed}
    assert list(by_name)[:2] == ["k-means, k = 01", "k-means, k = 02"]
    assert "mixture (tied), k = 08" in by_name
    third = by_name["k-means, k = 03"]
    assert third.parameters == {"algorithm": "k-means", "k": "3"}
    assert third.metrics["choice/prediction_strength"] == pytest.approx(0.93)
    assert all(name.startswith("choice/") and NAME.fullmatch(name) for name in third.metrics)
    assert "choice/silhouette" not in by_name["k-means, k = 01"].metrics
    means = [
        one for name, one in by_name.items() if name.startswith("k-means") and "01" not in name
    ]
    assert {frozenset(one.metrics) for one in means} == {frozenset(third.metrics)}


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
