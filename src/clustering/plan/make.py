"""The whole plan of one labelling: playbooks, audit, coverage, allocation, books, value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID, ARR, SEGMENT
from clustering.config import SchemesConfig
from clustering.config.plan import RECOMMENDED, EngagementConfig
from clustering.errors import ConfigError, or_known
from clustering.features.as_of import Tables
from clustering.features.types import Horizon, Snapshot
from clustering.plan.care.audit import Audit, audit_delivery
from clustering.plan.care.coverage import Rates, SegmentCoverage, cover
from clustering.plan.care.delivered_care import Trailing, trailing
from clustering.plan.care.effort import Effort, account_size, elasticity_of, size_in_label
from clustering.plan.care.value import SegmentValue, segment_value
from clustering.plan.playbooks.assignment import Assigned, assign_playbooks
from clustering.plan.playbooks.event_playbooks import Running, run_playbooks, trigger_values
from clustering.plan.playbooks.library import PRESENT_CARE, STANDARD, Playbooks, load_playbooks
from clustering.plan.staffing.head_count import Staffing, staff
from clustering.schemes.axes import Axes
from clustering.schemes.registry import SCHEMES
from clustering.schemes.types import Labelling


@dataclass(frozen=True, eq=False)
class Planned:
    """A labelling that a plan can be made on.

    Attributes
    ----------
    labels : indexed by account; missing where it has none
    levels : its labels, in their order
    note : what a reader must know of the labels; empty where there is nothing
    near_line : accounts whose label is within its noise, indexed like `labels`; None for none
    """

    name: str
    title: str
    labels: "pd.Series[str]"
    levels: tuple[str, ...]
    note: str = ""
    near_line: "pd.Series[bool] | None" = None


@dataclass(frozen=True, eq=False)
class Plan:
    """The plan, and what could not be computed.

    Attributes
    ----------
    effort : what scales the hours of the playbooks
    delivered_hours : of all accounts together, a year; None where they are not known
    staffing : None where there is no head count or nothing to cover; `not_computed` says why
    schemes : one row a labelling: what care by it would cost; `labelling`, `title`, `n_labels`,
        `n_accounts`, `hours`, `csms`, `cost`, `cost_share`, `labels_over_limit`,
        `accounts_over_limit`, `fixed_playbooks` (whether all its labels have one in the playbooks)
    not_computed : part of the plan -> why, and which table would allow it
    """

    on: Planned
    books: Playbooks
    rates: Rates
    assigned: tuple[Assigned, ...]
    effort: Effort
    delivered_hours: float | None
    running: Running
    audit: Audit
    coverage: tuple[SegmentCoverage, ...]
    staffing: Staffing | None
    value: SegmentValue
    schemes: pd.DataFrame
    not_computed: Mapping[str, str]
    notes: tuple[str, ...] = field(default=())


def make_plan(
    config: EngagementConfig,
    *,
    hour_cost: float,
    tables: Tables,
    snapshot: Snapshot,
    horizon: Horizon,
    axes: Axes,
    labellings: tuple[Labelling, ...],
    candidates: Sequence[Planned],
    recommended: str | None = None,
) -> Plan:
    """Make the plan on what the study recommends, or on `plan_on`; cost every other labelling.

    Parameters
    ----------
    hour_cost : cost of an hour of care, where the CSM has no cost of its own
    tables : for what the trailing window saw; rows after the as-of date stay invisible
    snapshot, axes : of the accounts
    horizon : GRR and NRR observed after the as-of date; they describe and decide nothing
    labellings : schemes that triggers may name
    candidates : labellings of the same accounts; the plan is for one of them
    recommended : the labelling that the study recommends (None: the first candidate)

    Raises
    ------
    ConfigError
        `plan_on` is none of the candidates, or the playbooks do not hold.
    """
    on = _chosen(config.plan_on, recommended or candidates[0].name, candidates)
    books = load_playbooks(config.playbooks)
    rates = Rates.of(config, hour_cost)
    ids = on.labels.index
    running = run_playbooks(books, trigger_values(snapshot, axes, labellings).loc[ids])
    seen = trailing(
        tables, snapshot.attributes.loc[ids, "started_on"], snapshot.as_of, config.audit.window_days
    )
    accounts = _accounts(snapshot, horizon, axes, seen, running, books, ids)
    absent = dict(seen.not_computed)
    size = account_size(snapshot, ids)
    seen_long = accounts["exposure_days"] >= config.audit.least_days
    elasticity = elasticity_of(
        size, accounts["delivered_hours"].where(seen_long), on.labels, config.size_elasticity
    )
    care = _Care(accounts, axes, books, rates, Effort(size, elasticity))
    assigned, mine = care.by(on)
    audit = audit_delivery(
        mine,
        config=config.audit,
        hour_cost=rates.hour_cost,
        affordable_share=config.affordable_share,
        no_delivery=absent.pop("delivered_hours_per_year", ""),
    )
    value = segment_value(mine, on.levels, config.smallest_group)
    staffing, why_not = staff(mine, rates, config, books)
    not_computed = {
        **{f"audit.{name}": why for name, why in audit.not_computed.items()},
        **{f"playbook.{name}": why for name, why in running.not_told.items()},
        **{f"value.{name}": why for name, why in value.not_computed.items()},
        **({"allocation": why_not} if why_not else {}),
    }
    return Plan(
        on=on,
        books=books,
        rates=rates,
        assigned=assigned,
        effort=care.effort,
        delivered_hours=care.delivered_hours,
        running=running,
        audit=audit,
        coverage=cover(mine, assigned, books, rates, config),
        staffing=staffing,
        value=value,
        schemes=care.costs(candidates),
        not_computed=not_computed,
        notes=(*filter(None, [on.note]), *seen.notes),
    )


def _chosen(name: str, recommended: str, candidates: Sequence[Planned]) -> Planned:
    name = recommended if name == RECOMMENDED else name
    for one in candidates:
        if one.name == name:
            return one
    known = [one.name for one in candidates]
    raise ConfigError(
        f"'engagement.plan_on': these accounts have no labelling '{name}'."
        f"{or_known(name, known)} A scheme whose tables are missing cannot be planned on."
    )


def _accounts(
    snapshot: Snapshot,
    horizon: Horizon,
    axes: Axes,
    seen: Trailing,
    running: Running,
    books: Playbooks,
    ids: pd.Index,
) -> pd.DataFrame:
    """Everything about the accounts that does not depend on a labelling."""
    attributes, outcomes = snapshot.attributes.loc[ids], horizon.frame.reindex(ids)
    active = running.active()
    hours = active["playbook"].map({name: books.hours(name) for name in books.events})
    event_hours = hours.astype("float64").groupby(active[ACCOUNT_ID]).sum()
    frame = seen.frame.rename(columns={"delivered_hours_per_year": "delivered_hours"})
    frame = frame.assign(
        arr=attributes[ARR].astype("float64"),
        event_hours=event_hours.reindex(ids).fillna(0.0),
        revenue_at_risk=axes.frame["revenue_at_risk"].reindex(ids),
        cost_to_serve=axes.frame["cost_to_serve"].reindex(ids),
        expansion_pipeline=snapshot.frame.get("expansion_pipeline", np.nan),
        nrr=outcomes["nrr"].astype("float64"),
        grr=outcomes["grr"].astype("float64"),
    )
    for name in ("industry", "csm"):
        if name in attributes:
            frame[name] = attributes[name]
    if "is_champion" in attributes:
        frame["is_champion"] = attributes["is_champion"].astype("Float64").astype("float64")
    return frame


@dataclass(frozen=True, eq=False)
class _Care:
    """The care of the accounts by any labelling; `accounts` does not depend on one."""

    accounts: pd.DataFrame
    axes: Axes
    books: Playbooks
    rates: Rates
    effort: Effort

    @property
    def delivered_hours(self) -> float | None:
        """Hours a year that all accounts get today; None where they are not known."""
        hours = self.accounts["delivered_hours"]
        return float(hours.sum()) if hours.notna().any() else None

    @property
    def undecided(self) -> str:
        """The playbook of accounts whose need cannot be told."""
        return STANDARD if self.delivered_hours is None else PRESENT_CARE

    def by(self, one: Planned) -> tuple[tuple[Assigned, ...], pd.DataFrame]:
        """Playbooks of the labels, and of every account its label, playbook, factor and hours."""
        assigned = assign_playbooks(
            one.name, one.labels, one.levels, self.axes, self.books, self.undecided
        )
        playbook = one.labels.map({each.label: each.playbook for each in assigned})
        if one.near_line is not None:
            near = one.near_line.reindex(one.labels.index, fill_value=False) & one.labels.notna()
            playbook = playbook.where(~near, self.undecided)
        frame = self.accounts.assign(label=one.labels, playbook=playbook.astype("str"))
        frame["size"] = size_in_label(self.effort.size, one.labels)
        frame["size_factor"] = frame["size"] ** self.effort.elasticity.value
        a_year = {name: self.books.hours(name) for name in self.books.playbooks}
        hours = frame["playbook"].map(a_year)
        frame["has_need"] = frame["playbook"].ne(PRESENT_CARE) & frame["playbook"].notna()
        frame["needed_hours"] = (hours.astype("float64") * frame["size_factor"]).where(
            frame["has_need"], frame["delivered_hours"].where(frame["playbook"].notna())
        )
        return assigned, frame

    def costs(self, candidates: Sequence[Planned]) -> pd.DataFrame:
        """What care by each labelling would cost, on its own playbooks."""
        return pd.DataFrame([self._cost(one) for one in candidates]).astype(
            {"labelling": "str", "title": "str"}
        )

    def _cost(self, one: Planned) -> dict[str, object]:
        _, frame = self.by(one)
        frame = frame[frame["label"].notna()]
        hours = frame["needed_hours"] + frame["event_hours"]
        cost = float(hours.sum()) * self.rates.hour_cost
        arr = frame["arr"].sum(min_count=1)
        by_label = frame.assign(cost=hours * self.rates.hour_cost).groupby("label")
        sums = by_label[["cost", "arr"]].sum(min_count=1)
        over = frame["needed_hours"] * self.rates.hour_cost > self.rates.limit * frame["arr"]
        over &= frame["has_need"]
        return {
            "labelling": one.name,
            "title": one.title,
            "n_labels": len(one.levels),
            "n_accounts": len(frame),
            "hours": float(hours.sum()),
            "csms": float(hours.sum()) / self.rates.csm_hours,
            "cost": cost,
            "cost_share": cost / arr if arr > 0 else np.nan,
            "labels_over_limit": int((sums["cost"] > self.rates.limit * sums["arr"]).sum()),
            "accounts_over_limit": int(over.sum()),
            "fixed_playbooks": all(self.books.assigned(one.name, level) for level in one.levels),
        }


def check_settings(config: EngagementConfig, schemes: SchemesConfig) -> None:
    """Refuse a plan that cannot be made, before a study computes anything.

    Raises
    ------
    ConfigError
        `plan_on` names no labelling that a study can have, or the playbooks do not hold.
    """
    known = [
        RECOMMENDED,
        SEGMENT,
        *(scheme.name for scheme in SCHEMES),
        *(own.name for own in schemes.own),
    ]
    if config.plan_on not in known:
        raise ConfigError(
            f"'engagement.plan_on': there is no labelling '{config.plan_on}'."
            f"{or_known(config.plan_on, known)}"
        )
    load_playbooks(config.playbooks)
