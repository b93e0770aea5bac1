"""The snapshot by example: accounts, attributes, true zeros, missing values, messages."""

import math
from typing import Any

import pandas as pd
import pytest

from clustering.config import FeaturesConfig
from clustering.errors import BadInputError, FutureDataError
from clustering.features import Snapshot, build_snapshot, registry
from clustering.features.families import milestones
from feature_books import AS_OF, Rows, day, polars_frames


def account(name: str, started: int = -400, **rest: Any) -> dict[str, Any]:
    return {"account_id": name, "started_on": day(started), **rest}


def snapshot(rows: Rows, **config: Any) -> Snapshot:
    return build_snapshot(polars_frames(rows), AS_OF, FeaturesConfig(**config))


def value(rows: Rows, feature: str, name: str = "a", **config: Any) -> float:
    return float(snapshot(rows, **config).frame.loc[name, feature])


def test_active_accounts_are_sorted_and_the_others_left_out() -> None:
    accounts = [
        account("b"),
        account("ended", ended_on=day(-1)),
        account("ends today", ended_on=day(0)),
        account("ends tomorrow", ended_on=day(1)),
        account("10", started=0),
        account("9"),
        account("not yet", started=1),
    ]
    found = snapshot({"accounts": accounts})
    assert list(found.frame.index) == ["10", "9", "b", "ends tomorrow"]
    assert list(found.attributes.index) == list(found.frame.index)
    assert found.frame.index.name == "account_id"
    assert (found.frame.dtypes == "float64").all()
    assert found.frame.loc["10", "tenure_days"] == 0
    assert "ended_on" not in found.attributes


def test_attributes_are_the_columns_that_exist() -> None:
    rows = {"accounts": [account("a", employees=None)]}
    attributes = snapshot(rows).attributes
    assert list(attributes) == ["started_on", "employees", "arr"]
    assert attributes["started_on"].iloc[0] == pd.Timestamp(day(-400))
    assert math.isnan(attributes["arr"].iloc[0])


def test_arr_is_the_sum_of_the_contracts_of_the_day() -> None:
    def contract(first: int, end: int | None, arr: float) -> dict[str, Any]:
        ended_on = None if end is None else day(end)
        return {"account_id": "a", "started_on": day(first), "ended_on": ended_on, "arr": arr}

    rows: Rows = {
        "accounts": [account("a"), account("lapsed"), account("unknown")],
        "subscriptions": [
            contract(-90, None, 0.1),
            contract(-90, 1, 0.2),
            contract(0, 300, 0.4),
            contract(-90, 0, 100.0),  # its end is the first day without it
            contract(1, None, 200.0),
            {**contract(-90, -1, 9.0), "account_id": "lapsed"},
        ],
    }
    found = snapshot(rows)
    assert found.attributes.loc["a", "arr"] == 0.7
    assert found.attributes.loc["lapsed", "arr"] == 0
    assert math.isnan(found.attributes.loc["unknown", "arr"])
    assert found.frame["contracted_arr"].equals(found.attributes["arr"].rename("contracted_arr"))
    assert found.notes == (
        "1 of 3 accounts have had no contract for at most 120 days (accounts.lapsed_days); first "
        'account_id: lapsed. They are kept as customers of no ARR (accounts.left_by = "either").',
        "1 of 3 accounts are open in 'accounts' and never had a contract by then; first "
        "account_id: unknown. They are kept as customers of unknown ARR (accounts.left_by = "
        '"either").',
    )


def milestone(name: str, projected: int | None, achieved: int | None) -> dict[str, Any]:
    return {
        "account_id": "a",
        "milestone": name,
        "projected_on": None if projected is None else day(projected),
        "achieved_on": None if achieved is None else day(achieved),
    }


def test_the_four_states_of_a_milestone() -> None:
    rows: Rows = {
        "accounts": [account("a"), account("none")],
        "milestones": [
            milestone("late", -100, -90),
            milestone("early", 50, -10),
            milestone("unplanned", None, -20),
            milestone("missed", -40, None),
            milestone("missed so far", -30, 5),
            milestone("due today", 0, None),
            milestone("ahead", 70, None),
            milestone("not in the contract", None, None),
        ],
    }
    states = snapshot(rows).attributes.filter(like="milestones_")
    assert states.loc["a"].to_dict() == {
        "milestones_achieved": 3,
        "milestones_missed": 2,
        "milestones_not_yet_due": 2,
        "milestones_not_applicable": 1,
    }
    assert states.loc["none"].isna().all()
    features = snapshot(rows).frame.loc["a"]
    assert features["milestones_due_achieved_share"] == (1 + 0.5) / (3 + 1)
    assert features["milestone_delay_days"] == 30  # of 10, 40 and 30 days
    assert features["milestones_overdue"] == 2
    assert features["oldest_overdue_days"] == 40
    assert features["days_to_first_value"] == 310


def test_not_yet_due_is_missing_and_never_zero() -> None:
    rows: Rows = {"accounts": [account("a")], "milestones": [milestone("ahead", 70, None)]}
    found = snapshot(rows)
    family = [f.name for f in found.features if f.family == "milestones"]
    assert len(family) == 6
    assert found.frame.loc["a", family].isna().all()


def usage(on: int, feature: str = "p", events: int = 1, users: int | None = 1) -> dict[str, Any]:
    return {
        "account_id": "a",
        "used_on": day(on),
        "feature": feature,
        "events": events,
        "active_users": users,
    }


def test_an_account_that_stopped_is_zero_and_one_never_seen_is_missing() -> None:
    rows: Rows = {
        "accounts": [account("a"), account("never seen")],
        "usage": [usage(-200)],
        "subscriptions": [
            {"account_id": name, "started_on": day(-300), "ended_on": None, "arr": 1.0, "seats": 8}
            for name in ("a", "never seen")
        ],
    }
    found = snapshot(rows)
    stopped, unseen = found.frame.loc["a"], found.frame.loc["never seen"]
    zeros = ["features_used", "active_weeks_share", "seat_utilisation_share", "active_users_peak"]
    assert (stopped[zeros] == 0).all()
    assert stopped["days_since_last_use"] == 200
    assert stopped[["usage_trend", "events_per_user_day", "events_per_active_date"]].isna().all()
    family = [f.name for f in found.features if f.family == "usage"]
    assert unseen[family].isna().all()
    assert found.notes == (
        "1 of 2 accounts have no row in 'usage' up to the as-of date: their usage features are "
        "missing, not zero.",
    )


def test_trend_needs_an_account_that_lived_through_both_halves() -> None:
    book: Rows = {
        "accounts": [account("a", -84)],
        "usage": [usage(-50, events=1), usage(0, events=3)],
    }
    assert value(book, "usage_trend") == 0.5
    book["accounts"] = [account("a", -83)]
    assert math.isnan(value(book, "usage_trend"))


def test_a_young_account_is_measured_over_its_own_weeks() -> None:
    rows: Rows = {"accounts": [account("a", -20)], "usage": [usage(-1), usage(-8), usage(-15)]}
    assert value(rows, "active_weeks_share") == 1.0
    rows["accounts"] = [account("a", -6)]
    assert math.isnan(value(rows, "active_weeks_share"))


def test_users_that_are_not_counted_are_missing() -> None:
    rows: Rows = {"accounts": [account("a")], "usage": [usage(-99), usage(-1, users=None)]}
    assert math.isnan(value(rows, "active_users_peak"))
    assert value(rows, "active_users_peak", window_days=365) == 1


def test_registers_without_a_row_are_zero() -> None:
    rows: Rows = {
        "accounts": [account("a")],
        "engagements": [],
        "tickets": [],
        "opportunities": [],
        "surveys": [],
    }
    found = snapshot(rows).frame.loc["a"]
    zeros = ["engagement_hours", "engagements_held", "tickets_opened", "expansion_pipeline"]
    assert (found[zeros] == 0).all()
    missing = ["days_since_last_engagement", "hours_per_engagement", "severe_tickets_share"]
    assert found[[*missing, "nps_mean_score", "ticket_mean_score"]].isna().all()


@pytest.mark.parametrize(
    ("measured", "target", "higher", "attainment"),
    [
        (110.0, 100.0, True, 1.1),
        (90.0, 100.0, None, 0.9),
        (90.0, 100.0, False, 1.1),
        (0.0, 100.0, False, 2.0),
        (-5.0, -10.0, True, 1.5),
        (3.0, 0.0, True, math.nan),
    ],
)
def test_attainment_is_above_one_when_ahead(
    measured: float, target: float, higher: bool | None, attainment: float
) -> None:
    outcome = {
        "account_id": "a",
        "outcome": "m",
        "measured_on": day(-9),
        "value": measured,
        "target": target,
        "higher_is_better": higher,
    }
    found = value({"accounts": [account("a")], "outcomes": [outcome]}, "outcome_attainment")
    assert found == pytest.approx(attainment, abs=1e-6, nan_ok=True)


def test_the_length_of_the_window_stands_in_the_texts() -> None:
    found = snapshot({"accounts": [account("a")], "usage": [usage(-40)]}, window_days=30)
    texts = {f.name: f.meaning for f in found.features}
    assert "the last 30 days" in texts["features_used"]
    assert "last 4 weeks" in texts["active_weeks_share"]
    assert found.frame.loc["a", "features_used"] == 0


def test_features_stand_in_the_order_of_the_columns() -> None:
    found = snapshot({"accounts": [account("a")], "usage": []})
    assert tuple(f.name for f in found.features) == tuple(found.frame)
    assert set(found.not_computed).isdisjoint(found.frame)
    assert set(found.withheld) <= set(found.frame)
    assert "events_per_active_date" in found.withheld
    assert "contracted_arr" not in found.withheld  # it could not be computed


def test_a_table_that_begins_inside_the_window_is_noted() -> None:
    rows: Rows = {"accounts": [account("a")], "usage": [usage(-20), usage(5)]}
    assert snapshot(rows).notes == (
        "'usage' begins on 2024-02-10, inside the look-back window of 90 days: its counts are of "
        "fewer days than they say.",
    )
    assert snapshot(rows, window_days=20).notes == ()


@pytest.mark.parametrize(
    ("accounts", "found"),
    [
        ([account("a", ended_on=day(-2)), account("b", 5)], "found 1 that had ended"),
        ([], "found 0 that had ended"),
    ],
)
def test_no_active_account_is_an_error(accounts: list[dict[str, Any]], found: str) -> None:
    with pytest.raises(BadInputError, match="no account is active at as_of 2024-03-01") as caught:
        snapshot({"accounts": accounts})
    assert found in str(caught.value)
    assert "Check as_of" in str(caught.value)


def test_a_query_that_goes_round_the_visible_step_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows: Rows = {"accounts": [account("1180")], "milestones": []}
    rows["milestones"] = [{**milestone("m", 40, 32), "account_id": "1180"}]
    behind = polars_frames(rows).frames["milestones"]

    def not_visible(frame: Any, period: Any, accounts: Any) -> Any:
        return milestones.prepare(behind, period, accounts)

    monkeypatch.setitem(registry.PREPARATIONS, "milestones", not_visible)
    with pytest.raises(FutureDataError, match="Start its query from the visible step") as caught:
        snapshot(rows)
    message = str(caught.value)
    assert "for account 1180 uses a row from 2024-04-02, after as_of 2024-03-01" in message
    assert "table 'milestones'" in message


def test_the_default_configuration_is_used_when_none_is_given() -> None:
    rows: Rows = {"accounts": [account("a")]}
    assert build_snapshot(polars_frames(rows), AS_OF).frame.equals(snapshot(rows).frame)
