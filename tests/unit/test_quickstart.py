"""The quickstart of the docs: its commands, copied from the page, on CSV files with its columns."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering.cli import app as whole
from clustering.commands import check, init, study
from clustering.config import load_config
from clustering.simulation import simulate

PAGE = (Path(__file__).parents[2] / "docs" / "quickstart.md").read_text(encoding="utf-8")
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
COLUMNS = {
    name: [column.strip() for column in listed.split(",")]
    for name, listed in re.findall(r"^exports/(\w+)\.csv +(.+?)(?:  +\(.*)?$", PAGE, re.MULTILINE)
}


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A simulated book under the names of the page."""
    tables = simulate("needs", 60, seed=7).tables
    folder = tmp_path / "exports"
    folder.mkdir()
    contracts = tables["subscriptions"].assign(arr=tables["subscriptions"]["arr"] / 12)
    for name, frame, columns in (
        (
            "accounts",
            tables["accounts"],
            ["account_id", "name", "started_on", "industry", "region"],
        ),
        ("contracts", contracts, ["account_id", "started_on", "ended_on", "arr", "seats"]),
        ("usage", tables["usage"], ["account_id", "used_on", "feature", "events", "active_users"]),
    ):
        named = frame[columns].set_axis(COLUMNS[name], axis="columns")
        pd.DataFrame(named).to_csv(folder / f"{name}.csv", index=False)
    return tmp_path


def test_the_commands_of_the_page_run_as_they_are_printed(
    exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(exports)
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    for command in (init, check, study):
        command.register(app)
    assert len(COMMANDS) == 4
    for line in COMMANDS[:-1]:
        done = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
        assert done.exit_code == 0
    assert (exports / "state.html").is_file()
    # The study itself takes long, and is run by the tests of the command; here what it is given.
    (_, name, config, *options) = shlex.split(COMMANDS[-1])
    called = typer.main.get_command(app).commands[name].make_context(name, [config, *options])
    assert called.params["quick"]
    assert not called.params["track"]
    found = load_config(called.params["config_file"])
    assert str(found.as_of) == "2025-06-30"
    assert "active at as_of 2025-06-30" in done.stdout.replace("\n", " ")


def test_every_command_of_the_readme_is_known_and_the_shell_can_find_it() -> None:
    own = README.partition("## Your own data")[2].partition("```\n")[2].partition("```")[0]
    lines = [line.partition("#")[0].strip() for line in own.splitlines()]
    first = next(place for place, line in enumerate(lines) if line.startswith("clustering "))
    assert "source .venv/bin/activate" in lines[:first]
    known = {command.name for command in whole.registered_commands}
    known |= {group.typer_instance.info.name for group in whole.registered_groups}
    if not known:
        from clustering import cli

        cli._register()
        known = {command.name for command in whole.registered_commands}
    assert {line.split()[1] for line in lines if line.startswith("clustering ")} <= known
