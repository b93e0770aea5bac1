"""The accounts on earlier dates: closed windows, frozen segments, nothing from the future."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from clustering.config import StudyConfig
from clustering.features import build_snapshot
from clustering.features.horizon import build_horizon
from clustering.features.types import Feature
from clustering.matrix import standardise
from clustering.models.kmeans import fit_kmeans
from clustering.models.types import CandidateSpec
from clustering.movement.earlier_dates import earlier_accounts, earlier_dates
from clustering.movement.past import Past, Unreached, unreached
from clustering.schemes import assign_all
from clustering.simulation import simulate, write_book
from clustering.tables import open_tables

AS_OF = date(2025, 6, 30)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("earlier") / "book"
    write_book(simulate("needs", 260, seed=4), folder)
    return folder


def material(book: Path, **comparison: object):
    config = StudyConfig.model_validate(
        {
            "name": "earlier",
            "as_of": AS_OF,
            "seed": 3,
            "source": {"folder": book},
            "comparison": comparison,
            "evidence": {"smallest_segment": 10},
        }
    )
    tables = open_tables(config)
    snapshot = build_snapshot(tables, AS_OF, config.features)
    horizon = build_horizon(tables, AS_OF, config.horizon_days)
    matrix, _ = standardise(snapshot, config.matrix)
    labels = fit_kmeans(matrix.values, 3, n_init=3, seed=3).labels
    names = pd.Series([f"s{code}" for code in labels], index=list(matrix.account_ids))
    past = Past(tables, config, snapshot, assign_all(snapshot, config.schemes)[0])
    return earlier_accounts(past, horizon, CandidateSpec("kmeans", 3), names)


def test_windows_close_before_the_test_date(book):
    found = material(book, earlier_dates=2)
    assert [part.as_of for part in found.train] == [date(2024, 6, 30), date(2023, 6, 30)]
    assert found.test.as_of == AS_OF
    for part in found.train:
        assert part.as_of + timedelta(days=365) <= AS_OF
    assert 0.3 < found.agreement <= 1
    assert set(found.undated) == {"needs_segment", "current_segment"}


def test_segments_are_frozen_and_mean_the_same_on_every_date(book):
    found = material(book, earlier_dates=1)
    labels = {name for part in (found.test, *found.train) for name in part.labels["segment"]}
    assert labels == {"segment 0", "segment 1", "segment 2"}


def test_rows_after_the_as_of_date_change_nothing_but_outcomes(book, tmp_path):
    """Whatever is dated later is taken out or changed; labels, features and models stay."""
    later = tmp_path / "later"
    shutil.copytree(book, later)
    dates = {"usage": "used_on", "tickets": "opened_on", "engagements": "held_on",
             "surveys": "answered_on", "outcomes": "measured_on"}  # fmt: skip
    for table, column in dates.items():
        frame = pd.read_parquet(later / f"{table}.parquet")
        ahead = pd.to_datetime(frame[column]).dt.date > AS_OF
        kept = frame[~ahead | (frame.index % 3 == 0)]
        kept.to_parquet(later / f"{table}.parquet", index=False)
    contracts = pd.read_parquet(later / "subscriptions.parquet")
    ahead = pd.to_datetime(contracts["started_on"]).dt.date > AS_OF
    contracts[~ahead].to_parquet(later / "subscriptions.parquet", index=False)
    one, two = material(book, earlier_dates=2), material(later, earlier_dates=2)
    for before, after in zip((one.test, *one.train), (two.test, *two.train), strict=True):
        pd.testing.assert_frame_equal(before.features, after.features)
        pd.testing.assert_series_equal(before.arr, after.arr)
        assert before.labels.keys() == after.labels.keys()
        for name, labels in before.labels.items():
            pd.testing.assert_series_equal(labels, after.labels[name])
    for before, after in zip(one.train, two.train, strict=True):
        pd.testing.assert_frame_equal(before.outcomes, after.outcomes)
    assert not one.test.outcomes["churned"].equals(two.test.outcomes["churned"])


def test_dates_that_the_tables_do_not_reach_are_named(book):
    found = material(book, earlier_dates=4)
    assert len(found.train) == 2
    assert any("'usage' begins on 2022-07" in note for note in found.notes)


def test_none_are_made_where_none_are_asked_for(book):
    assert material(book, earlier_dates=0) == "comparison.earlier_dates is 0"


def test_a_step_of_its_own():
    dates = earlier_dates(AS_OF, 365, 3, 90)
    assert [str(day) for day in dates] == ["2024-06-30", "2024-04-01", "2024-01-02"]


def test_counts_need_the_whole_look_back_window():
    feature = Feature("f", "usage", "", "", "", ("usage.active_users", "surveys"), "count",
                      None, ("", ""))  # fmt: skip
    ranges = {"usage": (date(2024, 1, 1), AS_OF), "surveys": (date(2024, 1, 1), AS_OF)}
    assert unreached(ranges, (feature,), date(2024, 4, 1), 90) == []
    assert unreached(ranges, (feature,), date(2024, 3, 30), 90) == [
        Unreached("usage", date(2024, 1, 1), date(2023, 12, 31))
    ]
    assert len(unreached(ranges, (feature,), date(2023, 12, 31), 90)) == 2
    assert unreached({"usage": None}, (feature,), date(2020, 1, 1), 90) == []
