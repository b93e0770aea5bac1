"""The configuration of a drafted study: what the files tell of dates, ends and currencies."""

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from clustering.tables.contract import TABLES_BY_NAME
from clustering.tables.contracts_check import next_terms
from clustering.tables.init.guessing import TableGuess, currency_of
from clustering.tables.init.sampling import Surroundings
from clustering.tables.session import Session, quoted_name, quoted_text

#: Tables with amounts: what their ends and currencies are is asked as well as their dates.
_LOOKED_AT_AGAIN = ("subscriptions", "opportunities")


@dataclass(frozen=True)
class Looked:
    """What a drafted table tells of dates and currencies.

    Attributes
    ----------
    rows : SQL of its rows, with account_id and the columns in `dates` as dates
    dates : the columns of the contract that are read as dates
    currencies : as they stand in its rows
    """

    table: str
    rows: str
    dates: frozenset[str]
    currencies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where the study lies and what it reads.

    Attributes
    ----------
    as_of : the date of the study, where the user said it
    time_zone : whose days count, where the source has moments
    """

    name: str
    folder: Path
    surroundings: Surroundings
    as_of: date | None = None
    time_zone: str | None = None


def draft_toml(session: Session, place: Place, looked: Sequence[Looked]) -> str:
    """Write the TOML of a study; its date is never guessed."""
    name, surroundings = place.name, place.surroundings
    ranges = {one.table: _date_range(session, one) for one in looked}
    seen = [
        f"#   {table}: {dates[0]} to {dates[1]}" for table, dates in ranges.items() if dates
    ] or ["#   (no dates were recognised)"]
    source = [f"folder = {_relative(surroundings.folder, place.folder)}"]
    if surroundings.database is not None:
        file = _relative(surroundings.database, place.folder).strip('"')
        source = [f'database = "sqlite:{file}"', *source]
    lines = [
        "# Drafted by `clustering init`. Every key: docs/configuration.md. Then run",
        f"#   clustering check {name}.toml",
        f'name = "{name}"',
        "",
        "# REQUIRED: the date that the study pretends it is. Everything known later is invisible,",
        "# and what happened in the horizon_days after it is compared with the segments, so choose",
        "# a date with about so many days of data after it. Dates seen:",
        *seen,
        "# as_of = YYYY-MM-DD" if place.as_of is None else f"as_of = {place.as_of}",
        "horizon_days = 365",
        "",
        *_currency_lines(looked),
        "",
        "[source]",
        *source,
        'mapping = "mapping"',
        *_zone_lines(place),
        *(line for one in looked for line in _ends(session, one)),
    ]
    return "\n".join(lines) + "\n"


def _zone_lines(place: Place) -> list[str]:
    if place.time_zone is None:
        return []
    return [
        "# ASSUMED: a day is one of this place. Most exports give moments in UTC; name the place",
        "# whose days your people mean, as in 'Europe/London'.",
        f"time_zone = {json.dumps(place.time_zone)}",
    ]


def guessed(guess: TableGuess) -> Looked:
    """What a guessed table tells; a date that can be read in two ways tells nothing."""
    found = {column.column.name: column.sample.name for column in guess.columns}
    days = [column.column.name for column in guess.columns if column.column.kind == "date"]
    dates = {name: sql for name in days if (sql := _date_of(guess, name)) is not None}
    account = quoted_name(found["account_id"]) if "account_id" in found else "NULL"
    chosen = ", ".join([f"{account} AS account_id", *(f"{s} AS {n}" for n, s in dates.items())])
    currency = currency_of(guess)
    return Looked(
        guess.table.name,
        f"(SELECT {chosen} FROM ({guess.source.sql}))",
        frozenset(dates),
        () if currency is None else currency.examples,
    )


def mapped(session: Session, table: str, sql: str, columns: Collection[str]) -> Looked:
    """What the rows of a finished mapping tell.

    Parameters
    ----------
    sql : of the mapping, for this session
    columns : of the contract's, those that it gives
    """
    kinds = {column.name: column.kind for column in TABLES_BY_NAME[table].columns}
    dates = sorted(name for name in columns if kinds[name] == "date")
    day = "TRY_CAST(left(CAST({0} AS VARCHAR), 10) AS DATE) AS {0}"
    chosen = ["account_id", *map(day.format, dates), *({"currency"} & {*columns})]
    rows = f"(SELECT {', '.join(chosen)} FROM ({sql}))"
    currencies: tuple[str, ...] = ()
    if table not in _LOOKED_AT_AGAIN:
        return Looked(table, rows, frozenset(dates))
    try:
        # Looked at several times: computed once.
        session.execute(f"CREATE TABLE {session.own(f'looked {table}')} AS FROM {rows}")
        rows = session.own(f"looked {table}")
        if "currency" in columns:
            found = session.execute(
                f"SELECT DISTINCT currency FROM {rows} WHERE currency IS NOT NULL ORDER BY 1"
            ).fetchall()
            currencies = tuple(str(code) for (code,) in found)
    except duckdb.Error:
        return Looked(table, rows, frozenset())  # a bad value; the check will say which
    return Looked(table, rows, frozenset(dates), currencies)


def _currency_lines(looked: Sequence[Looked]) -> list[str]:
    currencies = sorted({code for one in looked for code in one.currencies})
    if len(currencies) == 1:
        return ["# The one currency of all amounts.", f"currency = {json.dumps(currencies[0])}"]
    if not currencies:
        return ["# The one currency of all amounts.", 'currency = "USD"']
    return [
        f"# The one currency of all amounts. Your files have {', '.join(currencies)}: convert the",
        "# amounts in the mappings, then name the currency here.",
        '# currency = "..."',
    ]


def _relative(path: Path, folder: Path) -> str:
    relative = Path(os.path.relpath(path, folder.resolve())).as_posix()
    return json.dumps(relative, ensure_ascii=False)


def _date_range(session: Session, looked: Looked) -> tuple[date, date] | None:
    dated = TABLES_BY_NAME[looked.table].dated_by
    if dated not in looked.dates:
        return None
    try:
        first, last = session.row(f"SELECT min({dated}), max({dated}) FROM {looked.rows}")
    except duckdb.Error:
        return None  # a damaged row beyond the sample; the check will say which
    return None if first is None else (first, last)


def _ends(session: Session, looked: Looked) -> list[str]:
    """What `ended_on` of the contracts means, by the terms that follow one another."""
    if looked.table != "subscriptions" or not {"started_on", "ended_on"} <= looked.dates:
        return []
    try:
        on_time, late = (next_terms(session, looked.rows, days) for days in (0, 1))
    except duckdb.Error:
        return []  # a damaged row beyond the sample; the check will say which
    if not on_time + late:
        return []
    end_is = "last_day" if late > on_time else "first_day_without"
    return [
        "",
        "[subscriptions]",
        f"# GUESSED: {late} of {on_time + late} next terms begin one day after the end of the one",
        "# before, the others on the day of its end.",
        f'end_is = "{end_is}"',
    ]


def _date_of(guess: TableGuess, column: str) -> str | None:
    """SQL of a date of the contract over the source; None: not found, or read in two ways."""
    dated = [c for c in guess.columns if c.column.name == column]
    if not dated or len(dated[0].sample.date_formats) != 1:
        return None
    text = f"CAST({quoted_name(dated[0].sample.name)} AS VARCHAR)"
    form = dated[0].sample.date_formats[0]
    if form == "iso":
        return f"TRY_CAST(left(trim({text}), 10) AS DATE)"
    return f"CAST(try_strptime(trim({text}), {quoted_text(form)}) AS DATE)"
