"""`clustering agree`: how far two labellings of the same accounts agree."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import example
from clustering.commands.ready.accounts import Account, account_column, distinct_rows
from clustering.commands.ready.read_labels import (
    Missing,
    check_json,
    read_columns,
    reading_of,
    write_json,
)

if TYPE_CHECKING:
    from clustering.comparison.agreement.entries import Agreement


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "agree",
        epilog=example(
            "clustering agree labels.csv arr_tier segment --order smb,midmarket,enterprise"
        ),
    )(agree)


def agree(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One row an account.")],
    first: Annotated[str, typer.Argument(metavar="FIRST", help="Column of the reference.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="Column compared with it.")],
    order: Annotated[
        str | None,
        typer.Option(
            help="Levels from lowest to highest, with commas: those of either column or of both. "
            "Adds Kendall's tau-b and Goodman and Kruskal's gamma."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the interval and p-value.")] = 1,
    account: Account = None,
    missing: Missing = None,
    json: Annotated[Path | None, typer.Option(metavar="OUT", help="Write all of it here.")] = None,
) -> None:
    """Agreement of two labellings: chance-corrected indices, interval, p-value, best matches."""
    from clustering.comparison.agreement.agreement import compare_partitions
    from clustering.comparison.base.labellings import encode

    check_json(json, file)
    ids = () if account is None else (account,)
    labels = read_columns(file, [first, second, *ids], reading_of(missing), ids=ids, every=True)
    whose = account_column(labels.frame, account, (first, second))
    table, repeats = distinct_rows(labels.frame, whose, (first, second))
    agreement = compare_partitions(
        encode(table[first], first),
        encode(table[second], second),
        order=None if order is None else order.split(","),
        seed=seed,
    )
    notes = [*agreement.notes, *repeats, *labels.notes]
    agreement = agreement.model_copy(update={"notes": notes})
    _show(agreement)
    if json is not None:
        write_json(agreement.model_dump(mode="json"), json)
        _print(f"Written to {json}")


def _show(agreement: "Agreement") -> None:
    from clustering.comparison.claims import agreement_sentence

    _print(agreement_sentence(agreement))
    _print(
        f"AMI {agreement.ami:.3f}{_range(agreement, 'ami')}   "
        f"ARI {agreement.ari:.3f}{_range(agreement, 'ari')}   "
        f"NMI {agreement.nmi:.3f}   V {agreement.v_measure:.3f}   "
        f"VI {agreement.vi_nats:.3f} nats   permutation p {agreement.permutation_p:.3g}"
    )
    if agreement.ordinal is not None:
        tau_b, gamma = agreement.ordinal.tau_b, agreement.ordinal.gamma
        _print(f"Kendall tau-b {_number(tau_b)}   gamma {_number(gamma)}")
    for match in agreement.per_label:
        _print(
            f"  {match.label} ({match.n_accounts}): best match {match.best_match}, "
            f"precision {match.precision:.2f}, recall {match.recall:.2f}, "
            f"Jaccard {match.jaccard:.2f}"
        )
    for note in agreement.notes:
        _print(f"Note: {note}")


def _print(text: str) -> None:
    from clustering.commands.console import OUT

    OUT.print(text, markup=False, soft_wrap=True)


def _range(agreement: "Agreement", index: str) -> str:
    if agreement.interval is None:
        return ""
    low, high = getattr(agreement.interval, index)
    return f" [{low:.3f}, {high:.3f}]"


def _number(value: float | None) -> str:
    return "not known (no untied pair)" if value is None else f"{value:.3f}"
