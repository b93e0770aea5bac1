import re
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from clustering import cli
from clustering.config import FeaturesConfig, MatrixConfig, SourceConfig
from clustering.errors import BadInputError, ClusteringError, ModelFolderError, OutputError
from clustering.features import build_snapshot
from clustering.matrix import standardise
from clustering.scorer import Scorer, Training
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from scored_tables import arrow, assert_same_scores, features_with_holes, scorer_of_kind
from snapshots import kmeans_clustering

DOCS = Path(__file__).parents[2] / "docs" / "warehouse.md"


@pytest.fixture(scope="module")
def app():
    cli._register()
    return cli.app


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder as the page of the docs has it: tables, and the scorer of a study of them."""
    root = tmp_path_factory.mktemp("place")
    write_book(simulate("needs", n_accounts=80, seed=2), root / "tables")
    with open_folder(SourceConfig(folder=root / "tables")) as tables:
        snapshot = build_snapshot(tables, date(2025, 6, 30))
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    training = Training(snapshot.as_of, "reproducible", study="first")
    clustering = kmeans_clustering(matrix.values, 3)
    names = ("one", "two", "three")
    Scorer.build(standardiser, clustering, matrix, names, FeaturesConfig(), training).save(
        root / "runs" / "first" / "scorer"
    )
    scorer_of_kind("full").save(root / "small")
    return root


def run(app, words: list[str], place: Path, monkeypatch) -> str:
    monkeypatch.chdir(place)
    return CliRunner().invoke(app, ["export", *words], catch_exceptions=False).output


def refused(app, words: list[str], place: Path, monkeypatch) -> ClusteringError:
    monkeypatch.chdir(place)
    before = sorted(str(path) for path in place.rglob("*"))
    with pytest.raises(ClusteringError) as caught:
        CliRunner().invoke(app, ["export", *words], catch_exceptions=False)
    assert sorted(str(path) for path in place.rglob("*")) == before
    return caught.value


def test_the_file_is_one_query_that_scores_the_table(app, place, monkeypatch, tmp_path) -> None:
    out = tmp_path / "small.sql"
    said = run(app, ["small", "--dialect", "duckdb", "--out", str(out)], place, monkeypatch)
    scorer, frame = scorer_of_kind("full"), features_with_holes(200)
    assert f"The 3 bands of model {scorer.version} as one SELECT for duckdb" in said
    sql = out.read_text(encoding="utf-8")
    assert sql.startswith("-- Written by clustering ")
    with duckdb.connect() as connection:
        connection.register("features", arrow(frame))
        assert_same_scores(connection.execute(sql).df(), scorer, frame)


def test_the_commands_of_the_page_run_one_after_the_other(app, place, monkeypatch) -> None:
    """The page's shell commands, then its DuckDB statements, as they stand there."""
    page = DOCS.read_text(encoding="utf-8")
    commands = re.findall(r"^clustering (export .*?)$", page.replace("\\\n", ""), re.MULTILINE)
    assert len(commands) >= 3
    for command in commands:
        run(app, command.split()[1:], place, monkeypatch)
    statements = re.findall(r"```text\n-- DuckDB\n(.*?)```", page, re.DOTALL)
    assert len(statements) == 1
    with duckdb.connect() as connection:
        for statement in statements[0].split(";\n"):
            text = re.sub(r"\{(\S+\.sql)\}", lambda m: Path(m[1]).read_text("utf-8"), statement)
            connection.execute(text)
        found = connection.execute("SELECT * FROM segments").df()
        features = connection.execute("SELECT * FROM features").df()
    scorer = Scorer.load(place / "runs" / "first")
    with open_folder(SourceConfig(folder=place / "tables")) as tables:
        as_of = date.fromisoformat(re.search(r"--as-of (\S+)", page)[1])
        snapshot = scorer.snapshot(tables, as_of).frame
    wanted = [*scorer.standardiser.feature_names, "tenure_days"]
    pd.testing.assert_frame_equal(
        features.set_index("account_id")[wanted],
        snapshot[wanted],
        check_exact=True,
        check_index_type=False,
        check_column_type=False,
    )
    assert_same_scores(found, scorer, snapshot[wanted].reset_index())


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        ("small --dialect postgresql --out a.sql", BadInputError, "Did you mean 'postgres'"),
        ("small --dialect oracle --out a.sql", BadInputError, "not one of duckdb, postgres"),
        ("nowhere --dialect duckdb --out a.sql", ModelFolderError, "no scorer at 'nowhere'"),
        ("tables --dialect duckdb --out a.sql", ModelFolderError, "scorer 'tables' is not as it"),
        ("small --dialect duckdb --out small/a.sql", OutputError, "'small', which this command"),
        ("small --dialect duckdb --out a.txt", OutputError, "expected .sql"),
        ("small --dialect duckdb --out no/a.sql", OutputError, "no folder"),
        ("small --dialect duckdb --out there.sql", OutputError, "exists already"),
        ("small --dialect duckdb --out a.sql --table x;y", BadInputError, "name of a table"),
        ("small --dialect duckdb --out a.sql --as-of 2025-06-30", BadInputError, "of --features"),
        ("small --dialect duckdb --out a.sql --features tables", BadInputError, "needs --as-of"),
        (
            "small --dialect spark --out a.sql --features tables",
            BadInputError,
            r"2 breaches[\s\S]*duckdb alone",
        ),
        (
            "small --dialect duckdb --out a.sql --features tables --as-of 2025-06-30",
            BadInputError,
            "feature 'days_late': it is no longer defined",
        ),
    ],
)
def test_what_cannot_be_exported_is_said_and_nothing_written(
    words: str, kind: type, message: str, app, place, monkeypatch
) -> None:
    (place / "there.sql").touch()
    error = refused(app, words.split(), place, monkeypatch)
    assert isinstance(error, kind)
    assert re.search(message, str(error))


def test_a_changed_model_is_refused(app, place, monkeypatch, tmp_path) -> None:
    scorer_of_kind("diag").save(tmp_path / "changed")
    with (tmp_path / "changed" / "model.npz").open("ab") as file:
        file.write(b"x")
    words = [str(tmp_path / "changed"), "--dialect", "duckdb", "--out", str(tmp_path / "a.sql")]
    assert "was changed" in str(refused(app, words, place, monkeypatch))
