"""The configuration of a drafted study: what the files tell of dates, ends and currencies."""

import json
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from clustering.tables.contracts_check import next_terms
from clustering.tables.init.guessing import TableGuess, currency_of
from clustering.tables.init.sampling import Surroundings
from clustering.tables.session import Session, quoted_name, quoted_text


def draft_toml(
    session: Session,
    name: str,
    folder: Path,
    surroundings: Surroundings,
    guesses: Sequence[TableGuess],
) -> str:
    """Write the TOML of a study without its date, which is never guessed.

    Parameters
    ----------
    name, folder : of the study
    guesses : what was found for which table
    """
    ranges = {guess.table.name: _date_range(session, guess) for guess in guesses}
    seen = [
        f"#   {table}: {dates[0]} to {dates[1]}" for table, dates in ranges.items() if dates
    ] or ["#   (no dates were recognised)"]
    source = [f"folder = {_relative(surroundings.folder, folder)}"]
    if surroundings.database is not None:
        file = _relative(surroundings.database, folder).strip('"')
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
        "# as_of = YYYY-MM-DD",
        "horizon_days = 365",
        "",
        *_currency_lines(guesses),
        "",
        "[source]",
        *source,
        'mapping = "mapping"',
        *(line for guess in guesses for line in _ends(session, guess)),
    ]
    return "\n".join(lines) + "\n"


def _currency_lines(guesses: Sequence[TableGuess]) -> list[str]:
    found = (currency_of(guess) for guess in guesses)
    currencies = sorted({code for sample in found if sample for code in sample.examples})
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


def _date_range(session: Session, guess: TableGuess) -> tuple[date, date] | None:
    value = _date_of(guess, guess.table.dated_by)
    if value is None:
        return None
    try:
        first, last = session.row(f"SELECT min({value}), max({value}) FROM ({guess.source.sql})")
    except duckdb.Error:
        return None  # a damaged row beyond the sample; the check will say which
    return None if first is None else (first, last)


def _ends(session: Session, guess: TableGuess) -> list[str]:
    """What `ended_on` of the contracts means, by the terms that follow one another."""
    if guess.table.name != "subscriptions":
        return []
    account = [c.sample.name for c in guess.columns if c.column.name == "account_id"]
    started, ended = _date_of(guess, "started_on"), _date_of(guess, "ended_on")
    if not account or started is None or ended is None:
        return []
    periods = (
        f"(SELECT {quoted_name(account[0])} AS account_id, {started} AS started_on, "
        f"{ended} AS ended_on FROM ({guess.source.sql}))"
    )
    try:
        on_time, late = (next_terms(session, periods, days) for days in (0, 1))
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
