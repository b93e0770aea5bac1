"""`clustering rollback`: the champion before the present one serves again."""

import typer

from clustering.commands.options import Accept, By, ModelName, Reason, TrackingUri, example


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command(
        "rollback",
        epilog=example("clustering rollback --by Kim --reason 'scores of new accounts look wrong'"),
    )(rollback)


def rollback(
    by: By,
    reason: Reason,
    accept: Accept = None,
    name: ModelName = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Go back to the champion before the present one; twice goes back two steps."""
    from clustering import tracking
    from clustering.commands.console import say, say_accepted

    made = tracking.rollback(by=by, reason=reason, accept=accept, name=name, store=tracking_uri)
    say(
        f"models:/{made.name}@champion is version {made.version} again; version "
        f"{made.former_version} was taken out of service and stays in the registry."
    )
    say_accepted(made.doubts)
