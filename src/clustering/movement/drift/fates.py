"""What became of the segments of an earlier model among those of today."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from clustering.arrays import Floats, Ints
from clustering.models.labels import contingency
from clustering.schema import TableSpec, column

#: MONIC: a segment survives where it shares more than this of its accounts.
OVERLAP = 0.5
#: Smaller parts of a segment are not named.
LEAST_PIECE = 0.1

SEGMENT_FATES = TableSpec(
    "segment_fates",
    "What became of the segments of a model of the first date among those of today.",
    (
        column("model", "text", "first, or latest."),
        column("segment_name", "text", "Segment of that model."),
        column("n_accounts", "integer", "Its accounts, of today."),
        column("fate", "text", "survived, absorbed, split, gone; kept, new."),
        column("overlaps", "text", "Segments of the other model that it shares accounts with."),
        column("overlap", "number", "Share of its accounts in the first of them."),
    ),
    optional=True,
)


@dataclass(frozen=True)
class Fate:
    """What became of one segment of the first model, or where one of the latest came from.

    Attributes
    ----------
    side : ``first`` or ``latest``
    segment : its number in its own model
    n_accounts : its accounts, all at the last date
    kind : of a first segment ``survived``, ``absorbed``, ``split`` or ``gone``; of a latest one
        ``kept`` or ``new``
    into : segments of the other model that it overlaps with, the largest overlap first
    overlap : share of its accounts in the first of them
    """

    side: Literal["first", "latest"]
    segment: int
    n_accounts: int
    kind: str
    into: tuple[int, ...]
    overlap: float


def fates(old: Ints, new: Ints, k_old: int, k_new: int) -> tuple[Fate, ...]:
    """What became of each segment of the first model among those of the latest, and vice versa.

    A first segment *survived* where more than half of its accounts are in one latest segment that
    is mainly made of it, was *absorbed* where that one is mainly made of others, *split* where two
    or more latest segments that are mainly made of it hold more than half of it together, and is
    *gone* otherwise. A latest segment is *kept* where more than half of it comes from one first
    segment and is more than half of that one, and is *new* otherwise: no first segment is kept in
    two latest ones, also where it split.

    Parameters
    ----------
    old, new : int64 arrays (n,), the same accounts at the same date by the two models

    References
    ----------
    Spiliopoulou, Ntoutsi, Theodoridis and Schult (2006), MONIC, KDD; overlap threshold 0.5.

    Examples
    --------
    >>> old, new = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 2, 2])
    >>> [(fate.side, fate.segment, fate.kind) for fate in fates(old, new, 2, 3)]
    [('first', 0, 'survived'), ('first', 1, 'split'), ('latest', 0, 'kept'), \
('latest', 1, 'new'), ('latest', 2, 'kept')]
    """
    counts = np.zeros((k_old, k_new), np.int64)
    found = contingency(old, new)
    counts[: found.shape[0], : found.shape[1]] = found
    of_old = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    of_new = counts / np.maximum(counts.sum(axis=0, keepdims=True), 1)
    first = [_first_fate(segment, counts, of_old, of_new) for segment in range(k_old)]
    latest = [_latest_fate(segment, counts, of_old, of_new) for segment in range(k_new)]
    return (*first, *latest)


def _first_fate(segment: int, counts: Ints, of_old: Floats, of_new: Floats) -> Fate:
    share, made_of_it = of_old[segment], of_new[segment] > OVERLAP
    best = int(np.argmax(share))
    pieces = np.flatnonzero(made_of_it & (share >= LEAST_PIECE))
    if pieces.size > 1 and share[pieces].sum() > OVERLAP:
        kind = "split"
    elif share[best] > OVERLAP:
        kind = "survived" if made_of_it[best] else "absorbed"
    else:
        kind = "gone"
    into = _overlaps(share)
    return Fate("first", segment, int(counts[segment].sum()), kind, into, float(share[best]))


def _latest_fate(segment: int, counts: Ints, of_old: Floats, of_new: Floats) -> Fate:
    share = of_new[:, segment]
    best = int(np.argmax(share))
    is_kept = share[best] > OVERLAP and of_old[best, segment] > OVERLAP
    kind = "kept" if is_kept else "new"
    n_accounts = int(counts[:, segment].sum())
    return Fate("latest", segment, n_accounts, kind, _overlaps(share), float(share[best]))


def _overlaps(share: Floats) -> tuple[int, ...]:
    order: list[int] = np.argsort(-share, kind="stable").tolist()
    return tuple(j for j in order if share[j] >= LEAST_PIECE)


def fate_table(found: Sequence[Fate], names: Sequence[str]) -> pd.DataFrame:
    """Fates with names: those of today's segments, and numbers for the segments of then.

    Returns
    -------
    DataFrame with the columns of `SEGMENT_FATES`
    """

    def name(segment: int, *, latest: bool) -> str:
        return names[segment] if latest else f"segment {segment + 1} of then"

    rows = []
    for fate in found:
        latest = fate.side == "latest"
        overlaps = "; ".join(name(other, latest=not latest) for other in fate.into)
        own = name(fate.segment, latest=latest)
        rows.append((fate.side, own, fate.n_accounts, fate.kind, overlaps, fate.overlap))
    return SEGMENT_FATES.from_rows(rows)
