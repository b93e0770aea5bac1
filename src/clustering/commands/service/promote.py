"""`clustering promote`: the model of a study becomes the one in service."""

from pathlib import Path
from typing import Annotated

import typer

from clustering.commands.options import By, Reason


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command("promote")(promote)


def promote(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of a recorded study.")],
    by: By,
    reason: Reason,
    accept: Annotated[
        str | None,
        typer.Option(
            "--accept",
            metavar="WHY",
            help="Why it is right although the verdict or a check speaks against it.",
        ),
    ] = None,
) -> None:
    """Register the study's model as champion; the former one stays as @previous."""
    from clustering import tracking
    from clustering.commands.console import say

    made = tracking.promote(study, by=by, reason=reason, accept=accept)
    former = (
        f"the former one, version {made.former_version}, is @previous"
        if made.former_version
        else "there was none before"
    )
    say(f"models:/{made.name}@champion is now version {made.version}; {former}.")
    if made.doubts:
        say("Accepted, and kept with the version:")
        for doubt in made.doubts:
            say(f"  - {doubt}")
