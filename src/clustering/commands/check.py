"""`clustering check`: do the source tables meet the contract, and what do they allow?"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import example

if TYPE_CHECKING:
    from rich.table import Table

    from clustering.config import StudyConfig
    from clustering.features import Horizon, Snapshot
    from clustering.report.subjects.data.page import Costs
    from clustering.tables import Examined, SourceTables


def register(app: typer.Typer) -> None:
    """Add `check` to the app."""
    app.command(
        "check", epilog=example("clustering check my_study/my_study.toml --html state.html")
    )(check)


def check(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="TOML file of the study.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Write the state of the data as a page for whoever keeps it: what must be "
            "mended, coverage by month, keys that do not match, gaps and what they cost.",
        ),
    ] = None,
) -> None:
    """Check the source tables, every breach at once, and say what they allow."""
    from clustering.commands.console import OUT, bars, say
    from clustering.config import load_config
    from clustering.errors import TableContractError
    from clustering.features import build_snapshot
    from clustering.features.horizon import build_horizon, horizon_end
    from clustering.inputs import too_few
    from clustering.schemes import assign_all
    from clustering.tables import examine_tables

    study = load_config(config, settings or ())
    if html is not None:
        _check_page(html)
    with bars() as progress, closing(examine_tables(study, progress)) as examined:
        if examined.breaches and html is not None:
            _write_page(html, study, examined)
            breaches = "\n".join(examined.breaches)
            raise TableContractError(f"{breaches}\nThe state of the data stands in '{html}'.")
        tables = examined.tables()
        with progress.step("Computing the features"):
            snapshot = build_snapshot(tables, study.as_of, study.features)
            horizon = build_horizon(tables, study.as_of, study.horizon_days)
            schemes, absent = assign_all(snapshot, study.schemes)
        if html is not None:
            costs = _costs(snapshot, absent, horizon)
            _write_page(html, study, examined, costs)
    say(
        f"The tables of '{study.name}' meet their contract. {len(snapshot.frame):,} accounts are "
        f"active at as_of {study.as_of}.\n"
    )
    OUT.print(_tables(tables))
    _listed("Notes on the input", [*tables.notes, *snapshot.notes])
    until = horizon_end(study.as_of, study.horizon_days)
    _listed(f"What became of the accounts, to {until}", [*_outcomes(horizon), *horizon.notes])
    OUT.print(_families(snapshot))
    _listed("Not computed", _by_reason(snapshot.not_computed))
    _listed(
        "Computed to describe the segments, but kept out of the matrix",
        _by_reason(snapshot.withheld),
    )
    _listed("Schemes to compare with", [f"{s.name}: {_levels(s.levels)}" for s in schemes])
    _listed("Schemes that cannot be applied", [f"{name}: {why}" for name, why in absent.items()])
    if html is not None:
        say(f"The state of the data stands in {html}\n")
    refused = too_few(study, len(snapshot.frame))
    next_step = f"a study refuses this. {refused}" if refused else f"clustering study {config}"
    say(f"Next: {next_step}")


def _check_page(html: Path) -> None:
    """Refuse a place that is no page, before anything is read: a table or a TOML may be there."""
    from clustering.errors import OutputError

    if html.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"--html takes the name of a page, which ends in .html; found '{html}'.")


def _costs(snapshot: "Snapshot", absent: Mapping[str, str], horizon: "Horizon") -> "Costs":
    from clustering.report.subjects.data.page import Costs

    told = [*_outcomes(horizon), *horizon.notes]
    return Costs(len(snapshot.frame), _names_by_reason(snapshot.not_computed), absent, told)


def _write_page(
    html: Path, study: "StudyConfig", examined: "Examined", costs: "Costs | None" = None
) -> None:
    from clustering.outputs import whole_file
    from clustering.report.subjects.data.page import data_page
    from clustering.tables.state import look_at_state

    page = data_page(study.name, study.as_of, look_at_state(examined), costs)
    with whole_file(html, "the page ") as file:
        file.write_text(page, encoding="utf-8")


def _outcomes(horizon: "Horizon") -> list[str]:
    """For how many accounts each outcome is told; and how often it came."""
    lines = []
    for name, values in horizon.frame.items():
        told = values.dropna()
        came = f", {int(told.sum()):,} {name}" if values.dtype == "boolean" and len(told) else ""
        lines.append(f"{name}: told for {len(told):,} of {len(values):,} accounts{came}")
    return lines


def _levels(levels: Sequence[str]) -> str:
    if len(levels) > 6:
        return f"{len(levels)} levels"
    return ("; " if any("," in level for level in levels) else ", ").join(levels)


def _listed(title: str, lines: Sequence[str]) -> None:
    from clustering.commands.console import say

    if lines:
        say("\n".join([f"{title}:", *(f"  - {line}" for line in lines), ""]))


def _columns(first: str, *numbers: str) -> "Table":
    from rich.box import SIMPLE
    from rich.table import Table

    shown = Table(first, box=SIMPLE, pad_edge=False)
    for title in numbers:
        shown.add_column(title, justify="right")
    return shown


def _tables(tables: "SourceTables") -> "Table":
    from clustering.tables import TABLES

    shown = _columns("table", "rows", "first date", "last date", "rows after as_of")
    for table in TABLES:
        if table.name in tables.absent:
            shown.add_row(table.name, "absent", "", "", "")
            continue
        dates = tables.date_ranges[table.name]
        first, last = (str(day) for day in dates) if dates else ("", "")
        rows, later = tables.row_counts[table.name], tables.later_row_counts[table.name]
        shown.add_row(table.name, f"{rows:,}", first, last, f"{later:,}")
    return shown


def _families(snapshot: "Snapshot") -> "Table":
    from clustering.features import FEATURES

    shown = _columns("features of", "computed", "of", "for the matrix")
    known = {f.name: f for f in (*FEATURES, *snapshot.features)}
    for family in dict.fromkeys(feature.family for feature in known.values()):
        computed = [f for f in snapshot.features if f.family == family]
        entering = [f for f in computed if f.name not in snapshot.withheld]
        every = [f for f in known.values() if f.family == family]
        shown.add_row(family, str(len(computed)), str(len(every)), str(len(entering)))
    return shown


def _by_reason(reasons: Mapping[str, str]) -> list[str]:
    """One line a reason, with all features that it holds for."""
    return [f"{', '.join(names)}: {why}" for why, names in _names_by_reason(reasons).items()]


def _names_by_reason(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, why in reasons.items():
        names.setdefault(why, []).append(name)
    return names
