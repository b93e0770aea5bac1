"""`clustering monitor` as it is called: decisions, files, exit statuses, and what is refused."""

import json
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from clustering import cli
from clustering.config import FeaturesConfig, MatrixConfig
from clustering.errors import (
    BadInputError,
    ClusteringError,
    ConfigError,
    ModelFolderError,
    OutputError,
    TrackingError,
)
from clustering.features import build_snapshot
from clustering.matrix import standardise
from clustering.models.kmeans import fit_kmeans
from clustering.models.types import CandidateSpec
from clustering.profiles import profile
from clustering.scorer import Scorer, Training
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder

pytestmark = pytest.mark.slow

#: The day before what changes in a simulated book does, and nine months later.
TRAINED, TODAY = date(2024, 9, 26), "2025-06-26"
SETTINGS = """
name = "monitored"
as_of = 2025-06-30
source.folder = "{book}"
movement.refits = 5
"""
#: Where the decision does not matter.
QUICK = "monitor.permutations = 99\nmonitor.accounts = 100\n"


@pytest.fixture(scope="module")
def app():
    cli._register()
    return cli.app


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> Path:
    """Books whose accounts stay, move to other groups, and are counted otherwise; their models."""
    root = tmp_path_factory.mktemp("monitored")
    (root / "other").mkdir()
    (root / "other" / "notes.txt").write_text("somebody's")
    for scenario in ("needs", "drift", "rescaled"):
        folder = root / scenario
        write_book(simulate(scenario, 300, seed=5), folder)
        text = SETTINGS.format(book=folder)
        (root / f"{scenario}.toml").write_text(text, encoding="utf-8")
        (root / f"{scenario}-quick.toml").write_text(text + QUICK, encoding="utf-8")
        with open_folder(folder) as tables:
            snapshot = build_snapshot(tables, TRAINED, FeaturesConfig())
        matrix, scales = standardise(snapshot, MatrixConfig())
        clustering = fit_kmeans(matrix.values, 4, seed=1).clustering(CandidateSpec("kmeans", 4))
        names = profile(snapshot, matrix, clustering).names
        training = Training(TRAINED, "reproducible", study=scenario)
        scorer = Scorer.build(scales, clustering, matrix, names, FeaturesConfig(), training)
        scorer.save(root / f"{scenario}-model")
    return root


def run(app, root: Path, scenario: str, *more: str, tables: Path | None = None, day: str = TODAY):
    given = tables or root / f"{scenario}.toml"
    arguments = ["monitor", "--model", str(root / f"{scenario}-model"), "--tables", str(given)]
    result = CliRunner().invoke(app, [*arguments, "--as-of", day, *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    ("scenario", "decision", "status"),
    [("needs", "keep", 0), ("drift", "re-cut", 3), ("rescaled", "refit", 3)],
)
def test_a_decision_with_its_words_its_files_and_its_exit_status(
    app, books, tmp_path, scenario, decision, status
):
    out = tmp_path / "result"
    result = run(app, books, scenario, "--out", str(out))
    assert result.exit_code == status, result.output
    said = json.loads((out / "monitor.json").read_text(encoding="utf-8"))
    assert said["decision"] == decision
    assert said["sentence"] in result.stdout
    assert said["sentence"].startswith(decision.capitalize())
    assert all(reason in result.stdout for reason in said["reasons"])
    assert said["model_version"] == Scorer.load(books / f"{scenario}-model").version
    drift = pd.read_csv(out / "drift.csv")
    assert drift.loc[drift["drifted"], "feature"].tolist() == said["drifted"]
    since = pd.read_csv(out / "outcomes_since.csv")
    assert {"churned", "expanded"} <= set(since["outcome"])
    assert (since["events"] <= since["n"]).all()
    page = (out / "monitor.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert said["sentence"].split(":")[0] in page
    for file in out.iterdir():  # no account is named in anything that may be passed on
        # The bytes of a picture spell anything by chance; its words stand beside it.
        words = re.sub(r"base64,[A-Za-z0-9+/=]+", "", file.read_text(encoding="utf-8"))
        assert not re.search(r"A\d{5}", words), file


def test_it_is_the_same_twice_and_replaces_its_own_files_alone(app, books, tmp_path):
    """With the scores of the last scoring as a file."""
    with open_folder(books / "needs") as tables:
        scores = Scorer.load(books / "needs-model").score_tables(tables, date(2025, 1, 15))
    scores.assign(as_of="2025-01-15").to_parquet(tmp_path / "last.parquet")
    out, quick = tmp_path / "result", books / "needs-quick.toml"
    more = ("--out", str(out), "--last", str(tmp_path / "last.parquet"))
    result = run(app, books, "needs", *more, tables=quick)
    assert "accounts with a segment on 2025-01-15 and today are in another one" in result.stdout
    first = {file.name: file.read_bytes() for file in out.iterdir()}
    (out / "notes.txt").write_text("ours")
    run(app, books, "needs", *more, tables=quick)
    again = {file.name: file.read_bytes() for file in out.iterdir()}
    assert again.pop("notes.txt") == b"ours"
    assert again == first


def short_book(books: Path, folder: Path, table: str, column: str, first: str) -> Path:
    """The tables of a book, one of them from a day on only."""
    folder.mkdir()
    for file in (books / "needs").glob("*.parquet"):
        frame = pd.read_parquet(file)
        if file.stem == table:
            frame = frame[pd.to_datetime(frame[column]) >= first]
        frame.to_parquet(folder / file.name)
    return folder


def test_tables_that_do_not_reach_back_decide_nothing_and_say_so(app, books, tmp_path):
    tables = short_book(books, tmp_path / "short", "usage", "used_on", "2024-12-01")
    result = run(app, books, "needs", "--out", str(tmp_path / "out"), tables=tables)
    assert result.exit_code == 1
    assert "Not known whether to keep the model: the accounts that it was learned from" in (
        result.stdout
    )
    assert "'usage' begins on 2024-12-0" in result.stdout
    said = json.loads((tmp_path / "out" / "monitor.json").read_text(encoding="utf-8"))
    assert said["decision"] == "unknown"
    assert said["energy"] is None
    assert said["migration"]["n_accounts"] > 100  # what can be told is told


def test_a_column_in_another_unit_comes_before_any_decision(app, books, tmp_path):
    folder = tmp_path / "minutes"
    folder.mkdir()
    for file in (books / "needs").glob("*.parquet"):
        frame = pd.read_parquet(file)
        if file.stem == "engagements":
            late = pd.to_datetime(frame["held_on"]) > "2025-01-01"
            frame["hours"] = frame["hours"].where(~late, 60 * frame["hours"])
        frame.to_parquet(folder / file.name)
    result = run(app, books, "needs", tables=folder)
    assert result.exit_code == 1
    assert "minutes instead of hours" in result.stdout
    assert "Correct the unit first" in result.stdout


def test_few_accounts_decide_nothing(app, books, tmp_path):
    toml = tmp_path / "few.toml"
    text = SETTINGS.format(book=books / "drift") + QUICK + "monitor.least_accounts = 5000\n"
    toml.write_text(text, encoding="utf-8")
    result = run(app, books, "drift", tables=toml)
    assert result.exit_code == 1
    assert "monitor.least_accounts is 5000" in result.stdout


@pytest.mark.parametrize(
    ("more", "day", "error", "words"),
    [
        ((), "2024-09-26", BadInputError, "expected a later date to monitor, found 2024-09-26"),
        ((), "2023-01-01", BadInputError, "learned as of 2024-09-26"),
        ((), "2035-01-01", ClusteringError, "after the last row of behaviour"),
        (("--out", "{books}/other"), TODAY, OutputError, "holds no monitor.json"),
        (("--out", "{books}/needs"), TODAY, OutputError, "is an input of this command"),
        (("--out", "{books}/needs-model/x"), TODAY, OutputError, "which this command reads"),
        (("--out", "{books}/needs.toml"), TODAY, OutputError, "is an input of this command"),
        (
            ("--track", "--tracking-uri", "sqlite:///{books}/needs.toml"),
            TODAY,
            TrackingError,
            "cannot be read as SQLite",
        ),
        (("--last", "{books}/nothing.csv"), TODAY, ClusteringError, "nothing.csv"),
        (("--last", "{books}/needs.toml"), TODAY, ClusteringError, "needs.toml"),
    ],
)
def test_what_is_refused(app, books, more, day, error, words):
    before = sorted(str(path) for path in books.rglob("*"))
    with pytest.raises(error, match=re.escape(words)) as caught:
        run(app, books, "needs", *(part.format(books=books) for part in more), day=day)
    assert caught.value.exit_status == 1
    assert sorted(str(path) for path in books.rglob("*")) == before


def test_a_model_or_tables_that_are_not_there(app, books, tmp_path):
    with pytest.raises(ModelFolderError, match="none-model"):
        run(app, books, "none", tables=books / "needs")
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        run(app, books, "needs", tables=tmp_path / "absent.toml")
    with pytest.raises(ClusteringError):
        run(app, books, "needs", tables=tmp_path)


def test_wrong_usage_is_status_2(app, books):
    assert CliRunner().invoke(app, ["monitor", "--model", "m"]).exit_code == 2
    assert run(app, books, "needs", day="26.06.2025").exit_code == 2


def test_it_is_recorded_as_a_run_and_on_the_version_of_the_model(app, books, tmp_path):
    from clustering.tracking.monitoring import log_monitor
    from clustering.tracking.store import open_store

    store = f"sqlite:///{tmp_path}/mlflow.db"
    result = run(app, books, "drift", "--track", "--tracking-uri", store)
    assert result.exit_code == 3
    run_id = re.search(r"Recorded as run (\w+)\.", result.stdout)[1]
    with open_store(store, create=False) as client:
        found = client.get_run(run_id)
        names = {file.path for file in client.list_artifacts(run_id)}
        client.create_registered_model("segments")
        client.create_model_version("segments", source=str(tmp_path))
        client.set_registered_model_alias("segments", "champion", "1")
    assert found.info.status == "FINISHED"
    assert found.data.tags["monitor"] == "re-cut"
    assert found.data.metrics["energy_z"] > 6
    assert {"monitor.html", "monitor.json", "drift.csv"} <= names
    again = log_monitor(
        books / "needs-model",
        experiment="clustering",
        name="again",
        tags={"monitor": "keep", "as_of": TODAY},
        metrics={},
        model="models:/segments@champion",
        store=store,
    )
    with open_store(store, create=False) as client:
        tags = client.get_model_version("segments", "1").tags
    assert tags == {"monitor": "keep", "monitor_as_of": TODAY, "monitor_run": again}
