"""What the columns of an unknown file hold, judged by a sample of their values."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from clustering.tables.contract import ISO_DATE
from clustering.tables.declared import Kind

_ISO = re.compile(ISO_DATE)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SERIAL = re.compile(r"[2-6]\d{4}(\.\d+)?")
_TRUTH = {"true", "false", "t", "f", "yes", "no", "y", "n", "0", "1"}

#: Forms of a date that a mapping can turn into one, in the order in which they are tried.
_FORMATS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%d %b %Y", "%d-%b-%Y", "%Y%m%d",
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
)  # fmt: skip

#: Part of the values that must be of a kind; the rest may be slips that the check will count.
_MOST = 0.9


@dataclass(frozen=True)
class ColumnSample:
    """A column of an unknown source.

    Attributes
    ----------
    date_formats : forms in which (nearly) all values read as dates; "iso" needs no mapping, and
        more than one form means that day and month cannot be told apart
    n_distinct, n_values : different and all non-empty values in the sample
    """

    name: str
    date_formats: tuple[str, ...]
    is_number: bool
    is_boolean: bool
    n_distinct: int
    n_values: int
    examples: tuple[str, ...]


def sniff_column(name: str, values: Sequence[str | None], *, spreadsheet: bool) -> ColumnSample:
    """Judge a column by a sample of its values as text.

    Examples
    --------
    >>> sniff_column("since", ["31/12/2023", "01/02/2024"], spreadsheet=False).date_formats
    ('%d/%m/%Y',)
    """
    filled = [value.strip() for value in values if value is not None and value.strip()]
    return ColumnSample(
        name=name,
        date_formats=_date_formats(filled, spreadsheet),
        is_number=_most(filled, lambda value: _NUMBER.fullmatch(value) is not None),
        is_boolean=_most(filled, lambda value: value.lower() in _TRUTH),
        n_distinct=len(set(filled)),
        n_values=len(filled),
        examples=tuple(dict.fromkeys(filled))[:8],
    )


def _date_formats(values: list[str], spreadsheet: bool) -> tuple[str, ...]:
    if _most(values, lambda value: _ISO.fullmatch(value) is not None):
        return ("iso",)
    if spreadsheet and _most(values, lambda value: _SERIAL.fullmatch(value) is not None):
        return ("iso",)  # the cells are dates; only their text is a number
    return tuple(form for form in _FORMATS if _most(values, partial(_reads, form=form)))


def _reads(value: str, form: str) -> bool:
    try:
        return 1900 < datetime.strptime(value, form).year < 2200
    except ValueError:
        return False


def _most(values: list[str], holds: Callable[[str], bool]) -> bool:
    allowed = len(values) - _MOST * len(values)
    slips = 0
    for value in values:
        slips += not holds(value)
        if slips > allowed:
            return False  # most columns fail most forms at once, and reading dates is slow
    return bool(values)


def fits(kind: Kind, sample: ColumnSample) -> bool:
    """Whether a column could be of a kind; an empty one could be of any."""
    if sample.n_values == 0:
        return True
    if kind == "date":
        return bool(sample.date_formats)
    if kind in ("integer", "number"):
        return sample.is_number and "iso" not in sample.date_formats
    if kind == "boolean":
        return sample.is_boolean
    return "iso" not in sample.date_formats
