"""The answers of the plan that depend on touches, hours and costs: CSMs, and cost over ARR."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pydantic import BaseModel

from clustering.plan.make import Plan
from clustering.plan.sensitivity import Answer, Kind, settings_of, vary

_PLAN = "plan"


class _Assumptions(BaseModel):
    """What the cost of the plan rests on, under the names that the configuration has for it."""

    engagement: dict[str, Any]
    schemes: dict[str, Any]
    playbooks: dict[str, Any]


def plan_sensitivity(plan: Plan, hour_cost: float) -> pd.DataFrame:
    """Move touches, hours and costs of the plan by a fifth, and compute its answers again.

    The answers: ``plan_csms`` (full-time CSMs that the plan takes), ``plan_cost_share`` (its cost
    over the amount, within or over the affordable share) and, for every label, ``plan_label``
    (likewise). Labels and playbooks stay as they are.

    Parameters
    ----------
    hour_cost : cost of an hour of care, where the CSM has no cost of its own

    Returns
    -------
    DataFrame
        As `vary` gives it.
    """
    runs, given, books = _runs(plan), plan.entry.assumptions, plan.playbooks
    in_use = {*plan.coverage["playbook"], *(name for _, name in runs)}
    playbooks = {name: dict(books.playbooks[name].planned) for name in sorted(in_use)}
    touches = sorted({touch for planned in playbooks.values() for touch in planned})
    priced = given.csm_cost == given.csm_hours * hour_cost
    own_cost = {} if priced else {"csm_cost": given.csm_cost}
    assumed = _Assumptions(
        engagement={
            "affordable_share": given.affordable_share,
            "capacity": {"csm_hours": given.csm_hours, **own_cost},
        },
        schemes={"axes": {"cost": {"hour": hour_cost}}} if priced else {},
        playbooks={
            "touches": {name: {"hours": books.touches[name].hours} for name in touches},
            "playbooks": {name: {"touches_a_year": planned} for name, planned in playbooks.items()},
        },
    )

    def measure(settings: _Assumptions) -> dict[tuple[str, str], Answer]:
        return _measure(plan, runs, settings)

    return vary(assumed, settings_of(assumed, "", _kind), measure)


def _kind(name: str) -> Kind:
    if name.startswith("playbooks."):
        return "touches"
    return "threshold" if name.endswith("affordable_share") else "cost"


def _runs(plan: Plan) -> Counter[tuple[str, str]]:
    """How many event playbooks run now, by label and playbook."""
    active = plan.running.active()
    labels = plan.on.labels.reindex(active["account_id"]).to_numpy()
    return Counter(
        (str(label), str(name))
        for label, name in zip(labels, active["playbook"], strict=True)
        if not pd.isna(label)
    )


def _measure(
    plan: Plan, runs: Mapping[tuple[str, str], int], settings: _Assumptions
) -> dict[tuple[str, str], Answer]:
    per_touch = {name: touch["hours"] for name, touch in settings.playbooks["touches"].items()}
    hours_of = {
        name: sum(times * per_touch[touch] for touch, times in book["touches_a_year"].items())
        for name, book in settings.playbooks["playbooks"].items()
    }
    capacity, limit = settings.engagement["capacity"], settings.engagement["affordable_share"]
    if "csm_cost" in capacity:
        hour = capacity["csm_cost"] / capacity["csm_hours"]
    else:
        hour = settings.schemes["axes"]["cost"]["hour"]
    answers: dict[tuple[str, str], Answer] = {}
    hours_in_all = amount_in_all = 0.0
    one: Any  # a row of `cover`
    for one in plan.coverage.itertuples():
        hours = one.scale * hours_of[one.playbook] + one.present_hours
        hours += sum(n * hours_of[name] for (label, name), n in runs.items() if label == one.label)
        hours_in_all += hours
        if abs(one.arr) > 0:
            amount_in_all += one.arr
            answers["plan_label", one.label] = _share(hours * hour, one.arr, limit)
    answers["plan_csms", _PLAN] = Answer(hours_in_all / capacity["csm_hours"])
    if amount_in_all:
        answers["plan_cost_share", _PLAN] = _share(hours_in_all * hour, amount_in_all, limit)
    return answers


def _share(cost: float, amount: float, limit: float) -> Answer:
    share = cost / amount
    return Answer(share, "over the limit" if share > limit else "within the limit")
