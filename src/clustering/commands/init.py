"""`clustering init`: the draft of a study for a user's own files."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import example

if TYPE_CHECKING:
    from clustering.tables.init.drafting import Draft


def register(app: typer.Typer) -> None:
    """Add `init` to the app."""
    app.command(
        "init",
        epilog=example(
            "clustering init my_study --from exports --template salesforce --template zendesk"
        ),
    )(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the new study.")],
    files: Annotated[
        list[Path],
        typer.Option(
            "--from",
            metavar="FILES...",
            help="Your files: a folder, CSV, Parquet, JSON, Excel or SQLite; they are only read.",
        ),
    ],
    templates: Annotated[
        list[str] | None,
        typer.Option(
            "--template",
            metavar="VENDOR",
            help="Whose exports they are: chargebee, gainsight, hubspot, mixpanel, salesforce, "
            "segment, stripe, zendesk. Several at once are joined on ids and domains; the first "
            "gives the accounts.",
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="The date that the study pretends it is. It is never guessed: without it you "
            "write it into the configuration.",
        ),
    ] = None,
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILES]...", hidden=True, show_default=False)
    ] = None,
) -> None:
    """Draft a study for your own files: a configuration and one SQL mapping per table."""
    import re

    from clustering.commands.console import say
    from clustering.tables.init.drafting import draft_study, write_draft

    name = re.sub(r"[^A-Za-z0-9_-]+", "_", folder.resolve().name).strip("_-")[:64] or "study"
    draft = draft_study(
        name,
        folder,
        [*files, *(more or [])],
        templates=templates or (),
        as_of=None if as_of is None else as_of.date(),
    )
    written = write_draft(draft, name, folder)
    say("\n".join(_summary(draft, written, dated=as_of is not None, guessed=not templates)))


def _summary(draft: "Draft", written: tuple[Path, ...], *, dated: bool, guessed: bool) -> list[str]:
    from clustering.tables import TABLES
    from clustering.tables.checks import presence_breaches

    toml, *mappings = written
    required = {table.name: len(table.required_columns) for table in TABLES}
    lines = ["What was found:"]
    for one in draft.tables:
        state = f"all {required[one.table]} required columns"
        if one.missing:
            state = f"NOT FOUND: {', '.join(one.missing)}"
        lines.append(f"  {one.table:<14}<- {one.origin} ({one.n_columns} columns; {state})")
    lines += [f"  not used      {origin}" for origin in draft.unused]
    missing_tables = presence_breaches([one.table for one in draft.tables])
    parts = {
        "What matches (unmatched.sql lists the rest, and every check counts it)": draft.matches,
        "What the exports do not give": draft.left,
        "What is still needed (docs/tables.md)": missing_tables,
        "What was written": [str(path) for path in (toml, *mappings)],
    }
    for title, said in parts.items():
        if said:
            lines += ["", f"{title}:", *(f"  {sentence}" for sentence in said)]
    read = "they are guesses. What could not be guessed stands in them."
    if not guessed:
        read = "what is ASSUMED stands in them."
    steps = [f"Read the mappings: {read}"]
    if not dated:
        steps.append(f"Set as_of in {toml.name}: the date to study. It is never guessed.")
    steps += [f"clustering check {toml}", f"clustering study {toml}"]
    numbered = [f"  {number}. {step}" for number, step in enumerate(steps, 1)]
    return [*lines, "", "What to do next:", *numbered]
