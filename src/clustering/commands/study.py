"""`clustering study`: the straight line, its report and its record."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import example
from clustering.errors import TrackingError

if TYPE_CHECKING:
    from clustering.config import StudyConfig, TrackingConfig
    from clustering.progress import Progress
    from clustering.scorer import Scorer
    from clustering.tracking import TrackedStudy


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command(
        "study", epilog=example("clustering study my_study/my_study.toml --set evidence.nulls=99")
    )(study)


def study(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="TOML file of the study.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a key, as in evidence.nulls=99."),
    ] = None,
    previous: Annotated[
        str | None,
        typer.Option(
            metavar="STUDY",
            help="The previous study, whose segments keep their ids and names: its folder, or "
            "models:/account-segments@champion (default: `previous` of CONFIG).",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the study (default: output.folder/name).")
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A quick look: fewer draws; every page says which."),
    ] = False,
    track: Annotated[
        bool, typer.Option("--track/--no-track", help="Record the study in MLflow.")
    ] = True,
) -> None:
    """Run a study: segments, evidence, comparison with the tiers, report, record and scorer."""
    from clustering import results
    from clustering.commands.console import OUT, bars
    from clustering.commands.reading import study_inputs
    from clustering.config import load_config
    from clustering.inputs import check_inputs
    from clustering.report import render
    from clustering.report.build.summary import terminal_summary
    from clustering.study import run_study

    config = load_config(config_file, [*(overrides or []), *(["quick=true"] if quick else [])])
    if previous is not None:
        config = config.model_copy(update={"previous": _place(previous)})
    check_inputs(config)
    target = (out or config.output.folder / config.name).resolve()
    with bars() as progress:
        if track:
            with progress.step("Checking the tracking store"):
                _check_store(config.tracking, target)
        before = _previous(config, target)
        with results.staged(target, study_inputs(config, config_file)) as stage:
            run_study(config, stage, progress, before)
            render(stage, progress)
            results.publish(stage, target)
        record = _record(target, config.tracking, progress) if track else None
    done = None if isinstance(record, TrackingError) else record
    OUT.print(terminal_summary(results.read(target), done), crop=False)
    if isinstance(record, TrackingError):
        raise TrackingError(
            f"the study is finished and stands in '{target}'; only its record failed: {record}"
        ) from record
    if done is not None and not config.tracking.pseudonymise:
        _say_what_is_personal(target)


def _place(previous: str) -> Path | str:
    from clustering.config.study import REGISTERED

    return previous if previous.startswith(REGISTERED) else Path(previous).resolve()


def _previous(config: "StudyConfig", target: Path) -> "Scorer | None":
    """The model of the previous study, from its folder or from the registry."""
    from clustering.movement.succession.previous import load_folder

    place = config.previous
    if isinstance(place, str):
        from clustering.tracking import resolve_model
        from clustering.tracking.store import absolute_uri

        place = resolve_model(place, absolute_uri(config.tracking.uri, target.parent))
    return None if place is None else load_folder(place, config)


def _check_store(tracking: "TrackingConfig", target: Path) -> None:
    from clustering.tracking import check_store

    check_store(tracking, target.parent)


def _record(
    target: Path, tracking: "TrackingConfig", progress: "Progress"
) -> "TrackedStudy | TrackingError":
    """Where the study was recorded, or why not: it is finished, whatever the record does."""
    from clustering.tracking import log_study
    from clustering.tracking.store import absolute_uri

    try:
        tracked = log_study(target, tracking, progress)
    except TrackingError as error:
        return error
    return replace(tracked, uri=absolute_uri(tracked.uri, target.parent))


def _say_what_is_personal(target: Path) -> None:
    from clustering import results
    from clustering.commands.console import say
    from clustering.tracking import personal_notes

    for note in personal_notes(results.read(target)):
        say(note)
