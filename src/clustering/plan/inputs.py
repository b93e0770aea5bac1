"""What a plan is made from: the accounts, what is known of them, and how they can be grouped."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from clustering.features.as_of import Tables
from clustering.features.types import Horizon, Snapshot
from clustering.schemes.axes import Axes
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
class PlanInputs:
    """Everything that a plan is made from, besides its settings.

    Attributes
    ----------
    hour_cost : cost of an hour of care, where the CSM has no cost of its own
    tables : for what the window of the audit saw; rows after the as-of date stay invisible
    snapshot, axes : of the accounts
    horizon : GRR and NRR observed after the as-of date; they describe and decide nothing
    labellings : schemes that triggers may name
    candidates : labellings of the same accounts; the plan is for one of them
    recommended : the labelling that the study recommends (None: the first candidate)
    """

    hour_cost: float
    tables: Tables
    snapshot: Snapshot
    horizon: Horizon
    axes: Axes
    labellings: tuple[Labelling, ...]
    candidates: Sequence[Planned]
    recommended: str | None = None

    @property
    def ids(self) -> pd.Index:
        """The accounts that are planned for."""
        return self.candidates[0].labels.index
