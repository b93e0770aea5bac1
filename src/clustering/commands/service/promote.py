"""`clustering promote`: the model of a study becomes the one in service."""

from pathlib import Path
from typing import Annotated

import typer

from clustering.commands.options import Accept, By, Reason, example


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command(
        "promote",
        epilog=example(
            "clustering promote studies/my_study --by Kim --reason 'reviewed with the team'"
        ),
    )(promote)


def promote(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of a recorded study.")],
    by: By,
    reason: Reason,
    accept: Accept = None,
) -> None:
    """Register the study's model as champion; the former one stays as @previous."""
    from clustering import tracking
    from clustering.commands.console import say, say_accepted

    made = tracking.promote(study, by=by, reason=reason, accept=accept)
    former = (
        f"the former one, version {made.former_version}, is @previous"
        if made.former_version
        else "there was none before"
    )
    say(f"models:/{made.name}@champion is now version {made.version}; {former}.")
    say_accepted(made.doubts)
