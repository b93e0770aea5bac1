"""Laws of the features: equal to the oracle, blind to the future, deaf to the order of rows."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering.config import FeaturesConfig
from clustering.features import FEATURES, build_snapshot
from clustering.features.horizon import build_horizon
from feature_books import ACCOUNTS, AS_OF, Rows, books, day, polars_frames
from feature_oracle import features_of

# One snapshot takes about a tenth of a second, whatever its size: few examples, rich books.
few = settings(max_examples=8, deadline=None)


def snapshot_frame(rows: Rows, as_of: date = AS_OF, window: int = 90) -> pd.DataFrame:
    config = FeaturesConfig(window_days=window)
    return build_snapshot(polars_frames(rows), as_of, config).frame


def assert_same(first: pd.DataFrame, second: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@settings(max_examples=30, deadline=None)
@given(rows=books(), window=st.sampled_from([14, 30, 90, 365]))
def test_every_feature_equals_the_oracle(rows: Rows, window: int) -> None:
    active = [
        account
        for account in rows["accounts"]
        if account["started_on"] <= AS_OF
        and (account["ended_on"] is None or account["ended_on"] > AS_OF)
    ]
    found = snapshot_frame(rows, window=window)
    expected = pd.DataFrame(
        [features_of(account, rows, AS_OF, window) for account in active],
        index=pd.Index([a["account_id"] for a in active], name="account_id", dtype="str"),
        dtype="float64",
    )
    assert set(expected) == {feature.name for feature in FEATURES}
    # The oracle sums and divides in another order; medians stand on a grid of one millionth.
    pd.testing.assert_frame_equal(found, expected.sort_index()[list(found)], rtol=1e-9, atol=2e-6)


FUTURE_ROWS: dict[str, dict[str, Any]] = {
    "accounts": {"started_on": day(1), "employees": 5, "ended_on": None},
    "subscriptions": {"started_on": day(1), "ended_on": None, "arr": 9e5, "seats": 80},
    "usage": {"used_on": day(1), "feature": "new", "events": 99, "active_users": 99},
    "milestones": {
        "milestone": "new",
        "projected_on": day(5),
        "achieved_on": day(1),
        "recorded_on": day(2),
        "achieved_recorded_on": day(2),
    },
    "outcomes": {
        "outcome": "new",
        "measured_on": day(1),
        "value": 9.0,
        "target": 1.0,
        "higher_is_better": True,
        "recorded_on": None,
    },
    "opportunities": {
        "opened_on": day(1),
        "kind": "expansion",
        "amount": 1e6,
        "closed_on": None,
        "stage": "open",
    },
    "engagements": {"held_on": day(1), "kind": "meeting", "hours": 8.0},
    "tickets": {"opened_on": day(1), "closed_on": day(1), "severity": "high", "score": 1.0},
    "surveys": {"answered_on": day(1), "kind": "nps", "score": 0.0},
}

RECORDED_LATER_ROWS: dict[str, list[dict[str, Any]]] = {
    "milestones": [
        # Entered after as_of, with dates before it: a plan, one that was reached, with and
        # without a plan, one that was reached later, and one whose reaching was entered later.
        {
            "milestone": f"new {number}",
            "projected_on": projected,
            "achieved_on": achieved,
            "recorded_on": day(1),
            "achieved_recorded_on": entered,
        }
        for number, (projected, achieved, entered) in enumerate(
            [
                (day(-3), None, None),
                (None, day(-3), None),
                (day(-9), day(-3), None),
                (day(-9), day(4), None),
                (day(-9), day(-3), day(5)),
            ]
        )
    ],
    "outcomes": [
        {
            "outcome": "new",
            "measured_on": day(-3),
            "value": 9.0,
            "target": 1.0,
            "higher_is_better": None,
            "recorded_on": day(1),
        }
    ],
}


def _with_rows(rows: Rows, account: str, added: dict[str, list[dict[str, Any]]]) -> Rows:
    more = {
        table: [
            {"account_id": "later" if table == "accounts" else account, **row} for row in listed
        ]
        for table, listed in added.items()
    }
    return {table: [*listed, *more.get(table, [])] for table, listed in rows.items()}


@settings(max_examples=20, deadline=None)
@given(rows=books(), days_later=st.integers(0, 700), account=st.sampled_from(ACCOUNTS))
def test_rows_dated_after_as_of_change_nothing(rows: Rows, days_later: int, account: str) -> None:
    future = {
        table: [
            {
                name: value + timedelta(days=days_later) if isinstance(value, date) else value
                for name, value in row.items()
            }
        ]
        for table, row in FUTURE_ROWS.items()
    }
    assert_same(snapshot_frame(rows), snapshot_frame(_with_rows(rows, account, future)))


@settings(max_examples=10, deadline=None)
@given(rows=books(), account=st.sampled_from(ACCOUNTS))
def test_rows_recorded_after_as_of_change_nothing(rows: Rows, account: str) -> None:
    added = _with_rows(rows, account, RECORDED_LATER_ROWS)
    assert_same(snapshot_frame(rows), snapshot_frame(added))


def _without_later_knowledge(rows: Rows) -> Rows:
    """The extract of the as-of date: what was filled in later is still empty."""

    def known(value: Any) -> Any:
        return None if isinstance(value, date) and value > AS_OF else value

    milestones = []
    for row in rows["milestones"]:
        # The row itself was there, or was not: only that it was reached is filled in later.
        if row["recorded_on"] is not None and row["recorded_on"] > AS_OF:
            continue
        entered = row["achieved_recorded_on"]
        if entered is not None and entered > AS_OF:
            row = {**row, "achieved_on": None, "achieved_recorded_on": None}
        milestones.append({**row, "achieved_on": known(row["achieved_on"])})
    tickets = [
        {**row, "closed_on": None, "score": None} if known(row["closed_on"]) is None else row
        for row in rows["tickets"]
    ]
    ended = {
        table: [{**row, "ended_on": known(row["ended_on"])} for row in rows[table]]
        for table in ("accounts", "subscriptions")
    }
    open_ = [{**row, "closed_on": known(row["closed_on"])} for row in rows["opportunities"]]
    return {**rows, **ended, "milestones": milestones, "tickets": tickets, "opportunities": open_}


@few
@given(rows=books())
def test_what_was_filled_in_after_as_of_changes_nothing(rows: Rows) -> None:
    assert_same(snapshot_frame(rows), snapshot_frame(_without_later_knowledge(rows)))


@few
@given(rows=books(), data=st.data())
def test_the_order_of_rows_changes_nothing(rows: Rows, data: st.DataObject) -> None:
    shuffled = {table: data.draw(st.permutations(listed)) for table, listed in rows.items()}
    assert_same(snapshot_frame(rows), snapshot_frame(shuffled))


@few
@given(rows=books())
def test_other_accounts_change_nothing(rows: Rows) -> None:
    """An account scored alone has the features that it has in its book."""
    alone = {
        table: [row for row in listed if row["account_id"] == ACCOUNTS[0]]
        for table, listed in rows.items()
    }
    whole = snapshot_frame(rows)
    assert_same(whole.loc[[ACCOUNTS[0]]], snapshot_frame(alone))


@few
@given(rows=books())
def test_units_scale_amounts_and_cancel_in_ratios(rows: Rows) -> None:
    """Doubling is exact in binary, so equality is too."""

    def doubled(table: str, *columns: str) -> list[dict[str, Any]]:
        return [{**row, **{name: row[name] * 2 for name in columns}} for row in rows[table]]

    scaled = {
        **rows,
        "subscriptions": doubled("subscriptions", "arr"),
        "outcomes": doubled("outcomes", "value", "target"),
        "engagements": doubled("engagements", "hours"),
    }
    first, second = snapshot_frame(rows), snapshot_frame(scaled)
    twice = ["contracted_arr", "engagement_hours", "hours_per_engagement"]
    twice.append("engagement_hours_per_100_seats")
    assert_same(first[twice] * 2, second[twice])
    assert_same(first.drop(columns=twice), second.drop(columns=twice))


@few
@given(rows=books(), days=st.integers(1, 400))
def test_the_horizon_obeys_its_definitions(rows: Rows, days: int) -> None:
    later = {"account_id": ACCOUNTS[0], "feature": "p", "events": 1, "active_users": None}
    covered = {**rows, "usage": [*rows["usage"], {**later, "used_on": day(days + 1)}]}
    horizon = build_horizon(polars_frames(covered), AS_OF, days).frame
    snapshot = build_snapshot(polars_frames(covered), AS_OF)
    at_risk = snapshot.attributes["arr"].fillna(0) > 0
    contract = horizon[["churned", "contracted", "expanded", "nrr", "grr"]]
    assert list(horizon.index) == list(snapshot.frame.index)
    assert (contract.notna().all(axis="columns") == at_risk).all()
    told = horizon[at_risk]
    assert (told[["churned", "contracted", "expanded"]].sum(axis="columns") <= 1).all()
    assert ((told["nrr"] == 0) == told["churned"]).all()
    assert (told["grr"] <= 1).all()
    assert (told["grr"] <= told["nrr"]).all()
    renewed = told["renewed"].dropna()
    assert (renewed == ~told.loc[renewed.index, "churned"]).all()
