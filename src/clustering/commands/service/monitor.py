"""`clustering monitor`: is a model in service kept, learned again, or cut again?"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import MODEL_HELP, example

if TYPE_CHECKING:
    from clustering.monitor import Monitored


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command(
        "monitor",
        epilog=example(
            "clustering monitor --model studies/my_study/scorer --tables tables --as-of "
            "2025-09-30 --out monitored"
        ),
    )(monitor)


def monitor(
    model: Annotated[
        str,
        typer.Option(metavar="MODEL", help=MODEL_HELP),
    ],
    tables: Annotated[
        Path,
        typer.Option(
            metavar="TABLES",
            help="A folder of tables in the contract's own names, or a study's TOML: its source, "
            "mapping and settings are read.",
        ),
    ],
    as_of: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], help="Date to look at; later rows of tables are invisible."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder for the page monitor.html, monitor.json and tables; an earlier one of a "
            "monitor is replaced.",
        ),
    ] = None,
    last: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Scores of the last scoring, as `clustering score` wrote them (default: the "
            "model's own segments one step earlier, from the same tables).",
        ),
    ] = None,
    track: Annotated[
        bool, typer.Option("--track", help="Record the result as an MLflow run.")
    ] = False,
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            metavar="URI",
            help="Tracking store of --track and of a models:/ address, as sqlite:///mlflow.db "
            "(default: MLFLOW_TRACKING_URI, then studies/mlflow.db).",
        ),
    ] = None,
) -> None:
    """Keep, refit or re-cut a model in service, with reasons; exit status 0, or 3 if it is due."""
    from clustering.commands.console import bars
    from clustering.commands.reading import open_source_tables, source_config, source_inputs
    from clustering.commands.service.models import load_model
    from clustering.monitor.files import check_folder, write_monitoring
    from clustering.monitor.last_scores import read_last
    from clustering.monitor.run import run_monitor

    day = as_of.date()
    given = source_config(tables, day, "monitor")
    if out is not None:
        files = [Path(model), *([] if last is None else [last])]
        check_folder(out, [*source_inputs(tables, given), *files])
    if track:
        from clustering.monitor.record import check_record

        check_record(given.tracking, tracking_uri)
    with bars() as progress:
        with progress.step("Checking the model"):
            scorer = load_model(model, tracking_uri)
        before = None if last is None else read_last(last, scorer, day)
        with progress.step("Checking the tables"):
            opened = open_source_tables(tables, given, scorer.features)
        with opened:
            found = run_monitor(
                scorer,
                opened,
                day,
                given,
                last=before,
                progress=progress,
            )
    _show(found)
    if out is not None:
        write_monitoring(found, out)
        _say(f"Written to {out}: monitor.html, monitor.json, and its tables as CSV.")
    if track:
        from clustering.monitor.record import record

        _say(f"Recorded as run {record(found, given.tracking, model, tracking_uri)}.")
    raise typer.Exit(found.found.exit_status)


def _show(monitored: "Monitored") -> None:
    found = monitored.found
    _say(
        f"Model {found.model_version} of study '{found.study}', learned as of "
        f"{found.trained_as_of}, on the {found.n_now:,} accounts of {found.as_of}."
    )
    _say(found.sentence)
    for reason in found.reasons:
        _say(f"  - {reason}")
    if found.not_known:
        _say("Not known:")
        for sentence in found.not_known:
            _say(f"  - {sentence}")


def _say(text: str) -> None:
    from clustering.commands.console import say

    say(text)
