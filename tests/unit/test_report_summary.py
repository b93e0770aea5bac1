"""What a study says at a terminal."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from clustering import results
from clustering.report.build.summary import terminal_summary
from study_folders import Recipe, build_study


def printed(folder: Path, width: int = 60) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(terminal_summary(results.read(folder)), crop=False)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_answer_the_advice_and_every_place_are_there(tmp_path: Path) -> None:
    folder = build_study(tmp_path / "a-folder-with-a-name-that-is-longer-than-a-line", Recipe())
    text = printed(folder)
    assert "What to do" in text
    for place in (folder / "report" / "index.html", folder / "scorer"):
        assert f"{place}\n" in text
    assert "not recorded" in text


def test_a_terminal_is_told_in_plain_words(tmp_path: Path) -> None:
    text = printed(build_study(tmp_path / "study", Recipe(forward=True)), width=2000)
    assert "The bands told more than the ARR tiers alone about which accounts churned." in text
    assert "log loss" not in text
    assert "95 % interval" not in text


def test_names_of_segments_that_look_like_markup_are_text(tmp_path: Path) -> None:
    folder = build_study(tmp_path / "[bold]study[/bold]", Recipe())
    assert "[bold]study[/bold]" in printed(folder, width=200)
