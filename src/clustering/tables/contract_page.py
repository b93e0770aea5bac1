"""`docs/tables.md`: the contract of the tables for people, from its declaration."""

from clustering.tables.contract import (
    AS_OF_SLACK_DAYS,
    BEHAVIOUR_TABLES,
    COUNTED_TABLES,
    FIRST_DATE,
    LAST_DATE,
    TABLES,
)
from clustering.tables.declared import Column, Table

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
  is refused unless `source.time_zone` says of which place the day is. In a workbook, a number can
  be a date of 1954 to 2091; a year is none. Dates lie from {FIRST_DATE} to {LAST_DATE}; the
  end dates marked below may be empty or later (9999-12-31), which both mean "has not ended".
- **Numbers** have digits and a decimal mark, no unit; blanks, apostrophes or the other mark may
  part the thousands. Where a column can be read in two ways (12.000 in every row),
  `source.decimal` decides.
- **True or false**: true/false, yes/no, t/f, y/n, 1/0.
- **Text files** are UTF-8, with or without a byte-order mark; the delimiter is that of comma,
  semicolon, tab and `|` by which the rows fit the header, or what a line `sep=;` says.
- A cell of blanks is empty, and so is one with a word of `source.missing` (NA, N/A, null, -; never
  in an id). Empty means "not known", never zero.

## What stops a study, and what is noted

A **breach** would make features wrong; all breaches of all tables are reported at once, with
counts, examples and the first account ids. A **note** is what real extracts have; it is counted,
printed and stands in the report.

{{findings}}

When accounts are only scored (a folder without a study), one account is enough, a table may be
empty, and the date of the scores is compared with the dates of the tables as `as_of` is.

## What the dates mean

- **An end is the first day without.** `subscriptions.end_is = "last_day"` and `accounts.end_is`
  say that the source has last days; they are moved by one day when the tables are opened, once and
  for all readers. `clustering init` guesses it, `clustering check` says where the rows disagree.
- **An end ahead of `as_of` is invisible**: it may be a plan, or a termination that nobody knew of.
- **`recorded_on` hides its whole row** before it, in milestones and outcomes alike: a plan that was
  entered after `as_of` does not exist at `as_of`, whatever dates it holds. An empty one means that
  the row was always known. `achieved_recorded_on` hides only that a milestone was reached.
- **Who has left** is said by `accounts.ended_on` or by the contracts (`accounts.left_by`): an
  account without a contract for more than `accounts.lapsed_days` is a former customer and is not
  clustered.
- **How far the tables reach.** A table of events reaches to its last row. Contracts are taken to
  reach as far as the events of the other tables, unless their rows speak against it: from some day
  on hardly any term is followed by another, or nothing begins or ends for more than twice the
  longest pause before. `subscriptions.complete_to` says it instead.
"""


_BREACHES = (
    "a required column missing or misspelt; a column that the contract does not have (it may be a "
    "misspelt optional one)",
    "a value that cannot be read; an empty cell in a required column",
    "a negative amount of anything but a contract line, an infinite or implausible number (bounds "
    "below)",
    "contract lines that sum to less than 0 for an account at `as_of`",
    "amounts in several currencies, or in another than the study's, where a column `currency` says "
    "so",
    "a repeated key (below)",
    "an end before its start, a record before what it records",
    "rows of accounts that `accounts` does not have (an extract without former customers would "
    "make every survivor look typical)",
    "an empty table; one account; a required table absent",
    "`as_of` before the first account or the first row of behaviour, or more than "
    f"{AS_OF_SLACK_DAYS} days after its last row, after the last row of "
    f"{', '.join(f'`{name}`' for name in COUNTED_TABLES)}, or after the day up to which the "
    "contracts are complete",
)
_NOTES = (
    "rows after `as_of`: no feature sees them, they serve the horizon",
    "rows dated before the account's `started_on`: used as they stand",
    "rows without a key that are equal in every column: counted as they stand, since two equal "
    "rows can both be true",
    "next terms that begin one day after, or on, the last day of the one before; contract lines "
    "that overlap, are below 0, or look like total contract values: counted as they stand",
    "accounts closed on their row with a contract open, open without a contract for long, or "
    "without any: `accounts.left_by` decides",
    "the day up to which the contracts are taken to be complete, and why",
    "a `recorded_on` of milestones that looks like the day when reaching was entered",
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
