"""`docs/tables.md`: the contract of the tables for people, from its declaration."""

from clustering.tables.contract import (
    AS_OF_SLACK_DAYS,
    BEHAVIOUR_TABLES,
    FIRST_DATE,
    LAST_DATE,
    TABLES,
    Column,
    Table,
)

__all__ = ["contract_page"]

_KINDS = {
    "id": "text",
    "text": "text",
    "choice": "text",
    "date": "date",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}

_INTRODUCTION = f"""# The tables

What a customer-success team can export from its CRM, billing, product analytics and support desk.
Only `accounts` and one table of behaviour ({", ".join(f"`{name}`" for name in BEHAVIOUR_TABLES)})
are required. A table that is absent stays absent: nothing is filled in, and a feature or scheme
that needs it says so by name (`clustering check`).

Columns of other names are mapped with one SQL `SELECT` a table:
[your own data](bring_your_data.md). This page is generated from `clustering.tables.contract`.
"""

_RULES = f"""## How values are read

- **Ids and texts**: leading zeros stay, blanks around them go. CSV, JSON and Excel are read as text
  throughout and cast by this contract, so no reader turns `007` into 7.
- **Dates** are calendar dates, written `YYYY-MM-DD`; a time of day after it is cut off. A time zone
  is refused, since the day depends on the place. Dates lie from {FIRST_DATE} to {LAST_DATE}; the
  end dates marked below may be empty or later (9999-12-31), which both mean "has not ended".
- **Numbers** have digits and a decimal point, no separator of thousands, no unit.
- **True or false**: true/false, yes/no, t/f, y/n, 1/0.
- **Text files** are UTF-8, with or without a byte-order mark; the delimiter is the commonest of
  comma, semicolon, tab and `|` in the header line.
- A cell of blanks is empty. Empty means "not known", never zero.

## What stops a study, and what is noted

A **breach** would make features wrong; all breaches of all tables are reported at once, with
counts, examples and the first account ids. A **note** is what real extracts have; it is counted,
printed and stands in the report.

{{findings}}

When accounts are only scored (a folder without a study), one account is enough, a table may be
empty, and there is no `as_of` to compare with the dates.
"""


_BREACHES = (
    "a required column missing or misspelt; a column that the contract does not have (it may be a "
    "misspelt optional one)",
    "a value that cannot be read; an empty cell in a required column",
    "a negative amount, an infinite or implausible number (bounds below)",
    "a repeated key (below)",
    "an end before its start, a record before what it records",
    "rows of accounts that `accounts` does not have (an extract without former customers would "
    "make every survivor look typical)",
    "an empty table; one account; a required table absent",
    "`as_of` before the first account or the first row of behaviour, or more than "
    f"{AS_OF_SLACK_DAYS} days after its last row",
)
_NOTES = (
    "rows after `as_of`: no feature sees them, they serve the horizon",
    "rows dated before the account's `started_on`: used as they stand",
    "rows without a key that are equal in every column: counted as they stand, since two equal "
    "rows can both be true",
    "blanks around ids: removed",
    f"a table whose last row is more than {AS_OF_SLACK_DAYS} days before `as_of`",
    "files in the folder that are no table of the contract",
)


def contract_page() -> str:
    """Write the page: every table with its columns, and what is a breach."""
    overview = [
        "| table | one row is | |",
        "| --- | --- | --- |",
        *(
            f"| [`{table.name}`](#{table.name}) | {table.one_row} | {_need(table)} |"
            for table in TABLES
        ),
    ]
    findings = [
        "| found | |",
        "| --- | --- |",
        *(f"| {words} | breach |" for words in _BREACHES),
        *(f"| {words} | note |" for words in _NOTES),
    ]
    rules = _RULES.format(findings="\n".join(findings))
    parts = ["\n".join([_INTRODUCTION, *overview, ""]), rules, *map(_table, TABLES)]
    return "\n".join(parts)


def _need(table: Table) -> str:
    if table.name == "accounts":
        return "required"
    return "one of these is required" if table.name in BEHAVIOUR_TABLES else "optional"


def _table(table: Table) -> str:
    lines = [
        f"## {table.name}",
        "",
        f"One row is {table.one_row}.",
        "",
        "| column | type | required | meaning |",
        "| --- | --- | --- | --- |",
        *(_column(column) for column in table.columns),
        "",
    ]
    if table.key:
        lines += [f"Key: {', '.join(f'`{name}`' for name in table.key)}.", ""]
    for first, then in table.in_order:
        lines += [f"`{first}` is not after `{then}`.", ""]
    for rule in table.rules:
        lines += [f"A breach: {rule.words}.", ""]
    return "\n".join(lines)


def _column(column: Column) -> str:
    meaning = column.meaning
    if column.choices:
        meaning += f" One of {', '.join(f'`{choice}`' for choice in column.choices)}."
    if column.open_ended:
        meaning += " Empty or 9999-12-31: open."
    if column.minimum is not None and column.maximum is not None:
        meaning += f" From {column.minimum:,.0f} to {column.maximum:,.0f}."
    required = "yes" if column.required else ""
    return f"| `{column.name}` | {_KINDS[column.kind]} | {required} | {meaning} |"
