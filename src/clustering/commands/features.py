"""`clustering features`: every feature, how it is spread, and why it is in or out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustering.commands.options import example

if TYPE_CHECKING:
    from rich.table import Table

    from clustering.config import StudyConfig
    from clustering.features import Snapshot
    from clustering.matrix.survey import SurveyedFeature


def register(app: typer.Typer) -> None:
    """Add the command."""
    line = "clustering features my_study/my_study.toml --csv features.csv"
    app.command("features", epilog=example(line))(features)


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
    """List every feature before a study is run: coverage, spread, nearness to ARR, in or out."""
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
    from clustering.commands.console import OUT, say
    from clustering.wording import listed

    entering = sum(one.enters for one in found)
    amount = config.amount_name
    say(
        f"{len(snapshot.frame):,} accounts at {config.as_of}; {entering} of {len(found)} features "
        f"enter the matrix (+). The bars are on the scale of the matrix; {amount}: rank "
        f"correlation with {amount}; weight: share of the matrix' variance.\n"
    )
    for family in dict.fromkeys(one.family for one in found):
        say(family.replace("_", " ").capitalize())
        OUT.print(_of_family([one for one in found if one.family == family], amount))
    left_out: dict[str, list[str]] = {}
    for one in found:
        if one.reason:
            left_out.setdefault(one.reason, []).append(one.name)
    for reason, names in left_out.items():
        say(f"Left out: {listed(names)}: {reason}.")
    for name, why in snapshot.not_computed.items():
        say(f"Not computed: {name}: {why}")
    for note in snapshot.notes:
        say(f"Note: {note}")
    if config.matrix.leave_out_unrelated:
        say("Note: a study leaves out features besides to which no other one is related.")


#: So wide a terminal has room for the ends of a distribution beside its median.
_WIDE = 96


def _of_family(found: "Sequence[SurveyedFeature]", amount: str) -> "Table":
    """A line a feature, never broken: its name is there to be copied."""
    from rich.table import Table

    from clustering.commands.console import OUT
    from clustering.wording import number_in_words, percent_in_words

    def number(value: float | None, spread: float) -> str:
        return "" if value is None else number_in_words(value, spread=spread)

    wide = OUT.width >= _WIDE
    shown = Table(box=None, pad_edge=False, padding=(0, 1))
    shown.add_column("", no_wrap=True, min_width=32)
    shown.add_column("known", justify="right", no_wrap=True)
    shown.add_column("distribution", no_wrap=True)
    numbers = ("5 %", "median", "95 %") if wide else ("median",)
    for title in (*numbers, amount, "weight"):
        shown.add_column(title, justify="right", no_wrap=True)
    for one in found:
        spread = 0.0 if one.q95 is None or one.q05 is None else one.q95 - one.q05
        values = (one.q05, one.median, one.q95) if wide else (one.median,)
        shown.add_row(
            f"{'+' if one.enters else ' '} {one.name}",
            percent_in_words(one.known_share, 2),
            one.picture,
            *(number(value, spread) for value in values),
            "" if one.arr_correlation is None else f"{one.arr_correlation:+.2f}",
            "" if one.variance_share is None else percent_in_words(one.variance_share, 2),
        )
    return shown


def _write_csv(rows: list[dict[str, Any]], out: Path) -> None:
    import pandas as pd

    from clustering.outputs import whole_file

    flat = [{**row, "bars": " ".join(map(str, row["bars"]))} for row in rows]
    with whole_file(out) as stage:
        pd.DataFrame(flat).to_csv(stage, index=False)
