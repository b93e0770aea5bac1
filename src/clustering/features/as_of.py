"""The as-of filter: what was known on a date. Every feature starts from these frames.

A row counts when it had happened by `as_of` and, where the table says when a row was recorded,
had been recorded by then. What became known later about a row that counts (a contract ended, a
ticket closed, a milestone reached) is emptied, together with the columns that became known with
it. No feature filters by `as_of` itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import narwhals as nw

from clustering.config import AccountsConfig
from clustering.features.engines import column_names, typed, with_date
from clustering.tables.coverage import Coverage


class Tables(Protocol):
    """What this room needs of `tables.SourceTables`."""

    @property
    def frames(self) -> Mapping[str, nw.LazyFrame[Any]]:
        """One lazy frame per table that exists, with the contract's names and types."""

    @property
    def absent(self) -> tuple[str, ...]:
        """The tables of the contract that do not exist."""

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        """How far the tables of events, and the contracts, tell what happened."""

    @property
    def account_rules(self) -> AccountsConfig:
        """Who is a customer on a date."""


@dataclass(frozen=True)
class AsOfRule:
    """How the rows of one table become known.

    Attributes
    ----------
    happened : the date that a row is of; rows after `as_of` are invisible
    recorded : when the row was entered; rows after `as_of` are invisible, an empty date means
        that it was entered when it happened
    later : for each date that is filled in later, the columns known only from that date on; they
        are emptied while it is empty or after `as_of`, and dropped where the table lacks the
        date, since then nothing tells when they became known
    open_ended : an end that no row has where the table lacks the column
    """

    happened: str | None
    recorded: str | None = None
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_ended: str | None = None


#: A contract's end and its renewal are the same column: a date ahead may be a plan, or an early
#: termination that nobody knew of. It is not known, so no end ahead of `as_of` is visible.
AS_OF_RULES: dict[str, AsOfRule] = {
    "accounts": AsOfRule("started_on", later={"ended_on": ()}, open_ended="ended_on"),
    "subscriptions": AsOfRule("started_on", later={"ended_on": ()}, open_ended="ended_on"),
    "usage": AsOfRule("used_on"),
    # A milestone stands in the plan before it is reached: see `_reached_by_then`.
    "milestones": AsOfRule(None, recorded="recorded_on", later={"achieved_on": ()}),
    "outcomes": AsOfRule("measured_on", recorded="recorded_on"),
    "opportunities": AsOfRule("opened_on", later={"closed_on": ("stage",)}),
    "engagements": AsOfRule("held_on"),
    "tickets": AsOfRule("opened_on", later={"closed_on": ("score",)}),
    "surveys": AsOfRule("answered_on"),
    "overrides": AsOfRule("decided_on"),
}


def visible_frames(tables: Tables, as_of: date) -> dict[str, nw.LazyFrame[Any]]:
    """Every table of `tables` as it was known on `as_of`."""
    return {
        name: visible_frame(name, frame, as_of)
        for name, frame in tables.frames.items()
        if name in AS_OF_RULES
    }


def visible_frame(table: str, frame: nw.LazyFrame[Any], as_of: date) -> nw.LazyFrame[Any]:
    """One table as it was known on `as_of`.

    Examples
    --------
    >>> import pandas as pd
    >>> tickets = nw.from_native(pd.DataFrame({
    ...     "account_id": ["a", "a"],
    ...     "opened_on": pd.to_datetime(["2024-02-01", "2024-03-02"]),
    ...     "closed_on": pd.to_datetime(["2024-03-05", "2024-03-06"]),
    ... })).lazy()
    >>> known = visible_frame("tickets", tickets, date(2024, 3, 1)).collect("pandas").to_native()
    >>> len(known), known["closed_on"].isna().all().item()
    (1, True)
    """
    rule = AS_OF_RULES[table]
    frame = typed(frame)
    today = nw.lit(as_of)
    if rule.happened is not None:
        frame = frame.filter(nw.col(rule.happened) <= today)
    names = column_names(frame)
    if rule.recorded is not None and rule.recorded in names:
        recorded = nw.col(rule.recorded)
        frame = frame.filter(recorded.is_null() | (recorded <= today))
    if table == "milestones":
        frame = _reached_by_then(frame, as_of)
    if rule.open_ended is not None:
        frame = with_date(frame, rule.open_ended)
    for filled_in_later, known_with_it in rule.later.items():
        frame = _empty_what_came_later(frame, filled_in_later, known_with_it, as_of)
    return frame


def _reached_by_then(frame: nw.LazyFrame[Any], as_of: date) -> nw.LazyFrame[Any]:
    """Forget that a milestone was reached where that was entered later, and keep its plan.

    A milestone due in January, reached in May, is overdue in a March snapshot: dropping its row
    would hide exactly the overdue milestones that were reached in the end.
    """
    if not {"achieved_on", "achieved_recorded_on"} <= set(column_names(frame)):
        return frame
    entered = nw.col("achieved_recorded_on")
    in_time = entered.is_null() | (entered <= nw.lit(as_of))
    return frame.with_columns(achieved_on=nw.when(in_time).then(nw.col("achieved_on")))


def _empty_what_came_later(
    frame: nw.LazyFrame[Any], filled_in_later: str, known_with_it: tuple[str, ...], as_of: date
) -> nw.LazyFrame[Any]:
    names = column_names(frame)
    dependent = [name for name in known_with_it if name in names]
    if filled_in_later not in names:
        return frame.drop(*dependent) if dependent else frame
    known = nw.col(filled_in_later) <= nw.lit(as_of)
    return frame.with_columns(
        **{name: nw.when(known).then(nw.col(name)) for name in (filled_in_later, *dependent)}
    )
