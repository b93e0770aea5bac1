"""From a column as it was found to the column of the contract, in SQL.

Every value that cannot be read becomes null in the typed column and is counted by the predicate
of a `Problem`, so that one aggregate query finds all of them; no bad value passes in silence.
"""

from dataclasses import dataclass, replace

from clustering.tables.contract import FIRST_DATE, LAST_DATE, Column, Kind
from clustering.tables.session import quoted_name, quoted_text

__all__ = ["Cast", "Problem", "cast_column"]

#: Blank, tab, line ends and the no-break space that spreadsheets leave behind.
_BLANKS = quoted_text(" \t\r\n\u00a0")
_ISO = r"'\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?'"
_ISO_WITH_ZONE = r"'\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|UTC|[+-]\d{2}(:?\d{2})?)'"
_DECIMAL = r"'[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?'"
_DECIMAL_COMMA = r"'[+-]?\d{1,3}(\.?\d{3})*,\d+'"
_NOT_FINITE = r"'(?i)[+-]?(inf|infinity|nan)'"
_EXCEL_SERIAL = r"'\d{1,6}(\.\d+)?'"

_WHOLE_TYPES = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
}  # fmt: skip
#: The type of a column of each kind.
_TYPES: dict[Kind, str] = {
    "id": "VARCHAR", "text": "VARCHAR", "choice": "VARCHAR", "date": "DATE",
    "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN",
}  # fmt: skip
_REAL_TYPES = {"FLOAT", "DOUBLE"}
_TIMESTAMPS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


@dataclass(frozen=True)
class Problem:
    """A way in which values of a column can break the contract.

    Attributes
    ----------
    where : SQL predicate that holds for the rows at fault
    words : what is wrong, as in "'used_on' is not an ISO date"
    advice : what to do
    shows_values : whether examples of the values help
    """

    where: str
    words: str
    advice: str
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
    """

    expression: str
    problems: tuple[Problem, ...]
    plain: str | None = None
    untidy: str = "false"
    cheap: bool = True


def cast_column(column: Column, source: str, found_type: str, *, spreadsheet: bool = False) -> Cast:
    """Cast the column called `source`, of DuckDB type `found_type`, to the contract's `column`.

    Parameters
    ----------
    spreadsheet : whether numbers may stand for dates (days since 1899-12-30, as in Excel)
    """
    name = quoted_name(source)
    base = found_type.partition("(")[0]
    if column.kind == "id":
        return _id(column, name, base)
    if column.kind in ("text", "choice"):
        return _text(column, name, base)
    if column.kind == "date":
        return _date(column, name, base, spreadsheet)
    if column.kind == "boolean":
        return _boolean(column, name, base)
    return _number(column, name, base)


def _trimmed(name: str) -> str:
    return f"nullif(trim({name}, {_BLANKS}), '')"


def _empty(column: Column, name: str, value: str) -> tuple[Problem, ...]:
    """Rows of a required column without a value; a value that cannot be read is not counted."""
    if not column.required:
        return ()
    advice = "Complete them, or leave such rows out in the mapping."
    return (Problem(f"{value} IS NULL", f"'{column.name}' is empty", advice, shows_values=False),)


def _wrong_type(column: Column, found_type: str, expected: str) -> Cast:
    problem = Problem("true", f"'{column.name}' is {found_type}", f"Expected {expected}.")
    return Cast(f"CAST(NULL AS {_TYPES[column.kind]})", (problem,))


def _id(column: Column, name: str, base: str) -> Cast:
    if base in _REAL_TYPES:
        whole = f"({name} IS NULL OR (isfinite({name}) AND {name} = floor({name})))"
        text = f"CAST(TRY_CAST({name} AS HUGEINT) AS VARCHAR)"
        fraction = Problem(
            f"NOT {whole}",
            f"'{column.name}' is a number with a fraction",
            "Ids are text: export the column as text.",
        )
        return Cast(text, (fraction, *_empty(column, name, name)))
    return _text(column, name, base)


def _text(column: Column, name: str, base: str) -> Cast:
    if base != "VARCHAR":
        value = f"CAST({name} AS VARCHAR)"
        return Cast(value, (*_empty(column, name, value), *_not_a_choice(column, value)))
    value = _trimmed(name)
    problems = _empty(column, name, value)
    if column.kind == "choice":
        value = f"lower({value})"
        problems = (*problems, *_not_a_choice(column, value))
    return Cast(value, problems, plain=name, untidy=f"{name} IS DISTINCT FROM {value}")


def _not_a_choice(column: Column, value: str) -> tuple[Problem, ...]:
    if column.kind != "choice":
        return ()
    listed = ", ".join(quoted_text(choice) for choice in column.choices)
    known = ", ".join(column.choices)
    words = f"'{column.name}' is none of {known}"
    return (Problem(f"{value} NOT IN ({listed})", words, "Map the values with CASE."),)


def _date(column: Column, name: str, base: str, spreadsheet: bool) -> Cast:
    if base == "TIMESTAMP WITH TIME ZONE":
        return _wrong_type(
            column,
            "a time with a time zone",
            "a calendar date: say in the mapping of which place, as in "
            f"CAST(timezone('Europe/London', {column.name}) AS DATE)",
        )
    if base == "VARCHAR":
        return _date_from_text(column, name, spreadsheet)
    if base == "DATE":
        value = name
    elif base in _TIMESTAMPS:
        value = f"CAST({name} AS DATE)"
    else:
        return _wrong_type(column, base, "a date: cast it in the mapping")
    problems = (*_empty(column, name, name), *_outside_calendar(column, value))
    return Cast(_open_end(column, value), problems)


def _date_from_text(column: Column, name: str, spreadsheet: bool) -> Cast:
    text = _trimmed(name)
    iso = f"regexp_full_match({text}, {_ISO})"
    zone = f"coalesce(regexp_full_match({text}, {_ISO_WITH_ZONE}), false)"
    value = f"CASE WHEN {iso} THEN TRY_CAST(left({text}, 10) AS DATE) END"
    if spreadsheet:
        serial = f"regexp_full_match({text}, {_EXCEL_SERIAL})"
        days = f"CAST(floor(TRY_CAST({text} AS DOUBLE)) AS INTEGER)"
        value = f"CASE WHEN {serial} THEN DATE '1899-12-30' + {days} ELSE {value} END"
    problems = (
        *_empty(column, name, text),
        Problem(
            zone,
            f"'{column.name}' carries a time zone",
            "Expected a calendar date: say in the mapping of which place, as in "
            f"CAST(timezone('Europe/London', CAST({column.name} AS TIMESTAMPTZ)) AS DATE).",
        ),
        Problem(
            f"{text} IS NOT NULL AND ({value}) IS NULL AND NOT {zone}",
            f"'{column.name}' is not a date as YYYY-MM-DD",
            "Day and month cannot be told apart otherwise: write all dates in this one form, or "
            f"map them, as in CAST(strptime({column.name}, '%d/%m/%Y') AS DATE).",
        ),
        *_outside_calendar(column, value),
    )
    return Cast(_open_end(column, value), problems, cheap=False)


def _outside_calendar(column: Column, value: str) -> tuple[Problem, ...]:
    outside = f"({value}) < DATE '{FIRST_DATE}'"
    if not column.open_ended:
        outside += f" OR ({value}) > DATE '{LAST_DATE}'"
    words = f"'{column.name}' is before {FIRST_DATE} or after {LAST_DATE}"
    return (Problem(outside, words, "Correct the dates, or leave them empty where not known."),)


def _open_end(column: Column, value: str) -> str:
    """9999-12-31 and its like say "has not ended", which the contract says by an empty cell."""
    if not column.open_ended:
        return value
    return f"CASE WHEN ({value}) <= DATE '{LAST_DATE}' THEN ({value}) END"


def _boolean(column: Column, name: str, base: str) -> Cast:
    if base == "BOOLEAN":
        return Cast(name, _empty(column, name, name))
    text = f"lower({_trimmed(f'CAST({name} AS VARCHAR)')})"
    value = (
        f"CASE WHEN {text} IN ('true', 't', 'yes', 'y', '1', '1.0') THEN true "
        f"WHEN {text} IN ('false', 'f', 'no', 'n', '0', '0.0') THEN false END"
    )
    words = f"'{column.name}' is neither true nor false"
    unread = Problem(f"{text} IS NOT NULL AND ({value}) IS NULL", words, "Write true or false.")
    return Cast(value, (*_empty(column, name, text), unread), cheap=False)


def _number(column: Column, name: str, base: str) -> Cast:
    if base == "VARCHAR":
        return _number_from_text(column, name)
    if base in _WHOLE_TYPES | _REAL_TYPES | {"DECIMAL"}:
        problems = _empty(column, name, name)
        wanted = "BIGINT" if column.kind == "integer" else "DOUBLE"
        plain = name if base == wanted else f"CAST({name} AS {wanted})"
        return replace(_bounded(column, f"CAST({name} AS DOUBLE)", problems), plain=plain)
    return _wrong_type(column, base, "a number: cast it in the mapping")


def _number_from_text(column: Column, name: str) -> Cast:
    text = _trimmed(name)
    readable = f"regexp_full_match({text}, {_DECIMAL}) OR regexp_full_match({text}, {_NOT_FINITE})"
    value = f"CASE WHEN {readable} THEN TRY_CAST({text} AS DOUBLE) END"
    comma = f"coalesce(regexp_full_match({text}, {_DECIMAL_COMMA}), false)"
    problems = (
        *_empty(column, name, text),
        Problem(
            comma,
            f"'{column.name}' has a comma",
            "Write decimals with a point and no separator of thousands, or map it: with decimal "
            f"commas as in replace(replace({column.name}, '.', ''), ',', '.').",
        ),
        Problem(
            f"{text} IS NOT NULL AND ({value}) IS NULL AND NOT {comma}",
            f"'{column.name}' is not a number",
            "Write digits and a point alone (no unit, no thousands separator); leave the cell "
            "empty where the value is not known.",
        ),
    )
    return replace(_bounded(column, value, problems), cheap=False)


def _bounded(column: Column, value: str, problems: tuple[Problem, ...]) -> Cast:
    finite = f"isfinite({value})"
    problems = (
        *problems,
        Problem(
            f"NOT {finite}",
            f"'{column.name}' is infinite or not a number",
            "Leave the cell empty where the value is not known.",
        ),
        *_outside_bounds(column, value, finite),
    )
    if column.kind == "integer":
        fraction = Problem(
            f"{finite} AND {value} <> floor({value})",
            f"'{column.name}' is not a whole number",
            "Round it in the mapping if that is meant.",
        )
        return Cast(f"TRY_CAST({value} AS BIGINT)", (*problems, fraction))
    return Cast(f"CASE WHEN {finite} THEN {value} END", problems)


def _outside_bounds(column: Column, value: str, finite: str) -> tuple[Problem, ...]:
    problems = []
    if column.minimum == 0.0:
        advice = "Correct the sign, or leave such rows (credits, returns) out in the mapping."
        problems.append(
            Problem(f"{finite} AND {value} < 0", f"'{column.name}' is negative", advice)
        )
    elif column.minimum is not None:
        problems.append(_beyond(column, f"{finite} AND {value} < {column.minimum!r}", "below"))
    if column.maximum is not None:
        problems.append(_beyond(column, f"{finite} AND {value} > {column.maximum!r}", "above"))
    return tuple(problems)


def _beyond(column: Column, where: str, side: str) -> Problem:
    limit = column.maximum if side == "above" else column.minimum
    words = f"'{column.name}' is {side} {limit:,.0f}, which is not plausible"
    return Problem(where, words, "Correct the values or their unit.")
