"""`clustering forward`: what tier and segment knew about an outcome that came later."""

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
    from clustering.comparison.base.entries import LikelihoodRatio
    from clustering.comparison.forward.entries import ForwardReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "forward",
        epilog=example(
            "clustering forward labels.csv --tier arr_tier --segment segment --outcome churned"
        ),
    )(forward)


def forward(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One row an account and window.")],
    tier: Annotated[str, typer.Option(metavar="T", help="Column of the tiers.")],
    segment: Annotated[str, typer.Option(metavar="S", help="Column of the segments.")],
    outcome: Annotated[str, typer.Option(metavar="Y", help="Column of the outcome: yes or no.")],
    account: Account = None,
    train: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Boolean column: rows to fit and test on; the others are judged on. Without it "
            "all rows are tested on, and five folds judge.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of folds, interval, permutations.")] = 1,
    missing: Missing = None,
    json: Annotated[Path | None, typer.Option(metavar="OUT", help="Write all of it here.")] = None,
) -> None:
    """Nested models of an outcome: what the segments add to the tiers, with its interval."""
    from clustering.comparison.forward.validity import forward_validity

    check_json(json, file)
    wanted = [tier, segment, outcome, *filter(None, (account, train))]
    ids = () if account is None else (account,)
    labels = read_columns(file, wanted, reading_of(missing), ids=ids, every=True)
    whose = account_column(labels.frame, account, wanted)
    # Rows of one account that differ in any column are of several windows; equal ones repeat.
    used = list(labels.frame.columns) if whose is not None else [tier, segment, outcome]
    table, repeats = distinct_rows(labels.frame, whose, used, windows=True)
    report = forward_validity(
        table[tier],
        table[segment],
        table[outcome],
        account=None if whose is None else table[whose],
        train=None if train is None else table[train],
        seed=seed,
        names=(tier, segment, outcome),
    )
    report = report.model_copy(update={"notes": [*report.notes, *repeats, *labels.notes]})
    _show(report)
    if json is not None:
        write_json(report.model_dump(mode="json"), json)
        _print(f"Written to {json}")


def _show(report: "ForwardReport") -> None:
    from clustering.comparison.claims import forward_sentence

    _print(forward_sentence(report))
    for model, deviance in (report.deviance or {}).items():
        _print(f"  {model:<12} deviance {deviance:.2f}{_held_out(report, model)}")
    _print_ratio("segment given tier", report.lr_segment_given_tier)
    _print_ratio("tier given segment", report.lr_tier_given_segment)
    if report.cmh.p is not None:
        _print(f"  Cochran-Mantel-Haenszel {report.cmh.stat:.2f}, p {report.cmh.p:.3g}")
    _print("Rates by segment (95 % Wilson interval; shrunken towards the mean):")
    for rate in report.rates:
        if rate.suppressed or rate.wilson is None:
            _print(f"  {rate.segment}: {rate.n} rows, too few for a rate")
        else:
            _print(
                f"  {rate.segment}: {rate.raw:.1%} of {rate.n} "
                f"[{rate.wilson[0]:.1%}, {rate.wilson[1]:.1%}]; shrunken {rate.shrunken:.1%}"
            )
    for field, reason in report.reasons.items():
        _print(f"Not known: {field}: {reason}.")
    for note in report.notes:
        _print(f"Note: {note}")


def _held_out(report: "ForwardReport", model: str) -> str:
    if report.auc is None or report.log_loss is None:
        return ""
    auc = report.auc[model]
    area = "" if auc is None else f", AUC {auc:.3f}"
    return f"   held out: log loss {report.log_loss[model]:.4f}{area}"


def _print_ratio(name: str, ratio: "LikelihoodRatio | None") -> None:
    if ratio is not None and ratio.p is not None:
        _print(f"  {name}: chi2 {ratio.chi2:.2f}, df {ratio.df}, p {ratio.p:.3g}")


def _print(text: str) -> None:
    from clustering.commands.console import OUT

    OUT.print(text, markup=False, soft_wrap=True)
