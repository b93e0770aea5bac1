"""What the plan takes for given and no table tells: hours, costs, what care covers."""

from typing import Self

from pydantic import Field

from clustering.config.plan import LEVELS, EngagementConfig
from clustering.plan.playbooks.library import Playbooks
from clustering.schema import Entry

#: Said of every table whose numbers rest on them.
ASSUMED = "Hours and costs rest on the assumptions of the plan in study.json."


class Assumptions(Entry):
    """What the plan takes for given and no table tells; amounts are a year."""

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

    @classmethod
    def of(cls, config: EngagementConfig, hour_cost: float, books: Playbooks) -> Self:
        """From the configuration; `hour_cost` prices the CSM where no cost of one is given."""
        hours, cost = config.capacity.csm_hours, config.capacity.csm_cost
        csm_cost = hours * hour_cost if cost is None else cost
        return cls(
            hour_cost=csm_cost / hours,
            csm_hours=hours,
            csm_cost=csm_cost,
            affordable_share=config.affordable_share,
            expansion_weight=config.expansion_weight,
            level_hours=dict(zip(LEVELS, config.levels.hours, strict=True)),
            level_covers=dict(zip(LEVELS, config.levels.covers, strict=True)),
            touch_hours={touch.title: touch.hours for touch in books.touches.values()},
            own_playbooks=config.playbooks is not None,
            playbooks_hash=books.fingerprint,
        )
