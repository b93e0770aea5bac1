"""`clustering report` and `clustering promote`: status and one clear message."""

import sys
from pathlib import Path

import pytest

from clustering import cli
from study_folders import build_study


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["clustering", *arguments])
    monkeypatch.setattr(cli, "app", cli.app.__class__(pretty_exceptions_enable=False))
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_a_folder_that_is_no_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "report", str(tmp_path)) == 1
    message = capsys.readouterr().err
    assert message.startswith("StudyFolderError: ")
    assert "is not a finished study" in message
    assert "Traceback" not in message


def test_a_study_that_was_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = build_study(tmp_path / "study")
    assert run(monkeypatch, "promote", str(study), "--by", "a director", "--reason", "better") == 1
    message = capsys.readouterr().err
    assert message.startswith("TrackingError: ")
    assert "Run it again" in message


@pytest.mark.parametrize(
    "arguments", [["report"], ["promote", "study"], ["promote", "study", "--by", "a director"]]
)
def test_wrong_usage_is_status_2(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    assert run(monkeypatch, *arguments) == 2
