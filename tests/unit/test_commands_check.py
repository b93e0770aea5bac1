"""`clustering check`: what it prints, and how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clustering.commands import check, init
from clustering.config import load_config
from clustering.errors import TableContractError
from clustering.inputs import too_few

ACCOUNTS = "account_id,started_on,current_segment\na,2023-01-01,one\nb,2023-02-01,two\n"
USAGE = "account_id,used_on,feature,events\na,2024-01-01,x,3\nb,2024-01-05,y,2\na,2024-02-01,x,1\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    (tmp_path / "usage.csv").write_text(USAGE)
    toml = tmp_path / "trial.toml"
    toml.write_text('name = "trial"\nas_of = 2024-01-10\n[source]\nfolder = "."\n')
    return toml


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    for command in (init, check):  # an app of one command would take its name for an argument
        command.register(made)
    return made


def test_good_tables_are_listed_with_what_they_allow(study: Path, app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["check", str(study)], catch_exceptions=False)
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "The tables of 'trial' meet their contract. 2 accounts are active at as_of" in said
    assert "usage 3 2024-01-01 2024-02-01 1" in said
    assert "subscriptions absent" in said
    assert "rows dated after as_of 2024-01-10, which no feature sees" in said
    assert "needs table 'milestones' with column 'achieved_on'" in said
    assert "current_segment: " in said.partition("Schemes to compare with:")[2]
    assert "needs_segment" in said.partition("Schemes that cannot be applied:")[2]


def test_a_book_that_a_study_would_refuse_is_not_sent_on(study: Path, app: typer.Typer) -> None:
    asked = ["check", str(study), "--set", "evidence.smallest_segment=2"]
    said = CliRunner().invoke(app, asked, catch_exceptions=False).stdout
    assert "Next: a study refuses this. 2 accounts were active on 2024-01-10" in said
    config = load_config(study, ["evidence.smallest_segment=2"])
    assert (too_few(config, 3) is None, too_few(config, 4)) == (False, None)


def test_an_override_changes_what_is_checked(study: Path, app: typer.Typer) -> None:
    with pytest.raises(TableContractError, match="before the first account began"):
        CliRunner().invoke(
            app, ["check", str(study), "--set", "as_of=2020-01-01"], catch_exceptions=False
        )


def test_levels_that_hold_commas_can_be_told_apart() -> None:
    assert check._levels(["smb", "enterprise"]) == "smb, enterprise"
    assert check._levels(["low, smb", "high, smb"]) == "low, smb; high, smb"


@pytest.mark.slow
def test_faulty_tables_end_with_status_1_and_no_traceback(study: Path) -> None:
    (study.parent / "usage.csv").write_text(USAGE.replace("2024-01-05", "05/01/2024"))
    ended = subprocess.run(
        [sys.executable, "-m", "clustering.cli", "check", str(study)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "TableContractError: table 'usage' (usage.csv) does not meet" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_the_horizon_is_looked_at(study: Path, app: typer.Typer) -> None:
    """What became of the accounts, and why it is not known, stands in the check already."""
    asked = ["check", str(study), "--set", "horizon_days=22"]
    said = CliRunner().invoke(app, asked, catch_exceptions=False).stdout
    _, _, told = said.partition("What became of the accounts, to 2024-02-01:")
    assert "dormant: told for 2 of 2 accounts, 1 dormant" in told
    assert "churned: told for 0 of 2 accounts\n" in told
    assert "need table 'subscriptions'" in told
    year = CliRunner().invoke(app, ["check", str(study)], catch_exceptions=False).stdout
    assert "dormancy is not known: the newest row of 'usage' is of 2024-02-01" in year
    assert "dormant: told for 0 of 2 accounts\n" in year.partition("to 2025-01-10:")[2]
