"""Settings of the plan: whom it is for, what care costs, and what the team can give.

Costs, hours and the effect of a touch level are assumptions of the company, not measurements: the
report says so wherever it prints a number that rests on them.
"""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from clustering.config.base import Part, Share, section
from clustering.wording import LEVEL

#: The labelling that the study recommends, whichever it is.
RECOMMENDED = "recommended"

Level = Literal["high", "medium", "low", "digital"]
#: Levels of touch, the highest first.
LEVELS: tuple[Level, ...] = get_args(Level)

Hours = Annotated[float, Field(ge=0.0, le=10.0)]


class CapacityConfig(Part):
    """How many CSMs there are, and what one gives and costs in a year."""

    csms: int | None = Field(
        None, ge=0, le=100_000, description="Head count (None: the names in accounts.csm)."
    )
    csm_hours: float = Field(
        1500.0, gt=0, le=8760, description="Hours a year that one CSM spends on accounts."
    )
    csm_cost: float | None = Field(
        None,
        ge=0,
        description="Fully loaded cost of one CSM a year (None: csm_hours at "
        "schemes.axes.cost.hour).",
    )
    most_accounts: int | None = Field(
        None,
        ge=1,
        description="Most accounts above digital touch that one CSM can keep (None: any).",
    )


class AuditConfig(Part):
    """When an account counts as over- or under-delivered."""

    window_days: int = Field(
        365, ge=30, le=1095, description="Trailing window of the hours delivered."
    )
    least_days: int = Field(
        90, ge=1, description="An account that is younger is not judged: too little was seen."
    )
    over_from: float = Field(
        1.5, ge=1.0, description="Over-delivered above this multiple of the hours needed and usual."
    )
    under_below: Share = Field(
        0.5, description="Under-delivered below this share of the hours needed and usual."
    )
    outlier_from: float = Field(
        3.0,
        ge=2.0,
        description="Only accounts so many robust standard deviations outside the spread of their "
        "segment are over- or under-delivered.",
    )
    least_accounts: int = Field(
        20, ge=5, description="Fewer accounts of a segment do not tell what is usual in it."
    )
    least_hours: float = Field(
        4.0, ge=0, description="A difference of fewer hours a year is not worth a list."
    )


class TouchLevelsConfig(Part):
    """What a level of touch takes and covers; assumed, since no table tells."""

    hours: tuple[Hours, Hours, Hours, Hours] = Field(
        (1.0, 0.5, 0.2, 0.0),
        description="Share of the playbook's hours that high, medium, low and digital touch take.",
    )
    covers: tuple[Share, Share, Share, Share] = Field(
        (0.90, 0.65, 0.35, 0.10),
        description="Share of revenue at risk and expansion that each covers (assumed).",
    )

    @model_validator(mode="after")
    def _in_order(self) -> "TouchLevelsConfig":
        for name, values in (("hours", self.hours), ("covers", self.covers)):
            if any(below > above for above, below in pairwise(values)):
                raise ValueError(
                    f"{name} of high, medium, low and digital touch must not rise from one to the "
                    f"next, found {list(values)}"
                )
        return self


class LeversConfig(Part):
    """How far each way back under the cost limit can be gone; the bounds of their mix."""

    arr_per_account: float = Field(
        0.15, ge=0, description="Largest rise of the amount per account, as a share."
    )
    accounts_per_csm: float = Field(
        0.30, ge=0, description="Largest rise of the accounts per CSM, as a share."
    )
    cost_per_csm: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.10, description="Largest cut of the cost per CSM, as a share."
    )
    priced_services: float = Field(
        0.05, ge=0, description="Largest price of services, as a share of the amount per account."
    )


class TrialConfig(Part):
    """What a trial of a playbook is planned with (docs/plan.md)."""

    power: Annotated[float, Field(ge=0.5, lt=1.0)] = Field(
        0.8, description="Chance with which a trial is to show the effect that is assumed."
    )
    level: Annotated[float, Field(gt=0.0, le=0.2)] = Field(
        LEVEL, description="Level of its two-sided test."
    )
    averted: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        0.3, description="Share of the losses that the playbook is assumed to avert."
    )


class EngagementConfig(Part):
    """The plan that follows from a segmentation (docs/plan.md)."""

    plan_on: str = Field(
        RECOMMENDED,
        description="Labelling that the plan is for: recommended (what the study recommends), "
        "segment (the learned ones) or a scheme.",
    )
    size_elasticity: Share | None = Field(
        None,
        description="Hours of care grow with (size / median size of the segment) to this power "
        "(None: estimated from the hours delivered inside the segments).",
    )
    playbooks: Path | None = Field(
        None,
        description="TOML file of your own playbooks; what it does not name stays as shipped "
        "(docs/plan.md).",
    )
    affordable_share: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        0.15, description="Most that care may cost, as a share of the amount (Pickens: 15 %)."
    )
    expansion_weight: float = Field(
        1.0, ge=0, description="Weight of open expansion against revenue at risk in the coverage."
    )
    book_tolerance: Annotated[float, Field(ge=0.01, le=1.0)] = Field(
        0.10, description="A book may hold so much more or less than the mean, in ARR and hours."
    )
    smallest_group: int = Field(
        20, ge=1, description="Values of fewer accounts are not shown (small groups)."
    )
    capacity: CapacityConfig = section(CapacityConfig, "The team.")
    audit: AuditConfig = section(AuditConfig, "The delivery audit.")
    levels: TouchLevelsConfig = section(TouchLevelsConfig, "Levels of touch.")
    levers: LeversConfig = section(LeversConfig, "Ways back under the cost limit.")
    trial: TrialConfig = section(TrialConfig, "Trials of playbooks.")
