"""`clustering init`: the draft of a study for a user's own files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from clustering.tables.init.drafting import Draft


def register(app: typer.Typer) -> None:
    """Add `init` to the app."""
    app.command("init")(init)


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
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILES]...", hidden=True, show_default=False)
    ] = None,
) -> None:
    """Draft a study for your own files: a configuration and one SQL mapping per table."""
    import re

    from clustering.commands.console import say
    from clustering.tables.init.drafting import draft_study, write_draft

    name = re.sub(r"[^A-Za-z0-9_-]+", "_", folder.resolve().name).strip("_-")[:64] or "study"
    draft = draft_study(name, folder, [*files, *(more or [])])
    written = write_draft(draft, name, folder)
    say("\n".join(_summary(draft, written)))


def _summary(draft: "Draft", written: tuple[Path, ...]) -> list[str]:
    from clustering.tables.checks import presence_breaches
    from clustering.tables.init.guessing import find_link

    toml, *mappings = written
    lines = ["What was found:"]
    for guess in draft.guesses:
        linked = find_link(guess, draft.guesses)
        found = len(guess.columns) + (linked is not None)
        required = len(guess.table.required_columns)
        missing = ", ".join(
            column.name for column in guess.missing if linked is None or column.name != "account_id"
        )
        state = f"NOT FOUND: {missing}" if missing else f"all {required} required columns"
        lines.append(f"  {guess.table.name:<14}<- {guess.source.origin} ({found} columns; {state})")
    lines += [f"  not used      {origin}" for origin in draft.unmatched]
    missing_tables = presence_breaches([guess.table.name for guess in draft.guesses])
    if missing_tables:
        lines += ["", "What is still needed (docs/tables.md):", *(f"  {w}" for w in missing_tables)]
    lines += ["", "What was written:", f"  {toml}", *(f"  {path}" for path in mappings)]
    lines += [
        "",
        "What to do next:",
        "  1. Read the mappings: they are guesses. What could not be guessed stands in them.",
        f"  2. Set as_of in {toml.name}: the date to study. It is never guessed.",
        f"  3. clustering check {toml}",
        f"  4. clustering study {toml}",
    ]
    return lines
