"""`clustering rollback`: the champion before the present one serves again."""

from typing import Annotated

import typer

from clustering.commands.registered import ModelName, TrackingUri


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command("rollback")(rollback)


def rollback(
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who decided.")],
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why.")],
    name: ModelName = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Go back to the champion before the present one; twice goes back two steps."""
    from clustering import tracking
    from clustering.commands.console import say

    made = tracking.rollback(by=by, reason=reason, name=name, store=tracking_uri)
    say(
        f"models:/{made.name}@champion is version {made.version} again; version "
        f"{made.former_version} was taken out of service and stays in the registry."
    )
