"""Small pieces of HTML: paragraphs, lists and tables, every text escaped."""

import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clustering.report.kit.direction import FROM_THE_RIGHT, OVERRIDES
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


_LONG_TEXT = 60  # characters of a cell from which its column gets the width of a sentence
_LONG_WORD = 30  # ... of a word, from which the words of its column may be broken
_SPARSE = 0.6  # share of cells that say nothing, from which a table is folded

MISSING = "–"
"""Stands where a number is not known."""


def safe(text: str) -> str:
    """A text as HTML, in which no letters reorder what stands beside them.

    What is written from the right is isolated; marks that turn the direction of all that
    follows are left out.

    Examples
    --------
    >>> safe("a < b"), safe("'\u05e9\u05dc \u05d5\u05dd' 40 %")
    ('a &lt; b', '&#x27;<bdi>\u05e9\u05dc \u05d5\u05dd</bdi>&#x27; 40 %')
    >>> safe("txt\u202eexe")
    'txtexe'
    """
    kept = OVERRIDES.sub("", text)
    parts, end = [], 0
    for run in FROM_THE_RIGHT.finditer(kept):
        parts += [html.escape(kept[end : run.start()]), f"<bdi>{html.escape(run[0])}</bdi>"]
        end = run.end()
    return "".join([*parts, html.escape(kept[end:])])


def paragraphs(sentences: Iterable[str]) -> Html:
    """One paragraph a text.

    Examples
    --------
    >>> paragraphs(["1 < 2"]).text
    '<p>1 &lt; 2</p>'
    """
    return Html("".join(f"<p>{safe(text)}</p>" for text in sentences if text))


def bullets(sentences: Iterable[str]) -> Html:
    """A list with one item a text; nothing for no texts."""
    items = "".join(f"<li>{safe(text)}</li>" for text in sentences)
    return Html(f"<ul>{items}</ul>" if items else "")


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], of: int | None = None
) -> Html:
    """A table whose first column names the row; it scrolls where the window is narrow.

    One of which most cells say nothing is folded. `of` is how many rows there are in all: the
    caption says how many of them are shown.

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
        return Html(f"<p>{safe(caption)}: none.</p>")
    if of is not None:
        caption = f"{caption}: {len(listed):,} of {of:,}"
    looks = [_look(cells) for cells in zip(*listed, strict=True)]
    body = "".join(f"<tr>{_row(row, looks)}</tr>" for row in listed)
    head = "".join(
        f'<th scope="col"{look}>{safe(name)}</th>'
        for name, look in zip(columns, looks, strict=True)
    )
    made = Html(
        f'<div class="wide" role="region" aria-label="{html.escape(caption)}" tabindex="0"><table>'
        f"<caption>{safe(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )
    return folded(f"{caption} (mostly not known)", made) if _is_sparse(listed) else made


def folded(summary: str, made: Html) -> Html:
    """A piece that opens where a reader asks for it; nothing where there is nothing in it.

    Examples
    --------
    >>> folded("More", Html("<p>a</p>")).text
    '<details class="folded"><summary>More</summary><p>a</p></details>'
    """
    if not made.text:
        return made
    text = f'<details class="folded"><summary>{safe(summary)}</summary>{made.text}</details>'
    return Html(text)


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


def _row(cells: Sequence[Cell], looks: Sequence[str]) -> str:
    first, *rest = cells
    return f'<th scope="row"{looks[0]}>{_content(first)}</th>' + "".join(
        f"<td{look}>{_content(cell)}</td>" for cell, look in zip(rest, looks[1:], strict=True)
    )


def _look(cells: Sequence[Cell]) -> str:
    """The class of a column: numbers flush right, and room for what is long."""
    if isinstance(cells[0], Number):
        return ' class="number"'
    texts = [cell for cell in cells if isinstance(cell, str)]
    long = "long" if any(len(text) > _LONG_TEXT for text in texts) else ""
    split = any(len(word) > _LONG_WORD for text in texts for word in text.split())
    found = " ".join(filter(None, [long, "split" if split else ""]))
    return f' class="{found}"' if found else ""


def _is_sparse(rows: Sequence[Sequence[Cell]]) -> bool:
    said = [
        (cell.text if isinstance(cell, Number) else cell) not in ("", MISSING)
        for row in rows
        for cell in row[1:]
    ]
    return bool(said) and sum(said) <= (1 - _SPARSE) * len(said)


def _content(cell: Cell) -> str:
    if isinstance(cell, Account):
        return account_html(cell.account_id)
    if isinstance(cell, Private):
        return private_html(cell.key)
    return safe(cell.text if isinstance(cell, Number) else cell)
