"""How a column as it was found becomes the contract's, and what is to be counted in it."""

from dataclasses import dataclass

from clustering.tables.declared import Column, Kind
from clustering.tables.reading.cells import Cells

#: The type of a column of each kind.
_TYPES: dict[Kind, str] = {
    "id": "VARCHAR", "text": "VARCHAR", "choice": "VARCHAR", "date": "DATE",
    "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN",
}  # fmt: skip


@dataclass(frozen=True)
class Tally:
    """Rows to look for in a column: values at fault, or such as are read in a way to be told.

    Attributes
    ----------
    where : SQL predicate that holds for the rows
    words : what they are, as in "'used_on' is not an ISO date"
    advice : what to do about values at fault
    shows_values : whether examples of the values help
    """

    where: str
    words: str
    advice: str = ""
    shows_values: bool = True


@dataclass(frozen=True)
class Cast:
    """How a found column becomes the contract's.

    Attributes
    ----------
    expression : SQL of the typed value
    problems : what to count as breaches
    plain : a cheaper form of the same value, for a column without problems and without untidy
        rows (None: there is none)
    untidy : SQL predicate of the rows for which `plain` would not do, though they are no breach
    cheap : whether evaluating it at every read costs next to nothing
    remarks : what to count and to say, and is no breach
    """

    expression: str
    problems: tuple[Tally, ...]
    plain: str | None = None
    untidy: str = "false"
    cheap: bool = True
    remarks: tuple[Tally, ...] = ()

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """All that is counted, the problems first."""
        return (*self.problems, *self.remarks)


def empty(column: Column, value: str, cells: Cells) -> tuple[Tally, ...]:
    """Rows of a required column without a value; a value that cannot be read is not counted."""
    if not column.required:
        return ()
    advice = f"Complete them, or leave such rows out in {cells.place}."
    if column.kind != "id" and cells.reading.missing:
        advice += f" What words count as empty is set by {cells.setting('missing')}."
    return (Tally(f"({value}) IS NULL", f"'{column.name}' is empty", advice),)


def said_missing(column: Column, name: str, cells: Cells) -> tuple[Tally, ...]:
    """Cells in which a word says that the value is missing."""
    setting = cells.setting("missing")
    words = f"'{column.name}' is read as missing where a word says so ({setting})"
    return (Tally(cells.says_missing(name), words),)


def wrong_type(column: Column, name: str, found_type: str, expected: str) -> Cast:
    """A column of a type that cannot be read; one without any value is an empty column."""
    nothing = f"CAST(NULL AS {_TYPES[column.kind]})"
    words = f"'{column.name}' is {found_type}"
    wrong = Tally(f"{name} IS NOT NULL", words, f"Expected {expected}.")
    advice = "Complete them, or leave such rows out."
    none = Tally(f"{name} IS NULL", f"'{column.name}' is empty", advice)
    return Cast(nothing, (wrong, none) if column.required else (wrong,))
