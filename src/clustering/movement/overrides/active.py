"""Decisions of people about single accounts: who, why and until when.

A decision holds from its `decided_on` to its `valid_until`, both included. While it holds the
account's assigned segment is the decided one; the model's own answer stays visible beside it. It
never enters the fit or the evidence, and it ends by itself.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.config import StudyConfig
from clustering.errors import BadInputError, breaches_message
from clustering.movement.overrides.file import COLUMNS, overrides_file, read_overrides, typed
from clustering.schema import TableSpec, column
from clustering.scorer.segment_ids import SegmentNames
from clustering.tables import SourceTables

#: The segment by which an account is served: the override, or else what the model says.
ASSIGNED = "assigned_segment"

OVERRIDES = TableSpec(
    "overrides",
    "Decisions of people, those that have expired among them. Never tracked, never in the "
    "scorer, never in the fit.",
    (
        column("account_id", "text", "Account."),
        column("segment", "text", "The segment that was decided."),
        column("decided_by", "text", "Who."),
        column("reason", "text", "Why."),
        column("decided_on", "text", "When."),
        column("valid_until", "text", "Last day on which it holds."),
        column("status", "text", "On the as-of date: in force, expired or not yet."),
        column("model_segment", "text", "The model's own answer.", nullable=True),
    ),
    optional=True,
)

#: More accounts of one breach than this are counted, not named.
_NAMED = 3


@dataclass(frozen=True, eq=False)
class Overrides:
    """Every decision that was handed in, checked.

    Attributes
    ----------
    frame : one row a decision, with the columns of the contract; `decided_on` and `valid_until`
        as datetime64
    notes : what a reader must know of them
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = field(default=())

    def in_force(self, as_of: date) -> pd.DataFrame:
        """The decisions that hold on a date, by account; there is at most one an account.

        Examples
        --------
        >>> frame = pd.DataFrame({"account_id": ["a"], "segment": ["x"], "decided_by": ["me"],
        ...     "reason": ["why"], "decided_on": pd.to_datetime(["2025-01-01"]),
        ...     "valid_until": pd.to_datetime(["2025-06-30"])})
        >>> len(Overrides(frame).in_force(date(2025, 6, 30)))
        1
        >>> len(Overrides(frame).in_force(date(2025, 7, 1)))
        0
        """
        return self.frame[status(self.frame, as_of) == "in force"].set_index(ACCOUNT_ID)


def in_todays_words(frame: pd.DataFrame, called: SegmentNames) -> pd.DataFrame:
    """Decisions with the name of today of their segment, where it is one of today's.

    Parameters
    ----------
    frame : decisions that name segments by id, by name or by a name of an earlier study
    called : of the model that is used
    """
    names = {wanted: called.name_of(wanted) or wanted for wanted in frame["segment"].unique()}
    return frame.assign(segment=frame["segment"].map(names).astype("str"))


def no_overrides() -> Overrides:
    """Nobody has decided anything."""
    return Overrides(typed(pd.DataFrame()))


def study_overrides(config: StudyConfig, tables: SourceTables) -> Overrides:
    """The decisions of a study: the table `overrides` of its source, and the file of the command.

    Raises
    ------
    BadInputError
        A row is incomplete, its dates are out of order, two decisions on one account overlap, or
        an account is not in `accounts`; every breach at once.
    """
    parts = []
    if "overrides" in tables.frames:
        table = tables.frames["overrides"].select(*COLUMNS).collect("pandas").to_native()
        parts.append(typed(table))
    file = overrides_file(config)
    if file is not None and file.exists() and not _is_in_tables(config, tables):
        parts.append(read_overrides(file, config.source))
    if not parts:
        return no_overrides()
    frame = pd.concat(parts, ignore_index=True).drop_duplicates(ignore_index=True)
    accounts = tables.frames["accounts"].select(ACCOUNT_ID).collect("pandas").to_native()
    known = set(accounts[ACCOUNT_ID].astype("str"))
    check_overrides(frame, accounts=known)
    return Overrides(frame)


def _is_in_tables(config: StudyConfig, tables: SourceTables) -> bool:
    """Whether the file is the table itself, as in a folder of files with the contract's names."""
    own = config.source.mapping is None and config.movement.overrides is None
    return own and "overrides" in tables.frames


def check_overrides(
    frame: pd.DataFrame,
    *,
    accounts: Collection[str] | None = None,
    segments: SegmentNames | None = None,
    subject: str = "the overrides cannot be used",
) -> None:
    """Refuse decisions that contradict each other or speak of what does not exist.

    Parameters
    ----------
    frame : as in `Overrides.frame`
    accounts : those that there are; None: not checked
    segments : those of today, which the decisions name as today (`in_todays_words`); None: not
        checked

    Raises
    ------
    BadInputError
        With every breach at once.
    """
    breaches = override_breaches(frame, accounts=accounts, segments=segments)
    if breaches:
        raise BadInputError(breaches_message(subject, breaches))


def override_breaches(
    frame: pd.DataFrame,
    *,
    accounts: Collection[str] | None = None,
    segments: SegmentNames | None = None,
) -> list[str]:
    """What `check_overrides` would refuse, in words."""
    breaches = []
    backwards = frame[frame["decided_on"] > frame["valid_until"]]
    for row in backwards.itertuples():
        breaches.append(
            f"account {row.account_id}: decided on {_day(row.decided_on)} but valid until "
            f"{_day(row.valid_until)}, which is earlier. Correct one of the dates."
        )
    breaches += _overlaps(frame)
    if accounts is not None:
        unknown = list(dict.fromkeys(a for a in frame[ACCOUNT_ID] if a not in accounts))
        if unknown:
            breaches.append(
                f"{_named(unknown)}: no such account among the {len(accounts):,} accounts. "
                "Correct the id, or clear the override."
            )
    if segments is not None:
        for name, rows in frame[~frame["segment"].isin(segments.names)].groupby("segment"):
            breaches.append(
                f"{_named(list(rows[ACCOUNT_ID]))}: {segments.unknown(str(name))} Set the override "
                "again with one of them, or clear it."
            )
    return breaches


def _overlaps(frame: pd.DataFrame) -> list[str]:
    ordered = frame.sort_values([ACCOUNT_ID, "decided_on", "valid_until"], kind="stable")
    # Against the latest end so far, not the previous row's: one decision may lie within another.
    ends = ordered.groupby(ACCOUNT_ID)["valid_until"].cummax()
    same = ordered[ACCOUNT_ID].eq(ordered[ACCOUNT_ID].shift())
    overlapping = same & (ordered["decided_on"] <= ends.shift())
    return [
        f"account {row.account_id}: the decision of {_day(row.decided_on)} ('{row.segment}') "
        f"begins while an earlier one holds (until {_day(end)}). Clear one of them."
        for row, end in zip(
            ordered[overlapping].itertuples(), ends.shift()[overlapping], strict=True
        )
    ]


def _named(accounts: list[str]) -> str:
    more = f" and {len(accounts) - _NAMED} more" if len(accounts) > _NAMED else ""
    word = "account" if len(accounts) == 1 else "accounts"
    return f"{word} {', '.join(accounts[:_NAMED])}{more}"


def _day(value: object) -> str:
    return str(pd.Timestamp(str(value)).date())


def status(frame: pd.DataFrame, as_of: date) -> "pd.Series[str]":
    """Of every decision on a date: ``in force``, ``expired`` or ``not yet``."""
    day = pd.Timestamp(as_of)
    words = np.select(
        [frame["valid_until"] < day, frame["decided_on"] > day], ["expired", "not yet"], "in force"
    )
    return pd.Series(words, index=frame.index, dtype="str")


def override_table(overrides: Overrides, model: "pd.Series[str]", as_of: date) -> pd.DataFrame:
    """Every decision beside the model's answer, by account; the columns of `OVERRIDES`."""
    frame = overrides.frame
    table = frame.assign(
        decided_on=frame["decided_on"].dt.strftime("%Y-%m-%d"),
        valid_until=frame["valid_until"].dt.strftime("%Y-%m-%d"),
        status=status(frame, as_of),
        model_segment=model.reindex(frame[ACCOUNT_ID]).to_numpy(),
    ).astype("str")
    return table.sort_values([ACCOUNT_ID, "decided_on"], ignore_index=True)


def assigned(model: "pd.Series[str]", in_force: pd.DataFrame) -> pd.DataFrame:
    """The segment by which every account is served, and whose decision it is.

    Parameters
    ----------
    model : name of the segment that the model gives, by account; null without one
    in_force : `Overrides.in_force`; decisions on other accounts are passed over

    Returns
    -------
    DataFrame
        Indexed like `model`: ``assigned_segment``, ``override_by``, ``override_reason`` and
        ``override_until`` (null where nobody decided).

    Examples
    --------
    >>> model = pd.Series(["x", "x"], index=["a", "b"])
    >>> decision = pd.DataFrame({"segment": ["y"], "decided_by": ["Kim"], "reason": ["pilot"],
    ...     "valid_until": pd.to_datetime(["2025-12-31"])}, index=["b"])
    >>> assigned(model, decision)["assigned_segment"].tolist()
    ['x', 'y']
    """
    decided = in_force.reindex(model.index)
    return pd.DataFrame(
        {
            ASSIGNED: decided["segment"].astype("str").fillna(model).astype("str"),
            "override_by": decided["decided_by"].astype("str"),
            "override_reason": decided["reason"].astype("str"),
            "override_until": decided["valid_until"].dt.strftime("%Y-%m-%d").astype("str"),
        },
        index=model.index,
    )
