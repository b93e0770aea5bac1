"""`clustering features`: every feature, how it is spread, and why it is in or out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from clustering.config import StudyConfig
    from clustering.features import Snapshot
    from clustering.matrix.survey import SurveyedFeature


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("features")(features)


def features(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG", help="TOML file of a study, or a finished study's folder."
        ),
    ],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key.")
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="OUT", help="Write all of it here.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write one row a feature here.")
    ] = None,
) -> None:
    """List every feature before a study is run: coverage, spread, nearness to ARR, in or out.

    Example: clustering features study.toml --set features.exclude='["tickets_*"]'
    """
    from clustering.commands.console import bars, say
    from clustering.features import build_snapshot
    from clustering.matrix.survey import survey
    from clustering.tables import open_tables
    from clustering.targets import check_file

    config = _config(study, settings or ())
    for option, out in (("--json", json), ("--csv", csv)):
        if out is not None:
            check_file(out, [study], option=option)
    with bars() as progress:
        tables = open_tables(config, progress)
        with tables, progress.step("Computing the features"):
            snapshot = build_snapshot(tables, config.as_of, config.features)
    found = survey(snapshot, config.matrix)
    _show(config, snapshot, found)
    rows = [{**asdict(one), "enters": one.enters} for one in found]
    if json is not None:
        from clustering.commands.ready.read_labels import write_json

        content = {"as_of": config.as_of.isoformat(), "n_accounts": len(snapshot.frame)}
        write_json({**content, "features": rows, "not_computed": dict(snapshot.not_computed)}, json)
        say(f"Written to {json}")
    if csv is not None:
        _write_csv(rows, csv)
        say(f"Written to {csv}")


def _config(study: Path, settings: Sequence[str]) -> "StudyConfig":
    from clustering.config import StudyConfig, load_config
    from clustering.errors import BadInputError

    if not study.is_dir():
        return load_config(study, settings)
    from clustering import results

    if settings:
        raise BadInputError("--set is of a TOML file; a finished study's settings stand.")
    return StudyConfig.model_validate(results.read(study).document.configuration)


def _show(config: "StudyConfig", snapshot: "Snapshot", found: "Sequence[SurveyedFeature]") -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from clustering.commands.console import OUT, say
    from clustering.wording import number_in_words, percent_in_words

    def number(value: float | None, spread: float = 0.0) -> str:
        return "" if value is None else number_in_words(value, spread=spread)

    entering = sum(one.enters for one in found)
    amount = config.amount_name
    say(
        f"{len(snapshot.frame):,} accounts at {config.as_of}; {entering} of {len(found)} features "
        f"enter the matrix. The bars are on the scale of the matrix; {amount}: rank correlation "
        f"with {amount}; weight: share of the matrix' variance.\n"
    )
    shown = Table("feature", "family", box=SIMPLE, pad_edge=False)
    for title in (
        "known",
        "distribution",
        "5 %",
        "median",
        "95 %",
        amount,
        "weight",
        "in the matrix",
    ):
        shown.add_column(
            title, justify="left" if title[0] in "di" else "right", no_wrap=title == "distribution"
        )
    for one in found:
        spread = 0.0 if one.q95 is None or one.q05 is None else one.q95 - one.q05
        shown.add_row(
            *(one.name, one.family, percent_in_words(one.known_share, 2), one.picture),
            *(number(value, spread) for value in (one.q05, one.median, one.q95)),
            "" if one.arr_correlation is None else f"{one.arr_correlation:+.2f}",
            "" if one.variance_share is None else percent_in_words(one.variance_share, 2),
            (one.reason and f"no: {one.reason}") or "yes",
        )
    OUT.print(shown)
    for name, why in snapshot.not_computed.items():
        say(f"not computed: {name}: {why}")
    for note in snapshot.notes:
        say(f"Note: {note}")
    if config.matrix.leave_out_unrelated:
        say("Note: a study leaves out features besides to which no other one is related.")


def _write_csv(rows: list[dict[str, Any]], out: Path) -> None:
    import pandas as pd

    from clustering.outputs import whole_file

    flat = [{**row, "bars": " ".join(map(str, row["bars"]))} for row in rows]
    with whole_file(out) as stage:
        pd.DataFrame(flat).to_csv(stage, index=False)
