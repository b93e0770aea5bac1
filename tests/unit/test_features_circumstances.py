"""Attributes that rules read: care by the year, agreed triggers, open opportunities."""

import math
from typing import Any

import pandas as pd
import pytest

from clustering.config import FeaturesConfig
from clustering.features import build_snapshot
from feature_books import AS_OF, day, from_pandas


def attributes(window_days: int = 90, started: int = -400, **tables: list[dict[str, Any]]) -> Any:
    """Attributes of account `a`, beside an account `b` without any row."""
    accounts = [{"account_id": name, "started_on": day(started)} for name in ("a", "b")]
    frames = {
        table: pd.DataFrame([{"account_id": "a", **row} for row in rows])
        for table, rows in tables.items()
    }
    for frame in frames.values():
        for column in frame.columns[frame.columns.str.endswith("_on")]:
            frame[column] = pd.to_datetime(frame[column])
    books = from_pandas({"accounts": _dated(pd.DataFrame(accounts)), **frames})
    return build_snapshot(books, AS_OF, FeaturesConfig(window_days=window_days)).attributes


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(started_on=pd.to_datetime(frame["started_on"]))


def meeting(held: int, kind: str, hours: float) -> dict[str, Any]:
    return {"held_on": day(held), "kind": kind, "hours": hours}


def test_hours_of_the_window_by_the_year_and_by_guidance() -> None:
    found = attributes(
        engagements=[
            meeting(-10, "QBR", 2.0),
            meeting(-20, "training", 1.5),
            meeting(-30, "check_in", 0.5),
            meeting(-40, "lunch", 1.0),
            meeting(-90, "training", 8.0),
        ]
    )
    yearly = 365 / 90
    assert found.loc["a", "engagement_hours_per_year"] == pytest.approx(5.0 * yearly)
    hours = found.loc["a", ["hours_strategy", "hours_execution", "hours_first_steps"]]
    assert hours.tolist() == pytest.approx([2.0 * yearly, 0.5 * yearly, 1.5 * yearly])
    assert found.loc["b", "engagement_hours_per_year"] == 0.0


@pytest.mark.parametrize(("started", "exposure"), [(-45, 45), (-10, 30), (-900, 90)])
def test_a_young_account_is_not_stretched_from_less_than_a_month(
    started: int, exposure: int
) -> None:
    found = attributes(started=started, engagements=[meeting(-5, "training", 3.0)])
    assert found.loc["a", "hours_first_steps"] == pytest.approx(3.0 * 365 / exposure)


def test_triggers_count_while_they_are_new() -> None:
    def reached(on: int, trigger: bool | None, recorded: int | None = None) -> dict[str, Any]:
        return {
            "milestone": f"m{on}{trigger}",
            "projected_on": day(on),
            "achieved_on": day(on),
            "achieved_recorded_on": day(on if recorded is None else recorded),
            "is_expand_trigger": trigger,
        }

    found = attributes(
        milestones=[
            reached(-10, True),
            reached(-100, True),
            reached(-20, False),
            reached(-30, None),
            reached(-40, True, recorded=5),
        ]
    )
    assert found.loc["a", "expand_triggers_reached"] == 1
    assert math.isnan(found.loc["b", "expand_triggers_reached"])


def test_opportunities_count_while_they_are_open() -> None:
    def opened(kind: str, closed: int | None, since: int = -50) -> dict[str, Any]:
        closed_on = None if closed is None else day(closed)
        return {"opened_on": day(since), "kind": kind, "amount": 1.0, "closed_on": closed_on}

    found = attributes(
        opportunities=[
            opened("renewal", None),
            opened("Renewal", 20),  # closes later: still open on the day
            opened("renewal", -5),
            opened("renewal", None, since=5),
            opened("new_use_case", None),
            opened("expansion", None),
        ]
    )
    assert found.loc["a", ["renewals_open", "new_use_cases_open"]].tolist() == [2, 1]
    assert found.loc["b", ["renewals_open", "new_use_cases_open"]].tolist() == [0, 0]


def test_without_the_tables_there_are_none() -> None:
    usage = [{"used_on": day(-1), "feature": "f", "events": 1}]
    assert list(attributes(usage=usage)) == ["started_on", "arr"]
