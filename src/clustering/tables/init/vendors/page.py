"""`docs/templates.md`: what every template reads, and what it makes of it, from the templates."""

from collections.abc import Iterator

from clustering.tables.init.vendors.template import Template, templates

_INTRODUCTION = """# Templates for common exports

Words: [glossary](glossary.md).

```
clustering init my_study --template salesforce --template segment --as-of 2025-06-30 --from exports
clustering check my_study/my_study.toml
clustering study my_study/my_study.toml
```

A template knows what a vendor's objects and fields are called, and writes the mappings; nothing
has to be edited where its assumptions hold. **Every assumption stands in the mapping as `--
ASSUMED`: read them.** Which file is which object is told by its name and its columns, which may
be those of the vendor's own export, of its API or of a usual pipeline: case, blanks and
underscores do not matter. Put the files of each vendor into a folder of its name
(`exports/salesforce/Account.csv`), or all into one.

Rows that an export marks as deleted (`IsDeleted`, `_fivetran_deleted`) are left out.

## Several at once

**The first template gives the accounts**; the rows of the others are joined to them. Where two
can give one table, billing goes before the CRM in contracts, the help desk in tickets, and the
platform of customer success in meetings and milestones; what was not taken is said.

Two accounts are the same where one system holds the other's id (an account number, metadata, an
external id), where both hold an id of a third system, or where the domain of web site or mail is
the same, in this order. A key of two accounts leads to neither, and the domain of a mail
provider (gmail.com) says nothing.

What matches nothing is never left out in silence. `init` counts it in both directions, and
writes `mapping/unmatched.sql`, which lists these accounts: every `check`, its `--html` page and
every report count them anew. To join by a key of your own, change the `our_keys` and
`their_keys` in the mappings.

## What is assumed of days

Most exports give moments in UTC, and a day is one of the place that `source.time_zone` names in
the drafted TOML: `UTC`, until you write another.
"""


def templates_page() -> str:
    """Write the page: every template with its files, tables and assumptions."""
    parts = [_INTRODUCTION]
    for name, template in templates().items():
        parts += ["\n".join(_section(name, template)), ""]
    return "\n".join(parts).rstrip() + "\n"


def _section(name: str, template: Template) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield f"{template.title}. {template.exported}"
    yield ""
    yield "| file | columns that must be there | others that are read |"
    yield "| --- | --- | --- |"
    for spec in template.objects.values():
        called = " or ".join(f"`{file}`" for file in spec.files)
        needed = ", ".join(f"`{spec.columns[need][0]}`" for need in spec.needs)
        others = ", ".join(
            f"`{names[0]}`" for column, names in spec.columns.items() if column not in spec.needs
        )
        yield f"| {called} | {needed} | {others} |"
    yield ""
    said = set()
    for table in template.tables:
        again = " (another way)" if table.table in said else ""
        said.add(table.table)
        assumed = " ".join(f"{sentence[0].upper()}{sentence[1:]}" for sentence in table.assumed)
        yield f"- **{table.table}**{again}. {assumed or 'As it stands in the export.'}"
    yield ""
    listed = ", ".join(f"<{address}>" for address in template.documents)
    yield f"Objects and fields: {listed}."
