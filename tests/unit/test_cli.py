"""The command itself: help in its short form, and the version."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer

from clustering import cli
from clustering.cli import app
from clustering.config import load_config
from clustering.errors import ConfigError


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "clustering.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


@pytest.mark.parametrize("command", [(), ("evidence",), ("override", "set")])
def test_help_has_a_short_form(command: tuple[str, ...]) -> None:
    short, long = run(*command, "-h"), run(*command, "--help")
    assert short.returncode == long.returncode == 0
    assert short.stdout == long.stdout
    assert "Usage:" in short.stdout


def test_version() -> None:
    found = run("--version")
    assert (found.returncode, found.stdout.strip()) == (0, f"clustering {version('clustering')}")
    assert not found.stderr


def commands() -> Iterator[tuple[str, Any]]:
    """Every command and group of commands by its words, without starting an interpreter each."""
    if not app.registered_commands:
        cli._register()
    top = typer.main.get_command(app)
    yield "", top
    for name, command in top.commands.items():
        yield name, command
        for inner, part in getattr(command, "commands", {}).items():
            yield f"{name} {inner}", part


def test_every_help_ends_with_a_call_that_the_command_understands() -> None:
    found = dict(commands())
    assert {"", "study", "override", "override set", "completion"} <= set(found)
    for name, command in found.items():
        assert command.epilog, name
        said = command.epilog.removeprefix("Example: ")
        call = shlex.split(said.removeprefix("source <(").removesuffix(")"))
        assert call[:1] == ["clustering"], name
        assert " ".join(call[1:]).startswith(name), name
        words = call[1 + len(name.split()) :]
        # The example of a group is one of a command in it.
        while hasattr(command, "commands"):
            command, words = command.commands[words[0]], words[1:]
        made = command.make_context(name, words, resilient_parsing=False)
        assert made.params, name


def test_a_shell_gets_a_script_and_completes_commands_and_options() -> None:
    assert "_CLUSTERING_COMPLETE=complete_bash" in run("completion", "bash").stdout
    asked = {"COMP_WORDS": "clustering check --ht", "COMP_CWORD": "2"}
    found = run(env={**os.environ, **asked, "_CLUSTERING_COMPLETE": "complete_bash"})
    assert found.stdout.split() == ["--html"]


def test_the_folder_of_a_study_leads_to_its_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is a folder\. Name the TOML file of the study"):
        load_config(tmp_path)
    (tmp_path / "mine.toml").write_text("")
    with pytest.raises(ConfigError, match=r"is a folder\. Did you mean '.*mine\.toml'\?"):
        load_config(tmp_path)
