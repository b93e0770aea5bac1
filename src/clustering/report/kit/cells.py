"""Cells that several tables of the report share: amounts, shares, names, and what is not known."""

import math

from clustering.report.kit.facts import account_names, percent
from clustering.report.kit.html import Html, Number
from clustering.report.kit.names import with_names
from clustering.results import StudyFolder
from clustering.wording import p_in_words

__all__ = ["MISSING", "amount_cell", "named_accounts", "p_cell", "share_cell"]

MISSING = "–"
"""Stands where a number is not known."""


def amount_cell(value: float | None) -> Number:
    """A whole number with separators.

    Examples
    --------
    >>> amount_cell(12345.6), amount_cell(float("nan")), amount_cell(None)
    (Number(text='12,346'), Number(text='–'), Number(text='–'))
    """
    return Number(MISSING if value is None or math.isnan(value) else f"{value:,.0f}")


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


def named_accounts(made: Html, study: StudyFolder, names: bool) -> Html:
    """A table with the names of its accounts, or with their ids alone."""
    return Html(with_names(made.text, account_names(study))) if names else made
