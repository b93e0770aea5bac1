"""Cells that several tables of the report share: amounts, shares, names, and what is not known."""

import math

from clustering.report.facts import account_names, percent
from clustering.report.html import Html, Number
from clustering.report.names import with_names
from clustering.results import StudyFolder

__all__ = ["MISSING", "amount_cell", "named_accounts", "share_cell"]

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


def named_accounts(made: Html, study: StudyFolder, names: bool) -> Html:
    """A table with the names of its accounts, or with their ids alone."""
    return Html(with_names(made.text, account_names(study))) if names else made
