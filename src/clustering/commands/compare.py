"""`clustering compare`: what changed from one finished study to another."""

from pathlib import Path
from typing import Annotated

import typer

from clustering.commands.options import example

_HELP = "Folder of a finished study, or its TOML file."


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command(
        "compare", epilog=example("clustering compare studies/spring studies/autumn --out changed")
    )(compare)


def compare(
    first: Annotated[Path, typer.Argument(metavar="FIRST", help=_HELP)],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help=_HELP)],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder for the page compare.html, compare.json and accounts.csv; an earlier "
            "comparison there is replaced.",
        ),
    ] = None,
) -> None:
    """Say what changed between two studies: data, settings, segments, accounts, money, advice."""
    from clustering.between import compare_studies, write_comparison
    from clustering.between.files import check_folder
    from clustering.commands.console import say
    from clustering.commands.reading import read_study

    (_, before), (_, after) = read_study(first), read_study(second)
    if out is not None:
        check_folder(out, [first, second, before.path, after.path])
    compared = compare_studies(before, after)
    found = compared.found
    say(
        f"From '{found.first.name}' (as of {found.first.as_of}) to '{found.second.name}' (as of "
        f"{found.second.as_of})"
    )
    for subject, told in found.sentences.items():
        if told:
            say(f"{subject}:")
        for sentence in told:
            say(f"  - {sentence}")
    if out is not None:
        write_comparison(compared, out)
        say(f"Written to {out}: compare.html, compare.json and accounts.csv.")
