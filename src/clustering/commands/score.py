"""`clustering score`: segments for accounts that the study may not have seen."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from clustering.commands.options import MODEL_HELP, ModelStore, example
from clustering.commands.ready.read_labels import Decimal, Missing, reading_of
from clustering.errors import ExitStatus
from clustering.stores import PATIENCE_S, TABLE


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "score",
        epilog=example(
            "clustering score new_accounts --model studies/my_study/scorer --as-of "
            "2025-09-30 --out scores.csv"
        ),
    )(score)


def score(
    input_: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="A folder of tables in the contract's own names, a study's TOML (its source is "
            "read), or a file of features (account_id and one column per feature).",
        ),
    ],
    model: Annotated[
        str,
        typer.Option(metavar="MODEL", help=MODEL_HELP),
    ],
    as_of: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Date to score as of; later rows of tables are invisible. For a feature file: "
            "the date that its values are of (rows whose column as_of is later are refused).",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="A .csv or .parquet file; or a store of many dates: a folder, a .duckdb file "
            "(duckdb:///FILE), or postgresql://USER@HOST/DATABASE. Rows of the same date and model "
            "are replaced.",
        ),
    ],
    table: Annotated[
        str, typer.Option(metavar="NAME", help="Table of a database; made if it is not there.")
    ] = TABLE,
    overrides: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Decisions of people, a file (default: the table `overrides` of INPUT, "
            "or the overrides of the study if INPUT is its TOML).",
        ),
    ] = None,
    hold: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Dates in a row that must give an account the same new segment before it moves, "
            "in a store of many dates (default: movement.hold_snapshots of the study).",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Refuse features that are probably in another unit, and end with status 3 where "
            "the accounts have changed so much that a new study is due.",
        ),
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, help="How long to wait for another run in the same store."
        ),
    ] = PATIENCE_S,
    reasons: Annotated[
        bool | None,
        typer.Option(
            "--reasons/--no-reasons",
            help="The features behind every segment, and what would move the account "
            "(default: scoring.reasons of the study).",
        ),
    ] = None,
    missing: Missing = None,
    decimal: Decimal = None,
    tracking_uri: ModelStore = None,
) -> None:
    """Segment, probability, runner-up and novelty of every account."""
    from clustering.commands.console import bars, say
    from clustering.commands.scoring.run import How, score_into
    from clustering.commands.scoring.source import Asked, inputs_of, open_source
    from clustering.commands.scoring.words import have_changed, sentences
    from clustering.commands.service.models import load_model
    from clustering.stores.address import open_store
    from clustering.stores.rows import Run

    asked = Asked(input_, as_of.date(), reading_of(missing, decimal), overrides, hold)
    inputs = [*inputs_of(input_), *([] if overrides is None else [overrides])]
    store = open_store(out, table=table, inputs=inputs, closed=[Path(model)], patience_s=wait)
    store.check()
    with bars() as progress:
        with progress.step("Checking the model"):
            scorer = load_model(model, tracking_uri)
        run = Run(asked.as_of, scorer.version)
        how = How(strict=strict, reasons=scorer.scoring.reasons if reasons is None else reasons)
        with open_source(scorer, asked, progress) as source:
            scored = score_into(store, scorer, source, run, how, progress)
    for sentence in sentences(scored, scorer, source, run, store):
        say(sentence)
    say(f"Written to {store.place}")
    if strict and have_changed(scored):
        raise typer.Exit(ExitStatus.REFIT)
