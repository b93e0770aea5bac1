"""`clustering evidence`: are there natural clusters in a ready matrix, how many, how stable?"""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import example
from clustering.commands.ready.accounts import Account
from clustering.commands.ready.read_labels import (
    Decimal,
    Missing,
    check_json,
    reading_of,
    write_json,
)

if TYPE_CHECKING:
    from clustering.commands.ready.read_matrix import NumericTable
    from clustering.structure.findings import Findings


class ScaleOption(StrEnum):
    """What is done to the columns first."""

    ZSCORE = "zscore"
    NONE = "none"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "evidence",
        epilog=example("clustering evidence features.csv --account account_id --k-max 6"),
    )(evidence)


def evidence(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One row a case.")],
    columns: Annotated[
        str | None,
        typer.Option(
            help="Columns to use, with commas (default: all numeric ones, but those to which no "
            "other one is related)."
        ),
    ] = None,
    scale: Annotated[
        ScaleOption, typer.Option(help="Scale the columns to unit standard deviation, or not.")
    ] = ScaleOption.ZSCORE,
    k_max: Annotated[int, typer.Option(min=1, max=20, help="Most clusters considered.")] = 8,
    resamples: Annotated[
        int, typer.Option(min=10, max=5000, help="Resamples of every stability scheme.")
    ] = 100,
    nulls: Annotated[
        int, typer.Option(min=19, max=9999, help="Draws from every null without clusters.")
    ] = 199,
    set_aside: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=0.49,
            help="Share of accounts, at most, set aside as unlike all others (default: a study's).",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Every random draw follows from it.")] = 1,
    account: Account = None,
    missing: Missing = None,
    decimal: Decimal = None,
    json: Annotated[Path | None, typer.Option(metavar="OUT", help="Write all of it here.")] = None,
) -> None:
    """Judge a ready matrix: natural clusters, reproducible bands, or neither; with the reasons."""
    from clustering.commands.console import OUT, bars
    from clustering.commands.ready.read_matrix import read_numeric
    from clustering.config import EvidenceConfig, ModelsConfig
    from clustering.structure.evidence import assess_structure, unscaled, zscore
    from clustering.structure.settings import ProtocolSettings
    from clustering.structure.unrelated import leaving_out_unrelated

    check_json(json, file)
    asked = None if columns is None else [name.strip() for name in columns.split(",")]
    given = read_numeric(file, asked, reading_of(missing, decimal), account)
    table = _related(given, keep=asked is not None, seed=seed)
    rescale = zscore if scale is ScaleOption.ZSCORE else unscaled
    all_kept = table.columns == given.columns
    config = EvidenceConfig(resamples=resamples, nulls=nulls)
    if set_aside is not None:
        config = config.model_copy(update={"most_set_aside": set_aside})
    with bars() as progress:
        found = assess_structure(
            table.values,
            ProtocolSettings(
                seed=seed,
                scale=scale.value,
                config=config,
                models=ModelsConfig(k_max=k_max),
                progress=progress,
            ),
            raw=None if all_kept else given.values,
            prepare=None if all_kept else leaving_out_unrelated(rescale, seed=seed),
            columns=table.columns,
            accounts=table.accounts,
            notes=table.notes,
        )
    _show(found)
    if json is not None:
        write_json(found.to_json(), json)
        OUT.print(f"Written to {json}", markup=False, soft_wrap=True)


def _related(table: "NumericTable", *, keep: bool, seed: int) -> "NumericTable":
    """The table without columns that no other one is related to, or with them; and a note."""
    import numpy as np

    from clustering.structure.repeats import find_repeats
    from clustering.structure.unrelated import kept_in_words, left_out_in_words, unrelated_columns

    values, accounts = table.values, table.accounts
    once = values if accounts is None else values[find_repeats(values, accounts).first]
    alone = unrelated_columns(once, seed=seed)
    names, n_columns = [table.columns[index] for index in np.flatnonzero(alone)], len(alone)
    if keep:
        said = kept_in_words(names, n_columns, "the command without '--columns'")
        return replace(table, notes=(*table.notes, *said))
    return replace(
        table,
        values=np.ascontiguousarray(values[:, ~alone]),
        columns=tuple(name for name in table.columns if name not in names),
        notes=(*table.notes, *left_out_in_words(names, n_columns)),
    )


def _show(found: "Findings") -> None:
    from clustering.commands.console import OUT
    from clustering.commands.ready.evidence_tables import kmeans_table, mixture_table, null_table

    OUT.print(f"{found.n} rows x {found.d} columns, scale {found.scale}, seed {found.seed}")
    OUT.print(null_table(found))
    OUT.print(kmeans_table(found))
    if found.mixtures:
        OUT.print(mixture_table(found))
    OUT.print(f"[bold]{_headline(found)}[/bold]", soft_wrap=True)
    for reason in found.reasons:
        OUT.print(f"- {reason}", markup=False, soft_wrap=True)


def _headline(found: "Findings") -> str:
    offered = _offered(found)
    if found.verdict == "natural":
        return f"Verdict: natural. There are {found.n_clusters} natural clusters. {offered}"
    if found.verdict == "reproducible":
        return f"Verdict: reproducible. There are no natural clusters. {offered}"
    return (
        "Verdict: constructive. There are no natural clusters, and no number of segments comes "
        f"back under resampling. {offered}"
    )


def _offered(found: "Findings") -> str:
    k = found.offered.k
    if k == 1:
        return "A study would leave all accounts in one segment."
    limits = ", as many as meet the limits that the business sets" if k < found.n_clusters else ""
    group = "clusters" if found.are_clusters else "bands"
    return f"A study would work with {k} {group} ({found.offered.name}){limits}."
