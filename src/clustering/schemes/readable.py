"""What a scheme of the company's own may read: axes, features and attributes, by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from clustering.columns import ARR
from clustering.config import SchemesConfig
from clustering.errors import did_you_mean
from clustering.features import FEATURES
from clustering.features.snapshot import ATTRIBUTES
from clustering.features.types import Snapshot
from clustering.schemes.axes import Axes
from clustering.schemes.composites import AMOUNTS, COMPOSITES
from clustering.schemes.stages import lifecycle_stage

_STAGE = "lifecycle_stage"
#: Attributes that come from a table other than `accounts`, and what would allow them.
FROM_TABLES = {
    ARR: "the table subscriptions",
    "milestones_achieved": "the table milestones",
    "milestones_missed": "the table milestones",
    "milestones_not_yet_due": "the table milestones",
    "milestones_not_applicable": "the table milestones",
    "engagement_hours_per_year": "the table engagements",
    "tickets_per_year": "the table tickets",
    "hours_strategy": "the table engagements",
    "hours_execution": "the table engagements",
    "hours_first_steps": "the table engagements",
    "expand_triggers_reached": "the column milestones.is_expand_trigger",
    "renewals_open": "the column opportunities.closed_on",
    "new_use_cases_open": "the column opportunities.closed_on",
}
#: Columns of `accounts` that hold for as long as the account does, or nearly so.
_LASTING = ("started_on", "industry", "region", "employees")


@dataclass(frozen=True, eq=False)
class Readable:
    """Columns of the accounts that a rule may name.

    Attributes
    ----------
    present : what these accounts have, each indexed like the snapshot
    absent : what the project knows and these accounts have not, with what would allow it
    undated : columns of `accounts` of which nothing says since when they hold
    """

    present: Mapping[str, pd.Series]
    absent: Mapping[str, str]
    undated: frozenset[str] = frozenset()

    def unknown(self, names: Iterable[str]) -> list[str]:
        """One sentence for each name that is neither, with the nearest known ones."""
        known = [*self.present, *self.absent]
        sentences = []
        for name in names:
            if name in self.present or name in self.absent:
                continue
            listed = " docs/schemes.md lists the axes, docs/features.md the features."
            hint = did_you_mean(name.lower(), known, otherwise=listed, at_most=3)
            sentences.append(f"'{name}' is no axis, feature or attribute.{hint}")
        return sentences

    def texts(self) -> list[str]:
        """Names of the columns that hold labels rather than numbers."""
        return [n for n, c in self.present.items() if pd.api.types.is_string_dtype(c.dtype)]

    def frame(self, names: Iterable[str]) -> pd.DataFrame:
        """The named columns, all of them present."""
        return pd.DataFrame({name: self.present[name] for name in names})


def readable(snapshot: Snapshot, axes: Axes, config: SchemesConfig) -> Readable:
    """Everything that a rule may name. Names of accounts are not among it.

    Examples
    --------
    >>> from datetime import date
    >>> from clustering.schemes.axes import compute_axes
    >>> frame = pd.DataFrame({"outcome_attainment": [0.7, 1.1]}, index=["a", "b"])
    >>> snapshot = Snapshot(date(2025, 1, 1), frame, (), pd.DataFrame(index=frame.index))
    >>> found = readable(snapshot, compute_axes(snapshot, SchemesConfig().axes), SchemesConfig())
    >>> found.absent["arr"], "health" in found.present
    ('needs the table subscriptions', True)
    >>> found.unknown(["helth"])
    ["'helth' is no axis, feature or attribute. Did you mean 'health'?"]
    """
    attributes = snapshot.attributes.drop(columns="name", errors="ignore")
    stage = lifecycle_stage(snapshot, axes, config.axes.stages)
    columns = {
        **{str(name): attributes[name] for name in attributes},
        **{str(name): axes.frame[name] for name in axes.frame},
        **{str(name): snapshot.frame[name] for name in snapshot.frame},
        _STAGE: stage,
    }
    present = {name: column for name, column in columns.items() if column.notna().any()}
    reasons = _reasons(snapshot, axes)
    absent = {name: why for name, why in reasons.items() if name not in present}
    empty = {name: "no account has it" for name in columns if name not in present}
    undated = {str(name) for name in attributes if name not in {*FROM_TABLES, *_LASTING}}
    return Readable(present, {**empty, **absent}, frozenset(undated))


def _reasons(snapshot: Snapshot, axes: Axes) -> dict[str, str]:
    """Why each column that the project knows could be missing."""
    axis_names = [composite.name for composite in COMPOSITES]
    axis_names += [name for name, _, _ in AMOUNTS]
    return {
        **{name: f"needs the column accounts.{name}" for name in ATTRIBUTES if name != "name"},
        **{name: f"needs {where}" for name, where in FROM_TABLES.items()},
        **{feature.name: "no account has it" for feature in FEATURES},
        **dict(snapshot.not_computed),
        **dict.fromkeys(axis_names, "no account has it"),
        _STAGE: "needs the column accounts.started_on",
        **dict(axes.absent),
    }
