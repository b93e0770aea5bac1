"""From the plan to its entry in `study.json` and its tables."""

from collections.abc import Mapping

import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.config.plan import EngagementConfig
from clustering.plan.care.coverage import coverage_table
from clustering.plan.care.demand import LEVELS
from clustering.plan.care.effort import Effort
from clustering.plan.make import Plan
from clustering.plan.playbooks.library import PRESENT_CARE
from clustering.plan.staffing.head_count import Staffing
from clustering.results.plan_document import (
    AssumptionsEntry,
    AuditEntry,
    BooksEntry,
    EffortEntry,
    PlanEntry,
    PlaybookEntry,
    StaffingEntry,
)

_AUDIT = [
    "account_id", "label", "playbook", "delivery", "needed_hours", "usual_hours", "event_hours",
    "delivered_hours", "gap_hours", "deviation", "size_factor", "exposure_days", "arr",
    "needed_cost", "affordable_cost", "delivery_rule",
]  # fmt: skip
_BOOKS = [
    "account_id", "label", "level", "hours", "revenue_at_risk", "expansion_pipeline", "value",
    "covered", "book", "csm", "book_csm", "moved",
]  # fmt: skip


def plan_frames(plan: Plan) -> dict[str, pd.DataFrame]:
    """The tables of the plan."""
    frames = {
        "audit": plan.audit.frame[_AUDIT],
        "coverage": coverage_table(plan.coverage, _allocated(plan)),
        "playbook_runs": plan.running.frame,
        "segment_value": plan.value.frame,
        "plan_costs": plan.schemes,
    }
    if plan.staffing is not None:
        accounts = plan.staffing.accounts.join(plan.staffing.books.frame)
        accounts = accounts.assign(label=plan.on.labels).rename_axis(ACCOUNT_ID).reset_index()
        frames["books"] = accounts[_BOOKS]
        frames["head_count"] = plan.staffing.curve
    return frames


def _allocated(plan: Plan) -> dict[str, Mapping[str, float]]:
    """Accounts by level, hours and value of every label, where there is an allocation."""
    if plan.staffing is None:
        return {}
    accounts = plan.staffing.accounts
    found: dict[str, Mapping[str, float]] = {}
    for label, rows in accounts.groupby(plan.on.labels.reindex(accounts.index)):
        found[str(label)] = {
            **{f"n_{level}": int((rows["level"] == level).sum()) for level in LEVELS},
            "allocated_hours": float(rows["hours"].sum()),
            "value": float(rows["value"].sum()),
            "covered": float(rows["covered"].sum()),
        }
    return found


def plan_entry(plan: Plan, config: EngagementConfig) -> PlanEntry:
    """The plan in `study.json`."""
    arr = [one.arr for one in plan.coverage if one.arr is not None]
    hours = sum(one.hours + one.event_hours for one in plan.coverage)
    cost = sum(one.cost for one in plan.coverage)
    return PlanEntry(
        labelling=plan.on.name,
        title=plan.on.title,
        plan_on=config.plan_on,
        assumptions=_assumptions(plan, config),
        playbooks=_playbooks(plan),
        effort=_effort(plan.effort),
        delivered_hours=plan.delivered_hours,
        hours=hours,
        n_present=sum(one.n_present for one in plan.coverage),
        csms=hours / plan.rates.csm_hours,
        cost=cost,
        cost_share=cost / sum(arr) if sum(arr) > 0 else None,
        over_limit=[one.label for one in plan.coverage if one.over_limit],
        audit=[AuditEntry(**vars(total)) for total in plan.audit.totals],
        n_not_judged=plan.audit.n_not_judged,
        staffing=None if plan.staffing is None else _staffing(plan.staffing, config),
        top_segment=plan.value.top,
        not_computed=dict(plan.not_computed),
        notes=list(plan.notes),
    )


def _assumptions(plan: Plan, config: EngagementConfig) -> AssumptionsEntry:
    levels = config.levels
    return AssumptionsEntry(
        hour_cost=plan.rates.hour_cost,
        csm_hours=plan.rates.csm_hours,
        csm_cost=plan.rates.csm_cost,
        affordable_share=plan.rates.limit,
        expansion_weight=config.expansion_weight,
        level_hours=dict(zip(LEVELS, levels.hours, strict=True)),
        level_covers=dict(zip(LEVELS, levels.covers, strict=True)),
        touch_hours={touch.title: touch.hours for touch in plan.books.touches.values()},
        own_playbooks=config.playbooks is not None,
        playbooks_hash=plan.books.fingerprint,
    )


def _effort(effort: Effort) -> EffortEntry:
    found = effort.elasticity
    return EffortEntry(
        elasticity=found.value,
        interval=found.interval,
        origin=found.origin,
        why=found.why,
        n_accounts=found.n_accounts,
        measures=dict(effort.size.counts),
        n_unknown=effort.size.n_unknown,
    )


def _playbooks(plan: Plan) -> list[PlaybookEntry]:
    used: dict[str, int] = {one.playbook: 0 for one in plan.coverage}
    for one in plan.coverage:
        used[one.playbook] += one.n_accounts - one.n_present
    if kept := sum(one.n_present for one in plan.coverage):
        used[PRESENT_CARE] = kept
    running = plan.running.active()["playbook"].value_counts()
    used |= {name: int(running.get(name, 0)) for name in plan.books.events}
    return [_playbook(plan, name, n_accounts) for name, n_accounts in used.items()]


def _playbook(plan: Plan, name: str, n_accounts: int) -> PlaybookEntry:
    book = plan.books.playbooks[name]
    return PlaybookEntry(
        name=name,
        title=book.title,
        kind=book.kind,
        goal=book.goal,
        touches={plan.books.touches[touch].title: n for touch, n in book.planned.items()},
        hours=plan.books.hours(name),
        trigger=book.trigger,
        exit=book.exit,
        n_accounts=n_accounts,
    )


def _staffing(staffing: Staffing, config: EngagementConfig) -> StaffingEntry:
    found, accounts, books = staffing.allocation, staffing.accounts, staffing.books
    known = accounts["value"].notna()
    share = (accounts["covered"] / accounts["value"]).where(accounts["value"] > 0)
    left = (1.0 - share.fillna(0.0))[known]
    counts = accounts["level"].value_counts()
    return StaffingEntry(
        csms=staffing.csms,
        origin=staffing.origin,
        hours=staffing.hours,
        event_hours=staffing.event_hours,
        status=found.status,
        reason=found.reason,
        hours_used=found.hours,
        value=float(accounts["value"].sum()),
        covered=found.covered,
        coverable=staffing.coverable,
        left=max(staffing.coverable - found.covered, 0.0),
        bound=found.bound,
        gap=found.gap,
        one_more_csm=staffing.one_more,
        levels={level: int(counts.get(level, 0)) for level in LEVELS},
        revenue_at_risk_left=float((accounts["revenue_at_risk"] * left).sum()),
        expansion_left=float((accounts["expansion_pipeline"] * left).sum()),
        not_allocated=staffing.not_allocated,
        partly_known=staffing.partly_known,
        books=BooksEntry(
            n_books=books.n_books,
            n_now=books.n_now,
            n_moved=books.n_moved,
            n_new=books.n_new,
            tolerance=config.book_tolerance,
            worst_before=books.worst_before,
            worst_after=books.worst_after,
        ),
    )
