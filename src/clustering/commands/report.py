"""`clustering report`: the notebooks of a finished study as pages that work offline."""

from pathlib import Path
from typing import Annotated

import typer

from clustering.commands.options import example


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command("report", epilog=example("clustering report studies/my_study --pdf"))(report)


def report(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of a finished study.")],
    pdf: Annotated[
        bool,
        typer.Option("--pdf", help="Print it as well: leadership.pdf and report.pdf (Chromium)."),
    ] = False,
    slides: Annotated[
        bool,
        typer.Option("--slides", help="Write six slides as well: leadership.pptx (python-pptx)."),
    ] = False,
) -> None:
    """Render the report of a finished study to offline HTML."""
    from clustering.commands.console import bars, say
    from clustering.report import render

    with bars() as progress:
        index = render(study, progress, pdf=pdf, slides=slides)
    say(f"Report: {index.resolve()}")
    if pdf:
        say(f"To print: {index.resolve().with_name('leadership.pdf')}, and report.pdf beside it")
    if slides:
        say(f"To present: {index.resolve().with_name('leadership.pptx')}")
    without_names = index.resolve().parent / "without_names"
    say(f"To pass on, without the names of accounts: {without_names}")
