"""`clustering report`: the notebooks of a finished study as pages that work offline."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command("report")(report)


def report(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of a finished study.")],
) -> None:
    """Render the report of a finished study to offline HTML."""
    from clustering.commands.console import OUT, bars
    from clustering.report import render

    with bars() as progress:
        index = render(study, progress)
    OUT.print(f"Report: {index.resolve()}", soft_wrap=True, markup=False)
    OUT.print(
        f"To pass on, without the names of accounts: {index.resolve().parent / 'without_names'}",
        soft_wrap=True,
        markup=False,
    )
