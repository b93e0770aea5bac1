"""Rates of every outcome by group: raw, Wilson, shrunken, and corrected for assignment error."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.columns import SEGMENT
from clustering.comparison.base.labellings import encode
from clustering.comparison.base.outcomes import as_boolean
from clustering.comparison.base.rates import rates
from clustering.comparison.forward.rows import MOST_GROUPS
from clustering.comparison.observed.bch import corrected_intervals, corrected_rates
from clustering.errors import BadInputError

_RATE_COLUMNS = {
    "labelling": "str", "level": "str", "outcome": "str", "n": "int64", "events": "int64",
    "raw": "float64", "wilson_low": "float64", "wilson_high": "float64", "shrunken": "float64",
    "suppressed": "bool",
}  # fmt: skip
_CORRECTED = ("weighted", "corrected", "corrected_low", "corrected_high")


def group_rates(
    labels: Mapping[str, "pd.Series[str]"], outcome: "pd.Series[bool]", name: str
) -> pd.DataFrame:
    """Rates of one outcome for every level of every labelling, with Wilson and shrunken ones."""
    values, observed = as_boolean(outcome, name)
    frames = []
    for labelling, given in labels.items():
        coded = encode(given, labelling)
        known = observed & (coded.codes >= 0)
        if not known.any() or len(coded.levels) > MOST_GROUPS:
            continue
        coded = coded.subset(known)
        n = np.bincount(coded.codes, minlength=len(coded.levels)).astype(np.float64)
        k = np.bincount(
            coded.codes, weights=values[known].astype(np.float64), minlength=len(coded.levels)
        ).astype(np.float64)
        rows = pd.DataFrame([asdict(rate) for rate in rates(coded.levels, n, k)])
        bounds = pd.DataFrame(rows.pop("wilson").tolist(), columns=["wilson_low", "wilson_high"])
        frames.append(
            pd.concat([rows.rename(columns={"segment": "level"}), bounds], axis="columns").assign(
                labelling=labelling, outcome=name
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else no_rates()


def no_rates() -> pd.DataFrame:
    """The same without a row."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _RATE_COLUMNS.items()})


def with_correction(
    table: pd.DataFrame,
    outcomes: pd.DataFrame,
    names: list[str],
    responsibilities: Floats,
    segment_names: Sequence[str],
    n_bootstrap: int,
    seed: int,
    notes: list[str],
) -> pd.DataFrame:
    """The rates of the segments once more, with the error of assignment undone."""
    table = table[list(_RATE_COLUMNS)].astype(_RATE_COLUMNS)
    table = table.assign(**dict.fromkeys(_CORRECTED, np.nan))
    if len(segment_names) < 2:
        return table
    for name in names:
        values, known = as_boolean(outcomes[name], name)
        given, outcome = responsibilities[known], values[known].astype(np.float64)
        try:
            found = corrected_rates(given, outcome)
        except BadInputError as error:
            notes.append(f"Rates of '{name}' are not corrected for assignment error: {error}")
            continue
        bounds = corrected_intervals(given, outcome, n_bootstrap=n_bootstrap, seed=seed)
        for code, level in enumerate(segment_names):
            row = (
                (table["labelling"] == SEGMENT)
                & (table["level"] == level)
                & (table["outcome"] == name)
            )
            table.loc[row, list(_CORRECTED)] = (
                found.weighted[code], found.corrected[code], *bounds[code],
            )  # fmt: skip
    return table
