"""The page on the state of the data: what an analyst sends to whoever keeps the CRM.

It says first whether a study can be made, then what is to be mended, and then what there is. Names
of customers are not in it: accounts are told by their ids.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from clustering.report.build.pages import single_page
from clustering.report.kit.cells import MISSING, amount_cell, share_cell
from clustering.report.kit.html import (
    Cell,
    Column,
    Html,
    Number,
    bullets,
    folded,
    paragraphs,
    table,
    table_of,
)
from clustering.tables.state.look import Outlier, TablesState
from clustering.wording import counted, number_in_words

#: Months on the page, the newest ones.
_MONTHS = 36
#: A column with fewer empty cells is no gap.
_GAP = 0.05


@dataclass(frozen=True)
class Costs:
    """What the gaps cost a study, where one can be made.

    Attributes
    ----------
    n_active : accounts that a study would look at
    features : features that cannot be computed, by reason
    schemes : schemes that cannot be applied, by name
    outcomes : for how many accounts each outcome is told, in sentences
    """

    n_active: int
    features: Mapping[str, Sequence[str]] = field(default_factory=dict)
    schemes: Mapping[str, str] = field(default_factory=dict)
    outcomes: Sequence[str] = ()


_TABLES = (
    Column("Table", lambda one: one.name),
    Column("Read from", lambda one: one.origin),
    Column("Rows", lambda one: amount_cell(one.n_rows)),
    Column("First date", lambda one: _day(one.first)),
    Column("Last date", lambda one: _day(one.last)),
    Column("Rows after the date of the study", lambda one: amount_cell(one.n_later)),
)
_KEYS = (
    Column("Table", lambda row: row[0].name),
    Column("Accounts with a row", lambda row: amount_cell(row[0].n_accounts)),
    Column("Of all accounts", lambda row: share_cell(row[0].n_accounts / row[1])),
    Column("Rows of unknown accounts", lambda row: amount_cell(row[0].n_strangers)),
    Column("First unknown ids", lambda row: ", ".join(row[0].strangers) or MISSING),
)
_UNMATCHED = (
    Column("Found in", lambda one: one.found_in),
    Column("Not found in", lambda one: one.missing_in),
    Column("Accounts", lambda one: amount_cell(one.n_accounts)),
    Column("First ids", lambda one: ", ".join(one.first_ids)),
    Column("What follows", lambda one: one.consequence),
)
_OUTLIERS = (
    Column("Column", lambda row: f"{row[0]}.{row[1].column}"),
    Column("Median", lambda row: _value(row[1].median)),
    Column("99 % are at most", lambda row: _value(row[1].usual)),
    Column("Largest", lambda row: _value(row[1].largest)),
    Column("Rows beyond ten times that", lambda row: amount_cell(row[1].n_rows)),
    Column("First accounts", lambda row: ", ".join(row[1].first_ids)),
)


def _day(day: date | None) -> str:
    return MISSING if day is None else str(day)


def _value(value: float) -> Number:
    return Number(number_in_words(value, 4))


def data_page(name: str, as_of: date, state: TablesState, costs: Costs | None) -> str:
    """The whole page, which works offline.

    Parameters
    ----------
    name : of the study
    costs : None where a breach stops the study before they are known
    """
    return single_page(
        title="The state of the data",
        about=f"Source of the study '{name}'",
        as_of=str(as_of),
        content="\n".join(part.text for part in _parts(state, costs)),
        footer="Made by clustering check from counts of the tables. Accounts are told by their "
        "ids; no name of a customer is in this page.",
    )


def _parts(state: TablesState, costs: Costs | None) -> Iterator[Html]:
    yield Html("<h1>The state of the data</h1>")
    yield Html(f'<div class="answer">{paragraphs([_answer(state, costs)]).text}</div>')
    yield from _to_mend(state)
    yield from _what_gaps_cost(state, costs)
    yield Html("<h2>What is there</h2>")
    yield table_of("Tables", _TABLES, state.tables)
    if state.absent:
        yield paragraphs([f"Not there: {', '.join(state.absent)}."])
    yield from _coverage(state)
    yield from _keys(state)
    yield from _gaps(state)
    yield from _outliers(state)
    if state.notes:
        yield Html("<h2>What else to know</h2>")
        yield bullets(state.notes)


def _answer(state: TablesState, costs: Costs | None) -> str:
    if state.n_breaches:
        things = counted(state.n_breaches, "thing")
        return f"{things} must be mended before these tables can be studied."
    active = "" if costs is None else f" {counted(costs.n_active, 'account')} can be studied."
    lost = 0 if costs is None else sum(len(names) for names in costs.features.values())
    gaps = f" Gaps cost {counted(lost, 'feature')}." if lost else ""
    return f"These tables can be studied.{active}{gaps}"


def _to_mend(state: TablesState) -> Iterator[Html]:
    if not state.n_breaches:
        return
    yield Html("<h2>What must be mended</h2>")
    for one in state.tables:
        if one.breaches:
            yield paragraphs([f"{one.name} ({one.origin}):"])
            yield bullets(one.breaches)
    if state.together:
        yield paragraphs(["The tables together:"])
        yield bullets(state.together)


def _what_gaps_cost(state: TablesState, costs: Costs | None) -> Iterator[Html]:
    yield Html("<h2>What each gap costs the study</h2>")
    if costs is None:
        yield paragraphs(["That is told once nothing stops the study any more."])
        return
    if not (costs.features or costs.schemes):
        yield paragraphs(["Nothing: every feature and every scheme can be computed."])
    if costs.features:
        rows: list[list[Cell]] = [
            [why, amount_cell(len(names)), ", ".join(names)]
            for why, names in costs.features.items()
        ]
        yield table("Features that are not computed", ["The gap", "Features", "Which"], rows)
    if costs.schemes:
        named = [[scheme, why] for scheme, why in costs.schemes.items()]
        yield table("Schemes that cannot be applied", ["Scheme", "Why"], named)
    if costs.outcomes:
        yield paragraphs(["What is told of what happened after the date of the study:"])
        yield bullets(costs.outcomes)


def _coverage(state: TablesState) -> Iterator[Html]:
    dated = [one for one in state.tables if one.months]
    if not dated:
        return
    yield Html("<h2>Coverage by month</h2>")
    yield paragraphs(
        ["Rows by the month of their date. Between a table's first and last month, a month without "
         "a row is written as none; before and after, the table does not speak."]
    )  # fmt: skip
    last = max(max(one.months) for one in dated)
    months = [month for month in _months_to(last) if month >= min(min(o.months) for o in dated)]
    rows: list[list[Cell]] = [
        [month, *(_month_cell(one.months, month) for one in dated)] for month in months
    ]
    yield table("Rows a month, the newest first", ["Month", *(one.name for one in dated)], rows)
    holes = [
        f"{one.name}: nothing from {first} to {until} ({(until - first).days + 1} days), unlike "
        "any other stretch."
        for one in dated
        if one.coverage is not None
        for first, until in one.coverage.holes
    ]
    if holes:
        yield paragraphs(["Holes:"])
        yield bullets(holes)


def _months_to(last: str) -> list[str]:
    year, month = map(int, last.split("-"))
    ordinals = range(12 * year + month - 1, 12 * year + month - 1 - _MONTHS, -1)
    return [f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}" for ordinal in ordinals]


def _month_cell(months: Mapping[str, int], month: str) -> Number:
    if month in months:
        return amount_cell(months[month])
    return Number("none" if min(months) < month < max(months) else MISSING)


def _keys(state: TablesState) -> Iterator[Html]:
    others = [one for one in state.tables if one.name != "accounts" and state.n_accounts]
    if not others and not state.unmatched:
        return
    yield Html("<h2>Keys that match, and keys that do not</h2>")
    if others:
        yield table_of("Accounts by table", _KEYS, [(one, state.n_accounts) for one in others])
    if state.unmatched:
        yield table_of("Accounts of one system without the other", _UNMATCHED, state.unmatched)


def _gaps(state: TablesState) -> Iterator[Html]:
    yield Html("<h2>Empty cells and columns that are not there</h2>")
    rows: list[list[Cell]] = [
        [f"{one.name}.{column.name}", share_cell(column.missing)]
        for one in state.tables
        for column in one.columns
        if column.expected and column.missing >= _GAP
    ]
    rows.sort(key=lambda row: str(row[0]))
    yield table("Columns with empty cells", ["Column", "Empty"], rows)
    absent = [f"{one.name}: {', '.join(one.absent)}" for one in state.tables if one.absent]
    yield folded("Optional columns that are not there", bullets(absent))


def _outliers(state: TablesState) -> Iterator[Html]:
    yield Html("<h2>Numbers far beyond the others</h2>")
    yield paragraphs(["They may be right. Most often they are of another unit, or a test."])
    found: list[tuple[str, Outlier]] = [
        (one.name, outlier) for one in state.tables for outlier in one.outliers
    ]
    yield table_of("Columns with such numbers", _OUTLIERS, found)
