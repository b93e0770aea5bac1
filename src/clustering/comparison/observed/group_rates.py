"""Rates of every outcome by group: raw, Wilson, shrunken, and corrected for assignment error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Floats, Ints
from clustering.columns import SEGMENT
from clustering.comparison.base.labellings import as_boolean, encode
from clustering.comparison.base.rates import rates
from clustering.comparison.forward.rows import MOST_GROUPS
from clustering.comparison.observed.bch import corrected_intervals, corrected_rates
from clustering.comparison.observed.entries import RATES
from clustering.errors import BadInputError

_CORRECTED = ["weighted", "corrected", "corrected_low", "corrected_high"]


@dataclass(frozen=True, eq=False)
class Membership:
    """How sure it is which segment an account is in.

    Attributes
    ----------
    probabilities : float64 array of shape (n_accounts, k), rows sum to 1
    names : k names of segments, in the order of the columns
    """

    probabilities: Floats
    names: Sequence[str]


def group_rates(
    labels: Mapping[str, "pd.Series[str]"], outcome: "pd.Series[bool]", name: str
) -> list[dict[str, object]]:
    """Rates of one outcome for every level of every labelling: rows of `rates.parquet`."""
    values, observed = as_boolean(outcome, name)
    rows: list[dict[str, object]] = []
    for labelling, given in labels.items():
        coded = encode(given, labelling)
        known = observed & (coded.codes >= 0)
        if not known.any() or len(coded.levels) > MOST_GROUPS:
            continue
        coded = coded.subset(known)
        n = np.bincount(coded.codes).astype(np.float64)
        events = np.bincount(coded.codes, values[known]).astype(np.float64)
        for rate in rates(coded.levels, n, events):
            low, high = rate.wilson or (np.nan, np.nan)
            row = {"labelling": labelling, "level": rate.segment, "outcome": name}
            rows.append(row | vars(rate) | {"wilson_low": low, "wilson_high": high})
    return rows


def with_correction(
    table: pd.DataFrame,
    outcomes: pd.DataFrame,
    of: Membership,
    n_bootstrap: int,
    seed: int,
    company: Ints | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """The rates of the segments once more, corrected for assignment error; and what is not.

    Parameters
    ----------
    table : DataFrame with the columns of `rates.parquet`
    outcomes : DataFrame (n_accounts, n_outcomes), those to look at
    of : membership of the same accounts
    n_bootstrap, seed : resamples of the intervals, and their seed
    company : int64 array of shape (n_accounts,), codes; None where every account is one
    """
    notes: list[str] = []
    for name in outcomes if len(of.names) > 1 else ():
        values, known = as_boolean(outcomes[name], str(name))
        given, outcome = of.probabilities[known], values[known].astype(np.float64)
        try:
            found = corrected_rates(given, outcome)
        except BadInputError as error:
            notes.append(f"Rates of '{name}' are not corrected for assignment error: {error}")
            continue
        bounds = corrected_intervals(
            given,
            outcome,
            n_bootstrap=n_bootstrap,
            seed=seed,
            company=None if company is None else company[known],
        )
        own = (table["labelling"] == SEGMENT) & (table["outcome"] == name)
        for code, level in enumerate(of.names):
            row = own & (table["level"] == level)
            numbers = found.weighted[code], found.corrected[code], *bounds[code]
            table.loc[row, _CORRECTED] = numbers
    return table, notes


def rates_table(
    labels: Mapping[str, "pd.Series[str]"], few: Sequence[str], outcomes: pd.DataFrame, primary: str
) -> pd.DataFrame:
    """Rates of the primary outcome in every labelling, and of the others in a `few` of them."""
    rows: list[dict[str, object]] = []
    for name in outcomes:
        chosen = labels if name == primary else {own: labels[own] for own in few}
        rows += group_rates(chosen, outcomes[name], str(name))
    return RATES.from_rows(rows)
