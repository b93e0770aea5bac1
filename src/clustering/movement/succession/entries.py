"""What a study says of the segments of the previous one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from clustering.movement.succession.inherit import Inheritance
from clustering.profiles import Profiles
from clustering.schema import Entry, TableSpec, column
from clustering.scorer import Scorer

SUCCESSION = TableSpec(
    "succession",
    "What became of the segments of the previous study, on the accounts of today; only where a "
    "previous study was named.",
    (
        column("segment_id", "text", "Its lasting id."),
        column("segment_name", "text", "Its name; of a segment that is gone, the last it had."),
        column("fate", "text", "survived, split, absorbed, gone; or new."),
        column("is_here", "boolean", "Whether a segment of today has the id."),
        column("n_then", "integer", "Accounts of today that the previous model puts into it."),
        column("n_now", "integer", "Accounts of today in the segment with its id."),
        column("stayed", "number", "Share of `n_then` that is in it; empty if new.", nullable=True),
        column("others", "text", "Ids of the other segments that its accounts are in now; of a "
               "new one, of those that they came from."),
        column("would_be_called", "text", "The name by today's rule; empty where it is the same."),
        column("no_longer", "text", "Words of its name that do not set it apart any more."),
    ),
    optional=True,
)  # fmt: skip


class Succession(Entry):
    """How the segments of the previous study go on."""

    study: str = Field(description="The previous study.")
    as_of: str = Field(description="Its date.")
    version: str = Field(description="Version of its model.")
    n_accounts: int = Field(description="Accounts that both models give a segment.")
    same_id: float = Field(
        description="Share of them whose segment has the same id by the previous model and by "
        "today's, both on today's values."
    )
    n_survived: int = Field(description="Segments that go on as they were.")
    n_split: int = Field(description="Segments that came apart, whether or not a part has the id.")
    n_absorbed: int = Field(description="Segments whose accounts are mostly in another one now.")
    n_gone: int = Field(description="Segments that are nowhere any more.")
    n_new: int = Field(description="Segments of today that continue none.")


@dataclass(frozen=True, eq=False)
class Succeeded:
    """What the study folder holds of it: nothing for a first study."""

    entry: Succession | None = None
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def succession(found: Inheritance, profiles: Profiles) -> Succeeded:
    """The entry of `study.json` and the table `SUCCESSION`."""
    previous = found.previous
    if previous is None:
        return Succeeded()
    rows = [*_former_rows(found, previous, profiles), *_new_rows(found, previous, profiles)]
    fates = [row[2] for row in rows]
    both = found.then >= 0
    then = np.array(previous.segment_ids)[found.then[both]]
    now = np.array(found.ids)[found.now[both]]
    entry = Succession(
        study=previous.training.study,
        as_of=previous.training.as_of.isoformat(),
        version=previous.version,
        n_accounts=both.sum(),
        same_id=(then == now).mean() if both.any() else 0.0,
        n_survived=fates.count("survived"),
        n_split=fates.count("split"),
        n_absorbed=fates.count("absorbed"),
        n_gone=fates.count("gone"),
        n_new=fates.count("new"),
    )
    return Succeeded(entry, {SUCCESSION.name: SUCCESSION.from_rows(rows)})


def _former_rows(
    found: Inheritance, previous: Scorer, profiles: Profiles
) -> Iterator[tuple[Any, ...]]:
    for fate in found.fates:
        if fate.side == "first":
            own = previous.segment_ids[fate.segment]
            others = [found.ids[other] for other in fate.into if found.ids[other] != own]
            row = (own, previous.segment_names[fate.segment], fate.kind, False, fate.n_accounts, 0)
            if own not in found.ids:
                yield (*row, 0.0, "; ".join(others), "", "")
                continue
            heir = found.ids.index(own)
            inside = found.now == heir
            stayed = (inside & (found.then == fate.segment)).sum() / fate.n_accounts
            row = (own, profiles.names[heir], fate.kind, True, fate.n_accounts, int(inside.sum()))
            yield (*row, stayed, "; ".join(others), *_in_words(profiles, heir))


def _new_rows(
    found: Inheritance, previous: Scorer, profiles: Profiles
) -> Iterator[tuple[Any, ...]]:
    for fate in found.fates:
        if fate.kind == "new":
            segment = fate.segment
            n_now = int((found.now == segment).sum())
            row = (found.ids[segment], profiles.names[segment], "new", True, 0, n_now, np.nan)
            came_from = "; ".join(previous.segment_ids[other] for other in fate.into)
            yield (*row, came_from, *_in_words(profiles, segment))


def _in_words(profiles: Profiles, segment: int) -> tuple[str, str]:
    """How it would be called today where that is another name, and words that hold no longer."""
    called = profiles.automatic[segment]
    is_same = called == profiles.names[segment]
    return "" if is_same else called, ", ".join(profiles.no_longer[segment])
