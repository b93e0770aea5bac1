"""How steady every labelling is over time: the learned one, held or not, and every rule."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from clustering.arrays import Ints
from clustering.columns import SEGMENT
from clustering.features import Snapshot
from clustering.movement.track.history import History, Snapshots
from clustering.movement.track.transitions import by_distance
from clustering.schema import TableSpec, column
from clustering.schemes import SCHEMES, Labelling

Assign = Callable[[Snapshot], Sequence[Labelling]]

HELD_SEGMENT = "held_segment"

STABILITY_OVER_TIME = TableSpec(
    "stability_over_time",
    "How many accounts have another label, by how far apart two snapshots are, for every "
    "labelling. What only wavers differs as often after a year as after a quarter.",
    (
        column("labelling", "text", "Labelling."),
        column("title", "text", "Its name for readers."),
        column("days", "number", "Days between the two snapshots."),
        column("n_accounts", "integer", "Accounts with both labels."),
        column("differ", "number", "Share with another label."),
        column("low", "number", "95 % interval."),
        column("high", "number", "95 % interval."),
        column("note", "text", "Where a labelling cannot change, or cannot be compared."),
    ),
    optional=True,
)

_UNDATED = tuple(scheme.name for scheme in SCHEMES if not scheme.dated)
_RENUMBERED = tuple(scheme.name for scheme in SCHEMES if not scheme.levels_last)


def stability_over_time(
    snapshots: Snapshots, history: History, held: Ints, assign: Assign
) -> pd.DataFrame:
    """How many accounts have another label by distance in time, for every labelling.

    Of the accounts with a segment at every date, the same for all labellings. Rules that cut at
    quantiles cut anew at every date, as they would in practice.

    Parameters
    ----------
    snapshots, history : of the same dates
    held : int64 array like ``history.labels``, with hysteresis
    assign : every rule-based labelling of a snapshot

    Returns
    -------
    DataFrame
        The columns of `STABILITY_OVER_TIME`; see `by_distance`.
    """
    by_name: dict[str, dict[date, Labelling]] = {}
    for snapshot in snapshots.taken:
        for labelling in assign(snapshot):
            by_name.setdefault(labelling.name, {})[snapshot.as_of] = labelling
    followed = history.followed
    parts = [
        by_distance(labels[followed], history.dates).assign(labelling=name, title=title)
        for name, title, labels in (
            (SEGMENT, "Segments", history.labels),
            (HELD_SEGMENT, "Segments under hysteresis", held),
        )
    ]
    rows = {
        snapshot.as_of: np.asarray(history.accounts.get_indexer(snapshot.frame.index), np.int64)
        for snapshot in snapshots.taken
    }
    notes = {}
    for name, found in by_name.items():
        latest = found[max(found)]
        notes[name] = _note(latest)
        codes = _codes(found, history, rows)[followed]
        parts.append(by_distance(codes, history.dates).assign(labelling=name, title=latest.title))
    table = pd.concat(parts, ignore_index=True)  # those of no pair of dates are empty
    table["note"] = [notes.get(str(name), "") for name in table["labelling"]]
    return STABILITY_OVER_TIME.from_rows(table)


def _note(labelling: Labelling) -> str:
    if labelling.kind == "own" or labelling.name in _UNDATED:
        return "its column has no dates: the same at every date by construction"
    if labelling.name in _RENUMBERED:
        return "drawn up again at every date: its numbers mean nothing across dates"
    return ""


def _codes(found: Mapping[date, Labelling], history: History, rows: Mapping[date, Ints]) -> Ints:
    """Labels of one scheme as numbers, aligned with the history; -1 where there is none.

    `rows` are the places of each snapshot's accounts in the history: a labelling has the order of
    its snapshot, and looking a hundred thousand ids up once a date is enough.
    """
    known = [labelling.labels.dropna().unique() for labelling in found.values()]
    levels = pd.Index(sorted({str(level) for levels in known for level in levels}))
    codes = np.full(history.labels.shape, -1, np.int64)
    for t, day in enumerate(history.dates):
        if day in found:
            codes[rows[day], t] = levels.get_indexer(pd.Index(found[day].labels))
    return codes
