"""The command itself: help in its short form, and the version."""

import subprocess
import sys
from importlib.metadata import version

import pytest


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "clustering.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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
