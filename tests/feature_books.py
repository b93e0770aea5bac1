"""Small books of all tables for the tests of features: strategies, and frames of every engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
from hypothesis import strategies as st

from clustering.config import AccountsConfig
from clustering.tables.coverage import Coverage, find_coverage

Row = Mapping[str, Any]
Rows = dict[str, list[Row]]

AS_OF = date(2024, 3, 1)
ACCOUNTS = ("0007", "A-1", "b 2", "ü3")

#: Columns of every table, as the contract has them, in polars types.
SCHEMAS: dict[str, dict[str, Any]] = {
    "accounts": {
        "account_id": pl.String,
        "started_on": pl.Date,
        "employees": pl.Int64,
        "ended_on": pl.Date,
    },
    "subscriptions": {
        "account_id": pl.String,
        "started_on": pl.Date,
        "ended_on": pl.Date,
        "arr": pl.Float64,
        "seats": pl.Int64,
    },
    "usage": {
        "account_id": pl.String,
        "used_on": pl.Date,
        "feature": pl.String,
        "events": pl.Int64,
        "active_users": pl.Int64,
    },
    "milestones": {
        "account_id": pl.String,
        "milestone": pl.String,
        "projected_on": pl.Date,
        "achieved_on": pl.Date,
        "recorded_on": pl.Date,
        "achieved_recorded_on": pl.Date,
    },
    "outcomes": {
        "account_id": pl.String,
        "outcome": pl.String,
        "measured_on": pl.Date,
        "value": pl.Float64,
        "target": pl.Float64,
        "higher_is_better": pl.Boolean,
        "recorded_on": pl.Date,
    },
    "opportunities": {
        "account_id": pl.String,
        "opened_on": pl.Date,
        "kind": pl.String,
        "amount": pl.Float64,
        "closed_on": pl.Date,
        "stage": pl.String,
    },
    "engagements": {
        "account_id": pl.String,
        "held_on": pl.Date,
        "kind": pl.String,
        "hours": pl.Float64,
    },
    "tickets": {
        "account_id": pl.String,
        "opened_on": pl.Date,
        "closed_on": pl.Date,
        "severity": pl.String,
        "score": pl.Float64,
    },
    "surveys": {
        "account_id": pl.String,
        "answered_on": pl.Date,
        "kind": pl.String,
        "score": pl.Float64,
    },
}

#: Keys that the contract wants to be unique, beside that of accounts.
KEYS = {
    "accounts": ("account_id",),
    "milestones": ("account_id", "milestone"),
    "outcomes": ("account_id", "outcome", "measured_on"),
}


@dataclass(frozen=True)
class Frames:
    """What the features need of `tables.SourceTables`."""

    frames: Mapping[str, nw.LazyFrame[Any]]
    absent: tuple[str, ...] = ()
    account_rules: AccountsConfig = field(default_factory=AccountsConfig)
    complete_to: date | None = None

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        return find_coverage(self.frames, self.complete_to)


def day(offset: int) -> date:
    """The date so many days after `AS_OF`."""
    return AS_OF + timedelta(days=offset)


def _polars(table: str, rows: Sequence[Row]) -> pl.DataFrame:
    given = {name for row in rows for name in row}
    schema = {n: t for n, t in SCHEMAS[table].items() if not rows or n in given}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def polars_frames(rows: Mapping[str, Sequence[Row]]) -> Frames:
    return Frames({t: nw.from_native(_polars(t, r).lazy()) for t, r in rows.items()})


def pandas_frames(rows: Mapping[str, Sequence[Row]]) -> Frames:
    """pandas as it usually comes: no plain dates, whole numbers with gaps as floats."""
    return Frames({t: nw.from_native(_polars(t, r).to_pandas()).lazy() for t, r in rows.items()})


def duckdb_frames(rows: Mapping[str, Sequence[Row]], threads: int = 2) -> Frames:
    connection = duckdb.connect(config={"threads": threads})
    frames = {}
    for table, table_rows in rows.items():
        connection.register("incoming", _polars(table, table_rows).to_arrow())
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM incoming")
        frames[table] = nw.from_native(connection.table(table))
    return Frames(frames)


def from_pandas(tables: Mapping[str, pd.DataFrame]) -> Frames:
    """Whole books of the simulator, in polars."""
    return Frames({t: nw.from_native(pl.from_pandas(f).lazy()) for t, f in tables.items()})


def _unique(rows: list[Row], table: str) -> list[Row]:
    if table not in KEYS:
        return rows
    return list({tuple(row[name] for name in KEYS[table]): row for row in rows}.values())


def _dates(first: int, last: int) -> st.SearchStrategy[date]:
    return st.integers(first, last).map(day)


def _rows(table: str, most: int, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Row]]:
    row = st.fixed_dictionaries({"account_id": st.sampled_from(ACCOUNTS), **columns})
    return st.lists(row, max_size=most).map(lambda rows: _unique(rows, table))


def _in_order(row: Row, first: str, then: str) -> Row:
    """A row whose second date does not lie before its first."""
    if row[first] is not None and row[then] is not None and row[then] < row[first]:
        return {**row, first: row[then], then: row[first]}
    return row


_AROUND = _dates(-500, 60)
_MAYBE = st.none() | _AROUND
_AMOUNT = st.integers(0, 10**7).map(lambda cents: cents / 100)
_LINE = st.integers(-(10**6), 10**7).map(lambda cents: cents / 100)
_SMALL = st.integers(-60, 60).map(float)


@st.composite
def books(draw: st.DrawFn) -> Rows:
    """All tables of a few accounts around `AS_OF`, one of which is active on it."""
    first = {"account_id": ACCOUNTS[0], "started_on": day(-draw(st.integers(0, 900)))}
    others = draw(
        _rows(
            "accounts",
            4,
            started_on=_AROUND,
            employees=st.none() | st.integers(0, 500),
            ended_on=_MAYBE,
        )
    )
    accounts = [_in_order(row, "started_on", "ended_on") for row in others]
    accounts = [row for row in accounts if row["account_id"] != ACCOUNTS[0]]
    accounts.append({**first, "employees": draw(st.none() | st.integers(1, 99)), "ended_on": None})
    return {
        "accounts": accounts,
        "subscriptions": draw(
            _rows(
                "subscriptions",
                6,
                started_on=_AROUND,
                ended_on=st.none() | _dates(-100, 400),
                arr=_LINE,
                seats=st.none() | st.integers(-10, 90),
            )
        ),
        "usage": draw(
            _rows(
                "usage",
                14,
                used_on=_dates(-120, 30),
                feature=st.sampled_from("pqrs"),
                events=st.integers(0, 50),
                active_users=st.none() | st.integers(0, 20),
            )
        ),
        "milestones": [
            _in_order(row, "achieved_on", "achieved_recorded_on")
            for row in draw(
                _rows(
                    "milestones",
                    10,
                    milestone=st.sampled_from("uvwxyz"),
                    projected_on=_MAYBE,
                    achieved_on=_MAYBE,
                    recorded_on=_MAYBE,
                    achieved_recorded_on=_MAYBE,
                )
            )
        ],
        "outcomes": draw(
            _rows(
                "outcomes",
                10,
                outcome=st.sampled_from("mn"),
                measured_on=_AROUND,
                value=_SMALL,
                target=_SMALL,
                higher_is_better=st.none() | st.booleans(),
                recorded_on=_MAYBE,
            )
        ),
        "opportunities": draw(
            _rows(
                "opportunities",
                5,
                opened_on=_AROUND,
                kind=st.sampled_from(["expansion", "renewal", "New_Use_Case"]),
                amount=_AMOUNT,
                closed_on=_MAYBE,
                stage=st.none() | st.sampled_from(["open", "won"]),
            )
        ),
        "engagements": draw(
            _rows(
                "engagements",
                8,
                held_on=_dates(-120, 30),
                kind=st.just("meeting"),
                hours=st.integers(0, 40).map(lambda quarters: quarters / 4),
            )
        ),
        "tickets": draw(
            _rows(
                "tickets",
                8,
                opened_on=_dates(-200, 30),
                closed_on=st.none() | _dates(-120, 40),
                severity=st.none() | st.sampled_from(["low", "High", "critical", "P3", "1", "tbd"]),
                score=st.none() | st.integers(0, 50).map(lambda tenths: tenths / 10),
            )
        ),
        "surveys": draw(
            _rows(
                "surveys",
                8,
                answered_on=_AROUND,
                kind=st.sampled_from(["nps", "CSAT", "ces"]),
                score=st.integers(0, 10).map(float),
            )
        ),
    }
