"""`clustering simulate`: a whole book of accounts with a known truth."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from clustering.commands.options import example


def register(app: typer.Typer) -> None:
    """Add `simulate` to the app."""
    app.command(
        "simulate", epilog=example("clustering simulate --scenario needs --accounts 300 --out book")
    )(simulate_book)


Scenario = Annotated[
    str,
    typer.Option(
        help="needs, tiers, none, one_feature, moving, drift, weak_drift or rescaled "
        "(docs/simulator.md)."
    ),
]
Out = Annotated[Path, typer.Option(help="Folder for the book; an earlier book is replaced.")]
Accounts = Annotated[
    int, typer.Option(min=10, help="Accounts in the book; four in five are active at --as-of.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same tables.")]
Separation = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=100,
        help="Distance between the two nearest planted groups, in standard deviations within a "
        "group.",
        show_default="8; 9 in tiers, and not used in none",
    ),
]
Noise = Annotated[
    float, typer.Option(min=0, max=10, help="Factor on the random deviation of what is observed.")
]
Missing = Annotated[
    float,
    typer.Option(
        min=0,
        max=0.9,
        help="Share of accounts without outcomes or answers, and of optional entries absent.",
    ),
]
AsOf = Annotated[
    datetime,
    typer.Option(
        formats=["%Y-%m-%d"],
        metavar="DATE",
        help="Date to study the book at: three years lie before it, 366 days after it.",
        show_default="2025-06-30",
    ),
]
OverDelivered = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="Share of accounts that get three times the care of their segment."
    ),
]
UnderDelivered = Annotated[
    float, typer.Option(min=0, max=1, help="Share of accounts that get a quarter of it.")
]
Unaffordable = Annotated[
    str | None,
    typer.Option(help="Needs segment whose ARR is too small for the care that it needs."),
]


def simulate_book(
    scenario: Scenario,
    out: Out,
    accounts: Accounts = 1000,
    seed: Seed = 0,
    separation: Separation = None,
    noise: Noise = 1.0,
    missing: Missing = 0.05,
    as_of: AsOf = datetime(2025, 6, 30),
    over_delivered: OverDelivered = 0.0,
    under_delivered: UnderDelivered = 0.0,
    unaffordable: Unaffordable = None,
) -> None:
    """Write a simulated book: all tables as Parquet, the truth apart in truth/."""
    from clustering.commands.console import bars, say
    from clustering.simulation import CarePlan, check_target, simulate, write_book

    check_target(out)
    with bars() as progress, progress.step("Simulating", 2) as advance:
        book = simulate(
            scenario,
            accounts,
            seed,
            separation=separation,
            noise=noise,
            missing=missing,
            as_of=as_of.date(),
            care=CarePlan(over_delivered, under_delivered, unaffordable),
        )
        advance(1)
        write_book(book, out)
        advance(1)
    manifest = book.manifest
    rows = ", ".join(f"{name} {count:,}" for name, count in manifest.rows.items())
    say(
        f"A simulated book of {manifest.n_accounts:,} accounts is in {out}\n"
        f"  rows    {rows}\n"
        f"  dates   {manifest.first_day} to {manifest.last_day}\n"
        f"  as of   {manifest.as_of} (three years before it, a year after it)\n"
        "  truth   in truth/, which no study reads"
    )
