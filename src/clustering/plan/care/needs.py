"""What every account needs and gets, by any labelling, and what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID, ARR
from clustering.plan.assumptions import ASSUMED, Assumptions
from clustering.plan.care.effort import Effort, Size, size_in_label
from clustering.plan.inputs import PlanInputs, Planned
from clustering.plan.playbooks.assignment import Assigned, assign_playbooks
from clustering.plan.playbooks.event_playbooks import Running
from clustering.plan.playbooks.library import PRESENT_CARE, STANDARD, Playbooks
from clustering.schema import TableSpec, column
from clustering.schemes.axes import Axes

PLAN_COSTS = TableSpec(
    "plan_costs",
    f"What care by each labelling would cost, on its playbooks. {ASSUMED}",
    (
        column("labelling", "text", "Labelling."),
        column("title", "text", "Its name for readers."),
        column("n_labels", "integer", "Labels."),
        column("n_accounts", "integer", "Accounts with a label."),
        column("hours", "number", "Hours a year, running event playbooks included."),
        column("csms", "number", "Full-time CSMs that those hours are."),
        column("cost", "number", "Cost a year."),
        column("cost_share", "number", "Cost as a share of ARR.", nullable=True),
        column("labels_over_limit", "integer", "Labels whose care costs more than is affordable."),
        column(
            "accounts_over_limit",
            "integer",
            "Accounts whose needed care does; present care is not counted.",
        ),
        column("fixed_playbooks", "boolean", "Whether the playbooks name every label."),
    ),
    optional=True,
)


def account_facts(
    given: PlanInputs, delivered: pd.DataFrame, running: Running, playbooks: Playbooks
) -> pd.DataFrame:
    """Everything about the accounts that does not depend on a labelling.

    Parameters
    ----------
    delivered : as `delivered_care` gives it
    running : the event playbooks that run
    """
    ids, snapshot, axes = given.ids, given.snapshot, given.axes.frame.reindex(given.ids)
    attributes, outcomes = snapshot.attributes.loc[ids], given.horizon.frame.reindex(ids)
    active = running.active()
    hours = active["playbook"].map({name: playbooks.hours(name) for name in playbooks.events})
    event_hours = hours.astype("float64").groupby(active[ACCOUNT_ID]).sum()
    frame = delivered.assign(
        arr=attributes[ARR].astype("float64"),
        event_hours=event_hours.reindex(ids).fillna(0.0),
        revenue_at_risk=axes["revenue_at_risk"],
        cost_to_serve=axes["cost_to_serve"],
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
class Care:
    """The care of the accounts by any labelling; `accounts` does not depend on one."""

    accounts: pd.DataFrame
    axes: Axes
    playbooks: Playbooks
    assumed: Assumptions
    size: Size
    effort: Effort

    @property
    def delivered_hours(self) -> float | None:
        """Hours a year that all accounts get today; None where they are not known."""
        hours = self.accounts["delivered_hours"]
        return float(hours.sum()) if hours.notna().any() else None

    def by(self, one: Planned) -> tuple[tuple[Assigned, ...], pd.DataFrame]:
        """Playbooks of the labels, and of every account its label, playbook, factor and hours."""
        undecided = STANDARD if self.delivered_hours is None else PRESENT_CARE
        assigned = assign_playbooks(
            one.name, one.labels, one.levels, self.axes, self.playbooks, undecided
        )
        playbook = one.labels.map({each.label: each.playbook for each in assigned})
        if one.near_line is not None:
            near = one.near_line.reindex(one.labels.index, fill_value=False) & one.labels.notna()
            playbook = playbook.where(~near, undecided)
        frame = self.accounts.assign(label=one.labels, playbook=playbook.astype("str"))
        frame["size"] = size_in_label(self.size, one.labels)
        frame["size_factor"] = frame["size"] ** self.effort.elasticity
        a_year = {name: self.playbooks.hours(name) for name in self.playbooks.playbooks}
        hours = frame["playbook"].map(a_year).astype("float64")
        frame["has_need"] = frame["playbook"].ne(PRESENT_CARE) & frame["playbook"].notna()
        frame["needed_hours"] = (hours * frame["size_factor"]).where(
            frame["has_need"], frame["delivered_hours"].where(frame["playbook"].notna())
        )
        return assigned, frame

    def costs(self, candidates: Sequence[Planned]) -> pd.DataFrame:
        """What care by each labelling would cost, on its own playbooks, as `PLAN_COSTS` says."""
        return PLAN_COSTS.from_rows([self._cost(one) for one in candidates])

    def _cost(self, one: Planned) -> dict[str, object]:
        _, frame = self.by(one)
        frame = frame[frame["label"].notna()]
        hours = frame["needed_hours"] + frame["event_hours"]
        in_all, price, limit = (
            float(hours.sum()),
            self.assumed.hour_cost,
            self.assumed.affordable_share,
        )
        arr = frame["arr"].sum(min_count=1)
        by_label = frame.assign(cost=hours * price).groupby("label")
        sums = by_label[["cost", "arr"]].sum(min_count=1)
        over = (frame["needed_hours"] * price > limit * frame["arr"]) & frame["has_need"]
        return {
            "labelling": one.name,
            "title": one.title,
            "n_labels": len(one.levels),
            "n_accounts": len(frame),
            "hours": in_all,
            "csms": in_all / self.assumed.csm_hours,
            "cost": in_all * price,
            "cost_share": in_all * price / arr if arr > 0 else np.nan,
            "labels_over_limit": int((sums["cost"] > limit * sums["arr"]).sum()),
            "accounts_over_limit": int(over.sum()),
            "fixed_playbooks": all(
                self.playbooks.assigned(one.name, level) for level in one.levels
            ),
        }
