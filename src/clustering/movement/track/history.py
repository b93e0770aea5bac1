"""The segment of every account at every snapshot date, by one frozen model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats, Ints
from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError
from clustering.features import Snapshot
from clustering.movement.past import Past, unreached
from clustering.movement.track.hysteresis import ABSENT, UNKNOWN
from clustering.schema import TableSpec, column
from clustering.scorer import Scorer
from clustering.tables.checks import as_of_findings
from clustering.wording import percent_in_words, share_in_words

MOVEMENT = TableSpec(
    "movement",
    "The segment of every account at every snapshot date, by the study's own model: one row an "
    "account and date. Accounts that come and go are there at every date.",
    (
        column("account_id", "text", "Key."),
        column("snapshot", "text", "Date of the snapshot."),
        column("state", "text", "active, not yet, left, or no segment (too little is known)."),
        column("segment_name", "text", "Segment; missing where there is none.", nullable=True),
        column("probability", "number", "Of the segment.", nullable=True),
        column("margin", "number", "Probability less that of the runner-up.", nullable=True),
        column("held_segment", "text", "Segment under hysteresis.", nullable=True),
        column("waiting", "boolean", "The evidence is for another segment and has not lasted yet."),
    ),
    optional=True,
)


@dataclass(frozen=True, eq=False)
class Snapshots:
    """The snapshots of the window that the tables allow, oldest first.

    Attributes
    ----------
    taken : one snapshot per date; the last one is the study's own
    out_of_reach : for the dates that were wanted and could not be had, why not
    """

    taken: tuple[Snapshot, ...]
    out_of_reach: Mapping[date, str]


@dataclass(frozen=True, eq=False)
class History:
    """Every account at every snapshot date.

    Accounts that start or end within the window are there all the same, marked `ABSENT` at the
    dates on which they were not active: nobody is dropped.

    Attributes
    ----------
    dates : of the snapshots, oldest first
    accounts : every account that was active on one of the dates, sorted
    labels : int64 array (n_accounts, n_dates); segment, `UNKNOWN` or `ABSENT`
    probability, margin : float64 arrays of the same shape; NaN without a segment
    names : of the segments, by number
    """

    dates: tuple[date, ...]
    accounts: pd.Index
    labels: Ints
    probability: Floats
    margin: Floats
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        for array in (self.labels, self.probability, self.margin):
            array.setflags(write=False)

    @property
    def followed(self) -> Flags:
        """Accounts with a segment at every date, (n_accounts,): those that moves are told of."""
        return np.asarray((self.labels >= 0).all(axis=1))


def snapshot_dates(as_of: date, n_snapshots: int, step_days: int) -> tuple[date, ...]:
    """Dates of the window, oldest first, `as_of` the last.

    Examples
    --------
    >>> [day.isoformat() for day in snapshot_dates(date(2025, 6, 30), 3, 91)]
    ['2024-12-30', '2025-03-31', '2025-06-30']
    """
    return tuple(
        as_of - timedelta(days=step_days * steps) for steps in range(n_snapshots - 1, -1, -1)
    )


def earlier_snapshots(past: Past, dates: Sequence[date], needed: Sequence[str]) -> Snapshots:
    """The snapshots before the study's own, as far back as the tables reach.

    A date is out of reach where an early snapshot would differ from a late one for reasons of the
    extract, not of the accounts: a table that begins inside the look-back window, a feature of the
    model that is hardly known yet. Then all dates before it are out of reach too.

    Parameters
    ----------
    past : the accounts of the study on any date
    dates : oldest first, that of the study the last
    needed : features of the model; each may be missing for `matrix.max_missing_share` of the
        accounts
    """
    taken, out_of_reach = [past.latest], {}
    reason = ""
    for day in sorted(dates, reverse=True)[1:]:
        reason = reason or _short_tables(past, day, needed)
        if not reason:
            try:
                snapshot = past.snapshot(day)
            except BadInputError as error:
                reason = str(error)
            else:
                reason = _little_known(snapshot, needed, past.config.matrix.max_missing_share)
        if reason:
            out_of_reach[day] = reason
        else:
            taken.insert(0, snapshot)
    return Snapshots(tuple(taken), out_of_reach)


def _short_tables(past: Past, day: date, needed: Sequence[str]) -> str:
    tables = past.tables
    outside = as_of_findings(day, tables.date_ranges, tables.coverage).breaches
    if outside:
        return outside[0]
    features = [feature for feature in past.latest.features if feature.name in needed]
    short = unreached(tables.date_ranges, features, day, past.config.features.window_days)
    for one in short:
        if one.table != "accounts":
            return (
                f"'{one.table}' begins on {one.begins}; a snapshot of {day} would need its rows "
                f"from {one.needed_from} on"
            )
    return ""


def _little_known(snapshot: Snapshot, needed: Sequence[str], max_missing_share: float) -> str:
    absent = [name for name in needed if name not in snapshot.frame]
    if absent:
        return f"{', '.join(absent)} cannot be computed on {snapshot.as_of}"
    missing = snapshot.frame[list(needed)].isna().mean()
    worst = str(missing.idxmax())
    if missing[worst] > max_missing_share:
        return (
            f"'{worst}' is missing for {share_in_words(missing[worst])} of the "
            f"{len(snapshot.frame):,} "
            f"accounts on {snapshot.as_of}; "
            f"matrix.max_missing_share allows {percent_in_words(max_missing_share)}"
        )
    return ""


def follow(
    snapshots: Sequence[Snapshot], scorer: Scorer, today: pd.DataFrame | None = None
) -> History:
    """Score every snapshot with one scorer.

    Parameters
    ----------
    snapshots : oldest first
    scorer : frozen: one standardisation and one set of segments for all dates, so that a label
        changes only when the account does
    today : the study's own scores at the last date: there every account has one segment, in the
        history as on every page. Earlier dates are what a nightly run would have said: no segment
        for accounts that are too young (None: the last date too)
    """
    accounts = snapshots[0].frame.index
    for snapshot in snapshots[1:]:
        accounts = accounts.union(snapshot.frame.index)
    accounts = accounts.sort_values().rename(ACCOUNT_ID)
    shape = (len(accounts), len(snapshots))
    labels = np.full(shape, ABSENT, np.int64)
    probability, margin = np.full(shape, np.nan), np.full(shape, np.nan)
    for t, snapshot in enumerate(snapshots):
        if today is not None and t == len(snapshots) - 1:
            scores = today
        else:
            scores = scorer.score_features(snapshot.frame, snapshot.as_of)
        rows = accounts.get_indexer(scores.index)
        labels[rows, t] = scores["segment"].to_numpy(dtype=np.int64, na_value=UNKNOWN)
        probability[rows, t] = scores["probability"]
        margin[rows, t] = scores["margin"]
    return History(
        dates=tuple(snapshot.as_of for snapshot in snapshots),
        accounts=accounts,
        labels=labels,
        probability=probability,
        margin=margin,
        names=scorer.segment_names,
    )


def history_table(history: History, held: Ints) -> pd.DataFrame:
    """Every account at every date, with the columns of `MOVEMENT`; `held` as in `held_segments`."""
    n_accounts, n_dates = history.labels.shape
    labels, under_rule = history.labels.ravel(), held.ravel()
    names = np.array([*history.names, None], dtype=object)  # -1 and -2 take the last
    there = labels != ABSENT
    before = ~np.logical_or.accumulate(history.labels != ABSENT, axis=1).ravel()
    state = np.select(
        [labels >= 0, there, before], ["active", "no segment", "not yet"], default="left"
    )
    table = {
        ACCOUNT_ID: np.repeat(history.accounts.to_numpy(dtype=object), n_dates),
        "snapshot": np.tile([day.isoformat() for day in history.dates], n_accounts),
        "state": state,
        "segment_name": names[np.maximum(labels, -1)],
        "probability": history.probability.ravel(),
        "margin": history.margin.ravel(),
        "held_segment": names[np.maximum(under_rule, -1)],
        "waiting": (labels >= 0) & (under_rule >= 0) & (labels != under_rule),
    }
    return MOVEMENT.from_rows(table)
