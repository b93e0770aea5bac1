"""Pieces of SQL that every warehouse reads alike."""

from collections.abc import Iterable, Mapping, Sequence

#: The largest double. What is not between it and its negative is infinite or no number, in every
#: database: some say that NaN is greater than all numbers, others that it is not comparable.
LARGEST = "1.7976931348623157e308"

#: Below this an exponential counts as 0. PostgreSQL refuses exp(-1000) instead.
_LEAST_EXPONENT = "-700e0"


def number(value: float) -> str:
    """A literal that reads back as the same double.

    Without an exponent 0.1 is a decimal number to a database, with other rules and other digits.

    Examples
    --------
    >>> number(0.1), number(-2.0), number(1e300)
    ('0.1e0', '-2.0e0', '1e+300')
    """
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def double(value: float) -> str:
    """A literal that makes a whole column: PostgreSQL would make it one of decimal numbers."""
    return f"CAST({number(value)} AS DOUBLE)"


def text(value: str) -> str:
    """A literal of any text.

    Examples
    --------
    >>> text("Ann's")
    "'Ann''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """A quoted name of any letters.

    Examples
    --------
    >>> print(name('a "b"'))
    "a ""b\"""
    """
    return '"' + value.replace('"', '""') + '"'


def total(terms: Iterable[str]) -> str:
    """The sum of some terms, from left to right.

    Examples
    --------
    >>> total(["a", "b"]), total([])
    ('a + b', '0e0')
    """
    return " + ".join(terms) or "0e0"


def largest(terms: Sequence[str]) -> str:
    """The largest of some numbers, none of them null.

    Examples
    --------
    >>> largest(["a"]), largest(["a", "b"])
    ('a', 'GREATEST(a, b)')
    """
    return terms[0] if len(terms) == 1 else f"GREATEST({', '.join(terms)})"


def case(branches: Mapping[str, str], otherwise: str = "NULL") -> str:
    """The value of the first condition that holds.

    Examples
    --------
    >>> case({"x < 0e0": "1"}), case({}, "2")
    ('CASE WHEN x < 0e0 THEN 1 ELSE NULL END', '2')
    """
    if not branches:
        return otherwise
    written = " ".join(f"WHEN {condition} THEN {value}" for condition, value in branches.items())
    return f"CASE {written} ELSE {otherwise} END"


def exponential(argument: str) -> str:
    """The exponential of a column that is at most 0; a column is read twice, so name it first.

    Examples
    --------
    >>> exponential("a")
    'CASE WHEN a > -700e0 THEN EXP(a) ELSE 0e0 END'
    """
    return case({f"{argument} > {_LEAST_EXPONENT}": f"EXP({argument})"}, "0e0")
