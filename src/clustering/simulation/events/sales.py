"""Sales opportunities: those behind expansions and renewals, and those that came to nothing."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Floats, Ints
from clustering.simulation.events.contracts import Contracts
from clustering.simulation.events.feedback import Lives, scatter
from clustering.simulation.period import Days

_RENEWAL_OPENED_DAYS = 100
_LOST_PER_QUARTER = 0.08


def draw_opportunities(
    lives: Lives, contracts: Contracts, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw opportunities. `stage` is what the CRM says on the last day of the book, so a reader
    that looks from an earlier date must go by `closed_on`."""
    parts = [
        _expansions(lives, contracts, rng),
        _renewals(contracts),
        _lost(lives, contracts, rng),
    ]
    found = pd.concat(parts, ignore_index=True)
    end = lives.population.period.end
    found = found[found["opened_on"] <= end]
    is_open = found["closed_on"] > end
    found["stage"] = found["stage"].mask(is_open, "open")
    found["closed_on"] = found["closed_on"].mask(is_open)
    return found.sort_values(["account", "opened_on", "kind"], ignore_index=True)


def _expansions(lives: Lives, contracts: Contracts, rng: np.random.Generator) -> pd.DataFrame:
    rows = contracts.rows[contracts.rows["kind"] == "expansion"]
    accounts = rows["account"].to_numpy()
    closed = rows["started_on"].to_numpy().astype("datetime64[D]")
    opened = np.maximum(closed - rng.integers(30, 150, len(rows)), lives.started[accounts])
    new_use_case = rng.random(len(rows)) < 0.3
    kind = np.where(new_use_case, "new_use_case", "expansion")
    return _table(accounts, opened, kind, rows["arr"].to_numpy(), closed, "won")


def _renewals(contracts: Contracts) -> pd.DataFrame:
    rows = contracts.rows[contracts.rows["kind"] == "term"]
    closed = rows["ended_on"].to_numpy().astype("datetime64[D]")
    stage = np.where(rows["renewed"] == 0, "lost", "won")
    return _table(
        rows["account"].to_numpy(),
        closed - _RENEWAL_OPENED_DAYS,
        "renewal",
        rows["arr"].to_numpy(),
        closed,
        stage,
    )


def _lost(lives: Lives, contracts: Contracts, rng: np.random.Generator) -> pd.DataFrame:
    shape = lives.population.segments.shape
    accounts, opened = scatter(lives, np.full(shape, _LOST_PER_QUARTER), rng)
    first = contracts.rows.groupby("account")["arr"].first().to_numpy()
    amount = (first[accounts] * rng.uniform(0.1, 0.6, len(accounts)) / 100).round() * 100
    closed = opened + rng.integers(30, 240, len(accounts))
    return _table(accounts, opened, "expansion", np.maximum(amount, 100.0), closed, "lost")


_COLUMNS = ("account", "opened_on", "kind", "amount", "closed_on", "stage")


def _table(*columns: Ints | Floats | Days | NDArray[np.str_] | str) -> pd.DataFrame:
    return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))
