"""The whole plan of one labelling: playbooks, audit, coverage, allocation, books, value."""

from dataclasses import dataclass

import pandas as pd
from pydantic import Field

from clustering.columns import ACCOUNT_ID, SEGMENT
from clustering.config import SchemesConfig
from clustering.config.plan import LEVELS, RECOMMENDED, EngagementConfig
from clustering.errors import ConfigError, or_known
from clustering.plan.assumptions import Assumptions
from clustering.plan.care.audit import AUDIT, Audit, AuditTotal, audit_delivery
from clustering.plan.care.coverage import cover
from clustering.plan.care.delivered_care import delivered_care
from clustering.plan.care.effort import Effort, account_size, effort_of
from clustering.plan.care.needs import Care, account_facts
from clustering.plan.care.value import SegmentValue, segment_value
from clustering.plan.inputs import PlanInputs, Planned
from clustering.plan.playbooks.event_playbooks import Running, run_playbooks, trigger_values
from clustering.plan.playbooks.library import (
    PRESENT_CARE,
    PlaybookEntry,
    Playbooks,
    load_playbooks,
)
from clustering.plan.staffing.books import BOOKS
from clustering.plan.staffing.head_count import HeadCount, Staffing, staff
from clustering.schema import Entry
from clustering.schemes.registry import SCHEMES


class PlanEntry(Entry):
    """The plan on one labelling."""

    labelling: str = Field(description="Labelling that the plan is for.")
    title: str = Field(description="Its name for readers.")
    plan_on: str = Field(description="What the configuration asked for: recommended, or a name.")
    assumptions: Assumptions = Field(description="What is assumed, not measured.")
    playbooks: list[PlaybookEntry] = Field(description="Playbooks that it uses.")
    effort: Effort = Field(description="How hours grow with the size of an account.")
    delivered_hours: float | None = Field(
        description="Hours a year that all accounts get today; null where not known."
    )
    hours: float = Field(description="Hours a year that the playbooks ask for.")
    n_present: int = Field(description="Accounts that keep their present care.")
    csms: float = Field(description="Full-time CSMs that those hours are.")
    cost: float = Field(description="Cost a year.")
    cost_share: float | None = Field(description="Cost as a share of ARR; null without ARR.")
    over_limit: list[str] = Field(description="Labels whose care costs more than is affordable.")
    audit: list[AuditTotal] = Field(description="The lists that could be made.")
    n_not_judged: int = Field(description="Accounts whose delivery is not known.")
    staffing: HeadCount | None = Field(description="Null where it cannot be computed.")
    top_segment: str | None = Field(description="Label of the largest ARR; null without ARR.")
    not_computed: dict[str, str] = Field(description="Part of the plan, and what would allow it.")
    notes: list[str] = Field(description="What limits the plan.")


@dataclass(frozen=True, eq=False)
class Plan:
    """The plan, its numbers in `entry`.

    Attributes
    ----------
    coverage : one row a label, as `cover` gives it
    staffing : None where there is no head count or nothing to cover; `entry.not_computed` says why
    schemes : one row a labelling: what care by it would cost
    """

    entry: PlanEntry
    on: Planned
    playbooks: Playbooks
    running: Running
    audit: Audit
    coverage: pd.DataFrame
    staffing: Staffing | None
    value: SegmentValue
    schemes: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of the study folder, by name."""
        coverage = self.coverage.drop(columns=["scale", "present_hours"])
        tables = {
            "audit": AUDIT.of(self.audit.frame),
            "coverage": coverage,
            "playbook_runs": self.running.frame,
            "segment_value": self.value.frame,
            "plan_costs": self.schemes,
        }
        if self.staffing is None:
            return tables
        accounts = self.staffing.accounts.assign(
            label=self.on.labels,
            **{f"n_{one}": self.staffing.accounts["level"] == one for one in LEVELS},
        )
        tables["books"] = BOOKS.of(accounts.rename_axis(ACCOUNT_ID).reset_index())
        tables["head_count"] = self.staffing.curve
        accounts = accounts.rename(columns={"hours": "allocated_hours"})
        summed = [*(f"n_{one}" for one in LEVELS), "allocated_hours", "value", "covered"]
        tables["coverage"] = coverage.join(accounts.groupby("label")[summed].sum(), on="label")
        return tables


def make_plan(config: EngagementConfig, given: PlanInputs) -> Plan:
    """Make the plan on what the study recommends, or on `plan_on`; cost every other labelling.

    Raises
    ------
    ConfigError
        `plan_on` is none of the candidates, or the playbooks do not hold.
    """
    on = _chosen(config.plan_on, given)
    playbooks = load_playbooks(config.playbooks).for_segments(given.called)
    values = trigger_values(given.snapshot, given.axes, given.labellings)
    running = run_playbooks(playbooks, values.loc[given.ids])
    started_on = given.snapshot.attributes.loc[given.ids, "started_on"]
    as_of, window = given.snapshot.as_of, config.audit.window_days
    seen = delivered_care(given.tables, started_on, as_of, window)
    accounts = account_facts(given, seen.frame, running, playbooks)
    care = _care(config, given, on, accounts, playbooks)
    assumed = care.assumed
    assigned, mine = care.by(on)
    audit = audit_delivery(
        mine,
        config=config.audit,
        hour_cost=assumed.hour_cost,
        affordable_share=assumed.affordable_share,
        no_delivery=seen.no_hours,
    )
    value = segment_value(mine, on.levels, config.smallest_group)
    staffing, why_not = staff(mine, config, playbooks)
    coverage = cover(mine, assigned, playbooks, assumed, config.levers)
    hours = float(coverage[["hours", "event_hours"]].to_numpy().sum())
    cost, arr = float(coverage["cost"].sum()), float(coverage["arr"].sum())
    entry = PlanEntry(
        labelling=on.name,
        title=on.title,
        plan_on=config.plan_on,
        assumptions=assumed,
        playbooks=_playbooks(playbooks, coverage, running),
        effort=care.effort,
        delivered_hours=care.delivered_hours,
        hours=hours,
        n_present=int(coverage["n_present"].sum()),
        csms=hours / assumed.csm_hours,
        cost=cost,
        cost_share=cost / arr if arr > 0 else None,
        over_limit=coverage.loc[coverage["over_limit"], "label"].tolist(),
        audit=audit.totals,
        n_not_judged=audit.n_not_judged,
        staffing=None if staffing is None else staffing.found,
        top_segment=value.top,
        not_computed=_not_computed(audit, running, value, why_not),
        notes=[*filter(None, [on.note]), *seen.notes, *playbooks.unknown_segments(given.called)],
    )
    return Plan(
        entry=entry,
        on=on,
        playbooks=playbooks,
        running=running,
        audit=audit,
        coverage=coverage,
        staffing=staffing,
        value=value,
        schemes=care.costs(given.candidates),
    )


def _not_computed(
    audit: Audit, running: Running, value: SegmentValue, no_allocation: str
) -> dict[str, str]:
    """Part of the plan -> why it could not be computed, and what would allow it."""
    return {
        **{f"audit.{name}": why for name, why in audit.not_computed.items()},
        **{f"playbook.{name}": why for name, why in running.not_computed.items()},
        **{f"value.{name}": why for name, why in value.not_computed.items()},
        **({"allocation": no_allocation} if no_allocation else {}),
    }


def _care(
    config: EngagementConfig,
    given: PlanInputs,
    on: Planned,
    accounts: pd.DataFrame,
    playbooks: Playbooks,
) -> Care:
    """The care of the accounts, their hours scaled by what is delivered inside the labels."""
    size = account_size(given.snapshot, given.ids)
    seen_long = accounts["exposure_days"] >= config.audit.least_days
    delivered = accounts["delivered_hours"].where(seen_long)
    effort = effort_of(size, delivered, on.labels, config.size_elasticity)
    assumed = Assumptions.of(config, given.hour_cost, playbooks)
    return Care(accounts, given.axes, playbooks, assumed, size, effort)


def _playbooks(
    playbooks: Playbooks, coverage: pd.DataFrame, running: Running
) -> list[PlaybookEntry]:
    """The playbooks of the labels, present care, and every event playbook."""
    follow = coverage["n_accounts"] - coverage["n_present"]
    used = follow.groupby(coverage["playbook"], sort=False).sum().to_dict()
    if kept := coverage["n_present"].sum():
        used[PRESENT_CARE] = kept
    active = running.active()["playbook"].value_counts()
    used |= {name: active.get(name, 0) for name in playbooks.events}
    return [playbooks.entry(str(name), int(n_accounts)) for name, n_accounts in used.items()]


def _chosen(plan_on: str, given: PlanInputs) -> Planned:
    by_name = {one.name: one for one in given.candidates}
    name = given.recommended if plan_on == RECOMMENDED else plan_on
    if name in by_name:
        return by_name[name]
    raise ConfigError(
        f"'engagement.plan_on': these accounts have no labelling '{name}'."
        f"{or_known(name, by_name)} A scheme whose tables are missing cannot be planned on."
    )


def check_settings(config: EngagementConfig, schemes: SchemesConfig) -> None:
    """Refuse a plan that cannot be made, before a study computes anything.

    Raises
    ------
    ConfigError
        `plan_on` names no labelling that a study can have, or the playbooks do not hold.
    """
    own = [one.name for one in schemes.own]
    known = [RECOMMENDED, SEGMENT, *(one.name for one in SCHEMES), *own]
    if config.plan_on not in known:
        raise ConfigError(
            f"'engagement.plan_on': there is no labelling '{config.plan_on}'."
            f"{or_known(config.plan_on, known)}"
        )
    load_playbooks(config.playbooks)
