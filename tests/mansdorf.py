"""Companies A and B of Mansdorf 2020 as rows of every table, to be put into any book."""

from datetime import date, timedelta

import pandas as pd

COMPANY_A, COMPANY_B = "Company A", "Company B"

_USERS = {COMPANY_A: 950, COMPANY_B: 18}
_SEATS = {COMPANY_A: 1000, COMPANY_B: 30}
_ARR = {COMPANY_A: 900_000.0, COMPANY_B: 9_000.0}
#: A has no employee left to sell to; B is one country of a global group.
_EMPLOYEES = {COMPANY_A: 1_020, COMPANY_B: 40_000}
_MILESTONES = 10


def companies(as_of: date) -> dict[str, pd.DataFrame]:
    """Rows of A (large, fully adopted, nothing left to sell) and B (small, global expansion open).

    Both are champions with good answers; both began two years before `as_of`.
    """
    start = as_of - timedelta(days=730)
    return {
        "accounts": pd.DataFrame(
            [
                {"account_id": name, "started_on": start, "name": f"{name} Inc",
                 "employees": float(_EMPLOYEES[name]), "is_champion": True}
                for name in (COMPANY_A, COMPANY_B)
            ]
        ),
        "subscriptions": pd.DataFrame(
            [
                {"account_id": name, "started_on": start, "ended_on": as_of + timedelta(days=365),
                 "arr": _ARR[name], "seats": _SEATS[name], "product": "platform"}
                for name in (COMPANY_A, COMPANY_B)
            ]
        ),
        "usage": pd.DataFrame([*_usage(COMPANY_A, as_of, 1.0), *_usage(COMPANY_B, as_of, 1.25)]),
        "milestones": pd.DataFrame(
            [*_milestones(COMPANY_A, start, _MILESTONES), *_milestones(COMPANY_B, start, 5)]
        ),
        "outcomes": pd.DataFrame(
            [
                {"account_id": name, "outcome": "hours_saved_per_month",
                 "measured_on": as_of - timedelta(days=days), "value": 112.0, "target": 100.0,
                 "higher_is_better": True, "recorded_on": as_of - timedelta(days=days)}
                for name in (COMPANY_A, COMPANY_B)
                for days in (20, 110, 200)
            ]
        ),
        "opportunities": pd.DataFrame(
            [
                {"account_id": COMPANY_B, "opened_on": as_of - timedelta(days=60),
                 "kind": "expansion", "amount": 250_000.0, "closed_on": None, "stage": None}
            ]
        ),
        "engagements": pd.DataFrame(
            [
                {"account_id": name, "held_on": as_of - timedelta(days=days), "kind": "check_in",
                 "hours": 1.0}
                for name in (COMPANY_A, COMPANY_B)
                for days in (10, 40, 70)
            ]
        ),
        "tickets": pd.DataFrame(
            [
                {"account_id": name, "opened_on": as_of - timedelta(days=50),
                 "closed_on": as_of - timedelta(days=49), "severity": "low", "score": 5.0}
                for name in (COMPANY_A, COMPANY_B)
            ]
        ),
        "surveys": pd.DataFrame(
            [
                {"account_id": name, "answered_on": as_of - timedelta(days=days), "kind": "nps",
                 "score": 9.0}
                for name in (COMPANY_A, COMPANY_B)
                for days in (15, 60)
            ]
        ),
    }  # fmt: skip


def _usage(name: str, as_of: date, growth: float) -> list[dict[str, object]]:
    """Weekly use for half a year; `growth` is the last quarter over the one before."""
    return [
        {"account_id": name, "used_on": as_of - timedelta(days=7 * week + 1), "feature": feature,
         "events": int(200 * (growth if week < 13 else 1.0)),
         "active_users": _USERS[name]}
        for week in range(26)
        for feature in ("dashboards", "reports", "alerts", "exports", "sharing")
    ]  # fmt: skip


def _milestones(name: str, start: date, n_reached: int) -> list[dict[str, object]]:
    rows = []
    for step in range(_MILESTONES):
        projected = start + timedelta(days=60 * (step + 1))
        reached = projected - timedelta(days=5) if step < n_reached else None
        rows.append(
            {"account_id": name, "milestone": f"step_{step}", "projected_on": projected,
             "achieved_on": reached, "achieved_recorded_on": reached,
             "is_expand_trigger": False}
        )  # fmt: skip
    return rows
