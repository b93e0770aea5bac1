"""What was known on a date, table by table."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from clustering.features.as_of import AS_OF_RULES, visible_frame, visible_frames
from clustering.tables import TABLES
from feature_books import AS_OF, Frames, Row, day, polars_frames


def known(table: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
    frame = polars_frames({table: rows}).frames[table]
    collected = visible_frame(table, frame, AS_OF).collect("polars").to_native()
    return collected.to_dicts()


def test_every_table_of_the_contract_has_a_rule() -> None:
    assert set(AS_OF_RULES) == {table.name for table in TABLES}


@pytest.mark.parametrize("table", AS_OF_RULES)
def test_the_rules_name_columns_of_the_contract(table: str) -> None:
    contract = next(t for t in TABLES if t.name == table)
    rule = AS_OF_RULES[table]
    later = [name for date, others in rule.later.items() for name in (date, *others)]
    named = {rule.happened, rule.recorded, rule.open_ended, *later} - {None}
    assert named <= {column.name for column in contract.columns}


@pytest.mark.parametrize(
    ("table", "rest"),
    [
        ("usage", {"feature": "p", "events": 1}),
        ("engagements", {"hours": 1.0}),
        ("surveys", {"kind": "nps", "score": 1.0}),
        ("subscriptions", {"arr": 1.0}),
        ("accounts", {}),
    ],
)
def test_the_day_itself_is_visible_and_the_next_is_not(table: str, rest: dict[str, Any]) -> None:
    happened = AS_OF_RULES[table].happened
    rows = [{"account_id": "a", happened: day(offset), **rest} for offset in (-1, 0, 1)]
    assert [row[happened] for row in known(table, rows)] == [day(-1), day(0)]


def outcome(measured: int, recorded: int | None) -> Row:
    return {
        "account_id": "a",
        "outcome": "m",
        "measured_on": day(measured),
        "value": 1.0,
        "target": 1.0,
        "recorded_on": None if recorded is None else day(recorded),
    }


def test_an_outcome_counts_when_it_was_measured_and_recorded() -> None:
    rows = [outcome(-9, None), outcome(-8, 0), outcome(-7, 1), outcome(1, 1)]
    assert [row["measured_on"] for row in known("outcomes", rows)] == [day(-9), day(-8)]


def milestone(projected: int | None, achieved: int | None, recorded: int | None) -> Row:
    def on(offset: int | None) -> Any:
        return None if offset is None else day(offset)

    return {
        "account_id": "a",
        "milestone": "m",
        "projected_on": on(projected),
        "achieved_on": on(achieved),
        "achieved_recorded_on": on(recorded),
    }


@pytest.mark.parametrize(
    ("row", "achieved"),
    [
        (milestone(-30, -28, -27), day(-28)),
        (milestone(-30, -28, None), day(-28)),
        (milestone(-30, -28, 31), None),  # reached in February, entered in April
        (milestone(-30, 60, 61), None),  # overdue on the day, reached much later
        (milestone(-30, 60, None), None),
        (milestone(-30, None, None), None),
        (milestone(30, None, None), None),
    ],
)
def test_a_plan_stays_while_its_achievement_is_not_yet_known(row: Row, achieved: Any) -> None:
    (found,) = known("milestones", [row])
    assert found["projected_on"] == row["projected_on"]
    assert found["achieved_on"] == achieved


@pytest.mark.parametrize("achieved", [None, -28, 1, 60])
def test_a_row_recorded_later_is_invisible_whatever_it_says(achieved: int | None) -> None:
    row = milestone(-30, achieved, None)
    assert known("milestones", [{**row, "recorded_on": day(1)}]) == []
    assert len(known("milestones", [{**row, "recorded_on": day(0)}])) == 1


def test_milestones_without_achievements_or_records_keep_their_plans() -> None:
    plan = {"account_id": "a", "milestone": "m", "projected_on": day(-1)}
    assert known("milestones", [plan]) == [plan]
    recorded = [{**plan, "recorded_on": day(offset)} for offset in (0, 1)]
    assert [row["recorded_on"] for row in known("milestones", recorded)] == [day(0)]


def test_what_became_known_at_a_later_closing_is_empty() -> None:
    ticket = {"account_id": "a", "opened_on": day(-5), "severity": "low", "score": 2.0}
    before, after, open_ = known(
        "tickets",
        [{**ticket, "closed_on": closed} for closed in (day(0), day(1), None)],
    )
    assert (before["closed_on"], before["score"]) == (day(0), 2.0)
    for hidden in (after, open_):
        assert (hidden["closed_on"], hidden["score"], hidden["severity"]) == (None, None, "low")


def test_a_score_that_nothing_dates_is_dropped() -> None:
    (found,) = known("tickets", [{"account_id": "a", "opened_on": day(-5), "score": 2.0}])
    assert "score" not in found


def test_a_stage_is_known_only_of_closed_opportunities() -> None:
    row = {"account_id": "a", "opened_on": day(-5), "kind": "expansion", "amount": 1.0}
    closed, open_ = known(
        "opportunities",
        [{**row, "closed_on": day(offset), "stage": "won"} for offset in (-1, 1)],
    )
    assert (closed["stage"], open_["stage"], open_["closed_on"]) == ("won", None, None)


@pytest.mark.parametrize("table", ["accounts", "subscriptions"])
def test_an_end_ahead_is_not_known(table: str) -> None:
    row = {"account_id": "a", "started_on": day(-9), "arr": 1.0}
    if table == "accounts":
        row.pop("arr")
    ends = [known(table, [{**row, "ended_on": end}])[0] for end in (day(0), day(1), None)]
    assert [found["ended_on"] for found in ends] == [day(0), None, None]
    assert known(table, [row])[0]["ended_on"] is None


def test_pandas_timestamps_are_read_as_dates() -> None:
    import narwhals as nw

    usage = pd.DataFrame({"account_id": ["a", "a"], "used_on": [day(0), day(1)]})
    usage["used_on"] = pd.to_datetime(usage["used_on"]) + timedelta(hours=13)
    frames = Frames(
        {"usage": nw.from_native(usage).lazy(), "unknown": nw.from_native(usage).lazy()}
    )
    visible = visible_frames(frames, AS_OF)
    assert list(visible) == ["usage"]
    assert len(visible["usage"].collect("pandas")) == 1
