"""What a configuration names is looked up before anything runs, and never written over."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from clustering import cli
from clustering.config import StudyConfig
from clustering.errors import BadInputError, OutputError, TrackingError
from clustering.inputs import check_inputs
from clustering.tables import open_tables
from clustering.tracking.store import open_store


@pytest.fixture(scope="module", autouse=True)
def app() -> None:
    cli._register()


def run(*arguments: object) -> None:
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    if result.exception is not None:
        raise result.exception


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A study of two small tables, its TOML beside them."""
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "accounts.csv").write_text("account_id,started_on\n1,2023-01-01\n2,2023-01-01\n")
    (folder / "usage.csv").write_text(
        "account_id,used_on,feature,events\n1,2024-01-01,x,1\n2,2024-01-02,x,2\n"
    )
    (tmp_path / "trial.toml").write_text(
        'name = "trial"\nas_of = 2024-01-10\n[source]\nfolder = "book"\n[output]\nfolder = "."\n'
    )
    return folder


def config(**parts: Any) -> StudyConfig:
    return StudyConfig.model_validate({"name": "trial", "as_of": "2024-01-10", **parts})


def test_all_that_is_not_there_is_said_at_once(book: Path) -> None:
    mapping = book.parent / "mapping"
    mapping.write_text("a file")
    (book.parent / "overrides.csv").write_text("")
    wrong = config(
        source={
            "folder": book.parent / "bok",
            "mapping": mapping,
            "database": f"sqlite:{book.parent}/crm.sqlite",
        },
        engagement={"playbooks": book},
        movement={"overrides": book.parent / "override.csv"},
    )
    with pytest.raises(BadInputError) as caught:
        open_tables(wrong)
    message = str(caught.value)
    assert "the configuration names what is not there (5 breaches)" in message
    assert (
        f"the folder of tables '{book.parent}/bok' does not exist. Did you mean 'book'?" in message
    )
    assert f"the mapping folder '{mapping}' is a file" in message
    assert "crm.sqlite' does not exist" in message
    assert f"the file of playbooks '{book}' is a folder" in message
    assert "override.csv' does not exist. Did you mean 'overrides.csv'?" in message


def test_overrides_that_are_not_there_stop_every_command(book: Path) -> None:
    toml = book.parent / "trial.toml"
    toml.write_text(toml.read_text() + '[movement]\noverrides = "decisions.csv"\n')
    before = tree(book.parent)
    out = ("--model", book, "--as-of", "2024-01-10", "--out", book.parent / "o.csv")
    for command in (("study", toml, "--no-track"), ("check", toml)):
        with pytest.raises(BadInputError, match=r"decisions\.csv' does not exist.*override set"):
            run(*command)
    with pytest.raises(Exception, match=r"decisions\.csv|scorer"):
        run("score", toml, *out)
    assert tree(book.parent) == before


def test_a_configuration_without_them_is_fine(book: Path) -> None:
    check_inputs(config(source={"folder": book}))


def ready(folder: Path) -> Path:
    rows = {"id": range(60), "a": ["x", "y"] * 30, "b": ["p", "q", "p"] * 20, "y": [0, 1] * 30}
    pd.DataFrame(rows).to_csv(folder / "ready.csv", index=False)
    return folder / "ready.csv"


@pytest.mark.parametrize("way", ["itself", "link", "dots", "linked folder", "hard link", "case"])
@pytest.mark.parametrize("command", ["agree", "forward", "evidence", "score"])
def test_no_command_writes_over_what_it_reads(tmp_path: Path, command: str, way: str) -> None:
    (tmp_path / "data").mkdir()
    file = ready(tmp_path / "data")
    out = tmp_path / "out.csv"
    if way == "link":
        out.symlink_to(file)
    elif way == "hard link":
        os.link(file, out)
    elif way == "linked folder":
        (tmp_path / "way").symlink_to(tmp_path / "data")
        out = tmp_path / "way" / "ready.csv"
    else:
        ways = {"itself": file, "dots": tmp_path / "data/../data/ready.csv"}
        out = ways.get(way, tmp_path / "data" / "Ready.csv")
    before = tree(tmp_path)
    arguments: dict[str, tuple[object, ...]] = {
        "agree": (file, "a", "b", "--json", out),
        "forward": (file, "--tier", "a", "--segment", "b", "--outcome", "y", "--json", out),
        "evidence": (file, "--json", out),
        "score": (file, "--model", tmp_path / "none", "--as-of", "2024-01-10", "--out", out),
    }
    with pytest.raises(OutputError, match="is an input of this command"):
        run(command, *arguments[command])
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["usage.csv", "accounts.parquet", "tickets.csv"])
def test_scores_do_not_become_a_table_of_the_book(book: Path, name: str) -> None:
    before = tree(book.parent)
    for source in (book, book.parent / "trial.toml"):
        with pytest.raises(OutputError, match="is an input of this command"):
            run("score", source, "--model", book, "--as-of", "2024-01-10", "--out", book / name)
    assert tree(book.parent) == before


def test_scores_do_not_go_into_the_folder_of_the_model(book: Path) -> None:
    model = book.parent / "scorer"
    model.mkdir()
    with pytest.raises(OutputError, match=r"lies in '.*scorer', which this command reads"):
        run("score", book, "--model", model, "--as-of", "2024-01-10", "--out", model / "s.csv")
    assert list(model.iterdir()) == []


@pytest.mark.parametrize("out", ["book", ".", "link", "trial.toml", "held"])
def test_a_study_does_not_take_the_place_of_what_it_reads(book: Path, out: str) -> None:
    base = book.parent
    (base / "link").symlink_to(book)
    (base / "held").mkdir()
    (base / "held/study.json").write_text("{}")
    (base / "held/overrides.csv").write_text("account_id\n")
    toml = base / "trial.toml"
    toml.write_text(toml.read_text() + '[movement]\noverrides = "held/overrides.csv"\n')
    before = tree(base)
    with pytest.raises(OutputError, match=r"is an input of this command|which this command reads"):
        run("study", toml, "--no-track", "--out", base / out)
    assert tree(base) == before


@pytest.mark.parametrize("command", ["study", "simulate"])
def test_a_folder_of_somebody_else_is_left_alone(book: Path, command: str) -> None:
    base = book.parent
    (base / "thesis").mkdir()
    (base / "thesis/chapter.txt").write_text("mine")
    before = tree(base)
    arguments: dict[str, tuple[object, ...]] = {
        "study": ("study", base / "trial.toml", "--no-track", "--out", base / "thesis"),
        "simulate": ("simulate", "--scenario", "none", "--out", base / "thesis"),
    }
    with pytest.raises(OutputError):
        run(*arguments[command])
    assert tree(base) == before


def test_a_database_that_is_no_tracking_store_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "crm.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE customers (id)")
    connection.close()
    (tmp_path / "text.db").write_text("no database at all, and longer than a header would be" * 5)
    before = tree(tmp_path)
    for name, words in (("crm.sqlite", "no tracking store"), ("text.db", "cannot be read as SQL")):
        uri = f"sqlite:///{tmp_path / name}"
        with pytest.raises(TrackingError, match=words), open_store(uri, create=True):
            raise AssertionError("not reached")
    assert tree(tmp_path) == before
