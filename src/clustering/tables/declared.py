"""What the contract says of a table: its columns, its key, and what a row may not be."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "choice", "date", "integer", "number", "boolean"]


@dataclass(frozen=True)
class Column:
    """A column of the contract.

    Attributes
    ----------
    required : the column must be there, and no row of it may be empty
    minimum, maximum : bounds of a number, both included; beyond them a value is absurd
    choices : the values of a `choice`, compared in lower case
    open_ended : an end date, for which an empty cell or a date after `LAST_DATE` (the customary
        9999-12-31) means "has not ended"
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    open_ended: bool = False


@dataclass(frozen=True)
class Rule:
    """A relation between `columns` of one row: where `broken` (SQL) holds, it is a breach."""

    broken: str
    words: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of the contract.

    Attributes
    ----------
    key : columns that together name one row; a repeated key is a breach
    repeats_noted : where there is no key, whether rows that are equal in all columns are counted
        and noted (they stay in, since two equal rows can both be true)
    in_order : pairs (first, then): a row whose `then` is earlier is a breach
    dated_by : what dates a row for "first and last date", the earliest non-empty of the columns
    behaviour_since : the date that should not lie before the account's start; rows where it does
        are counted and noted
    rules : further relations within a row
    """

    name: str
    one_row: str
    columns: tuple[Column, ...]
    dated_by: str
    key: tuple[str, ...] = ()
    repeats_noted: bool = False
    in_order: tuple[tuple[str, str], ...] = ()
    behaviour_since: str | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def required_columns(self) -> tuple[Column, ...]:
        """The columns without which the table cannot be used."""
        return tuple(column for column in self.columns if column.required)
