"""Every feature in plain Python, row by row: what the queries must equal.

Written from docs/features.md, not from the queries. Small and slow on purpose.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any

Row = Mapping[str, Any]
Value = float | None

LEVELS = {"high": True, "critical": True, "low": False, "p3": False}  # whether they are severe


def features_of(
    account: Row, tables: Mapping[str, Sequence[Row]], as_of: date, window: int = 90
) -> dict[str, Value]:
    """All features of one active account."""
    own = {
        name: [row for row in rows if row["account_id"] == account["account_id"]]
        for name, rows in tables.items()
    }
    tenure = (as_of - account["started_on"]).days
    contract = _contract(own["subscriptions"], as_of)
    return {
        **_milestones(own["milestones"], account["started_on"], as_of),
        **_outcomes(own["outcomes"], as_of),
        **_usage(own["usage"], contract["contracted_seats"], tenure, as_of, window),
        **_engagement(own["engagements"], contract["contracted_seats"], as_of, window),
        **_tickets(own["tickets"], contract["contracted_seats"], as_of, window),
        **_surveys(own["surveys"], as_of),
        "tenure_days": tenure,
        **contract,
        **_potential(own["opportunities"], account, contract["contracted_seats"], as_of),
    }


def _jeffreys(part: int, whole: int) -> Value:
    return (part + 0.5) / (whole + 1) if whole else None


def _mean(values: Sequence[float]) -> Value:
    return sum(values) / len(values) if values else None


def _median(values: Sequence[float]) -> Value:
    return float(median(values)) if values else None


def _known(day: date | None, as_of: date) -> date | None:
    return day if day is not None and day <= as_of else None


def _milestones(rows: Sequence[Row], started: date, as_of: date) -> dict[str, Value]:
    plans: list[tuple[date | None, date | None]] = []
    for row in rows:
        if row["recorded_on"] is not None and row["recorded_on"] > as_of:
            continue
        entered = row["achieved_recorded_on"]
        entered_later = entered is not None and entered > as_of
        achieved = None if entered_later else _known(row["achieved_on"], as_of)
        plans.append((row["projected_on"], achieved))
    due = [(p, a) for p, a in plans if p is not None and p < as_of]
    missed = [p for p, a in due if a is None]
    reached = [a for _, a in plans if a is not None]
    tenure = (as_of - started).days
    early = sum((a - started).days < 180 for a in reached)
    return {
        "milestones_due_achieved_share": _jeffreys(len(due) - len(missed), len(due)),
        "milestone_delay_days": _median([((a or as_of) - p).days for p, a in due]),
        "milestones_overdue": len(missed) if due else None,
        "oldest_overdue_days": max([(as_of - p).days for p in missed], default=0) if due else None,
        "days_to_first_value": (min(reached) - started).days if reached else None,
        "early_milestones_per_90_days": (
            early * 90 / min(tenure, 180) if (reached or due) and tenure >= 30 else None
        ),
    }


def _outcomes(rows: Sequence[Row], as_of: date) -> dict[str, Value]:
    series: dict[str, list[tuple[date, float, float]]] = {}
    for row in rows:
        recorded_later = row["recorded_on"] is not None and row["recorded_on"] > as_of
        if recorded_later or not as_of - timedelta(days=365) < row["measured_on"] <= as_of:
            continue
        gain = row["value"] - row["target"]
        if row["higher_is_better"] is False:
            gain = -gain
        series.setdefault(row["outcome"], []).append((row["measured_on"], gain, row["target"]))
    latest = [max(points) for points in series.values()]
    changes = []
    for points in series.values():
        (first_on, *first), (last_on, *last) = min(points), max(points)
        if first_on < last_on and first[1] and last[1]:
            change = last[0] / abs(last[1]) - first[0] / abs(first[1])
            changes.append(change / (last_on - first_on).days * 90)
    return {
        "outcome_attainment": _median(
            [1 + gain / abs(target) for _, gain, target in latest if target]
        ),
        "outcomes_on_target_share": _jeffreys(sum(g >= 0 for _, g, _ in latest), len(latest)),
        "outcome_trend_per_90_days": _median(changes),
        "outcomes_ahead_share": _jeffreys(
            sum(g > 0 and 10 * g >= abs(t) for _, g, t in latest), len(latest)
        ),
    }


def _usage(
    rows: Sequence[Row], seats: Value, tenure: int, as_of: date, window: int
) -> dict[str, Value]:
    seen = [row for row in rows if row["used_on"] <= as_of]
    ages = [(as_of - row["used_on"]).days for row in seen]
    recent = [row for row, age in zip(seen, ages, strict=True) if age < window]
    half, weeks = window // 14 * 7, window // 7
    late = sum(row["events"] for row, age in zip(seen, ages, strict=True) if age < half)
    early = sum(
        row["events"] for row, age in zip(seen, ages, strict=True) if half <= age < 2 * half
    )
    lived = min(weeks, tenure // 7)
    used_weeks = len({age // 7 for age in ages if age < 7 * weeks})
    with_users = [row for row in recent if row["active_users"]]
    users = [row["active_users"] for row in recent if row["active_users"] is not None]
    peak: Value = max(users, default=None) if recent else 0
    dates = len({row["used_on"] for row in recent})
    user_dates = sum(row["active_users"] for row in with_users)
    if not seen:
        peak = None
    return {
        "features_used": len({row["feature"] for row in recent}) if seen else None,
        "active_weeks_share": min(used_weeks, lived) / lived if seen and lived else None,
        "days_since_last_use": min(ages) if seen else None,
        "usage_trend": (
            (late - early) / (late + early) if late + early and tenure >= 2 * half else None
        ),
        "events_per_user_day": (
            sum(row["events"] for row in with_users) / user_dates if user_dates else None
        ),
        "seat_utilisation_share": peak / seats if peak is not None and seats else None,
        "events_per_active_date": sum(row["events"] for row in recent) / dates if dates else None,
        "active_users_peak": peak,
    }


def _engagement(rows: Sequence[Row], seats: Value, as_of: date, window: int) -> dict[str, Value]:
    ages = [(as_of - row["held_on"]).days for row in rows if row["held_on"] <= as_of]
    recent = [row["hours"] for row in rows if 0 <= (as_of - row["held_on"]).days < window]
    return {
        "days_since_last_engagement": min(ages, default=None),
        "hours_per_engagement": _mean(recent),
        "engagement_hours_per_100_seats": sum(recent) * 100 / seats if seats else None,
        "engagement_hours": sum(recent),
        "engagements_held": len(recent),
    }


def _tickets(rows: Sequence[Row], seats: Value, as_of: date, window: int) -> dict[str, Value]:
    seen = [
        {**row, "closed_on": _known(row["closed_on"], as_of)}
        for row in rows
        if row["opened_on"] <= as_of
    ]
    opened = [row for row in seen if (as_of - row["opened_on"]).days < window]
    severities = [(row["severity"] or "").lower() for row in opened]
    levels = [LEVELS[severity] for severity in severities if severity in LEVELS]
    closed = [row for row in seen if row["closed_on"] is not None]
    solved = [
        (row["closed_on"] - row["opened_on"]).days
        for row in closed
        if (as_of - row["closed_on"]).days < window
    ]
    scores = [
        row["score"]
        for row in closed
        if row["score"] is not None and (as_of - row["closed_on"]).days < 365
    ]
    return {
        "tickets_per_100_seats": len(opened) * 100 / seats if seats else None,
        "severe_tickets_share": _jeffreys(sum(levels), len(levels)),
        "ticket_resolution_days": _median(solved),
        "tickets_opened": len(opened),
        "ticket_mean_score": _mean(scores),
    }


def _surveys(rows: Sequence[Row], as_of: date) -> dict[str, Value]:
    def mean_of(kind: str) -> Value:
        return _mean(
            [
                row["score"]
                for row in rows
                if row["kind"].lower() == kind and 0 <= (as_of - row["answered_on"]).days < 365
            ]
        )

    return {f"{kind}_mean_score": mean_of(kind) for kind in ("nps", "csat", "ces")}


def _contract(rows: Sequence[Row], as_of: date) -> dict[str, Value]:
    begun = [row for row in rows if row["started_on"] <= as_of]
    active = [row for row in begun if row["ended_on"] is None or row["ended_on"] > as_of]
    seats = sum(row["seats"] or 0 for row in active)
    return {
        "contracted_arr": max(0.0, round(sum(r["arr"] for r in active), 4)) if begun else None,
        "contracted_seats": seats if seats > 0 else None,
    }


def _potential(rows: Sequence[Row], account: Row, seats: Value, as_of: date) -> dict[str, Value]:
    pipeline = [
        row["amount"]
        for row in rows
        if row["opened_on"] <= as_of
        and _known(row["closed_on"], as_of) is None
        and row["kind"].lower() in ("expansion", "new_use_case")
    ]
    employees = account.get("employees")
    return {
        "expansion_pipeline": round(sum(pipeline), 4),
        "white_space_share": max(0, 1 - seats / employees) if seats and employees else None,
    }
