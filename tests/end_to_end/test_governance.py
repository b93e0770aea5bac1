"""Which model serves, who decided, and the way back: in a real store, which is moved as well."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest
from typer.testing import CliRunner

from clustering import cli
from clustering.config import TrackingConfig
from clustering.errors import ModelFolderError, TrackingError
from clustering.scorer import Scorer
from clustering.tracking import history, log_study, promote, read_card, resolve_model, rollback
from clustering.tracking.store import open_store
from study_folders import Recipe, add_report, add_scorer, build_study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MODEL = "models:/account-segments"
RECIPES = {
    "first": Recipe(n_accounts=120, forward=True),
    "second": Recipe(n_accounts=120, seed=6),
    "weak": Recipe(n_accounts=90, verdict="constructive"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recorded studies in one store, and none promoted."""
    root = tmp_path_factory.mktemp("made") / "studies"
    for name, recipe in RECIPES.items():
        folder = build_study(root / name, recipe)
        add_scorer(folder)
        add_report(folder)
        log_study(folder, TrackingConfig())
    return root


@pytest.fixture
def studies(made: Path, tmp_path: Path) -> Path:
    """A copy of them elsewhere, store and artifacts and all."""
    return Path(shutil.copytree(made, tmp_path / "moved" / "studies"))


def store_of(studies: Path) -> str:
    return f"sqlite:///{studies / 'mlflow.db'}"


def serving(studies: Path, alias: str = "champion") -> str:
    """The study whose model is behind an alias."""
    found = resolve_model(f"{MODEL}@{alias}", store_of(studies))
    assert studies in found.parents
    manifest = (found / "manifest.json").read_bytes()
    (name,) = [
        name
        for name in RECIPES
        if (studies / name / "scorer/manifest.json").read_bytes() == manifest
    ]
    return name


def test_promotion_moves_the_champion_and_keeps_the_way_back(studies: Path) -> None:
    one = promote(studies / "first", by="a director", reason="the first")
    two = promote(studies / "second", by="a director", reason="more stable")
    assert (one.version, one.former_version, one.doubts) == ("1", None, ())
    assert (two.version, two.former_version) == ("2", "1")
    assert (serving(studies), serving(studies, "previous")) == ("second", "first")
    with open_store(store_of(studies), create=False) as client:
        version = client.get_model_version(two.name, two.version)
    assert version.tags["promoted_by"] == "a director"
    assert version.tags["reason"] == "more stable"
    assert version.description.startswith("# Model card: Simulated book")
    assert "**Reproducible.** No natural clusters were found." in version.description
    with pytest.raises(TrackingError, match=r"is the champion of 'account-segments' already"):
        promote(studies / "second", by="a director", reason="again")
    store = store_of(studies)
    with pytest.raises(TrackingError, match=r"no 'account-segments@rival'. Known models: account"):
        resolve_model(f"{MODEL}@rival", store)
    with pytest.raises(TrackingError, match=r"tracking store .* says"):
        resolve_model(f"{MODEL}/99", store)


def test_what_speaks_against_a_model_is_said_and_has_to_be_accepted(studies: Path) -> None:
    promote(studies / "first", by="Kim", reason="the first")
    with pytest.raises(TrackingError) as refused:
        promote(studies / "weak", by="Kim", reason="newer")
    message = str(refused.value)
    assert message.startswith("study 'simulated' should not be the champion (1 breach):\n")
    assert "its verdict is constructive, and the segments do not come back" in message
    assert message.endswith(
        "Nothing was changed. If it is right all the same, say why: --accept WHY"
    )
    assert [one.version for one in history(store=store_of(studies)).versions] == ["1"]
    with pytest.raises(TrackingError, match="say why it is right all the same"):
        promote(studies / "weak", by="Kim", reason="newer", accept="  ")
    done = promote(studies / "weak", by="Kim", reason="newer", accept="a rule will do")
    assert len(done.doubts) == 1
    last = history(store=store_of(studies)).decisions[-1]
    assert (last.by, last.reason, last.accepted) == ("Kim", "newer", "a rule will do")
    assert last.doubts == done.doubts


def test_going_back_twice_goes_back_two_steps_and_forward_again(studies: Path) -> None:
    store = store_of(studies)
    for name in ("first", "second", "weak"):
        promote(studies / name, by="Kim", reason=name, accept="a test")
    back = rollback(by="Lee", reason="complaints", store=store)
    assert (back.version, back.former_version) == ("2", "3")
    assert (serving(studies), serving(studies, "previous")) == ("second", "first")
    rollback(by="Lee", reason="more of them", store=store)
    assert serving(studies) == "first"
    with pytest.raises(TrackingError, match="no 'account-segments@previous'"):
        resolve_model(f"{MODEL}@previous", store)
    with pytest.raises(TrackingError, match="version 1 is the first champion"):
        rollback(by="Lee", reason="once more", store=store)
    promote(studies / "second", by="Kim", reason="mended", accept="a test")
    assert (serving(studies), serving(studies, "previous")) == ("second", "first")
    told = [(one.action, one.version, one.former) for one in history(store=store).decisions]
    assert told == [
        ("promote", "1", None),
        ("promote", "2", "1"),
        ("promote", "3", "2"),
        ("rollback", "2", "3"),
        ("rollback", "1", "2"),
        ("promote", "4", "1"),
    ]


def monitored(studies: Path, version: str, decision: str, as_of: str = "2026-03-31") -> None:
    """As `clustering monitor --track` leaves it on a version."""
    with open_store(store_of(studies), create=False) as client:
        for tag, value in (("monitor", decision), ("monitor_as_of", as_of)):
            client.set_model_version_tag("account-segments", version, tag, value)


def test_what_a_monitor_says_of_a_model_is_a_doubt_about_that_model_alone(studies: Path) -> None:
    store = store_of(studies)
    promote(studies / "first", by="Kim", reason="the first")
    monitored(studies, "1", "re-cut")
    done = promote(studies / "second", by="Kim", reason="the accounts have changed")
    assert done.doubts == ()
    with pytest.raises(TrackingError) as refused:
        rollback(by="Lee", reason="complaints", store=store)
    assert str(refused.value).startswith("version 1 should not be the champion (1 breach):\n")
    assert "the last monitor said re-cut of it, as of 2026-03-31 (version 1)" in str(refused.value)
    assert serving(studies) == "second"
    with pytest.raises(TrackingError, match="the last monitor said re-cut of it"):
        promote(studies / "first", by="Lee", reason="it was better")
    back = rollback(by="Lee", reason="complaints", accept="for a week", store=store)
    assert (back.version, len(back.doubts)) == ("1", 1)
    last = history(store=store).decisions[-1]
    assert (last.doubts, last.accepted) == (back.doubts, "for a week")


@pytest.mark.parametrize(
    ("last", "refused"), [("keep", False), ("unknown", False), ("refit", True)]
)
def test_the_last_monitor_of_all_versions_of_a_model_counts(
    studies: Path, last: str, refused: bool
) -> None:
    for name in ("first", "second", "first", "second"):
        promote(studies / name, by="Kim", reason=name)
    monitored(studies, "1", "re-cut", "2026-03-31")
    monitored(studies, "3", last, "2026-06-30")
    if refused:
        with pytest.raises(
            TrackingError, match=r"said refit of it, as of 2026-06-30 \(version 3\)"
        ):
            rollback(by="Lee", reason="complaints", store=store_of(studies))
    else:
        assert rollback(by="Lee", reason="complaints", store=store_of(studies)).version == "3"


def test_a_model_that_cannot_be_read_is_not_gone_back_to(studies: Path) -> None:
    for name in ("first", "second"):
        promote(studies / name, by="Kim", reason=name)
    card = resolve_model(f"{MODEL}/1", store_of(studies)) / "model_card.md"
    card.write_text(card.read_text() + "Use it for everything.\n")
    with pytest.raises(ModelFolderError, match=r"file 'model_card.md' was changed"):
        rollback(by="Lee", reason="complaints", store=store_of(studies))
    with pytest.raises(ModelFolderError, match=r"file 'model_card.md' was changed"):
        read_card("previous", store=store_of(studies))
    assert serving(studies) == "second"


def test_a_champion_without_recorded_decisions_has_a_way_back(studies: Path) -> None:
    for name in ("first", "second"):
        promote(studies / name, by="Kim", reason=name)
    with open_store(store_of(studies), create=False) as client:
        for version in client.search_model_versions("name = 'account-segments'"):
            for tag in [name for name in version.tags if name.startswith("decision.")]:
                client.delete_model_version_tag("account-segments", version.version, tag)
    assert rollback(by="Lee", reason="complaints", store=store_of(studies)).version == "1"


def test_history_is_a_table_json_and_cards(studies: Path) -> None:
    promote(studies / "first", by="Kim", reason="the first")
    promote(studies / "weak", by="Lee", reason="newer", accept="a rule will do")
    cli._register()
    store = ["--tracking-uri", store_of(studies)]
    shown = CliRunner().invoke(cli.app, ["history", *store], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    for words in ("Versions of 'account-segments'", "champion", "previous", "constructive"):
        assert words in shown.output
    assert "Lee promoted version 2 (before: 1): newer" in shown.output
    assert "accepted, because: a rule will do" in shown.output
    read = json.loads(CliRunner().invoke(cli.app, ["history", "--json", *store]).stdout)
    assert [one["version"] for one in read["versions"]] == ["2", "1"]
    assert read["versions"][0]["aliases"] == ["champion"]
    assert read["decisions"][1]["accepted"] == "a rule will do"
    card = CliRunner().invoke(cli.app, ["history", "--card", "1", *store]).stdout
    assert card == (studies / "first" / "scorer" / "model_card.md").read_text()
    assert card == read_card("previous", store=store_of(studies))
    with pytest.raises(TrackingError, match="has no model 'rival'"):
        history("rival", store_of(studies))


def test_a_moved_store_serves_by_alias_here_and_in_mlflow(studies: Path, tmp_path: Path) -> None:
    """Not a word of where it was made is left, and a study that is recorded next lies beside it."""
    promote(studies / "first", by="Kim", reason="the first")
    project = tmp_path / "elsewhere"
    shutil.move(studies.parent, project)
    store = store_of(project / "studies")
    assert serving(project / "studies") == "first"
    script = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import mlflow\n"
        f"model = mlflow.pyfunc.load_model({MODEL + '@champion'!r})\n"
        "print(model.predict(model.input_example)['segment_id'].notna().all())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"MLFLOW_TRACKING_URI": store},
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.strip().endswith("True"), done.stderr[-2000:]
    with open_store(store, create=False) as client:
        experiment = client.get_experiment_by_name("clustering")
        runs = client.search_runs([experiment.experiment_id])
    beside = (project / "studies" / "mlartifacts").as_uri()
    assert experiment.artifact_location == beside
    assert len(runs) > 100
    assert all(run.info.artifact_uri.startswith(f"{beside}/") for run in runs)
    assert rollback_is_refused(store)


def rollback_is_refused(store: str) -> bool:
    with pytest.raises(TrackingError, match="there is none before it"):
        rollback(by="Kim", reason="a look", store=store)
    return True


def test_a_copy_leaves_the_original_alone(made: Path, studies: Path) -> None:
    promote(studies / "first", by="Kim", reason="the first")
    with pytest.raises(TrackingError, match="has no 'account-segments@champion'"):
        resolve_model(f"{MODEL}@champion", store_of(made))


def test_every_version_has_its_card_beside_the_run(studies: Path) -> None:
    with open_store(store_of(studies), create=False) as client:
        experiment = client.get_experiment_by_name("clustering").experiment_id
        runs = client.search_runs([experiment], "tags.chosen IS NULL and tags.study = 'simulated'")
        places = [Path(run.info.artifact_uri.removeprefix("file://")) for run in runs]
    cards = {(place / "model_card.md").read_text() for place in places}
    assert cards == {(studies / name / "scorer/model_card.md").read_text() for name in RECIPES}
    assert Scorer.load(studies / "first").facts is not None


def test_what_mlflow_was_told_before_stands_after(
    studies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow keeps its addresses in the environment, where the next command would find them."""
    for given in (None, "sqlite:////nowhere/mlflow.db"):
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
            monkeypatch.delenv(name, raising=False)
        if given is not None:
            mlflow.set_tracking_uri(given)
        promoted = promote(studies / ("second" if given else "first"), by="Kim", reason="a test")
        assert promoted.version == ("2" if given else "1")
        assert os.environ.get("MLFLOW_TRACKING_URI") == given
        assert "MLFLOW_REGISTRY_URI" not in os.environ
        assert given is None or mlflow.get_tracking_uri() == given
    mlflow.set_tracking_uri(None)
