"""Features from a data frame, one array each, or why that cannot be done."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.errors import BadInputError, breaches_message

#: Characters of a wrong value that a message shows.
_SHOWN = 40
#: Up to so many accounts are taken from a frame in one piece.
_FEW = 1000


def columns_of(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Floats, ...]:
    """As `Standardiser.columns_of`."""
    if len(frame) <= _FEW and (few := _block(frame, names)) is not None:
        return few
    breaches = [breach for name in names for breach in _column_breaches(frame, name)]
    if breaches:
        raise BadInputError(breaches_message("the features cannot be standardised", breaches))
    return tuple(numbers(frame[name]) for name in names)


def _block(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Floats, ...] | None:
    """The columns of few accounts, in one piece; None where something is to be said of them.

    Column by column, pandas takes longer over one account than all the rest of a score.
    """
    if not set(names) <= set(frame.columns) or not frame.columns.is_unique:
        return None
    chosen = frame[list(names)]
    if not all(isinstance(kind, np.dtype) and kind.kind in "fiub" for kind in chosen.dtypes):
        return None
    values = np.ascontiguousarray(chosen.to_numpy(dtype=np.float64).T)
    return None if np.isinf(values).any() else tuple(values)


def _column_breaches(frame: pd.DataFrame, name: str) -> list[str]:
    """Why a column cannot be standardised, in words."""
    if name not in frame.columns:
        return [f"feature '{name}' is missing."]
    if not pd.api.types.is_numeric_dtype(frame[name].dtype):
        values = frame[name].dropna()
        first = f", first: {str(values.iloc[0])[:_SHOWN]!r}" if len(values) else ""
        return [f"feature '{name}' is not numeric; found {frame[name].dtype}{first}."]
    infinite = np.isinf(numbers(frame[name]))
    if not infinite.any():
        return []
    return [
        f"feature '{name}' is infinite for {int(infinite.sum())} accounts; "
        f"first account_id: {frame.index[int(np.argmax(infinite))]}."
    ]


def numbers(column: "pd.Series[Any]") -> Floats:
    """The values as float64; NaN is missing."""
    return column.to_numpy(dtype=np.float64, na_value=np.nan)
