"""`clustering study`: the straight line, its report and its record."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from clustering.config import TrackingConfig
    from clustering.progress import Progress
    from clustering.results import StudyFolder

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command("study")(study)


def study(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="TOML file of the study.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a key, as in evidence.nulls=99."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the study (default: output.folder/name).")
    ] = None,
    track: Annotated[
        bool, typer.Option("--track/--no-track", help="Record the study in MLflow.")
    ] = True,
) -> None:
    """Run a study: segments, evidence, comparison with the tiers, report, record and scorer."""
    from clustering import results
    from clustering.commands.console import bars
    from clustering.config import load_config
    from clustering.report import render
    from clustering.study import run_study

    config = load_config(config_file, overrides or [])
    target = (out or config.output.folder / config.name).resolve()
    with bars() as progress:
        with results.staged(target) as stage:
            run_study(config, stage, progress)
            render(stage, progress)
            results.publish(stage, target)
        run = _record(target, config.tracking, progress) if track else None
    _print_summary(results.read(target), run)


def _record(target: Path, tracking: "TrackingConfig", progress: "Progress") -> str:
    from clustering.tracking import log_study

    tracked = log_study(target, tracking, progress)
    return f"run {tracked.run_id} in {tracked.uri}"


def _print_summary(study: "StudyFolder", run: str | None) -> None:
    from rich.table import Table

    from clustering.commands.console import OUT
    from clustering.report import words

    document = study.document
    OUT.print(f"\n{document.title}", style="bold")
    for paragraph in words.answer(study):
        OUT.print(paragraph, markup=False)
    table = Table(box=None, pad_edge=False)
    table.add_column(document.group_word.singular.capitalize())
    for heading in ("accounts", "share", f"of {document.amount_name}"):
        table.add_column(heading, justify="right")
    for segment in document.segments:
        amount = "-" if segment.arr_share is None else f"{segment.arr_share:.0%}"
        table.add_row(segment.name, f"{segment.n_accounts:,}", f"{segment.share:.0%}", amount)
    OUT.print()
    OUT.print(table)
    places = {
        "Report": study.path / "report" / "index.html",
        "Scorer": study.path / "scorer",
        "Study": study.path,
        "MLflow": run or "not recorded (--no-track)",
    }
    OUT.print()
    for name, place in places.items():
        OUT.print(f"{name:<8} {place}", markup=False, soft_wrap=True)
