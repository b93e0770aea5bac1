"""Contracts: terms, expansions, contractions and churn."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats, Ints
from clustering.simulation.events.feedback import chance
from clustering.simulation.period import Days
from clustering.simulation.population import MEDIAN_ARR, Population

_SEAT_PRICE = 300.0
_TWO_YEAR_SHARE = 0.15
_RENEWAL_GROWS = 0.10
_RENEWAL_SHRINKS = 0.08


@dataclass(frozen=True, eq=False)
class Contracts:
    """All contract periods, and when each account left.

    Attributes
    ----------
    rows : one row a period: `account` (position), `started_on`, `ended_on` (the first day
        without it), `arr`, `seats`, `product`, `kind` (term or expansion) and `renewed` (of a
        term that ended within the book; missing for others)
    ended : first day without a contract, shape (n_accounts,); not-a-time while active
    seats : seats of the first contract, shape (n_accounts,)
    """

    rows: pd.DataFrame
    ended: Days
    seats: Ints

    def arr_at(self, day: np.datetime64) -> Floats:
        """ARR of every account on `day`, 0 where no contract is active."""
        rows = self.rows
        active = (rows["started_on"] <= day) & (rows["ended_on"] > day)
        total = np.zeros(len(self.ended))
        np.add.at(total, rows.loc[active, "account"].to_numpy(), rows.loc[active, "arr"].to_numpy())
        return total


def draw_contracts(population: Population, rng: np.random.Generator) -> Contracts:
    """Draw term after term until every account has left or the book ends."""
    n_accounts = population.n_accounts
    price = _SEAT_PRICE * np.exp(0.2 * rng.standard_normal(n_accounts))
    accounts = np.arange(n_accounts)
    start = population.started
    arr = _rounded(np.exp(population.log_arr))
    ended = np.full(n_accounts, np.datetime64("NaT", "D"))
    parts: list[pd.DataFrame] = []
    while len(accounts):
        term = _draw_term(population, accounts, start, arr, rng)
        parts.extend(_term_rows(term, price))
        leaves = (term.renewed == 0) & term.ends_within
        ended[accounts[leaves]] = term.end[leaves]
        goes_on = (term.renewed == 1) & term.ends_within
        accounts, start, arr = accounts[goes_on], term.end[goes_on], term.next_arr[goes_on]
    rows = pd.concat(parts, ignore_index=True).sort_values(
        ["account", "started_on", "kind"], ignore_index=True
    )
    first_seats = np.maximum(3, np.exp(population.log_arr) / price).round().astype(np.int64)
    return Contracts(rows, ended, first_seats)


@dataclass(frozen=True, eq=False)
class _Term:
    """One term of every account that has one; arrays of shape (n,)."""

    accounts: Ints
    start: Days
    end: Days
    arr: Floats
    expands: Flags
    expanded_on: Days
    added_arr: Floats
    renewed: Ints
    ends_within: Flags
    next_arr: Floats


def _draw_term(
    population: Population,
    accounts: Ints,
    start: Days,
    arr: Floats,
    rng: np.random.Generator,
) -> _Term:
    n, period = len(accounts), population.period
    days = np.where(rng.random(n) < _TWO_YEAR_SHARE, 730, 365)
    end = start + days
    at_start = period.quarter(start)
    yearly = chance(population.expand[accounts, at_start])
    expands = rng.random(n) < 1.0 - (1.0 - yearly) ** (days / 365)
    expanded_on = start + (60 + rng.random(n) * (days - 120)).astype(np.int64)
    expands &= expanded_on <= period.end
    added = np.where(expands, _rounded(arr * rng.uniform(0.15, 0.5, n)), 0.0)
    log_odds = population.churn[accounts, period.quarter(end)]
    log_odds = log_odds + population.arr_effect * np.log(arr / MEDIAN_ARR)
    renewed = (rng.random(n) >= chance(log_odds)).astype(np.int64)
    move = rng.random(n)
    factor = np.where(
        move < _RENEWAL_GROWS,
        rng.uniform(1.05, 1.25, n),
        np.where(move > 1.0 - _RENEWAL_SHRINKS, rng.uniform(0.6, 0.9, n), 1.0),
    )
    return _Term(
        accounts,
        start,
        end,
        arr,
        expands,
        expanded_on,
        added,
        renewed,
        end <= period.end,
        _rounded((arr + added) * factor),
    )


def _term_rows(term: _Term, price: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The contracts of a term, and those of what was added in it."""

    def rows(begin: Days, arr: Floats, least_seats: int) -> pd.DataFrame:
        seats = np.maximum(least_seats, (arr / price[term.accounts]).round()).astype(np.int64)
        columns = {"started_on": begin, "ended_on": term.end, "arr": arr, "seats": seats}
        return pd.DataFrame({"account": term.accounts, **columns})

    renewed = np.where(term.ends_within, term.renewed, np.nan)
    base = rows(term.start, term.arr, 3).assign(product="platform", kind="term", renewed=renewed)
    expansion = rows(term.expanded_on, term.added_arr, 1)[term.expands]
    return base, expansion.assign(product="add-on", kind="expansion", renewed=np.nan)


def _rounded(arr: Floats) -> Floats:
    """ARR in steps of 100, at least 1,200."""
    return np.maximum(1_200.0, np.round(arr / 100.0) * 100.0)
