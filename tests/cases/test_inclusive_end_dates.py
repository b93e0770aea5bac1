"""Terms that end on the last day they cover: read as the setting says, else noted."""

import subprocess
import sys

import pandas as pd
import pytest

import clustering
from shared_data import shared_folder


@pytest.mark.real_input
def test_the_right_answer_and_the_note_that_leads_to_it() -> None:
    case = shared_folder("cases", "inclusive_end_dates")
    right = pd.read_csv(case / "right.csv", index_col="account_id")
    config = clustering.load_config(case / "study.toml", ["subscriptions.end_is=last_day"])
    with clustering.open_tables(config) as tables:
        snapshot = clustering.build_snapshot(tables, config.as_of, config.features)
        horizon = clustering.build_horizon(tables, config.as_of, config.horizon_days)
        assert not [note for note in tables.notes if "next terms begin" in note]
    assert snapshot.attributes["arr"].to_dict() == right["arr"].to_dict()
    assert horizon.frame["churned"].to_dict() == right["churned"].to_dict()
    assert snapshot.attributes["arr"].sum() == 1_180_000


@pytest.mark.real_input
def test_check_says_what_the_rows_say() -> None:
    toml = shared_folder("cases", "inclusive_end_dates") / "study.toml"
    ended = subprocess.run(
        [sys.executable, "-m", "clustering.cli", "check", str(toml)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "32 of 32 next terms begin one day after the end of the one before" in ended.stdout
    assert 'set subscriptions.end_is = "last_day"' in ended.stdout
