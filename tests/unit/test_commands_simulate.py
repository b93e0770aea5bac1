"""`clustering simulate`, as a user calls it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clustering.commands.simulate import register
from clustering.errors import BadInputError, OutputError


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return app


def run(app: typer.Typer, *arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, ["simulate", *arguments])
    return result.exit_code, result.output, result.exception


def test_a_book_is_written_and_summed_up(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "book"
    code, output, _ = run(
        app, "--scenario", "none", "--accounts", "40", "--seed", "5", "--out", str(out)
    )
    assert code == 0
    for part in ("simulated book of 40 accounts", "as of   2025-06-30", "no study reads"):
        assert part in output
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["scenario"], manifest["seed"]) == ("none", 5)


def test_parameters_reach_the_book(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "book"
    arguments = ["--separation", "4", "--noise", "0.5", "--missing", "0.2", "--as-of", "2020-02-29"]
    code, _, _ = run(app, "--scenario", "needs", "--accounts", "10", "--out", str(out), *arguments)
    assert code == 0
    manifest = json.loads((out / "manifest.json").read_text())
    found = [manifest[key] for key in ("separation", "noise", "missing", "as_of")]
    assert found == [4.0, 0.5, 0.2, "2020-02-29"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--scenario", "needs"],
        ["--out", "x"],
        ["--scenario", "needs", "--out", "x", "--accounts", "9"],
        ["--scenario", "needs", "--out", "x", "--accounts", "many"],
        ["--scenario", "needs", "--out", "x", "--missing", "2"],
        ["--scenario", "needs", "--out", "x", "--as-of", "yesterday"],
        ["--scenario", "needs", "--out", "x", "--sepration", "3"],
    ],
)
def test_wrong_usage_is_two_and_writes_nothing(
    app: typer.Typer, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, _ = run(app, *arguments)
    assert code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_scenario_names_the_nearest(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "book"
    _, _, error = run(app, "--scenario", "tier", "--out", str(out))
    assert isinstance(error, BadInputError)
    assert "Did you mean 'tiers'?" in str(error)
    assert not out.exists()


def test_a_folder_of_something_else_is_refused_before_any_work(
    app: typer.Typer, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("keep")
    _, output, error = run(app, "--scenario", "tiers", "--out", str(tmp_path))
    assert isinstance(error, OutputError)
    assert "Simulating" not in output
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]
