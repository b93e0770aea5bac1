"""The account explorer: a page that is complete as a plain table, and answers with its script.

The script is our own: DataTables, a library for this, is 0.7 MB a page and needed 3 to 7 seconds
to take over ten thousand rows. It is inline; the content policy of the page names its hash and
allows no other.
"""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from clustering.report.kit.cells import MISSING
from clustering.report.kit.facts import account_names, group_words
from clustering.report.kit.names import account_html, with_names
from clustering.report.subjects.accounts.columns import AccountColumn, account_columns
from clustering.report.subjects.accounts.features import PLACES, features_of_accounts
from clustering.report.subjects.accounts.shown import in_order, shown_accounts
from clustering.report.subjects.accounts.told import nearest_champions, told_of_accounts
from clustering.results import StudyFolder
from clustering.schema import to_jsonable
from clustering.scorer.files import FORMULA_STARTS, guard_cells

#: Rows that are laid out before the script takes over.
_FIRST_ROWS = 50

TITLE = "Find an account"
SHEET = "accounts.csv"
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
class PageData:
    """What the script knows beside the table; names of customers stand in the table alone."""

    named: bool
    missing: str
    unsafe: tuple[str, ...]
    heading: list[str]
    ids: list[str]
    segments: list[int]
    numbers: dict[int, list[float | None]]
    told: list[Coded]
    places: tuple[str, ...]
    features: list[CodedFeature]
    feature_caption: str
    feature_heading: tuple[str, ...]
    champion_title: str
    champions: dict[int, list[tuple[str, str]]]


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
    columns = account_columns(study, shown.accounts, names=names)
    table = _table(shown.accounts, columns)
    known = account_names(study) if names else {}
    numbered = list(enumerate(columns, start=1))
    return Explorer(
        parts={
            "title": TITLE,
            "rule": shown.rule,
            "sheet": SHEET,
            "choices": [Choice(c.title, n, c.choices) for n, c in numbered if c.choices],
            "table": with_names(table, known),
            "data": _as_json(_data(study, shown.accounts, columns, bool(known))),
        },
        sheet=guard_cells(_sheet(study, known, names=names)),
    )


def policy(script: str) -> str:
    """What a content policy calls a script that it allows.

    Examples
    --------
    >>> policy("let x;")
    "'sha256-fFDg6eQJGLLMEKXsrwJOuAzm/KyhZTO6ZH9ZpR+qYqc='"
    """
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def own_script() -> str:
    """The script of the page."""
    return (Path(__file__).parent / "templates" / "accounts.js").read_text(encoding="utf-8")


def _table(accounts: pd.DataFrame, columns: Sequence[AccountColumn]) -> str:
    head = "".join(f'<th scope="col"{_kind(one)}>{html.escape(one.title)}</th>' for one in columns)
    cells = [_cells(column) for column in columns]
    rows = [
        f'<tr id="account-{html.escape(one)}"><th scope="row"><a class="cell" '
        f'href="#account-{quote(one, safe="")}">{account_html(one)}</a></th>{"".join(row)}</tr>'
        for one, *row in zip(accounts.index, *cells, strict=True)
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


def _data(
    study: StudyFolder, accounts: pd.DataFrame, columns: Sequence[AccountColumn], named: bool
) -> PageData:
    word = group_words(study, 1)
    near = nearest_champions(study)
    return PageData(
        named=named,
        missing=MISSING,
        unsafe=FORMULA_STARTS,
        heading=[*_keys(named), *(column.title for column in columns)],
        ids=list(accounts.index),
        segments=accounts["segment"].tolist(),
        numbers={
            number: to_jsonable(column.numbers.tolist())
            for number, column in enumerate(columns, start=1)
            if column.numbers is not None
        },
        told=[Coded(one.title, *_coded(one.texts)) for one in told_of_accounts(study, accounts)],
        places=PLACES,
        features=[
            CodedFeature(one.title, *_coded(one.values), one.usual, one.places.tolist())
            for one in features_of_accounts(study, accounts)
        ],
        feature_caption=f"Its features beside the accounts of its {word}",
        feature_heading=(
            "Feature", "This account", f"Its {word}: median (middle half)", "It is",
        ),
        champion_title="Nearest champions, and the gaps to them",
        champions={
            number: [(one.champion_id, one.gaps) for one in near[account]]
            for number, account in enumerate(accounts.index)
            if account in near
        },
    )  # fmt: skip


def _keys(named: bool) -> list[str]:
    return ["account_id", "name"] if named else ["account_id"]


def _coded(texts: "pd.Series[str]") -> tuple[list[str], list[int]]:
    codes, distinct = pd.factorize(texts.to_numpy(dtype=object))
    return [str(text) for text in distinct], codes.tolist()


def _as_json(data: PageData) -> str:
    text = json.dumps(asdict(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Nothing in it may end the element that it stands in.
    return text.replace("<", "\\u003c")


def _sheet(study: StudyFolder, known: dict[str, str], *, names: bool) -> pd.DataFrame:
    accounts = in_order(study)
    columns = [accounts.index.to_series()]
    if known:
        columns.append(
            pd.Series({one: " ".join(known.get(one, "").split()) for one in accounts.index})
        )
    for column in account_columns(study, accounts, names=names):
        own = column.numbers
        columns.append(column.texts.replace(MISSING, "") if own is None else own)
    titles = [
        *_keys(bool(known)),
        *(c.title for c in account_columns(study, accounts, names=names)),
    ]
    return pd.concat(columns, axis=1).set_axis(titles, axis=1)
