"""Counting, in one aggregate query a table, everything that can be wrong within a row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from clustering.errors import near_names
from clustering.tables.declared import Column, Table
from clustering.tables.reading.cast import Cast, Tally
from clustering.tables.reading.casting import cast_column
from clustering.tables.reading.cells import Cells
from clustering.tables.reading.numbers import Marks, decide, mark_counts, plain_counts
from clustering.tables.session import Session, quoted_name

_EXAMPLES = 3
#: Columns that are counted in one query; patterns take memory.
_BLOCK = 24
#: Letters of an example.
_LONGEST = 60


@dataclass(frozen=True)
class Profile:
    """What one pass over a table found.

    Attributes
    ----------
    n_rows : rows of the table
    faults : by column, one sentence for each kind of bad value
    notes : what was tidied up, and what was read in a way that a reader must know of
    expressions : SQL of each column of the contract that exists, over the found columns
    cheap : whether those expressions may be evaluated at every read
    """

    n_rows: int
    faults: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
    expressions: Mapping[str, str]
    cheap: bool

    @property
    def breaches(self) -> tuple[str, ...]:
        """The faults of all columns."""
        return tuple(sentence for column in self.faults.values() for sentence in column)


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
            f"in a mapping.{_as_scheme(table, name)}"
        )
    return breaches


def _as_scheme(table: Table, name: str) -> str:
    """How an account's own column becomes a scheme to compare with, for whoever wanted that."""
    if table.name != "accounts":
        return ""
    return (
        " To compare the accounts by it, name it in the TOML: [[schemes.own]] with "
        f'name = "..." and column = "{name.strip().lower()}".'
    )


def _missing(name: str, extra: Sequence[str], meant: Mapping[str, str | None]) -> str:
    found = [other for other in extra if meant[other] == name]
    if found:
        return f"column '{name}' is missing; found '{found[0]}'. Rename it in the extract."
    listed = ", ".join(f"'{other}'" for other in extra[:8])
    hint = f"; not recognised: {listed}" if listed else ""
    return f"column '{name}' is missing{hint}. Add it to the extract or map it."


def _nearest(name: str, candidates: Sequence[str]) -> str | None:
    near = near_names(name.strip().lower(), candidates)
    return near[0] if near else None


@dataclass(frozen=True)
class Raw:
    """A source in the session, before its columns have the types of the contract.

    Attributes
    ----------
    table : SQL of it
    types : DuckDB type of each of its columns
    matched : the name in it of each column of the contract that is there
    numbered : whether its rows are in the order of the file
    """

    session: Session
    table: str
    types: Mapping[str, str]
    matched: Mapping[str, str]
    numbered: bool = False

    def sql(self, name: str) -> str:
        """SQL of a column of the contract, as it was found."""
        return quoted_name(self.matched[name])

    def is_text(self, name: str) -> bool:
        """Whether a column of the contract was found as text."""
        return self.types[self.matched[name]] == "VARCHAR"

    def each(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[Any]]:
        """Aggregates of every column in `wanted`, a block of columns at a time."""
        found: dict[str, list[Any]] = {}
        for block in blocks(wanted):
            parts = ", ".join(part for name in block for part in wanted[name])
            # Without a row there is nothing to filter, and counts are null.
            values = (v or 0 for v in self.session.row(f"SELECT {parts} FROM {self.table}"))
            found |= {name: list(islice(values, len(wanted[name]))) for name in block}
        return found

    def key(self, found: str) -> tuple[str, str]:
        """SQL of what names a row at fault in the column `found`, and the words before it."""
        account = self.matched.get("account_id")
        if account is not None and not (self.numbered and found == account):
            return f"CAST({quoted_name(account)} AS VARCHAR)", "first account_id:"
        # Counted as in a spreadsheet whose first row is the header.
        return ("rowid + 2", "first in row") if self.numbered else ("NULL", "")


def profile(columns: Sequence[Column], raw: Raw, cells: Cells, *, title: str = "") -> Profile:
    """Cast the columns of a source and count the rows that cannot be.

    Parameters
    ----------
    columns : those of the contract
    title : what the notes begin with
    """
    by_name = {column.name: column for column in columns}
    known = _cells(raw, cells)
    marks = _marks(raw, [by_name[name] for name in raw.matched], known)
    casts = {
        name: cast_column(by_name[name], found, raw.types[found], known[name], marks.get(name))
        for name, found in raw.matched.items()
    }
    (n_rows,) = raw.session.row(f"SELECT count(*) FROM {raw.table}")
    counts = raw.each({name: _counts(cast) for name, cast in casts.items()})
    faults, notes, expressions = {}, [], {}
    for name, cast in casts.items():
        untidy, *others = counts[name]
        said = [
            _sentence(tally, count, n_rows, _examples(raw, raw.matched[name], tally))
            for tally, count in zip(cast.tallies, others, strict=True)
            if count
        ]
        at_fault = others[: len(cast.problems)]
        n_faults = len(at_fault) - at_fault.count(0)
        faults[name] = tuple(said[:n_faults])
        notes += said[n_faults:]
        if untidy and by_name[name].kind == "id" and not at_fault[0]:
            notes.append(
                f"'{name}' had blanks around it in {spaced(untidy)} of {spaced(n_rows)} rows; they "
                "were removed."
            )
        clean = cast.plain is not None and not untidy and not any(at_fault)
        expressions[name] = cast.plain if clean and cast.plain else cast.expression
    cheap = all(cast.cheap for cast in casts.values())
    notes = [f"{title}{note}" for note in notes]
    return Profile(n_rows, faults, tuple(notes), expressions, cheap)


def _cells(raw: Raw, cells: Cells) -> dict[str, Cells]:
    """How each column is read: one of text that is in order needs no trimming of every cell."""
    texts = [name for name in raw.matched if raw.is_text(name)]
    untidy = raw.each({name: [f"bool_or({cells.untidy(raw.sql(name))})"] for name in texts})
    tidy = {name: replace(cells, tidy=not found) for name, (found,) in untidy.items()}
    return dict.fromkeys(raw.matched, cells) | tidy


def _marks(raw: Raw, columns: Sequence[Column], cells: Mapping[str, Cells]) -> dict[str, Marks]:
    """The decimal mark of every column of numbers in text."""
    texts = {
        column.name: cells[column.name].text(raw.sql(column.name))
        for column in columns
        if column.kind in ("number", "integer") and raw.is_text(column.name)
    }
    marks = {}
    counted = raw.each({name: plain_counts(text) for name, text in texts.items()})
    for name, (others, pointed, open_) in counted.items():
        found = decide(pointed - open_, 0, open_, cells[name].reading.decimal)
        if not others and found.decimal == ".":
            marks[name] = replace(found, plain=True)
    left = {name: mark_counts(text) for name, text in texts.items() if name not in marks}
    for name, (points, commas, open_) in raw.each(left).items():
        marks[name] = decide(points, commas, open_, cells[name].reading.decimal)
    return marks


def blocks(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Part names into groups that one query can bear."""
    left = iter(names)
    while block := tuple(islice(left, _BLOCK)):
        yield block


def _counts(cast: Cast) -> list[str]:
    """SQL of the number of untidy rows, and of those of each problem and each remark."""
    wheres = (cast.untidy, *(tally.where for tally in cast.tallies))
    return [f"count(*) FILTER (WHERE {where})" for where in wheres]


def _examples(raw: Raw, found: str, what: Tally) -> tuple[str, list[str]]:
    """Say which rows come first, and a few of their values, in a fixed order."""
    key, words = raw.key(found)
    examples = raw.session.execute(
        f"SELECT DISTINCT {key}, CAST({quoted_name(found)} AS VARCHAR) FROM {raw.table} "
        f"WHERE {what.where} ORDER BY ALL LIMIT {_EXAMPLES}"
    ).fetchall()
    keys = dict.fromkeys(str(row[0]) for row in examples if row[0] is not None)
    shown = what.shows_values and (raw.numbered or found != raw.matched.get("account_id"))
    values = dict.fromkeys(
        repr(row[1][:_LONGEST])
        for row in examples
        if shown and row[1] is not None and row[1].strip()
    )
    return (f"{words} {', '.join(keys)}" if keys else ""), list(values)


def _sentence(tally: Tally, count: int, n_rows: int, examples: tuple[str, list[str]]) -> str:
    first, values = examples
    quoted = f": {', '.join(values)}" if values else ""
    first = f"; {first}" if first and tally.advice else ""
    rows = f"{spaced(count)} of {spaced(n_rows)} rows"
    return f"{tally.words} in {rows}{quoted}{first}. {tally.advice}".rstrip()
