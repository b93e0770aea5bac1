"""The page of a comparison: the short answer first, then subject by subject."""

from collections.abc import Iterator, Sequence

from clustering.between.compare import Compared
from clustering.between.entries import Side, TableChange
from clustering.report.build.pages import single_page
from clustering.report.kit.cells import account, amount, amount_cell, share, text
from clustering.report.kit.facts import account_names
from clustering.report.kit.html import Column, Html, bullets, filled, paragraphs, table_of
from clustering.report.kit.names import with_names

#: Accounts on the page; the CSV has all.
_SHOWN = 50

_SIDES = (
    Column("Study", lambda row: row[0]),
    Column("Name", lambda row: row[1].name),
    Column("As of", lambda row: row[1].as_of),
    Column("Verdict", lambda row: row[1].verdict),
    Column("Segments", lambda row: amount("n_segments")(row[1])),
    Column("Accounts", lambda row: amount("n_accounts")(row[1])),
    Column("Amount", lambda row: amount_cell(row[1].amount)),
    Column("Of", lambda row: f"{row[1].amount_name}, {row[1].currency}"),
)
_SEGMENTS = (
    Column("Segment", text("name")),
    Column("Became", text("fate")),
    Column("Accounts in both", amount("n_accounts")),
    Column("Share in the first named", share("share")),
    Column("Segments of the other study", lambda row: "; ".join(row.others)),
)
_TABLES = (
    Column("Table", text("name")),
    Column("Rows, first", amount("rows_first")),
    Column("Rows, second", amount("rows_second")),
)
_VALUES = (
    Column("Name", text("name")),
    Column("First", text("first")),
    Column("Second", text("second")),
)
_ACCOUNTS = (
    Column("Account", account()),
    Column("What", text("what")),
    Column("From", text("segment_first")),
    Column("To", text("segment_second")),
    Column("Amount, first", amount("amount_first")),
    Column("Amount, second", amount("amount_second")),
    Column("How sure, first", share("probability_first")),
    Column("How sure, second", share("probability_second")),
)


def compare_page(compared: Compared) -> str:
    """The whole page, which works offline; names of accounts enter last."""
    found = compared.found
    content = "\n".join(part.text for part in _parts(compared))
    names = account_names(compared.first) | account_names(compared.second)
    return single_page(
        title="What changed",
        about=f"{_called(found.first)} and {_called(found.second)}",
        as_of=found.second.as_of,
        content=with_names(content, names),
        footer="Every number on this page is read from the two study folders and stands in "
        "compare.json or accounts.csv beside it.",
    )


def _called(side: Side) -> str:
    return f"{side.name} ({side.as_of})"


def _parts(compared: Compared) -> Iterator[Html]:
    found = compared.found
    short, *subjects = found.sentences.items()
    yield Html("<h1>What changed</h1>")
    yield Html(f'<div class="answer">{paragraphs(short[1]).text}</div>')
    yield table_of("The two studies", _SIDES, [("First", found.first), ("Second", found.second)])
    tables = {
        "Segments": table_of("Segments by their accounts in both", _SEGMENTS, found.segments),
        "Accounts": _accounts(compared),
        "Data": table_of("Tables that differ", _TABLES, _other(found.tables)),
        "Settings": table_of("All that differs", _VALUES, [*found.settings, *found.libraries]),
    }
    for subject, told in subjects:
        if not told:
            continue
        yield Html(f"<h2>{subject}</h2>")
        yield bullets(told) if len(told) > 1 else paragraphs(told)
        yield filled(tables.get(subject, Html("")))


def _other(tables: Sequence[TableChange]) -> list[TableChange]:
    return [table for table in tables if not table.is_same]


def _accounts(compared: Compared) -> Html:
    rows = compared.accounts.head(_SHOWN).to_dict("records")
    caption = "Accounts, the largest amount first"
    return table_of(caption, _ACCOUNTS, rows, of=len(compared.accounts))
