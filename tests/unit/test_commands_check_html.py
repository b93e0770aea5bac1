"""`clustering check --html`: the state of the data as a page, whether it can be used or not."""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering.commands import check, init
from clustering.errors import OutputError, TableContractError


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Forty accounts; usage every day but in March and April, one number out of all proportion."""
    ids = [f"a{number:02d}" for number in range(40)]
    pd.DataFrame(
        {"account_id": ids, "started_on": "2023-01-01", "name": "Secret & Sons", "csm": None}
    ).assign(csm=["Kim"] * 30 + [None] * 10).to_csv(tmp_path / "accounts.csv", index=False)
    days = pd.date_range("2023-06-01", "2024-06-30")
    days = days[~days.strftime("%Y-%m").isin(["2024-03", "2024-04"])]
    usage = pd.DataFrame({"used_on": days, "feature": "x", "events": 5})
    usage["account_id"] = [ids[place % 30] for place in range(len(days))]
    usage.loc[7, "events"] = 900_000
    usage.to_csv(tmp_path / "usage.csv", index=False)
    toml = tmp_path / "trial.toml"
    toml.write_text('name = "trial"\nas_of = 2024-06-20\n[source]\nfolder = "."\n')
    return toml


def run(*arguments: object) -> str:
    app = typer.Typer()
    for command in (init, check):
        command.register(app)
    asked = [str(argument) for argument in ("check", *arguments)]
    return CliRunner().invoke(app, asked, catch_exceptions=False).stdout


def words(page: Path) -> str:
    text = page.read_text(encoding="utf-8").partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_page_says_what_is_there_what_is_not_and_what_that_costs(
    study: Path, tmp_path: Path
) -> None:
    page = tmp_path / "state.html"
    assert f"The state of the data stands in {page}" in run(study, "--html", page)
    said = words(page)
    assert "These tables can be studied. 40 accounts can be studied. Gaps cost " in said
    assert "2024-05 – 31 2024-04 – none 2024-03 – none 2024-02 – 29" in said
    assert "usage: nothing from 2024-03-01 to 2024-04-30 (61 days)" in said
    assert "usage 30 75 % 0 –" in said  # accounts with a row, of all, rows of unknown ones
    assert "accounts.csm 25 %" in said
    assert "usage.events 5 5 900,000 1 a07" in said
    assert "needs table 'outcomes' 4 outcome_attainment" in said
    assert "Secret" not in said


def test_the_page_is_written_where_a_breach_stops_the_study(study: Path, tmp_path: Path) -> None:
    with (tmp_path / "usage.csv").open("a") as file:
        file.write("2024-06-01,x,5,stranger\n2024-06-01,x,many,a01\n")
    page = tmp_path / "state.html"
    with pytest.raises(TableContractError, match="The state of the data stands in"):
        run(study, "--html", page)
    said = words(page)
    assert "2 things must be mended before these tables can be studied." in said
    assert "'events' is not a number in 1 of" in said
    assert "usage 30 75 % 1 stranger" in said
    assert "That is told once nothing stops the study any more." in said


def test_the_page_works_offline_and_has_no_script(study: Path, tmp_path: Path) -> None:
    run(study, "--html", tmp_path / "state.html")
    page = (tmp_path / "state.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|https?://", page)
    assert page.count("<h1>") == 1
    assert 'lang="en"' in page
    assert '<th scope="col"' in page


def test_the_page_takes_the_place_of_no_other_file(study: Path) -> None:
    before = study.read_text()
    with pytest.raises(OutputError, match=r"ends in \.html"):
        run(study, "--html", study)
    assert study.read_text() == before
