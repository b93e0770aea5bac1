"""From a column as it was found to the column of the contract, in SQL.

Every value that cannot be read becomes null in the typed column and is counted by the predicate
of a `Tally`, so that one aggregate query finds all of them; no bad value passes in silence.
"""

from dataclasses import replace

from clustering.tables.contract import FIRST_DATE, ISO_DATE, LAST_DATE
from clustering.tables.declared import Column
from clustering.tables.reading.cast import Cast, Tally, empty, said_missing, wrong_type
from clustering.tables.reading.cells import Cells
from clustering.tables.reading.numbers import Marks, example_forms, is_open, number_sql
from clustering.tables.session import quoted_name, quoted_text

_ISO = f"'{ISO_DATE}'"
_ISO_WITH_ZONE = r"'\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|UTC|[+-]\d{2}(:?\d{2})?)'"
#: Days of a spreadsheet between 1954 and 2091, and its 9999-12-31; a year (2019) is none of them.
_SERIAL = r"'([2-6]\d{4}(\.\d+)?|2958465|2957003)'"

_WHOLE_TYPES = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
}  # fmt: skip
_REAL_TYPES = {"FLOAT", "DOUBLE"}
_NESTED = {"STRUCT", "MAP", "UNION", "JSON"}
_FLAT = "leave the column out"
_TIMESTAMPS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


def cast_column(
    column: Column, source: str, found_type: str, cells: Cells, marks: Marks | None = None
) -> Cast:
    """Cast the column called `source`, of DuckDB type `found_type`, to the contract's `column`.

    Parameters
    ----------
    marks : the decimal mark of numbers in text (None: not looked at, the point)
    """
    name = quoted_name(source)
    base = found_type.partition("(")[0]
    if found_type.endswith("]") or base in _NESTED:
        return wrong_type(column, name, base, f"one value in each cell: map it, or {_FLAT}")
    if base == "ENUM":
        name, base = f"CAST({name} AS VARCHAR)", "VARCHAR"
    if column.kind == "id":
        return _id(column, name, base, cells)
    if column.kind in ("text", "choice"):
        return _text(column, name, base, cells)
    if column.kind == "date":
        return _date(column, name, base, cells)
    if column.kind == "boolean":
        return _boolean(column, name, base, cells)
    return _number(column, name, base, cells, marks or Marks())


def _id(column: Column, name: str, base: str, cells: Cells) -> Cast:
    if base in _REAL_TYPES:
        whole = f"({name} IS NULL OR (isfinite({name}) AND {name} = floor({name})))"
        fraction = Tally(
            f"NOT {whole}",
            f"'{column.name}' is a number with a fraction",
            "Ids are text: export the column as text.",
        )
        return Cast(_whole_text(name), (fraction, *empty(column, name, cells)))
    if base != "VARCHAR":
        return _text(column, name, base, cells)
    value = cells.trimmed(name)
    untidy = f"{name} IS DISTINCT FROM {value}"
    return Cast(value, empty(column, value, cells), plain=name, untidy=untidy)


def _whole_text(name: str) -> str:
    return f"CAST(TRY_CAST({name} AS HUGEINT) AS VARCHAR)"


def _text(column: Column, name: str, base: str, cells: Cells) -> Cast:
    if base == "BLOB":
        return wrong_type(column, name, "binary", "text: cast it when you write the file")
    if base in _REAL_TYPES:  # a label 1 is stored as 1.0 beside a missing one
        whole = f"isfinite({name}) AND {name} = floor({name})"
        value = f"CASE WHEN {whole} THEN {_whole_text(name)} ELSE CAST({name} AS VARCHAR) END"
        value = f"CASE WHEN NOT isnan({name}) THEN {value} END"
        return Cast(value, (*empty(column, value, cells), *_not_a_choice(column, value)))
    if base != "VARCHAR":
        value = f"CAST({name} AS VARCHAR)"
        return Cast(value, (*empty(column, value, cells), *_not_a_choice(column, value)))
    value = cells.text(name)
    problems = empty(column, value, cells)
    if column.kind == "choice":
        value = f"lower({value})"
        problems = (*problems, *_not_a_choice(column, value))
    remarks = said_missing(column, name, cells)
    untidy = f"{name} IS DISTINCT FROM ({value})"
    return Cast(value, problems, plain=name, untidy=untidy, remarks=remarks)


def _not_a_choice(column: Column, value: str) -> tuple[Tally, ...]:
    if column.kind != "choice":
        return ()
    listed = ", ".join(quoted_text(choice) for choice in column.choices)
    known = ", ".join(column.choices)
    words = f"'{column.name}' is none of {known}"
    return (Tally(f"{value} NOT IN ({listed})", words, "Map the values with CASE."),)


def _date(column: Column, name: str, base: str, cells: Cells) -> Cast:
    zone = cells.reading.time_zone
    if base == "VARCHAR":
        return _date_from_text(column, name, cells)
    if base == "TIMESTAMP WITH TIME ZONE" and zone is None:
        return wrong_type(column, name, "a time with a time zone", _which_place(column, cells))
    remarks: tuple[Tally, ...] = ()
    if base == "TIMESTAMP WITH TIME ZONE" and zone is not None:
        value = _day_in(zone, name)
        remarks = (_zone_remark(column, f"{name} IS NOT NULL", zone),)
    elif base == "DATE":
        value = name
    elif base in _TIMESTAMPS:
        value = f"CAST({name} AS DATE)"
    else:
        return wrong_type(column, name, base, f"a date: cast it in {cells.place}")
    problems = (*empty(column, name, cells), *_outside_calendar(column, value))
    return Cast(_open_end(column, value), problems, remarks=remarks)


def _which_place(column: Column, cells: Cells) -> str:
    if not cells.in_study:
        return "a calendar date: write the day alone"
    return (
        f"a calendar date: say of which place, by {cells.setting('time_zone')} = 'Europe/London' "
        f"or in a mapping: CAST(timezone('Europe/London', CAST(\"{column.name}\" AS TIMESTAMPTZ)) "
        "AS DATE)"
    )


def _day_in(zone: str, moment: str) -> str:
    return f"CAST(timezone({quoted_text(zone)}, {moment}) AS DATE)"


def _zone_remark(column: Column, where: str, zone: str) -> Tally:
    return Tally(
        where, f"'{column.name}' has a time zone, and its day is that of {zone}", shows_values=False
    )


def _date_from_text(column: Column, name: str, cells: Cells) -> Cast:
    text, zone = cells.text(name), cells.reading.time_zone
    iso = f"regexp_full_match({text}, {_ISO})"
    zoned = f"coalesce(regexp_full_match({text}, {_ISO_WITH_ZONE}), false)"
    value = f"WHEN {iso} THEN TRY_CAST(left({text}, 10) AS DATE)"
    if cells.day_zero is not None:
        days = f"CAST(floor(TRY_CAST({text} AS DOUBLE)) AS INTEGER)"
        serial = f"regexp_full_match({text}, {_SERIAL})"
        value += f" WHEN {serial} THEN DATE '{cells.day_zero}' + {days}"
    remarks = said_missing(column, name, cells)
    unplaced: tuple[Tally, ...] = ()
    if zone is None:
        words = f"'{column.name}' carries a time zone"
        unplaced = (Tally(zoned, words, f"Expected {_which_place(column, cells)}."),)
    else:
        value += f" WHEN {zoned} THEN {_day_in(zone, f'TRY_CAST({text} AS TIMESTAMPTZ)')}"
        remarks += (_zone_remark(column, zoned, zone),)
    value = f"CASE {value} END"
    unread = f"({text}) IS NOT NULL AND ({value}) IS NULL"
    problems = (
        *empty(column, text, cells),
        *unplaced,
        Tally(
            f"{unread} AND NOT {zoned}" if zone is None else unread,
            f"'{column.name}' is not a date as YYYY-MM-DD",
            "Day and month cannot be told apart otherwise: write all dates in this one form, or "
            f"map them, as in CAST(strptime({column.name}, '%d/%m/%Y') AS DATE).",
        ),
        *_outside_calendar(column, value),
    )
    cast = Cast(_open_end(column, value), problems, cheap=False, remarks=remarks)
    if cells.day_zero is not None:
        return cast
    quick = _open_end(column, f"TRY_CAST(left({cells.trimmed(name)}, 10) AS DATE)")
    return replace(cast, plain=quick, untidy=f"{cells.says_missing(name)} OR {zoned}")


def _outside_calendar(column: Column, value: str) -> tuple[Tally, ...]:
    outside = f"({value}) < DATE '{FIRST_DATE}'"
    if not column.open_ended:
        outside += f" OR ({value}) > DATE '{LAST_DATE}'"
    words = f"'{column.name}' is before {FIRST_DATE} or after {LAST_DATE}"
    return (Tally(outside, words, "Correct the dates, or leave them empty where not known."),)


def _open_end(column: Column, value: str) -> str:
    """9999-12-31 and its like say "has not ended", which the contract says by an empty cell."""
    if not column.open_ended:
        return value
    return f"CASE WHEN ({value}) <= DATE '{LAST_DATE}' THEN ({value}) END"


def _boolean(column: Column, name: str, base: str, cells: Cells) -> Cast:
    if base == "BOOLEAN":
        return Cast(name, empty(column, name, cells))
    found = name if base == "VARCHAR" else f"CAST({name} AS VARCHAR)"
    text = cells.text(found)
    value = (
        f"CASE WHEN lower({text}) IN ('true', 't', 'yes', 'y', '1', '1.0') THEN true "
        f"WHEN lower({text}) IN ('false', 'f', 'no', 'n', '0', '0.0') THEN false END"
    )
    words = f"'{column.name}' is neither true nor false"
    unread = Tally(f"({text}) IS NOT NULL AND ({value}) IS NULL", words, "Write true or false.")
    remarks = said_missing(column, found, cells)
    return Cast(value, (*empty(column, text, cells), unread), cheap=False, remarks=remarks)


def _number(column: Column, name: str, base: str, cells: Cells, marks: Marks) -> Cast:
    if base == "VARCHAR":
        return _number_from_text(column, name, cells, marks)
    if base in _WHOLE_TYPES | _REAL_TYPES | {"DECIMAL"}:
        known = f"CASE WHEN NOT isnan({name}) THEN {name} END" if base in _REAL_TYPES else name
        wanted = "BIGINT" if column.kind == "integer" else "DOUBLE"
        plain = name if base == wanted else f"CAST({name} AS {wanted})"
        cast = _bounded(column, f"CAST({known} AS DOUBLE)", empty(column, known, cells))
        untidy = f"isnan({name})" if base in _REAL_TYPES else "false"
        return replace(cast, plain=plain, untidy=untidy)
    return wrong_type(column, name, base, f"a number: cast it in {cells.place}")


def _number_from_text(column: Column, name: str, cells: Cells, marks: Marks) -> Cast:
    text = cells.text(name)
    value = number_sql(text, marks)
    unread = f"({text}) IS NOT NULL AND ({value}) IS NULL"
    problems = (
        *empty(column, text, cells),
        *_either_way(column, text, cells, marks),
        Tally(
            unread,
            f"'{column.name}' is not a number",
            f"Numbers are read as {example_forms(marks.decimal)} ({cells.setting('decimal')} sets "
            "the decimal mark), without a unit, currency or percent sign; leave the cell empty "
            "where the value is not known.",
        ),
    )
    remarks = said_missing(column, name, cells)
    if marks.told:
        words = f"'{column.name}' is written with decimal commas, and read so"
        remarks += (Tally(f"({value}) IS NOT NULL", words, shows_values=False),)
    cast = replace(_bounded(column, value, problems), cheap=False, remarks=remarks)
    if not marks.plain:
        return cast
    quick = f"TRY_CAST({cells.trimmed(name)} AS DOUBLE)"
    plain = f"TRY_CAST({quick} AS BIGINT)" if column.kind == "integer" else quick
    return replace(cast, plain=plain, untidy=cells.says_missing(name))


def _either_way(column: Column, text: str, cells: Cells, marks: Marks) -> tuple[Tally, ...]:
    if not marks.open_:
        return ()
    return (
        Tally(
            is_open(text),
            f"'{column.name}' can be read as thousands or as decimals: every mark is followed by "
            "three digits",
            f"Say which by {cells.setting('decimal')}: '.' where 12.000 is twelve, ',' where it is "
            "twelve thousand.",
        ),
    )


def _bounded(column: Column, value: str, problems: tuple[Tally, ...]) -> Cast:
    finite = f"isfinite({value})"
    problems = (
        *problems,
        Tally(
            f"NOT {finite}",
            f"'{column.name}' is infinite or not a number",
            "Leave the cell empty where the value is not known.",
        ),
        *_outside_bounds(column, value, finite),
    )
    if column.kind == "integer":
        fraction = Tally(
            f"{finite} AND {value} <> floor({value})",
            f"'{column.name}' is not a whole number",
            "Round it in the mapping if that is meant.",
        )
        return Cast(f"TRY_CAST({value} AS BIGINT)", (*problems, fraction))
    return Cast(f"CASE WHEN {finite} THEN {value} END", problems)


def _outside_bounds(column: Column, value: str, finite: str) -> tuple[Tally, ...]:
    problems = []
    if column.minimum == 0.0:
        advice = "Correct the sign, or leave such rows (credits, returns) out in the mapping."
        problems.append(Tally(f"{finite} AND {value} < 0", f"'{column.name}' is negative", advice))
    elif column.minimum is not None:
        problems.append(_beyond(column, f"{finite} AND {value} < {column.minimum!r}", "below"))
    if column.maximum is not None:
        problems.append(_beyond(column, f"{finite} AND {value} > {column.maximum!r}", "above"))
    return tuple(problems)


def _beyond(column: Column, where: str, side: str) -> Tally:
    limit = column.maximum if side == "above" else column.minimum
    words = f"'{column.name}' is {side} {limit:,.0f}, which is not plausible"
    return Tally(where, words, "Correct the values or their unit.")
