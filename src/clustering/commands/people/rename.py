"""`clustering rename`: what a person calls a segment, in this study and in all that follow it."""

from pathlib import Path
from typing import Annotated

import typer

from clustering.commands.options import By, Reason, example


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command(
        "rename",
        epilog=example(
            "clustering rename studies/my_study S-7K2M Champions --by Kim --reason 'agreed "
            "with sales'"
        ),
    )(rename)


def rename(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="Folder of a finished study, or its TOML file.")
    ],
    segment: Annotated[
        str, typer.Argument(metavar="SEGMENT", help="Id of the segment, as S-7K3QXM, or its name.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called from now on.")],
    by: By,
    reason: Reason,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="The names, .csv or .parquet (default: movement.segment_names of the study, or "
            "segment_names.csv beside its source).",
        ),
    ] = None,
) -> None:
    """Give a segment another name; by its id, later studies keep it."""
    from datetime import date

    from clustering.commands.console import say
    from clustering.commands.people.override import writable_file
    from clustering.commands.reading import read_study
    from clustering.errors import BadInputError
    from clustering.movement.succession.renames import Renaming, rename_in_file, renamed
    from clustering.results.rename import rename_segment
    from clustering.scorer import Scorer
    from clustering.tables.contract import SEGMENT_NAMES

    config, found = read_study(study)
    place = writable_file(config, file, SEGMENT_NAMES)
    scorer = Scorer.load(found.path / "scorer")
    own = scorer.called.id_of(segment)
    if own not in scorer.segment_ids:
        raise BadInputError(scorer.called.unknown(segment))
    old = scorer.segment_names[scorer.segment_ids.index(own)]
    if name.strip() == old:
        say(f"Segment {own} is called '{old}' already; nothing was changed.")
        return
    renaming = Renaming(own, name.strip(), by, reason, date.today())
    changed = renamed(scorer, renaming)
    rename_in_file(place, renaming, scorer.called, config.source)
    rename_segment(found, changed, old, renaming.name)
    say(f"Segment {own} is called '{renaming.name}' instead of '{old}', by {by}: {reason}")
    say(f"Written to {place}; studies that follow this one keep the name.")
    say(f"The report shows the old name until it is rendered again: clustering report {found.path}")
    say(
        "Lists for people (.csv, .xlsx) and models that were recorded or registered before keep "
        "the old name."
    )
