"""Trends: the window against the one before, on request, and what young tables do to it."""

from datetime import date

import narwhals as nw
import polars as pl
import pytest

from clustering.config import FeaturesConfig
from clustering.features import build_snapshot
from clustering.features.registry import withheld
from feature_books import Frames

AS_OF = date(2024, 6, 28)
ON = FeaturesConfig(include_trends=True, window_days=28)


def tables(first_use: date = date(2024, 1, 1)) -> Frames:
    accounts = {"account_id": ["a", "b"], "started_on": [date(2023, 1, 1), date(2024, 6, 1)]}
    usage = {
        "account_id": ["a", "a", "a", "a", "b"],
        # The last day of the window, its first, the last of the one before, and one before both.
        "used_on": [AS_OF, date(2024, 6, 1), date(2024, 5, 31), first_use, AS_OF],
        "feature": ["x"] * 5,
        "events": [4, 5, 3, 500, 9],
    }
    milestones = {
        "account_id": ["a", "a", "a"],
        "milestone": ["m", "n", "o"],
        "projected_on": [date(2024, 1, 1)] * 3,
        "achieved_on": [date(2024, 2, 1), date(2024, 6, 8), date(2024, 7, 1)],
    }
    named = {"accounts": accounts, "usage": usage, "milestones": milestones}
    return Frames({n: nw.from_native(pl.DataFrame(rows).lazy()) for n, rows in named.items()})


def test_the_window_is_held_against_the_one_before() -> None:
    found = build_snapshot(tables(), AS_OF, ON).frame
    assert found["usage_change"]["a"] == pytest.approx((9 - 3) / (9 + 3))
    assert found["usage_change"].isna()["b"]  # younger than both windows


def test_the_last_milestone_is_the_last_that_was_known() -> None:
    found = build_snapshot(tables(), AS_OF, ON).frame["days_since_last_milestone"]
    assert found.fillna(-1).tolist() == [20, -1]


def test_they_are_there_on_request_and_the_one_that_grows_with_age_stays_out() -> None:
    assert "usage_change" not in build_snapshot(tables(), AS_OF).frame
    reasons = withheld(ON)
    assert "usage_change" not in reasons
    assert reasons["days_since_last_milestone"].startswith("grows with the age")


def test_a_table_that_does_not_reach_back_two_windows_is_named() -> None:
    notes = build_snapshot(tables(date(2024, 5, 20)), AS_OF, ON).notes
    assert any("'usage' begins on 2024-05-20, inside the two windows of 28" in n for n in notes)
    assert not any("two windows" in n for n in build_snapshot(tables(), AS_OF, ON).notes)
