"""`clustering evidence` from file to JSON, and every message about the file."""

import json

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering.commands.ready import evidence as command
from clustering.commands.ready.read_matrix import read_numeric
from clustering.errors import BadInputError, OutputError


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(90, 2))
    values[:40] += 7
    table = pd.DataFrame(values, columns=["breadth", "depth"])
    table.insert(0, "account_id", [f"A{row}" for row in range(90)])
    table["region"] = "north"
    table["flat"] = 3
    return table


def _run(*arguments):
    app = typer.Typer()
    command.register(app)
    options = ["--k-max", "3", "--resamples", "10", "--nulls", "19"]
    return CliRunner().invoke(app, [*map(str, arguments), *options])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_prints_the_verdict_and_writes_json(tmp_path, frame, kind):
    path, out = tmp_path / f"table.{kind}", tmp_path / "evidence.json"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    result = _run(path, "--json", out)
    assert result.exit_code == 0, result.output
    assert "Verdict: natural. There are 2 natural clusters." in result.output
    assert "Left out: column 'account_id', it says whose the rows are." in result.output
    assert "Left out: column 'flat', constant (3)." in result.output
    found = json.loads(out.read_text())
    assert (found["n"], found["d"], found["scale"]) == (90, 2, "zscore")
    assert list(tmp_path.glob(".*")) == []


def test_json_folder_is_checked_before_the_work(tmp_path, frame):
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    result = _run(path, "--json", tmp_path / "nowhere" / "out.json")
    assert isinstance(result.exception, OutputError)
    assert "there is no folder" in str(result.exception)


def _raises(tmp_path, frame, message, columns=None):
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    with pytest.raises(BadInputError, match=message):
        read_numeric(path, columns)


def test_all_breaches_at_once(tmp_path, frame):
    frame.loc[3, "breadth"] = np.nan
    frame.loc[4, "depth"] = np.inf
    message = r"cannot be judged \(2 breaches\)[\s\S]*'breadth' is empty in 1 of 90 rows; "
    second = r"[\s\S]*'depth' is infinite or not a number in 1 of 90 rows"
    _raises(tmp_path, frame, message + "first account_id: A3" + second)


def test_asked_for_text_and_constants_are_errors(tmp_path, frame):
    message = (
        r"'account_id' is not numbers that vary: text, as in 'A0'[\s\S]*"
        r"'flat' is not numbers that vary: constant \(3\)"
    )
    _raises(tmp_path, frame, message, ["account_id", "flat", "breadth"])


def test_numbers_mixed_with_text(tmp_path, frame):
    frame["breadth"] = frame["breadth"].astype(object)
    frame.loc[7, "breadth"] = "many"
    _raises(tmp_path, frame, r"'breadth' is not a number in 1 of 90 rows: 'many'; first account_id")
    without = frame.drop(columns="account_id")
    _raises(tmp_path, without, r"'breadth' is not a number in 1 of 90 rows: 'many'; first in row 9")


def test_unknown_columns(tmp_path, frame):
    message = r"column 'bredth' is missing; did you mean 'breadth'\?[\s\S]*'zzz' is missing; found:"
    _raises(tmp_path, frame, message, ["bredth", "zzz"])


def test_dates_are_left_out_and_equal_columns_said(tmp_path, frame):
    frame["since"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(range(90), unit="D")
    frame["again"] = frame["depth"]
    path = tmp_path / "table.parquet"
    frame.to_parquet(path)
    table = read_numeric(path)
    assert "Left out: column 'since', dates are not numbers." in table.notes
    assert any("'depth' and 'again' are equal" in note for note in table.notes)
    with pytest.raises(
        BadInputError, match="'since' is not numbers that vary: dates are not numbers"
    ):
        read_numeric(path, ["since"])


def test_no_column_is_left(tmp_path, frame):
    _raises(tmp_path, frame[["account_id", "flat"]], "has no numeric column that varies")


def test_columns_without_any_value(tmp_path, frame):
    frame["empty"] = np.nan
    _raises(tmp_path, frame, "every value is missing", ["empty"])


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(BadInputError, match=r"there is no file"):
        read_numeric(tmp_path / "absent.csv")
    (tmp_path / "table.txt").write_text("a\n1\n")
    with pytest.raises(BadInputError, match=r"has ending '\.txt'; expected \.parquet,"):
        read_numeric(tmp_path / "table.txt")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(BadInputError, match="the file has no header line"):
        read_numeric(tmp_path / "empty.csv")
    (tmp_path / "header.csv").write_text("a,b\n")
    with pytest.raises(BadInputError, match="has no rows"):
        read_numeric(tmp_path / "header.csv")
    (tmp_path / "latin.csv").write_bytes("a\nß\n".encode("latin-1"))
    with pytest.raises(BadInputError, match=r"is not UTF-8 \(line 2\)"):
        read_numeric(tmp_path / "latin.csv")
    (tmp_path / "broken.parquet").write_text("no")
    with pytest.raises(BadInputError, match="it is no Parquet file"):
        read_numeric(tmp_path / "broken.parquet")
