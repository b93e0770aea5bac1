"""Counting, in one aggregate query a table, everything that can be wrong within a row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from clustering.errors import near_names
from clustering.tables.cast import Cast, Tally
from clustering.tables.casting import cast_column
from clustering.tables.contract import Column, Table
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
    near = near_names(name.strip().lower(), candidates)
    return near[0] if near else None


def profile(
    session: Session,
    columns: Sequence[Column],
    source: str,
    matched: Mapping[str, str],
    types: Mapping[str, str],
    cells: Cells,
    *,
    title: str = "",
    numbered: bool = False,
) -> Profile:
    """Cast columns of `source` (an SQL table) and count the rows that cannot be.

    Parameters
    ----------
    columns : those of the contract
    matched : the name in `source` of each of them that is there
    types : DuckDB type of each found column
    title : what the notes begin with
    numbered : whether the rows of `source` are in the order of the file
    """
    by_name = {column.name: column for column in columns}
    known = _cells(session, source, matched, types, cells)
    marks = _marks(session, source, [by_name[name] for name in matched], matched, types, known)
    casts = {
        name: cast_column(by_name[name], found, types[found], known[name], marks.get(name))
        for name, found in matched.items()
    }
    n_rows, counts = _count(session, source, casts)
    rows = _Rows(source, matched.get("account_id"), numbered)
    faults, notes, expressions = {}, [], {}
    for name, cast in casts.items():
        untidy, *others = counts[name]
        said = [
            _sentence(tally, count, n_rows, _examples(session, rows, matched[name], tally))
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


def _cells(
    session: Session,
    source: str,
    matched: Mapping[str, str],
    types: Mapping[str, str],
    cells: Cells,
) -> dict[str, Cells]:
    """How each column is read: one of text that is in order needs no trimming of every cell."""
    known = dict.fromkeys(matched, cells)
    texts = [name for name, found in matched.items() if types[found] == "VARCHAR"]
    for block in blocks(texts):
        parts = [f"bool_or({cells.untidy(quoted_name(matched[name]))})" for name in block]
        untidy = session.row(f"SELECT {', '.join(parts)} FROM {source}")
        pairs = zip(block, untidy, strict=True)
        known |= {name: replace(cells, tidy=not found) for name, found in pairs}
    return known


def _marks(
    session: Session,
    source: str,
    columns: Sequence[Column],
    matched: Mapping[str, str],
    types: Mapping[str, str],
    cells: Mapping[str, Cells],
) -> dict[str, Marks]:
    """The decimal mark of every column of numbers in text."""
    names = [
        column.name
        for column in columns
        if column.kind in ("number", "integer") and types[matched[column.name]] == "VARCHAR"
    ]
    if not names:
        return {}
    texts = {name: cells[name].text(quoted_name(matched[name])) for name in names}
    counted = _counts_of(session, source, texts, plain_counts)
    marks = {
        name: replace(decide(pointed - open_, 0, open_, cells[name].reading.decimal), plain=True)
        for name, (others, pointed, open_) in counted.items()
        if not others
    }
    quick = {name: found for name, found in marks.items() if found.decimal == "."}
    left = {name: text for name, text in texts.items() if name not in quick}
    full = _counts_of(session, source, left, mark_counts)
    return quick | {
        name: decide(*found, cells[name].reading.decimal) for name, found in full.items()
    }


def _counts_of(
    session: Session,
    source: str,
    texts: Mapping[str, str],
    counts: Callable[[str], tuple[str, str, str]],
) -> dict[str, tuple[int, int, int]]:
    """Three counts of every column, a block of columns at a time."""
    found: dict[str, tuple[int, int, int]] = {}
    for block in blocks(texts):
        parts = [part for name in block for part in counts(texts[name])]
        # Without a row there is nothing to filter, and the counts are null.
        row = [int(count or 0) for count in session.row(f"SELECT {', '.join(parts)} FROM {source}")]
        triples = zip(row[::3], row[1::3], row[2::3], strict=True)
        found |= dict(zip(block, triples, strict=True))
    return found


def blocks(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Part names into groups that one query can bear."""
    left = iter(names)
    while block := tuple(islice(left, _BLOCK)):
        yield block


def _count(
    session: Session, source: str, casts: Mapping[str, Cast]
) -> tuple[int, dict[str, list[int]]]:
    """Count the rows; and per column the untidy rows, those of each problem and each remark."""
    predicates = {
        name: [cast.untidy, *(tally.where for tally in cast.tallies)]
        for name, cast in casts.items()
    }
    (n_rows,) = session.row(f"SELECT count(*) FROM {source}")
    counts: dict[str, list[int]] = {}
    for block in blocks(predicates):
        flat = [where for name in block for where in predicates[name]]
        selected = ", ".join(f"count(*) FILTER (WHERE {where})" for where in flat)
        values = [int(count) for count in session.row(f"SELECT {selected} FROM {source}")]
        for name in block:
            width = len(predicates[name])
            counts[name], values = values[:width], values[width:]
    return int(n_rows), counts


@dataclass(frozen=True)
class _Rows:
    """Where the rows of a table are, and what tells a reader which of them is meant.

    Attributes
    ----------
    source : SQL of the table
    account : the column of its accounts, if there is one
    numbered : whether its rows are in the order of the file
    """

    source: str
    account: str | None
    numbered: bool

    def key(self, found: str) -> tuple[str, str]:
        """SQL of what names a row at fault in the column `found`, and the words before it."""
        if self.account is not None and not (self.numbered and found == self.account):
            return f"CAST({quoted_name(self.account)} AS VARCHAR)", "first account_id:"
        # Counted as in a spreadsheet whose first row is the header.
        return ("rowid + 2", "first in row") if self.numbered else ("NULL", "")


def _examples(session: Session, rows: _Rows, found: str, what: Tally) -> tuple[str, list[str]]:
    """Say which rows come first, and a few of their values, in a fixed order."""
    key, words = rows.key(found)
    examples = session.execute(
        f"SELECT DISTINCT {key}, CAST({quoted_name(found)} AS VARCHAR) FROM {rows.source} "
        f"WHERE {what.where} ORDER BY ALL LIMIT {_EXAMPLES}"
    ).fetchall()
    keys = dict.fromkeys(str(row[0]) for row in examples if row[0] is not None)
    shown = what.shows_values and (rows.numbered or found != rows.account)
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
