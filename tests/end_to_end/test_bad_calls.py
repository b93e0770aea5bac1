# ruff: noqa: E501 - one call a line
"""Bad calls of the commands that run every night or decide what serves: one message for each.

Every row is a call, the status that it ends with, and words of its one message: what was expected,
what was found, what to do. No call ends in a traceback, and none writes or changes anything.
"""

import json
import shutil
import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering import cli
from clustering.config import TrackingConfig
from clustering.errors import ClusteringError, ExitStatus
from clustering.scorer.stored import storage
from clustering.simulation import simulate, write_book
from clustering.tracking import log_study, promote
from snapshots import book, scorer_of
from study_folders import Recipe, add_report, add_scorer, build_study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

GOOD, DATA, USAGE, STORE = ExitStatus.GOOD, ExitStatus.DATA, ExitStatus.USAGE, ExitStatus.STORE


@dataclass(frozen=True)
class Call:
    """A command line relative to the place, its exit status, and words of its message."""

    line: str
    status: ExitStatus
    words: tuple[str, ...]


def call(line: str, status: ExitStatus, *words: str) -> Call:
    return Call(line, status, words)


ON = "--as-of 2025-06-30 --out s.csv"
SCORE = f"--model scorer {ON}"
CHAMPION = f"score features.csv --model models:/account-segments@champion {ON}"
WHO = "--by Kim --reason test"
MONITOR = "--model scorer --as-of 2025-09-30"
FILE_STORE = "--tracking-uri sqlite:///studies/mlflow.db"

CALLS = (
    # what is scored
    call(f"score none.csv {SCORE}", DATA, "there is no file", "none.csv"),
    call(f"score none.toml {SCORE}", DATA, "none.toml", "does not exist"),
    call(f"score features.txt {SCORE}", DATA, "features.txt", ".csv", ".parquet"),
    call(f"score empty.csv {SCORE}", DATA, "empty.csv", "empty"),
    call(f"score no_rows.csv {SCORE}", DATA, "no_rows.csv", "no rows"),
    call(f"score no_id.csv {SCORE}", DATA, "no_id.csv", "account_id"),
    call(f"score two_gone.csv {SCORE}", DATA, "two_gone.csv", "breadth", "hours"),
    call(f"score text.csv {SCORE}", DATA, "text.csv", "hours", "plenty"),
    call(f"score infinite.parquet {SCORE}", DATA, "hours", "infinite"),
    call(
        f"score twice.csv {SCORE}",
        DATA,
        "twice.csv",
        "account_id comes more than once",
        "Keep one row",
    ),
    call(f"score empty_id.csv {SCORE}", DATA, "empty_id.csv", "account_id"),
    call(
        f"score percent.csv {SCORE}",
        DATA,
        "'goals_share' cannot be",
        "expected 0 to 1",
        "another unit",
    ),
    call(f"score later.csv {SCORE}", DATA, "later.csv", "after 2025-06-30", "own date"),
    call(f"score broken.parquet {SCORE}", DATA, "broken.parquet"),
    call(f"score no_tables {SCORE}", DATA, "table 'accounts' is missing", "one row an account"),
    call(f"score bad.toml {SCORE}", DATA, "bad.toml"),
    call(
        f"score features.csv {SCORE} --decimal semicolon",
        DATA,
        "--decimal is 'semicolon'",
        "expected '.' or ','",
    ),
    # with which model
    call(f"score features.csv --model none {ON}", DATA, "there is no scorer at", "none"),
    call(f"score features.csv --model no_tables {ON}", DATA, "is not a scorer", "manifest.json"),
    call(
        f"score features.csv --model changed {ON}",
        DATA,
        "'scorer.json' was changed",
        "Nothing of it was used",
    ),
    call(
        f"score features.csv --model changed_card {ON}",
        DATA,
        "'model_card.md' was changed",
        "Nothing of it was used",
    ),
    call(f"score features.csv --model part {ON}", DATA, "'model.npz' is missing", "Write it again"),
    call(
        f"score features.csv --model foreign {ON}",
        DATA,
        "'notes.txt' does not belong here",
        "Delete",
    ),
    call(f"score features.csv --model of_old {ON}", DATA, "has format 1", "Run the study again"),
    call(f"score features.csv --model models:account {ON}", DATA, "models:account"),
    call(
        f"score features.csv --model models:/a@b@c {ON}",
        DATA,
        "not the address of a model",
        "models:/NAME@ALIAS",
    ),
    call(
        f"score features.csv --model models:/a/one {ON}",
        DATA,
        "not the address of a model",
        "models:/NAME/VERSION",
    ),
    call(
        f"score features.csv --model models:/account-segments@rival {ON} {FILE_STORE}",
        DATA,
        "no 'account-segments@rival'",
        "Known models: account-segments@champion",
    ),
    call(
        f"score features.csv --model models:/other@champion {ON} {FILE_STORE}",
        DATA,
        "no 'other@champion'",
        "Known models",
        "clustering promote",
    ),
    call(
        f"score features.csv --model models:/account-segments/99 {ON} {FILE_STORE}",
        DATA,
        "version=99",
    ),
    call(
        f"score features.csv --model models:/o\\'brien@champion {ON} {FILE_STORE}",
        DATA,
        "apostrophe",
    ),
    # from which store
    call(
        f"{CHAMPION} --tracking-uri sqlite:///none/mlflow.db",
        DATA,
        "there is no tracking store",
        "--tracking-uri",
    ),
    call(
        f"{CHAMPION} --tracking-uri sqlite:///features.csv",
        DATA,
        "features.csv",
        "cannot be read as SQLite",
        "not touched",
    ),
    call(
        f"{CHAMPION} --tracking-uri sqlite:///foreign.db",
        DATA,
        "a database, but no tracking store",
        "not touched",
    ),
    call(
        f"{CHAMPION} --tracking-uri postgresql+psycopg2://me:secret@db/mlflow",
        DATA,
        "'psycopg2', which is not installed",
        "clustering[postgres]",
    ),
    call(f"{CHAMPION} --tracking-uri nonsense://db", DATA, "nonsense://db"),
    call(f"{CHAMPION} --tracking-uri features.csv", DATA, "features.csv"),
    # to where
    call(
        "score features.csv --model scorer --as-of 2025-06-30 --out s.txt",
        DATA,
        "expected .csv or .parquet",
    ),
    call(
        "score features.csv --model scorer --as-of 2025-06-30 --out none/s.csv",
        DATA,
        "there is no folder",
    ),
    call(
        "score features.csv --model scorer --as-of 2025-06-30 --out features.csv",
        DATA,
        "features.csv",
    ),
    call("score features.csv --model scorer --as-of 2025-06-30 --out scorer/s.csv", DATA, "scorer"),
    call(
        "score features.csv --model scorer --as-of 2025-06-30 --out folder.csv", DATA, "folder.csv"
    ),
    # as of when, and how it is called
    call("score features.csv --model scorer --out s.csv", USAGE, "--as-of"),
    call("score features.csv --as-of 2025-06-30 --out s.csv", USAGE, "--model"),
    call("score --model scorer --as-of 2025-06-30 --out s.csv", USAGE, "INPUT"),
    call("score features.csv --model scorer --as-of 30.06.2025 --out s.csv", USAGE, "--as-of"),
    call("score features.csv --model scorer --as-of 2025-02-30 --out s.csv", USAGE, "--as-of"),
    call(f"score features.csv {SCORE} --fast", USAGE, "--fast"),
    call(f"scor features.csv {SCORE}", USAGE, "scor"),
    # what people decided
    call(f"score features.csv {SCORE} --overrides none.csv", DATA, "none.csv"),
    call(
        f"score features.csv {SCORE} --overrides features.csv", DATA, "features.csv", "decided_by"
    ),
    call(f"score features.csv {SCORE} --overrides unknown_segment.csv", DATA, "no such segment"),
    call(f"score features.csv {SCORE} --overrides endless.csv", DATA, "endless.csv", "valid_until"),
    # promote
    call(f"promote none {WHO}", DATA, "none"),
    call(f"promote no_tables {WHO}", DATA, "no_tables"),
    call(f"promote studies/unrecorded {WHO}", DATA, "was not recorded", "without --no-track"),
    call(f"promote studies/damaged {WHO}", DATA, "tracking.json", "is not a record"),
    call(
        f"promote studies/served {WHO}",
        DATA,
        "is the champion of 'account-segments' already",
        "nothing was changed",
    ),
    call(
        f"promote studies/weak {WHO}",
        DATA,
        "should not be the champion",
        "do not come back",
        "--accept WHY",
    ),
    call(f'promote studies/weak {WHO} --accept ""', DATA, "say why it is right all the same"),
    call(f"promote studies/storeless {WHO}", DATA, "there is no tracking store"),
    call("promote studies/served --by Kim", USAGE, "--reason"),
    call("promote studies/served --reason test", USAGE, "--by"),
    call('promote studies/served --by " " --reason test', DATA, "who promotes the model (--by)"),
    call('promote studies/served --by Kim --reason ""', DATA, "why (--reason)"),
    call(f"promote {WHO}", USAGE, "STUDY"),
    # rollback
    call(
        f"rollback {WHO} {FILE_STORE}",
        DATA,
        "version 1 is the first champion",
        "Nothing was changed",
    ),
    call(f"rollback --by Kim {FILE_STORE}", USAGE, "--reason"),
    call(f'rollback --by "" --reason test {FILE_STORE}', DATA, "who goes back (--by)"),
    call(
        f"rollback {WHO} --name other {FILE_STORE}",
        DATA,
        "no model 'other'",
        "Known models",
        "clustering promote",
    ),
    call(
        f"rollback {WHO} --name bare {FILE_STORE}",
        DATA,
        "'bare' has no champion",
        "clustering promote",
    ),
    call(f"rollback {WHO} --name o\\'brien {FILE_STORE}", DATA, "apostrophe"),
    call(
        f"rollback {WHO} --tracking-uri sqlite:///none.db",
        DATA,
        "there is no tracking store",
        "MLFLOW_TRACKING_URI",
    ),
    call(f"rollback 1 {WHO}", USAGE, "1"),
    # monitor
    call(f"monitor {MONITOR} --tables no_tables", DATA, "table 'accounts' is missing"),
    call(f"monitor {MONITOR} --tables none", DATA, "none", "does not exist"),
    call(f"monitor {MONITOR} --tables features.csv", DATA, "features.csv"),
    call(f"monitor {MONITOR} --tables bad.toml", DATA, "bad.toml"),
    call("monitor --model none --tables no_tables --as-of 2025-09-30", DATA, "there is no scorer"),
    call(
        "monitor --model changed --tables no_tables --as-of 2025-09-30",
        DATA,
        "'scorer.json' was changed",
    ),
    call(
        "monitor --model models:/account-segments@rival --tables no_tables --as-of 2025-09-30 "
        f"{FILE_STORE}",
        DATA,
        "no 'account-segments@rival'",
    ),
    call(f"monitor {MONITOR} --tables no_tables --out features.csv", DATA, "is a file"),
    call(f"monitor {MONITOR} --tables no_tables --out studies", DATA, "holds no monitor.json"),
    call(f"monitor {MONITOR} --tables no_tables --out scorer", DATA, "is an input"),
    call(f"monitor {MONITOR} --tables no_tables --out scorer/x", DATA, "which this command reads"),
    call(f"monitor {MONITOR} --tables no_tables --last none.csv", DATA, "none.csv"),
    call(
        f"monitor {MONITOR} --tables no_tables --last features.csv",
        DATA,
        "features.csv",
        "segment_id",
        "as_of",
    ),
    call(
        f"monitor {MONITOR} --tables no_tables --track --tracking-uri sqlite:///features.csv",
        DATA,
        "cannot be read as SQLite",
        "not touched",
    ),
    call(f"monitor {MONITOR}", USAGE, "--tables"),
    call("monitor --model scorer --tables no_tables", USAGE, "--as-of"),
    call("monitor --tables no_tables --as-of 2025-09-30", USAGE, "--model"),
    # history
    call(
        f"history --name other {FILE_STORE}", DATA, "no model 'other'", "account-segments@champion"
    ),
    call(f"history --card rival {FILE_STORE}", DATA, "no 'account-segments@rival'"),
    call(f"history --card 99 {FILE_STORE}", DATA, "version=99"),
    call(f"history --card ../../etc {FILE_STORE}", DATA, "not the address of a model"),
    call("history --tracking-uri sqlite:///none.db", DATA, "there is no tracking store"),
    call(
        "history --tracking-uri sqlite:///no_tables",
        DATA,
        "no_tables",
        "is a folder; expected a SQLite file",
    ),
    call(f"history {FILE_STORE} --table", USAGE, "--table"),
    # export
    call("export none --dialect duckdb --out q.sql", DATA, "there is no scorer at", "none"),
    call("export changed --dialect duckdb --out q.sql", DATA, "'scorer.json' was changed"),
    call("export scorer --dialect oracle --out q.sql", DATA, "oracle", "duckdb", "snowflake"),
    call("export scorer --dialect duckdb --out q.txt", DATA, "q.txt", ".sql"),
    call("export scorer --dialect duckdb --out none/q.sql", DATA, "there is no folder"),
    call("export scorer --dialect duckdb --out there.sql", DATA, "exists already", "another --out"),
    call("export scorer --dialect duckdb --out scorer/q.sql", DATA, "scorer"),
    call("export scorer --dialect duckdb --out q.sql --as-of 2025-06-30", DATA, "--features"),
    call("export scorer --dialect duckdb --out q.sql --features book", DATA, "needs --as-of"),
    call(
        "export scorer --dialect spark --out q.sql --features book --as-of 2025-06-30",
        DATA,
        "duckdb alone",
    ),
    call(
        "export scorer --dialect duckdb --out q.sql --features none --as-of 2025-06-30",
        DATA,
        "none",
    ),
    call("export scorer --dialect duckdb --out q.sql --table ''", DATA, "table"),
    call("export scorer --dialect duckdb --out q.sql --format onnx", USAGE, "onnx"),
    call("export scorer --out q.sql", USAGE, "--dialect"),
    call(
        f"export models:/account-segments@rival --dialect duckdb --out q.sql {FILE_STORE}",
        DATA,
        "no 'account-segments@rival'",
    ),
    # monitor, on tables that can be read
    call("monitor --model scorer --tables book --as-of 2025-06-30", DATA, "2025-06-30"),
    call("monitor --model scorer --tables book --as-of 2031-01-01", DATA, "2031-01-01"),
    call("monitor --model scorer --tables book --as-of September", USAGE, "--as-of"),
    # rename
    call(f"rename none S-000000 calm {WHO}", DATA, "none"),
    call(f"rename studies/served nobody calm {WHO} --file names.csv", DATA, "nobody", "S-"),
    call(
        f"rename studies/served 'late on milestones, low breadth' '' {WHO} --file names.csv",
        DATA,
        "name",
    ),
    call(
        "rename studies/served 'late on milestones, low breadth' calm --by '' --reason test --file names.csv",
        DATA,
        "was not renamed",
    ),
    call(
        f"rename studies/served 'late on milestones, low breadth' 'on time with milestones, high breadth' {WHO} --file names.csv",
        DATA,
        "stands for",
    ),
    call(
        f"rename studies/served 'late on milestones, low breadth' calm {WHO} --file names.txt",
        DATA,
        "names.txt",
        ".csv",
    ),
    call("rename studies/served nobody calm --by Kim", USAGE, "--reason"),
    call("rename studies/served nobody", USAGE, "NAME"),
)


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    cli._register()
    return cli.app


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, good and bad files beside it, and studies in a store with one champion."""
    root = tmp_path_factory.mktemp("bad")
    _models(root)
    _files(root)
    _studies(root / "studies")
    return root


def _models(root: Path) -> None:
    scorer_of(book(n=120), k=2).save(root / "scorer")
    for name in ("changed", "changed_card", "part", "foreign", "of_old"):
        shutil.copytree(root / "scorer", root / name)
    for folder, file in (("changed", "scorer.json"), ("changed_card", "model_card.md")):
        (root / folder / file).write_text((root / folder / file).read_text() + " ")
    (root / "part" / "model.npz").unlink()
    (root / "foreign" / "notes.txt").write_text("mine")
    manifest = json.loads((root / "of_old" / "manifest.json").read_text())
    del manifest["checksum"]
    manifest["format"] = 1
    manifest["checksum"] = sha256(storage.as_json(manifest)).hexdigest()
    (root / "of_old" / "manifest.json").write_bytes(storage.as_json(manifest))


def _files(root: Path) -> None:
    good = book(n=120).frame.head(20).reset_index()
    frames = {
        "features": good,
        "no_rows": good.head(0),
        "no_id": good.drop(columns="account_id"),
        "two_gone": good.drop(columns=["breadth", "hours"]),
        "text": good.assign(hours="plenty"),
        "twice": pd.concat([good, good.head(2)]),
        "empty_id": good.assign(account_id=[None, *good["account_id"].iloc[1:]]),
        "percent": good.assign(goals_share=100 * good["goals_share"]),
        "later": good.assign(as_of="2025-07-01"),
        "unknown_segment": _decided(good, segment="no such segment"),
        "endless": _decided(good, valid_until=""),
    }
    for name, frame in frames.items():
        frame.to_csv(root / f"{name}.csv", index=False)
    good.assign(hours=float("inf")).to_parquet(root / "infinite.parquet", index=False)
    (root / "features.txt").write_text((root / "features.csv").read_text())
    (root / "empty.csv").write_text("")
    (root / "broken.parquet").write_bytes(b"PAR1 is all that is right here")
    (root / "bad.toml").write_text("name = [")
    (root / "there.sql").write_text("SELECT 1")
    write_book(simulate("needs", 20, seed=1), root / "book")
    (root / "no_tables").mkdir()
    (root / "folder.csv").mkdir()
    connection = sqlite3.connect(root / "foreign.db")
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.commit()
    connection.close()


def _decided(good: pd.DataFrame, **changes: str) -> pd.DataFrame:
    decided = {"segment": "0", "decided_by": "Kim", "reason": "pilot"}
    dates = {"decided_on": "2025-01-01", "valid_until": "2025-12-31"}
    return pd.DataFrame({"account_id": good["account_id"].head(1), **decided, **dates, **changes})


def _studies(studies: Path) -> None:
    for name, verdict in (("served", "reproducible"), ("weak", "constructive")):
        folder = build_study(studies / name, Recipe(n_accounts=90, verdict=verdict))
        add_scorer(folder)
        add_report(folder)
        log_study(folder, TrackingConfig())
    promote(studies / "served", by="Kim", reason="the first")
    for name in ("unrecorded", "damaged", "storeless"):
        shutil.copytree(studies / "weak", studies / name)
    (studies / "unrecorded" / "tracking.json").unlink()
    (studies / "damaged" / "tracking.json").write_text("{}")
    record = json.loads((studies / "storeless" / "tracking.json").read_text())
    gone = json.dumps({**record, "uri": "sqlite:///gone.db"})
    (studies / "storeless" / "tracking.json").write_text(gone)
    from clustering.tracking.store import open_store

    with open_store(f"sqlite:///{studies}/mlflow.db", create=False) as client:
        client.create_registered_model("bare")


def everything(place: Path) -> dict[str, str]:
    """What lies in the place: every file with its content."""
    return {
        str(path.relative_to(place)): sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
        for path in place.rglob("*")
        if "mlartifacts" not in path.parts  # thousands of files that nothing here opens to write
    }


@pytest.mark.parametrize("bad", CALLS, ids=[one.line for one in CALLS])
def test_a_bad_call_is_one_message(
    bad: Call, app: typer.Typer, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = everything(place)
    status, message = ended(app, bad.line)
    assert status == bad.status, message
    for word in bad.words:
        assert word in message
    assert "Traceback" not in message
    assert "secret" not in message
    assert everything(place) == before


def ended(app: typer.Typer, line: str) -> tuple[int, str]:
    """How the call ended, and what it said: as `cli.main` does, in this process."""
    result = CliRunner().invoke(app, line, env={"COLUMNS": "300"})
    if isinstance(result.exception, ClusteringError):
        return result.exception.exit_status, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_there_are_at_least_sixty_and_all_differ() -> None:
    assert len({one.line for one in CALLS}) == len(CALLS) >= 60


def test_the_good_calls_are_good(
    app: typer.Typer, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the rows change one thing of; else they might fail for another reason."""
    monkeypatch.chdir(place)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for line in (f"score features.csv {SCORE}", f"history {FILE_STORE}"):
        status, message = ended(app, line)
        assert status == GOOD, message
    (place / "s.csv").unlink()
