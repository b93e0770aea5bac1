"""What `study.json` says of the plan."""

from typing import Literal

from pydantic import Field

from clustering.schema import Entry


class AssumptionsEntry(Entry):
    """What the plan takes for given and no table tells."""

    hour_cost: float = Field(description="Loaded cost of an hour of care.")
    csm_hours: float = Field(description="Hours a year that one CSM spends on accounts.")
    csm_cost: float = Field(description="Fully loaded cost of one CSM a year.")
    affordable_share: float = Field(description="Most that care may cost, as a share of ARR.")
    expansion_weight: float = Field(description="Weight of expansion against revenue at risk.")
    level_hours: dict[str, float] = Field(description="Share of a playbook's hours, by level.")
    level_covers: dict[str, float] = Field(description="Share of the value covered, by level.")
    touch_hours: dict[str, float] = Field(description="Hours of one touch, by its title.")
    own_playbooks: bool = Field(description="Whether the company gave playbooks of its own.")
    playbooks_hash: str = Field(description="SHA-256 of the playbooks that were used.")


class PlaybookEntry(Entry):
    """One playbook that the plan uses."""

    name: str = Field(description="Its name.")
    title: str = Field(description="Its name for readers.")
    kind: str = Field(description="segment (care of a year) or event (runs for a while).")
    goal: str = Field(description="What it is for.")
    touches: dict[str, float] = Field(description="Touches a year, or of a run, by their title.")
    hours: float = Field(description="Hours of one account a year, or of a run.")
    trigger: str | None = Field(description="Condition that starts an event playbook.")
    exit: str | None = Field(description="Condition that ends it.")
    n_accounts: int = Field(description="Accounts that have it, or for which it runs.")


class AuditEntry(Entry):
    """One list of the delivery audit."""

    name: str = Field(
        description="over_delivered, under_delivered or bad_fit; no account is on two."
    )
    n_accounts: int = Field(description="Accounts on it.")
    hours: float = Field(
        description="Hours a year: beyond need and usual, short of both, or beyond the affordable."
    )
    money: float = Field(description="Those hours at the cost of an hour.")
    arr: float | None = Field(description="ARR of the accounts; null where none is known.")
    rule: str = Field(description="The rule that puts an account on it.")


class EffortEntry(Entry):
    """How the hours of the playbooks grow with the size of an account."""

    elasticity: float = Field(
        description="Hours are those of the playbook x (size / median size of the label) to this."
    )
    interval: tuple[float, float] | None = Field(
        description="95 % interval of the estimate; null where it is none."
    )
    origin: Literal["configured", "estimated", "assumed"] = Field(description="Where it is from.")
    why: str = Field(description="Why it could not be estimated; else ''.")
    n_accounts: int = Field(description="Accounts that the estimate rests on.")
    measures: dict[str, int] = Field(description="Accounts by the measure that tells their size.")
    n_unknown: int = Field(description="Accounts of unknown size, taken as median ones.")


class BooksEntry(Entry):
    """Books of accounts, balanced by ARR and hours."""

    n_books: int = Field(description="Books: the head count.")
    n_now: int = Field(description="CSMs who have accounts now.")
    n_moved: int = Field(description="Accounts that change from one CSM to another.")
    n_new: int = Field(description="Accounts that nobody has now.")
    tolerance: float = Field(description="Share of the mean by which a book may differ.")
    worst_before: float | None = Field(
        description="Largest deviation of a book now; null unless there are as many as CSMs."
    )
    worst_after: float | None = Field(description="The same, balanced; null without CSMs.")


class StaffingEntry(Entry):
    """What a head count covers."""

    csms: int = Field(description="Head count.")
    origin: str = Field(description="Where the head count is from.")
    hours: float = Field(description="Its hours a year.")
    event_hours: float = Field(description="Hours that running event playbooks take first.")
    status: str = Field(description="optimal (gap of at most 0.01 %), gap, or infeasible.")
    reason: str = Field(description="Which limit binds, or makes it infeasible.")
    hours_used: float = Field(description="Hours that the allocation takes.")
    value: float = Field(description="Revenue at risk and weighted expansion of all accounts.")
    covered: float = Field(description="Of it, covered by the allocation (assumed shares).")
    coverable: float = Field(description="Covered if every account had high touch.")
    left: float = Field(description="Left on the table for want of people: coverable - covered.")
    bound: float = Field(description="No allocation covers more.")
    gap: float = Field(description="(bound - covered) / bound.")
    one_more_csm: float = Field(description="The most that one more CSM would cover beyond it.")
    levels: dict[str, int] = Field(description="Accounts by level of touch.")
    revenue_at_risk_left: float = Field(description="Revenue at risk not covered.")
    expansion_left: float = Field(description="Open expansion not covered.")
    not_allocated: int = Field(description="Accounts without a label or any known value.")
    partly_known: int = Field(description="Accounts of which one part of the value is unknown.")
    books: BooksEntry = Field(description="Who looks after whom.")


class PlanEntry(Entry):
    """The plan on one labelling."""

    labelling: str = Field(description="Labelling that the plan is for.")
    title: str = Field(description="Its name for readers.")
    plan_on: str = Field(description="What the configuration asked for: recommended, or a name.")
    assumptions: AssumptionsEntry = Field(description="What is assumed, not measured.")
    playbooks: list[PlaybookEntry] = Field(description="Playbooks that it uses.")
    effort: EffortEntry = Field(description="How hours grow with the size of an account.")
    delivered_hours: float | None = Field(
        description="Hours a year that all accounts get today; null where not known."
    )
    hours: float = Field(description="Hours a year that the playbooks ask for.")
    n_present: int = Field(description="Accounts that keep their present care.")
    csms: float = Field(description="Full-time CSMs that those hours are.")
    cost: float = Field(description="Cost a year.")
    cost_share: float | None = Field(description="Cost as a share of ARR; null without ARR.")
    over_limit: list[str] = Field(description="Labels whose care costs more than is affordable.")
    audit: list[AuditEntry] = Field(description="The lists that could be made.")
    n_not_judged: int = Field(description="Accounts whose delivery cannot be told.")
    staffing: StaffingEntry | None = Field(description="Null where it cannot be computed.")
    top_segment: str | None = Field(description="Label of the largest ARR; null without ARR.")
    not_computed: dict[str, str] = Field(description="Part of the plan, and what would allow it.")
    notes: list[str] = Field(description="What limits the plan.")
