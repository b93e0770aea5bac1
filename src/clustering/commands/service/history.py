"""`clustering history`: the versions of a model, and who put which into service."""

from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.registered import ModelName, TrackingUri

if TYPE_CHECKING:
    from clustering.tracking import History
    from clustering.tracking.decisions import Decision


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command("history")(history)


def history(
    name: ModelName = None,
    tracking_uri: TrackingUri = None,
    card: Annotated[
        str | None,
        typer.Option(
            "--card",
            metavar="VERSION",
            help="Print the model card of a version (a number, champion or previous) instead.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Versions, verdicts, aliases over time: who decided, why, and what was accepted."""
    from clustering import tracking

    if card is not None:
        typer.echo(tracking.read_card(card, name, tracking_uri), nl=False)
        return
    found = tracking.history(name, tracking_uri)
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps(asdict(found), indent=1))
        return
    _show(found)


def _show(found: "History") -> None:
    from rich.table import Table
    from rich.text import Text

    from clustering.commands.console import OUT, say

    table = Table(title=f"Versions of '{found.name}'", title_justify="left")
    for header in (
        "version",
        "alias",
        "study",
        "as of",
        "verdict",
        "segments",
        "accounts",
        "monitor",
    ):
        table.add_column(header, justify="right" if header in ("segments", "accounts") else "left")
    for one in found.versions:
        cells = (
            *(one.version, ", ".join(one.aliases), one.study, one.as_of, one.verdict),
            *(one.segments, f"{int(one.accounts):,}" if one.accounts.isdecimal() else ""),
            f"{one.monitor} ({one.monitor_as_of})" if one.monitor else "",
        )
        table.add_row(*(Text(cell) for cell in cells))
    OUT.print(table)
    say("Decisions, the newest first:" if found.decisions else "No decision is recorded.")
    for decision in reversed(found.decisions):
        for line in _lines(decision):
            say(line)


def _lines(made: "Decision") -> list[str]:
    when = made.at[:16].replace("T", " ")
    what = "went back to" if made.action == "rollback" else "promoted"
    before = f" (before: {made.former})" if made.former else ""
    lines = [f"  {when} UTC  {made.by} {what} version {made.version}{before}: {made.reason}"]
    if made.accepted:
        lines.append(f"    accepted, because: {made.accepted}")
        lines += [f"    - {doubt}" for doubt in made.doubts]
    return lines
