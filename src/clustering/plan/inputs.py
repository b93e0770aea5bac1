"""What a plan is made from: the accounts, what is known of them, and how they can be grouped."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import pandas as pd

from clustering.columns import SEGMENT
from clustering.features.as_of import Tables
from clustering.features.types import Horizon, Snapshot
from clustering.schemes.axes import Axes
from clustering.schemes.types import Labelling
from clustering.scorer.segment_ids import SegmentNames


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

    @classmethod
    def of(cls, one: Labelling, ids: pd.Index) -> Self:
        """A labelling of these accounts by a rule or a column of their own."""
        near = None if one.near_line is None else one.near_line.reindex(ids)
        return cls(one.name, one.title, one.labels.reindex(ids), one.levels, near_line=near)


@dataclass(frozen=True, eq=False)
class PlanInputs:
    """Everything that a plan is made from, besides its settings.

    Attributes
    ----------
    hour_cost : cost of an hour of care, where the CSM has no cost of its own
    tables : for what the window of the audit saw; rows after the as-of date stay invisible
    snapshot, axes : of the accounts
    horizon : GRR and NRR observed after the as-of date; they describe and decide nothing
    segments : the learned labelling, of the accounts that are planned for
    labellings : every other one; triggers may name them
    recommended : the labelling that the study recommends
    called : how playbooks may name the segments: by id, by name or by one that they had
    """

    hour_cost: float
    tables: Tables
    snapshot: Snapshot
    horizon: Horizon
    axes: Axes
    segments: Planned
    labellings: tuple[Labelling, ...]
    recommended: str = SEGMENT
    called: SegmentNames = field(default_factory=SegmentNames)

    @property
    def ids(self) -> pd.Index:
        """The accounts that are planned for."""
        return self.segments.labels.index

    @cached_property
    def candidates(self) -> tuple[Planned, ...]:
        """What the plan can be for, the segments first."""
        return (self.segments, *(Planned.of(one, self.ids) for one in self.labellings))
