"""`clustering history`: the versions of a model, and who put which into service."""

from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import ModelName, TrackingUri, example

if TYPE_CHECKING:
    from clustering.tracking.decisions import Decision
    from clustering.tracking.versions import History, Version


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command("history", epilog=example("clustering history --card champion"))(history)


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
    from clustering.commands.console import say

    say(f"Versions of '{found.name}', the newest first:")
    for one in found.versions:
        say(_line(one))
    say("Decisions, the newest first:" if found.decisions else "No decision is recorded.")
    for decision in reversed(found.decisions):
        for line in _lines(decision):
            say(line)


def _line(one: "Version") -> str:
    """What is known of a version; of one that was made by other means, its number alone."""
    aliases = f" ({', '.join(one.aliases)})" if one.aliases else ""
    parts = []
    if one.study:
        parts.append(f"study '{one.study}' as of {one.as_of}, {one.verdict}")
    if one.accounts.isdecimal():
        parts.append(f"{one.segments} segments of {int(one.accounts):,} accounts")
    if one.monitor:
        parts.append(f"monitor: {one.monitor} ({one.monitor_as_of})")
    return f"  version {one.version}{aliases}: {'; '.join(parts) or 'not made by promote'}"


def _lines(made: "Decision") -> list[str]:
    when = made.at[:16].replace("T", " ")
    what = "went back to" if made.action == "rollback" else "promoted"
    before = f" (before: {made.former})" if made.former else ""
    lines = [f"  {when} UTC  {made.by} {what} version {made.version}{before}: {made.reason}"]
    if made.accepted:
        lines.append(f"    accepted, because: {made.accepted}")
        lines += [f"    - {doubt}" for doubt in made.doubts]
    return lines
