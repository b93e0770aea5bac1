"""One call from a scenario to a whole book."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from clustering.errors import BadInputError, breaches_message
from clustering.simulation.accounts import account_ids, draw_accounts, truth_path, truth_table
from clustering.simulation.book import Book, Manifest
from clustering.simulation.continuum import (
    draw_continuum,
    draw_sizes,
    follow_arr,
    with_two_modes,
)
from clustering.simulation.events.care import draw_engagements, draw_surveys, draw_tickets
from clustering.simulation.events.contracts import Contracts, draw_contracts
from clustering.simulation.events.delivery import (
    CarePlan,
    delivery_truth,
    draw_planned,
    with_unaffordable,
)
from clustering.simulation.events.feedback import Lives
from clustering.simulation.events.journey import draw_milestones, draw_outcomes
from clustering.simulation.events.sales import draw_opportunities
from clustering.simulation.events.usage import draw_usage
from clustering.simulation.mixes import draw_mixes
from clustering.simulation.needs import draw_needs, segments_of
from clustering.simulation.period import Period
from clustering.simulation.population import Population
from clustering.simulation.scenarios import Scenario, find_scenario

DEFAULT_AS_OF = date(2025, 6, 30)
DEFAULT_NOISE = 1.0
DEFAULT_MISSING = 0.05
FEWEST_ACCOUNTS = 10
_EARLIEST, _LATEST = date(1975, 1, 1), date(2200, 1, 1)


def simulate(
    scenario: str,
    n_accounts: int,
    seed: int,
    *,
    separation: float | None = None,
    noise: float = DEFAULT_NOISE,
    missing: float = DEFAULT_MISSING,
    as_of: date = DEFAULT_AS_OF,
    care: CarePlan | None = None,
) -> Book:
    """Simulate the whole book of a company with a known truth.

    Accounts have latent levels of milestones, outcomes, breadth of use, seat utilisation, care,
    sentiment and the kind of guidance they draw; every table is drawn from these. Renewals,
    expansions and churn follow the same accounts before and after the as-of date.

    Parameters
    ----------
    scenario : one of `SCENARIOS`
    n_accounts : all accounts of the book, at least 10; about four in five are active at `as_of`
    seed : the same seed and parameters give the same tables
    separation : distance between the two nearest planted groups, in standard deviations of a
        latent level within its group (None: the scenario's own). What a study can see is less,
        since it sees the levels through noisy tables
    noise : factor on the random deviation of what is observed from the latent level
    missing : share of accounts that never measure outcomes or answer surveys, and of optional
        entries that are absent
    as_of : the date that the book is made for: three years lie before it, 366 days after it
    care : accounts to over- and under-deliver, and a segment that cannot pay for its care; every
        account then gets the hours planned for its segment (None: meetings follow size). Only in
        scenarios with needs segments

    Raises
    ------
    BadInputError
        An unknown scenario, or parameters out of range, all of them at once.

    Examples
    --------
    >>> book = simulate("needs", 50, seed=7)
    >>> sorted(book.tables)[:3], len(book.tables["accounts"])
    (['accounts', 'engagements', 'milestones'], 50)
    """
    chosen = find_scenario(scenario)
    distance = chosen.separation if separation is None else separation
    plan = care or CarePlan()
    _check(n_accounts, seed, distance, noise, missing, as_of)
    _check_care(chosen, plan)
    period = Period.around(as_of)
    streams = np.random.default_rng(seed).spawn(11)
    population = _draw_population(chosen, n_accounts, period, distance, streams[0])
    population = with_unaffordable(population, plan.unaffordable)
    contracts = draw_contracts(population, streams[1])
    if chosen.name == "tiers":
        arr = contracts.arr_at(period.as_of)
        population = follow_arr(population, arr, distance, streams[2])
    lives = Lives.of(population, contracts.ended, noise)
    drawn, delivery = _draw_tables(lives, contracts, missing, streams), None
    if plan.planted:
        drawn["engagements"], fate = draw_planned(lives, plan, streams[10])
        delivery = delivery_truth(population, plan, fate)
    tables = {name: _with_ids(name, frame, n_accounts) for name, frame in drawn.items()}
    manifest = Manifest(
        scenario=chosen.name,
        n_accounts=n_accounts,
        seed=seed,
        separation=distance,
        noise=noise,
        missing=missing,
        as_of=as_of,
        first_day=period.begin.astype(date),
        last_day=period.end.astype(date),
        changed_on=None if population.changed_on is None else population.changed_on.astype(date),
        rows={name: len(frame) for name, frame in tables.items()},
        over_delivered=plan.over,
        under_delivered=plan.under,
        unaffordable=plan.unaffordable,
    )
    return Book(
        tables, truth_table(population), truth_path(population), manifest, _note(chosen), delivery
    )


def _draw_population(
    scenario: Scenario,
    n_accounts: int,
    period: Period,
    separation: float,
    rng: np.random.Generator,
) -> Population:
    match scenario.name:
        case "needs" | "moving" | "drift" | "weak_drift" | "rescaled":
            return draw_needs(scenario.name, n_accounts, period, separation, rng)
        case "tiers":
            return draw_sizes(n_accounts, period, rng)
        case "none":
            return draw_continuum(n_accounts, period, rng)
        case "usage_mix":
            return draw_mixes(n_accounts, period, separation, rng)
        case "one_feature":
            return with_two_modes(draw_continuum(n_accounts, period, rng), separation, rng)


def _draw_tables(
    lives: Lives, contracts: Contracts, missing: float, streams: Sequence[np.random.Generator]
) -> dict[str, pd.DataFrame]:
    """Every table from a random stream of its own, so that none moves with another."""
    subscriptions = contracts.rows.drop(columns=["kind", "renewed"])
    return {
        "accounts": draw_accounts(lives.population, contracts, missing, streams[3]),
        "subscriptions": subscriptions[subscriptions["started_on"] <= lives.population.period.end],
        "usage": draw_usage(lives, contracts, streams[4]),
        "milestones": draw_milestones(lives, missing, streams[5]),
        "outcomes": draw_outcomes(lives, missing, streams[6]),
        "opportunities": draw_opportunities(lives, contracts, streams[7]),
        "engagements": draw_engagements(lives, contracts, streams[8]),
        "tickets": draw_tickets(lives, contracts, missing, streams[9]),
        "surveys": draw_surveys(lives, missing, streams[2]),
    }


def _check(
    n_accounts: int, seed: int, separation: float, noise: float, missing: float, as_of: date
) -> None:
    rules = (
        (n_accounts >= FEWEST_ACCOUNTS, f"accounts must be at least {FEWEST_ACCOUNTS}", n_accounts),
        (seed >= 0, "seed must not be negative", seed),
        (0.0 <= separation <= 100.0, "separation must be from 0 to 100", separation),
        (0.0 <= noise <= 10.0, "noise must be from 0 to 10", noise),
        (0.0 <= missing <= 0.9, "missing must be a share from 0 to 0.9", missing),
        (_EARLIEST <= as_of <= _LATEST, f"as_of must lie from {_EARLIEST} to {_LATEST}", as_of),
    )
    _refuse([f"{rule}; found {found}." for holds, rule, found in rules if not holds])


def _check_care(scenario: Scenario, plan: CarePlan) -> None:
    if not plan.planted:
        return
    breaches = []
    known = segments_of(scenario.name)
    if not known:
        breaches.append(
            f"care is planted by needs segments, which the scenario '{scenario.name}' does not have"
        )
    elif plan.unaffordable is not None and plan.unaffordable not in known:
        breaches.append(
            f"unaffordable must be one of {', '.join(known)}; found '{plan.unaffordable}'."
        )
    if plan.over < 0 or plan.under < 0 or plan.over + plan.under > 1:
        breaches.append(
            "the shares over- and under-delivered must not be negative and add up to at most 1; "
            f"found {plan.over} and {plan.under}."
        )
    _refuse(breaches)


def _refuse(breaches: list[str]) -> None:
    if breaches:
        raise BadInputError(breaches_message("the book cannot be simulated", breaches))


def _with_ids(name: str, frame: pd.DataFrame, n_accounts: int) -> pd.DataFrame:
    """Put text ids in the place of positions; in `usage`, which may have millions of rows, as
    categories."""
    ids = account_ids(n_accounts)
    position = frame["account"].to_numpy()
    if name == "usage":
        values = pd.Series(pd.Categorical.from_codes(position, categories=pd.Index(ids)))
    else:
        values = pd.Series(ids[position], dtype="str")
    with_ids = frame.reset_index(drop=True).assign(account=values)
    return with_ids.rename(columns={"account": "account_id"})


def _note(scenario: Scenario) -> str:
    return (
        f"# What is true in this book: `{scenario.name}`\n\n"
        f"- Planted: {scenario.truth}.\n"
        f"- An honest study says: {scenario.honest_answer}.\n\n"
        "`truth.parquet` has one row an account at the as-of date, `path.parquet` every segment\n"
        "that an account was in and from when. Levels are in standard deviations within a group.\n"
    )
