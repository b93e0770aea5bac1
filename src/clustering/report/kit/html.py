"""Small pieces of HTML: paragraphs, lists and tables, every text escaped."""

import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clustering.report.kit.names import account_html, private_html


@dataclass(frozen=True)
class Html:
    """A piece of HTML that Jupyter shows."""

    text: str

    def _repr_html_(self) -> str:
        return self.text

    def __add__(self, other: "Html") -> "Html":
        return Html(self.text + other.text)


@dataclass(frozen=True)
class Account:
    """A cell that stands for an account; see `clustering.report.kit.names`."""

    account_id: str


@dataclass(frozen=True)
class Number:
    """A cell that is set flush right."""

    text: str


@dataclass(frozen=True)
class Private:
    """A cell for what people wrote; see `clustering.report.kit.names`."""

    key: str


Cell = str | Account | Number | Private


@dataclass(frozen=True)
class Column:
    """A column of a table of the report: its heading, and its cell of a row of results."""

    title: str
    cell: Callable[[Any], Cell]


_NUMBER = ' class="number"'


def paragraphs(sentences: Iterable[str]) -> Html:
    """One paragraph a text.

    Examples
    --------
    >>> paragraphs(["1 < 2"]).text
    '<p>1 &lt; 2</p>'
    """
    return Html("".join(f"<p>{html.escape(text)}</p>" for text in sentences if text))


def bullets(sentences: Iterable[str]) -> Html:
    """A list with one item a text; nothing for no texts."""
    items = "".join(f"<li>{html.escape(text)}</li>" for text in sentences)
    return Html(f"<ul>{items}</ul>" if items else "")


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], of: int | None = None
) -> Html:
    """A table whose first column names the row; it scrolls where the window is narrow.

    `of` is how many rows there are in all: the caption says how many of them are shown.

    Examples
    --------
    >>> "<th scope=\\"row\\">a&amp;b</th>" in table("t", ["x", "y"], [["a&b", "1"]]).text
    True
    >>> "<caption>t: 1 of 7</caption>" in table("t", ["x"], [["a"]], of=7).text
    True
    >>> table("t", ["x"], [], of=0).text
    '<p>t: none.</p>'
    """
    listed = list(rows)
    if not listed:
        return Html(f"<p>{html.escape(caption)}: none.</p>")
    if of is not None:
        caption = f"{caption}: {len(listed):,} of {of:,}"
    body = "".join(f"<tr>{_row(row)}</tr>" for row in listed)
    head = "".join(
        f'<th scope="col"{_NUMBER if isinstance(cell, Number) else ""}>{html.escape(name)}</th>'
        for name, cell in zip(columns, listed[0], strict=True)
    )
    label = html.escape(caption)
    return Html(
        f'<div class="wide" role="region" aria-label="{label}" tabindex="0"><table>'
        f"<caption>{label}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def filled(made: Html) -> Html:
    """A table, or nothing where it has no row: pages for those who decide list nothing empty.

    Examples
    --------
    >>> filled(table("t", ["x"], [])).text, filled(table("t", ["x"], [["a"]])).text[:4]
    ('', '<div')
    """
    return made if "<table" in made.text else Html("")


def table_of(
    caption: str, columns: Sequence[Column], results: Iterable[Any], of: int | None = None
) -> Html:
    """A table with a row a result; see `clustering.report.kit.cells` for the usual cells.

    Examples
    --------
    >>> columns = [Column("Segment", lambda row: row["name"])]
    >>> "<th scope=\\"row\\">Loyal</th>" in table_of("t", columns, [{"name": "Loyal"}]).text
    True
    """
    rows = [[column.cell(result) for column in columns] for result in results]
    return table(caption, [column.title for column in columns], rows, of)


def _row(cells: Sequence[Cell]) -> str:
    first, *rest = cells
    return f'<th scope="row">{_content(first)}</th>' + "".join(
        f"<td{_NUMBER if isinstance(cell, Number) else ''}>{_content(cell)}</td>" for cell in rest
    )


def _content(cell: Cell) -> str:
    if isinstance(cell, Account):
        return account_html(cell.account_id)
    if isinstance(cell, Private):
        return private_html(cell.key)
    return html.escape(cell.text if isinstance(cell, Number) else cell)
