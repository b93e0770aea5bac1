"""Numbers as people and programs write them, in SQL: which mark is the decimal one.

A column is read with one decimal mark. Its values tell which where they can be read in one way
only (1234.5, 1.234,5, 0.125, 1.234.567). Where every mark is followed by exactly three digits
(12.000), twelve and twelve thousand look alike: the setting decides, and nothing is guessed.
"""

from dataclasses import dataclass
from typing import Literal

from clustering.tables.session import quoted_text

Decimal = Literal[".", ","]

#: What parts groups of thousands and is never a decimal mark: blanks, apostrophes.
_GROUP = " '\u2019\u00a0\u202f"
_SIGN = "[+-]?"
#: What stands before the first mark of thousands.
_HEAD = r"[1-9]\d{0,2}"
_EXPONENT = r"([eE][+-]?\d+)?"


def _sure(mark: Decimal) -> str:
    """Pattern of the values in which `mark` can only be the decimal mark."""
    point, other = ("\\.", ",") if mark == "." else (",", "\\.")
    forms = (
        rf"(\d*{point}\d{{0,2}}|\d*{point}\d{{4,}}){_EXPONENT}",
        rf"(0*|\d{{4,}}){point}\d{{3}}{_EXPONENT}",
        rf"\d+{point}\d+[eE][+-]?\d+",
        rf"{_HEAD}({other}\d{{3}})+{point}\d*",
        rf"{_HEAD}([{_GROUP}]\d{{3}})+{point}\d*",
        rf"{_HEAD}({other}\d{{3}}){{2,}}",
    )
    return f"{_SIGN}({'|'.join(forms)})"


_SURE = (_sure("."), _sure(","))
_OPEN = rf"{_SIGN}{_HEAD}[.,]\d{{3}}"

#: So many values that can be read either way may hang on one that can be read in one way only;
#: beyond that the one is rather a slip.
_MOST_OPEN = 50


@dataclass(frozen=True)
class Marks:
    """The decimal mark of a column.

    Attributes
    ----------
    decimal : the mark
    open_ : whether the values could be read with the other one just as well
    told : whether the values have told that it is not the point
    plain : whether every value is digits, one point at most and an exponent: the quick way
    """

    decimal: Decimal = "."
    open_: bool = False
    told: bool = False
    plain: bool = False


def plain_counts(text: str) -> tuple[str, str, str]:
    """SQL of counts that tell whether a column is plain: others, with a point, open.

    Parameters
    ----------
    text : SQL of the text of a cell
    """
    return (
        f"count({text}) FILTER (WHERE {_plain(text)} IS NULL)",
        f"count(*) FILTER (WHERE contains({text}, '.'))",
        f"count(*) FILTER (WHERE {is_open(text)})",
    )


def _plain(text: str) -> str:
    # The cast takes 1_000 too, which people do not write.
    return f"CASE WHEN NOT contains({text}, '_') THEN TRY_CAST({text} AS DOUBLE) END"


def mark_counts(text: str) -> tuple[str, str, str]:
    """SQL of the counts that `decide` needs of a column: sure of the point, of the comma, open.

    Parameters
    ----------
    text : SQL of the text of a cell
    """
    points, commas = (_matches(text, form) for form in _SURE)
    first, second, third = (
        f"count(*) FILTER (WHERE {where})" for where in (points, commas, is_open(text))
    )
    return first, second, third


def is_open(text: str) -> str:
    """SQL predicate of the values that can be read with either decimal mark.

    Parameters
    ----------
    text : SQL of the text of a cell
    """
    return _matches(text, _OPEN)


def decide(points: int, commas: int, open_: int, setting: Decimal | None) -> Marks:
    """Choose the decimal mark of a column by the counts of its values, else by the setting.

    Examples
    --------
    >>> decide(3, 0, 5, None).decimal, decide(0, 3, 5, None).decimal, decide(0, 0, 5, None).open_
    ('.', ',', True)
    """
    sure = points + commas
    if open_ > _MOST_OPEN * sure:
        return Marks(setting or ".", open_=setting is None)
    if points and commas and setting is not None:
        return Marks(setting)
    return Marks("," if commas > points else ".", told=commas > points)


def number_sql(text: str, marks: Marks) -> str:
    """SQL of the number in a text, null where it is none.

    Parameters
    ----------
    text : SQL of the text of a cell
    marks : the other mark parts thousands, as blanks and apostrophes do
    """
    if marks.plain:
        return _plain(text)
    decimal = marks.decimal
    point, other = ("\\.", ",") if decimal == "." else (",", "\\.")
    plain = rf"(\d+{point}?\d*|{point}\d+){_EXPONENT}"
    parted = rf"{_HEAD}(({other}\d{{3}})+|([{_GROUP}]\d{{3}})+)({point}\d*)?"
    form = rf"{_SIGN}({plain}|{parted})"
    digits = f"regexp_replace({text}, {quoted_text(f'[{other}{_GROUP}]')}, '', 'g')"
    if decimal == ",":
        digits = f"replace({digits}, ',', '.')"
    # Programs write infinity so; the contract refuses it by that name.
    infinite = rf"(?i){_SIGN}(inf|infinity|nan)"
    return (
        f"CASE WHEN {_matches(text, form)} THEN TRY_CAST({digits} AS DOUBLE) "
        f"WHEN {_matches(text, infinite)} THEN TRY_CAST({text} AS DOUBLE) END"
    )


def example_forms(decimal: Decimal) -> str:
    """How numbers with that mark look, for a message."""
    return "1,234.5 or 1234.5" if decimal == "." else "1.234,5 or 1234,5"


def _matches(text: str, form: str) -> str:
    return f"regexp_full_match({text}, {quoted_text(form)})"
