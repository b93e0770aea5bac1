"""Bands of one amount: cut points given, or taken from quantiles of the accounts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.config.schemes import Cut
from clustering.schemes.types import SchemeAbsentError
from clustering.wording import percent_in_words

#: With fewer accounts the upper quantile is one or two accounts, not a tier.
FEWEST_FOR_QUANTILES = 10


@dataclass(frozen=True)
class CutPoints:
    """Least value of the middle and of the upper band, and where these came from."""

    middle_from: float
    upper_from: float
    origin: str


def cut_points(
    name: str,
    values: "pd.Series[float]",
    what: str,
    given: tuple[float | None, float | None],
    quantiles: tuple[float, float],
) -> CutPoints:
    """Take the given cut points, or the quantiles of the known values.

    Raises
    ------
    SchemeAbsentError
        Nothing is known, too few values for quantiles, or quantiles that coincide.

    Examples
    --------
    >>> arr = pd.Series(np.arange(1.0, 12.0))
    >>> cut_points("arr_tiers", arr, "ARR", (None, None), (0.6, 0.9))
    CutPoints(middle_from=7.0, upper_from=10.0, origin='the 60 % and 90 % quantiles of ARR')
    """
    known = values.dropna()
    if known.empty:
        raise SchemeAbsentError(f"'{name}' needs {what}, which no account has.")
    middle, upper = given
    if middle is not None and upper is not None:
        return CutPoints(middle, upper, "as configured")
    if len(known) < FEWEST_FOR_QUANTILES:
        raise SchemeAbsentError(
            f"'{name}' takes its cut points from quantiles of {what}, for which "
            f"{FEWEST_FOR_QUANTILES} accounts with {what} are needed; found {len(known)}. Give the "
            "cut points in the configuration."
        )
    low, high = (float(value) for value in np.quantile(known, quantiles))
    if low >= high or low <= known.min():
        raise SchemeAbsentError(
            f"'{name}': the {' and '.join(map(percent_in_words, quantiles))} quantiles of {what} "
            f"are {low:,.0f} and {high:,.0f}, and the least {what} is {known.min():,.0f}; bands "
            "cannot be told apart. Give the cut points in the configuration."
        )
    origin = f"the {quantiles[0] * 100:g} % and {quantiles[1] * 100:g} % quantiles of {what}"
    return CutPoints(low, high, origin)


def cut_at(values: "pd.Series[float]", cut: Cut) -> tuple[float, str]:
    """The value at which an axis or amount is cut in two, and where it came from."""
    if cut.value is not None:
        return cut.value, "as configured"
    at = float(np.quantile(values.dropna(), cut.quantile))
    return at, f"the {cut.quantile * 100:g} % quantile"


def cut(values: "pd.Series[float]", points: CutPoints, levels: tuple[str, str, str]) -> pd.Series:
    """Level of each value; a missing value has none.

    Examples
    --------
    >>> points = CutPoints(10.0, 100.0, "as configured")
    >>> cut(pd.Series([9.9, 10.0, 100.0]), points, ("low", "medium", "high")).tolist()
    ['low', 'medium', 'high']
    """
    known = values.notna()
    band = np.searchsorted(
        [points.middle_from, points.upper_from], values.to_numpy(float), side="right"
    )
    labels = np.array(levels)[np.minimum(band, 2)]
    return pd.Series(labels, index=values.index, dtype="str").where(known)
