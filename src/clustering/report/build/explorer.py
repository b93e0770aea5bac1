"""The account explorer: a page that is complete as a plain table, and answers with its script.

The script is our own: DataTables, a library for this, is 0.7 MB a page and needed 3 to 7 seconds
to take over ten thousand rows. It is inline; the content policy of the page names its hash and
allows no other.
"""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import outline
from clustering.report.kit.facts import account_names
from clustering.report.kit.files import ACCOUNTS
from clustering.report.kit.html import MISSING
from clustering.report.kit.marks import marks_of
from clustering.report.kit.names import account_anchor, account_html, with_names
from clustering.report.subjects.accounts.columns import AccountColumn, account_columns
from clustering.report.subjects.accounts.features import (
    PLACES,
    feature_caption,
    feature_heading,
    features_of_accounts,
)
from clustering.report.subjects.accounts.shown import in_order, shown_accounts
from clustering.report.subjects.accounts.told import nearest_champions, told_of_accounts
from clustering.results import StudyFolder
from clustering.schema import to_jsonable
from clustering.scorer.files import FORMULA_STARTS, guard_cells

#: Rows that are laid out before the script takes over.
_FIRST_ROWS = 50

#: Width and height of the map, in its own units.
_MAP = (1000, 600)

TITLE = "Find an account"
SHEET = ACCOUNTS
"""All accounts with the columns of the table, beside the page."""


@dataclass(frozen=True)
class Coded:
    """Texts of accounts, every distinct one once.

    Attributes
    ----------
    title : what they are
    texts : the distinct ones
    of : of every account the number of its text
    """

    title: str
    texts: list[str]
    of: list[int]


@dataclass(frozen=True)
class CodedFeature(Coded):
    """A feature: its values as `Coded`, what is usual in every segment, and where values lie."""

    usual: tuple[str, ...]
    places: list[int]


@dataclass(frozen=True)
class AccountMap:
    """The accounts on the map of the study, in units of the picture.

    Attributes
    ----------
    x, y : places, from the upper left corner
    segments : names of the segments by their number
    colours, shapes : what their points look like, as in every figure; shapes one unit wide
    """

    x: list[int]
    y: list[int]
    segments: list[str]
    colours: list[str]
    shapes: list[str]


@dataclass(frozen=True)
class Details:
    """What is told of every account of the page, in the order of its rows; nobody is named."""

    ids: list[str]
    segments: list[int]
    told: list[Coded]
    places: tuple[str, ...]
    features: list[CodedFeature]
    feature_caption: str
    feature_heading: list[str]
    champion_title: str
    champions: dict[int, list[tuple[str, str]]]
    map: AccountMap


@dataclass(frozen=True)
class PageData:
    """What the script knows beside the table; names of customers stand in the table alone.

    Attributes
    ----------
    named : whether the table names customers
    missing : stands in a cell where nothing is known
    unsafe : a spreadsheet runs a text that begins so
    heading : of the columns of the file of chosen rows
    numbers : by the place of their column in the table
    """

    named: bool
    missing: str
    unsafe: tuple[str, ...]
    heading: list[str]
    numbers: dict[int, list[float | None]]
    details: Details


@dataclass(frozen=True)
class Choice:
    """One filter: the column of the table, and the texts to choose from."""

    title: str
    column: int
    texts: list[str]


@dataclass(frozen=True, eq=False)
class Explorer:
    """What the page is made of, as values for its template, and the file of all accounts."""

    parts: dict[str, Any]
    sheet: pd.DataFrame


def explorer(study: StudyFolder, *, names: bool) -> Explorer:
    """The parts of the page.

    Parameters
    ----------
    names : whether customers, who looks after them, and what people decided are named
    """
    shown = shown_accounts(study)
    everyone = account_columns(study, in_order(study), names=names)
    columns = [column.of(shown.accounts.index) for column in everyone]
    known = account_names(study) if names else {}
    keys = ["account_id", "name"] if known else ["account_id"]
    data = PageData(
        named=bool(known),
        missing=MISSING,
        unsafe=FORMULA_STARTS,
        heading=[*keys, *(column.title for column in columns)],
        numbers={
            place: to_jsonable(column.numbers.tolist())
            for place, column in enumerate(columns, start=1)
            if column.numbers is not None
        },
        details=_details(study),
    )
    places = enumerate(columns, start=1)
    return Explorer(
        parts={
            "title": TITLE,
            "rule": shown.rule,
            "sheet": SHEET,
            "map": _MAP,
            "choices": [Choice(one.title, at, one.choices) for at, one in places if one.choices],
            "table": with_names(_table(shown.accounts.index, columns), known),
            "data": _as_json(data),
        },
        sheet=guard_cells(_sheet(everyone, known).set_axis(data.heading, axis=1)),
    )


def policy(script: str) -> str:
    """What a content policy calls a script that it allows.

    Examples
    --------
    >>> policy("let x;")
    "'sha256-0d16uaq56s5GjNyUV+TVNe6kCw90XFh4MjUbyKmlPjs='"
    """
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def own_script() -> str:
    """The script of the page."""
    return (Path(__file__).parent / "templates" / "accounts.js").read_text(encoding="utf-8")


def _table(accounts: Iterable[str], columns: Sequence[AccountColumn]) -> str:
    head = "".join(f'<th scope="col"{_kind(one)}>{html.escape(one.title)}</th>' for one in columns)
    cells = [_cells(column) for column in columns]
    rows = [
        f'<tr id="account-{html.escape(one)}"><th scope="row"><a class="cell" '
        f'href="{account_anchor(one)}">{account_html(one)}</a></th>{"".join(row)}</tr>'
        for one, *row in zip(accounts, *cells, strict=True)
    ]
    first, later = "\n".join(rows[:_FIRST_ROWS]), "\n".join(rows[_FIRST_ROWS:])
    return (
        '<div class="wide" role="region" aria-label="Accounts" tabindex="0"><table id="accounts">'
        f'<thead><tr><th scope="col">Account</th>{head}</tr></thead><tbody>{first}</tbody>'
        + (f'<tbody class="later">{later}</tbody>' if later else "")
        + "</table></div>"
    )


def _kind(column: AccountColumn) -> str:
    return "" if column.numbers is None else ' class="number"'


def _cells(column: AccountColumn) -> list[str]:
    if column.numbers is not None:
        return [f'<td class="number">{text}</td>' for text in column.texts]
    made = {
        text: f'<td><bdi class="cell">{html.escape(text)}</bdi></td>'
        for text in column.texts.unique()
    }
    return [made[text] for text in column.texts]


@drawn_once
def _details(study: StudyFolder) -> Details:
    """Once for the page with names and the one without."""
    accounts = shown_accounts(study).accounts
    near = nearest_champions(study, accounts)
    return Details(
        ids=list(accounts.index),
        segments=accounts["segment"].tolist(),
        told=[Coded(one.title, *_coded(one.texts)) for one in told_of_accounts(study, accounts)],
        places=PLACES,
        features=[
            CodedFeature(one.title, *_coded(one.values), one.usual, one.places.tolist())
            for one in features_of_accounts(study, accounts)
        ],
        feature_caption=feature_caption(study),
        feature_heading=feature_heading(study),
        champion_title="Nearest champions, and the gaps to them",
        champions={
            number: [(one.champion_id, one.gaps) for one in near[account]]
            for number, account in enumerate(accounts.index)
            if account in near
        },
        map=_map(study, accounts),
    )


def _map(study: StudyFolder, accounts: pd.DataFrame) -> AccountMap:
    places = accounts[["map_1", "map_2"]].to_numpy()
    low, high = places.min(axis=0), places.max(axis=0)
    # One scale for both axes: distances on the map are distances.
    scale = min(side / max(span, 1e-9) for side, span in zip(_MAP, high - low, strict=True))
    marks = marks_of(study)
    return AccountMap(
        x=np.rint((places[:, 0] - low[0]) * scale).astype(int).tolist(),
        y=np.rint((high[1] - places[:, 1]) * scale).astype(int).tolist(),
        segments=list(marks),
        colours=[mark.colour for mark in marks.values()],
        shapes=[outline(mark.marker) for mark in marks.values()],
    )


def _coded(texts: "pd.Series[str]") -> tuple[list[str], list[int]]:
    codes, distinct = pd.factorize(texts.to_numpy(dtype=object))
    return [str(text) for text in distinct], codes.tolist()


def _as_json(data: PageData) -> str:
    text = json.dumps(
        data, default=vars, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    # Nothing in it may end the element that it stands in.
    return text.replace("<", "\\u003c")


def _sheet(columns: Sequence[AccountColumn], known: Mapping[str, str]) -> pd.DataFrame:
    """The keys of all accounts, and their columns as numbers where there are numbers."""
    ids = columns[0].texts.index
    keys = [ids.to_series()]
    if known:
        names = [" ".join(known.get(one, "").split()) for one in ids]
        keys.append(pd.Series(names, index=ids, dtype="str"))
    cells = (
        column.texts.replace(MISSING, "") if column.numbers is None else column.numbers
        for column in columns
    )
    return pd.concat([*keys, *cells], axis=1)
