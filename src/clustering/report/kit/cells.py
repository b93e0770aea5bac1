"""Cells that several tables of the report share: amounts, shares, names, and what is not known.

`amount("arr")` and the like make a cell from a field of a result, which is an entry of `study.json`
or a row of a table; `amount_cell(value)` makes it from a value.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from clustering.report.kit.facts import account_names, decimal, percent
from clustering.report.kit.html import MISSING as MISSING
from clustering.report.kit.html import Account, Cell, Html, Number
from clustering.report.kit.names import with_names
from clustering.results import StudyFolder
from clustering.wording import estimate_in_words, number_in_words, p_in_words, roughly_in_words

Maker = Callable[[Any], Cell]


def amount_cell(value: float | None) -> Number:
    """A whole number with separators.

    Examples
    --------
    >>> amount_cell(12345.6), amount_cell(float("nan")), amount_cell(None)
    (Number(text='12,346'), Number(text='–'), Number(text='–'))
    """
    return Number(MISSING if value is None or math.isnan(value) else f"{value:,.0f}")


def rough_cell(value: float | None) -> Number:
    """A number that rests on assumptions, without digits that say nothing.

    Examples
    --------
    >>> rough_cell(449_304.0), rough_cell(None)
    (Number(text='449,000'), Number(text='–'))
    """
    return Number(MISSING if value is None or math.isnan(value) else roughly_in_words(value))


def share_cell(value: float | None) -> Number:
    """A share in per cent.

    Examples
    --------
    >>> share_cell(0.25), share_cell(float("nan")), share_cell(None)
    (Number(text='25 %'), Number(text='–'), Number(text='–'))
    """
    return Number(MISSING if value is None or math.isnan(value) else percent(value))


def p_cell(value: float | None) -> Number:
    """A p-value under a heading that says so.

    Examples
    --------
    >>> p_cell(0.25), p_cell(0.00001), p_cell(None)
    (Number(text='0.250'), Number(text='< 0.001'), Number(text='–'))
    """
    if value is None or math.isnan(value):
        return Number(MISSING)
    return Number(p_in_words(value).removeprefix("p").removeprefix(" =").strip())


def interval_cell(
    value: float | None, interval: tuple[float, float] | None, digits: int = 2
) -> Number:
    """A number with its interval, where it has one; at most so many decimals.

    Examples
    --------
    >>> interval_cell(0.5, (0.25, 0.75)), interval_cell(0.5, None, 1), interval_cell(None, None)
    (Number(text='0.50 (0.25 to 0.75)'), Number(text='0.5'), Number(text='–'))
    """
    if value is None or math.isnan(value):
        return Number(MISSING)
    if interval is None:
        return Number(decimal(value, digits))
    told, low, high = estimate_in_words(value, interval, least=0, most=digits)
    return Number(f"{told} ({low} to {high})")


def _field(result: Any, name: str) -> Any:
    return result[name] if isinstance(result, Mapping) else getattr(result, name)


def account(name: str = "account_id") -> Maker:
    """The cell of an account."""
    return lambda result: Account(_field(result, name))


def text(name: str) -> Maker:
    """The cell of a text; what is missing reads as unknown.

    Examples
    --------
    >>> text("rule")({"rule": "by hand"}), text("rule")({"rule": None})
    ('by hand', '–')
    """

    def cell(result: Any) -> str:
        found = _field(result, name)
        return found if isinstance(found, str) else MISSING

    return cell


def amount(name: str) -> Maker:
    """The cell of a whole number, or of an amount of money."""
    return lambda result: amount_cell(_field(result, name))


def rough(name: str) -> Maker:
    """The cell of a number that rests on assumptions."""
    return lambda result: rough_cell(_field(result, name))


def share(name: str) -> Maker:
    """The cell of a share, in per cent."""
    return lambda result: share_cell(_field(result, name))


def number(name: str, form: str = "") -> Maker:
    """The cell of any other number: with as many digits as it needs, or in a form of Python.

    Examples
    --------
    >>> number("csms", ",.1f")({"csms": 1234.56}), number("csms")({"csms": None})
    (Number(text='1,234.6'), Number(text='–'))
    """

    def cell(result: Any) -> Number:
        found = _field(result, name)
        if found is None or math.isnan(found):
            return Number(MISSING)
        return Number(format(found, form) if form else number_in_words(found))

    return cell


def p_value(name: str) -> Maker:
    """The cell of a p-value."""
    return lambda result: p_cell(_field(result, name))


def named_accounts(made: Html, study: StudyFolder, names: bool) -> Html:
    """A table with the names of its accounts, or with their ids alone."""
    return Html(with_names(made.text, account_names(study))) if names else made
