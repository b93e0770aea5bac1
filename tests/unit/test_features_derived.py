"""Milestones derived from usage: when they are reached, and the benchmark of the cohort."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clustering.config import FeaturesConfig, MilestoneRulesConfig
from clustering.features import build_snapshot
from clustering.features.as_of import visible_frames
from clustering.features.families.derived import (
    FEWEST_EARLIER,
    derived_milestones,
    median_times_of_earlier,
    reached_milestones,
)
from clustering.features.measures import Period
from feature_books import AS_OF, Rows, day, polars_frames

RULES = MilestoneRulesConfig(derive=True, distinct_features=2, seat_share=0.5)
PERIOD = Period(AS_OF, 90)


def use(name: str, on: int, feature: str, users: int = 0) -> dict[str, Any]:
    row = {"account_id": name, "used_on": day(on), "feature": feature, "events": 1}
    return {**row, "active_users": users}


def reached(rows: Rows) -> dict[str, dict[str, date]]:
    found = reached_milestones(visible_frames(polars_frames(rows), AS_OF), PERIOD, RULES)
    return {name: {k: v.date() for k, v in dates.items()} for name, dates in found.items()}


def test_breadth_is_reached_on_the_first_date_with_so_many_features() -> None:
    rows: Rows = {
        "accounts": [],
        "usage": [
            use("a", -50, "p"),
            use("a", -40, "q"),  # another feature on another date does not count
            use("a", -30, "p"),
            use("a", -30, "q"),
            use("a", -20, "p"),
            use("a", -20, "q"),
            use("b", -10, "p"),
            use("b", -10, "p"),
            use("c", 1, "p"),
            use("c", 1, "q"),
        ],
    }
    assert reached(rows) == {"derived_breadth": {"a": day(-30)}}


def test_seats_are_reached_when_users_are_a_share_of_those_under_contract() -> None:
    def contract(name: str, end: int | None, seats: int | None) -> dict[str, Any]:
        ended_on = None if end is None else day(end)
        row = {"account_id": name, "started_on": day(-90), "ended_on": ended_on, "arr": 1.0}
        return {**row, "seats": seats}

    rows: Rows = {
        "accounts": [],
        "usage": [
            use("a", -40, "p", users=4),
            use("a", -30, "p", users=5),
            use("a", -20, "p", users=9),
            use("few", -20, "p", users=4),
            use("lapsed", -20, "p", users=50),
            use("no seats", -20, "p", users=50),
        ],
        "subscriptions": [
            contract("a", None, 6),
            contract("a", 30, 4),
            contract("few", None, 10),
            contract("lapsed", -1, 10),
            contract("no seats", None, None),
        ],
    }
    assert reached(rows)["derived_seats"] == {"a": day(-30)}


def book_of_a_cohort(n: int) -> Rows:
    """n accounts that need 10, 20, 30, 40, 50 days in turn, and a new one."""
    accounts = [{"account_id": f"{i:03}", "started_on": day(-400 + i)} for i in range(n)]
    accounts.append({"account_id": "new", "started_on": day(-5)})
    usage = [
        use(row["account_id"], -400 + i + 10 * (1 + i % 5), feature)
        for i, row in enumerate(accounts[:-1])
        for feature in "pq"
    ]
    return {"accounts": accounts, "usage": usage}


def test_the_projection_is_the_median_of_earlier_accounts() -> None:
    frames = visible_frames(polars_frames(book_of_a_cohort(30)), AS_OF)
    found = derived_milestones(frames, PERIOD, RULES).collect("pandas").to_native()
    found = found.set_index("account_id")
    assert set(found["milestone"]) == {"derived_breadth"}
    projected = pd.to_datetime(found["projected_on"])
    assert projected.loc["new"].date() == day(-5 + 30)
    assert projected.iloc[:FEWEST_EARLIER].isna().all()
    assert projected.iloc[FEWEST_EARLIER:].notna().all()


def test_the_snapshot_says_that_its_milestones_are_derived() -> None:
    rows = book_of_a_cohort(30)
    config = FeaturesConfig(milestones=RULES)
    found = build_snapshot(polars_frames(rows), AS_OF, config)
    (note,) = [note for note in found.notes if "derived" in note]
    assert "not a plan agreed with the customer" in note
    states = found.attributes.loc["new"].filter(like="milestones_")
    assert states["milestones_not_yet_due"] == 1
    assert found.frame.loc["000", "days_to_first_value"] == 10
    plain = build_snapshot(polars_frames(rows), AS_OF)
    assert "days_to_first_value" in plain.not_computed


def test_recorded_milestones_are_never_replaced() -> None:
    rows = book_of_a_cohort(30)
    rows["milestones"] = [
        {"account_id": "000", "milestone": "own", "achieved_on": day(-1), "projected_on": day(-2)}
    ]
    found = build_snapshot(polars_frames(rows), AS_OF, FeaturesConfig(milestones=RULES))
    assert found.attributes["milestones_achieved"].sum() == 1
    assert not [note for note in found.notes if "derived" in note]


@pytest.mark.parametrize("reached_share", [0.4, 0.6])
def test_half_must_have_been_seen_to_get_there(reached_share: float) -> None:
    n = 100
    started = np.repeat(np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]"), [n, 1])
    days = np.where(np.arange(n + 1) < reached_share * n, 30, 300)
    medians = median_times_of_earlier(started, days, days == 30)
    assert np.isnan(medians[:n]).all()
    assert np.array_equal(medians[n:], [30.0 if reached_share > 0.5 else np.nan], equal_nan=True)


def test_use_before_the_start_takes_no_time() -> None:
    rows = book_of_a_cohort(30)
    rows["usage"] = [{**row, "used_on": day(-450)} for row in rows["usage"]]
    frames = visible_frames(polars_frames(rows), AS_OF)
    found = derived_milestones(frames, PERIOD, RULES).collect("pandas").to_native()
    projected = found.set_index("account_id")["projected_on"]
    assert pd.Timestamp(projected.loc["new"]).date() == day(-5)
