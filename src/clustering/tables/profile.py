"""Counting, in one aggregate query a table, everything that can be wrong within a row."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clustering.tables.casting import Cast, Problem, cast_column
from clustering.tables.contract import Table
from clustering.tables.session import Session, quoted_name

__all__ = ["Profile", "column_breaches", "match_columns", "profile", "spaced"]

_EXAMPLES = 3


@dataclass(frozen=True)
class Profile:
    """What one pass over a table found.

    Attributes
    ----------
    n_rows : rows of the table
    breaches : one sentence for each kind of bad value
    notes : what was tidied up
    expressions : SQL of each column of the contract that exists, over the found columns
    cheap : whether those expressions may be evaluated at every read
    """

    n_rows: int
    breaches: tuple[str, ...]
    notes: tuple[str, ...]
    expressions: Mapping[str, str]
    cheap: bool


def spaced(count: int) -> str:
    """Write a count with a thin group mark.

    Examples
    --------
    >>> spaced(9021)
    '9 021'
    """
    return f"{count:,}".replace(",", " ")


def match_columns(table: Table, found: Sequence[str]) -> dict[str, str]:
    """Find the contract's columns among the found ones; case and blanks around do not matter."""
    by_name = {name.strip().lower(): name for name in found}
    return {c.name: by_name[c.name] for c in table.columns if c.name in by_name}


def column_breaches(table: Table, found: Sequence[str]) -> list[str]:
    """Say which columns are missing, and which are not the contract's.

    A column that the contract does not know is a breach, not ignored: it may be a misspelt
    optional one, and the features that need it would go missing in silence.
    """
    matched = match_columns(table, found)
    missing = [c.name for c in table.required_columns if c.name not in matched]
    extra = [name for name in found if name not in matched.values()]
    absent = [c.name for c in table.columns if c.name not in matched]
    meant = {name: _nearest(name, absent) for name in extra}
    breaches = [_missing(name, extra, meant) for name in missing]
    for name in extra:
        near = meant[name]
        if near in missing:
            continue
        hint = f" Did you mean '{near}'?" if near else ""
        breaches.append(
            f"column '{name}' is not in the contract.{hint} Rename or remove it, or leave it out "
            "in a mapping."
        )
    return breaches


def _missing(name: str, extra: Sequence[str], meant: Mapping[str, str | None]) -> str:
    found = [other for other in extra if meant[other] == name]
    if found:
        return f"column '{name}' is missing; found '{found[0]}'. Rename it in the extract."
    listed = ", ".join(f"'{other}'" for other in extra[:8])
    hint = f"; not recognised: {listed}" if listed else ""
    return f"column '{name}' is missing{hint}. Add it to the extract or map it."


def _nearest(name: str, candidates: Sequence[str]) -> str | None:
    near = difflib.get_close_matches(name.strip().lower(), candidates, n=1, cutoff=0.6)
    return near[0] if near else None


def profile(
    session: Session, table: Table, source: str, types: Mapping[str, str], *, spreadsheet: bool
) -> Profile:
    """Cast every column of `source` (an SQL table) and count the rows that cannot be.

    Parameters
    ----------
    types : DuckDB type of each found column
    """
    matched = match_columns(table, list(types))
    casts = {
        name: cast_column(table.column(name), found, types[found], spreadsheet=spreadsheet)
        for name, found in matched.items()
    }
    n_rows, counts = _count(session, source, casts)
    breaches, notes = [], []
    expressions = {}
    for name, cast in casts.items():
        untidy, *at_fault = counts[name]
        for problem, count in zip(cast.problems, at_fault, strict=True):
            if count:
                examples = _examples(session, source, matched, name, problem)
                breaches.append(_sentence(problem, count, n_rows, examples))
        if untidy and table.column(name).kind == "id" and not at_fault[0]:
            notes.append(
                f"{table.name}: '{name}' had blanks around it in {spaced(untidy)} of "
                f"{spaced(n_rows)} rows; they were removed."
            )
        clean = cast.plain is not None and not untidy and not any(at_fault)
        expressions[name] = cast.plain if clean and cast.plain else cast.expression
    cheap = all(cast.cheap for cast in casts.values())
    return Profile(n_rows, tuple(breaches), tuple(notes), expressions, cheap)


def _count(
    session: Session, source: str, casts: Mapping[str, Cast]
) -> tuple[int, dict[str, list[int]]]:
    """Count the rows; and per column the untidy rows, then those of each problem."""
    predicates = [
        where
        for cast in casts.values()
        for where in (cast.untidy, *(problem.where for problem in cast.problems))
    ]
    selected = ", ".join(
        ["count(*)", *(f"count(*) FILTER (WHERE {where})" for where in predicates)]
    )
    n_rows, *values = (int(v) for v in session.row(f"SELECT {selected} FROM {source}"))
    counts = {}
    for name, cast in casts.items():
        width = 1 + len(cast.problems)
        counts[name], values = values[:width], values[width:]
    return n_rows, counts


def _examples(
    session: Session, source: str, matched: Mapping[str, str], name: str, problem: Problem
) -> tuple[list[str], list[str]]:
    """Give the first account ids at fault and a few of the values, in a fixed order."""
    account = quoted_name(matched["account_id"]) if "account_id" in matched else "NULL"
    value = f"CAST({quoted_name(matched[name])} AS VARCHAR)"
    rows = session.execute(
        f"SELECT DISTINCT CAST({account} AS VARCHAR), {value} FROM {source} "
        f"WHERE {problem.where} ORDER BY ALL LIMIT {_EXAMPLES}"
    ).fetchall()
    ids = [str(row[0]) for row in rows if row[0] is not None]
    shown = problem.shows_values and name != "account_id"
    values = [repr(row[1]) for row in rows if row[1] is not None] if shown else []
    return list(dict.fromkeys(ids)), list(dict.fromkeys(values))


def _sentence(
    problem: Problem, count: int, n_rows: int, examples: tuple[list[str], list[str]]
) -> str:
    ids, values = examples
    quoted = f": {', '.join(values)}" if values else ""
    first = f"; first account_id: {', '.join(ids)}" if ids else ""
    return (
        f"{problem.words} in {spaced(count)} of {spaced(n_rows)} rows{quoted}{first}. "
        f"{problem.advice}"
    )
