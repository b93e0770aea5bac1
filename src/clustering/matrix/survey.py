"""All features before any study is run: how complete, how spread, how near to size, in or out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.columns import ARR
from clustering.config import MatrixConfig
from clustering.features.types import Feature, Snapshot
from clustering.matrix.frames import numbers
from clustering.matrix.screening import MIN_PAIRS, canonical_order, decide, rank_correlations
from clustering.matrix.standardise import fit_weighted
from clustering.matrix.transforms import fit_column

#: Bars of the small picture of a distribution.
N_BARS = 12
_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class SurveyedFeature:
    """One feature of the accounts at a date.

    Attributes
    ----------
    known_share : share of the accounts that have a value
    q05, median, q95 : quantiles in the feature's unit; None without a value
    bars : accounts in `N_BARS` classes of equal width, on the scale of the matrix
    arr_correlation : rank correlation with the yearly amount; None where too few have both, or one
        does not vary
    variance_share : share of the matrix' total variance; None outside the matrix
    reason : why it stays out; empty where it enters
    """

    name: str
    title: str
    family: str
    unit: str
    known_share: float
    q05: float | None
    median: float | None
    q95: float | None
    bars: tuple[int, ...]
    arr_correlation: float | None
    variance_share: float | None
    reason: str

    @property
    def enters(self) -> bool:
        """Whether it is a column of the matrix."""
        return not self.reason

    @property
    def picture(self) -> str:
        """The distribution in `N_BARS` characters.

        Examples
        --------
        >>> SurveyedFeature("a", "a", "usage", "", 1.0, 0, 1, 2, (0, 1, 8), None, None, "").picture
        ' ▁█'
        """
        most = max(self.bars, default=0)
        return "".join(_BARS[-(-count * 8 // most)] if most else " " for count in self.bars)


def survey(snapshot: Snapshot, config: MatrixConfig) -> tuple[SurveyedFeature, ...]:
    """Every feature of a snapshot, by family, those of the matrix and those that stay out.

    Parameters
    ----------
    snapshot : the accounts as they were known on a date
    config : the limits of the screening, and the weights

    Raises
    ------
    BadInputError
        A value is infinite.
    ConfigError
        A weight is of a family or feature that there is not.
    """
    screening = decide(snapshot, config)
    included = screening.included
    shares: Mapping[str, float] = {}
    if included:
        raw = np.column_stack([numbers(snapshot.frame[f.name]) for f in included])
        shares = fit_weighted(raw, included, snapshot.features, config)
    amounts = snapshot.attributes.get(ARR, pd.Series(np.nan, index=snapshot.frame.index))
    arr = numbers(amounts.reindex(snapshot.frame.index))
    return tuple(
        _surveyed(
            feature,
            numbers(snapshot.frame[feature.name]),
            arr,
            shares.get(feature.name),
            screening.excluded.get(feature.name, ""),
        )
        for feature in canonical_order(snapshot.features)
    )


def _surveyed(
    feature: Feature, values: Floats, arr: Floats, variance_share: float | None, reason: str
) -> SurveyedFeature:
    known = values[~np.isnan(values)]
    low, median, high = np.quantile(known, [0.05, 0.5, 0.95]) if known.size else (None,) * 3
    return SurveyedFeature(
        name=feature.name,
        title=feature.title,
        family=feature.family,
        unit=feature.unit,
        known_share=known.size / max(values.size, 1),
        q05=None if low is None else float(low),
        median=None if median is None else float(median),
        q95=None if high is None else float(high),
        bars=_bars(feature, values) if known.size else (),
        arr_correlation=_with_arr(values, arr),
        variance_share=variance_share,
        reason=reason,
    )


def _bars(feature: Feature, values: Floats) -> tuple[int, ...]:
    scaled = fit_column(values, feature, MatrixConfig().winsorise).apply(values)
    counts, _ = np.histogram(scaled[~np.isnan(scaled)], bins=N_BARS)
    return tuple(counts.tolist())


def _with_arr(values: Floats, arr: Floats) -> float | None:
    both = ~np.isnan(values) & ~np.isnan(arr)
    if both.sum() < MIN_PAIRS or np.ptp(values[both]) == 0 or np.ptp(arr[both]) == 0:
        return None
    return float(rank_correlations(np.column_stack([values[both], arr[both]]))[0, 1])
