"""What values a feature can have and has had, in its own unit: looked at before anything else.

The matrix clips its values, so nothing behind it can tell 40 from a billion. Here the raw values
are held against three things: the range of the feature's own contract (a share is 0 to 1), how far
from the training values a value may lie (`reach`), and the size that they had (`sizes`), by which
a column in another unit is known.
"""

import math
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Flags, Floats
from clustering.features.types import Feature, possible_values
from clustering.matrix.stored import STRICT
from clustering.matrix.transforms import IQR_OF_NORMAL, ColumnScaling

#: Share of the training values at either end that does not say how far the others reach.
_TAIL = 0.005
#: A value may lie beyond the outer quantile by so many times its distance from the median, on the
#: logarithmic scale. Of 6,300 account-dates up to nine months after training, in four simulated
#: books, one lay beyond; with 1 instead of 1.5 it were eight.
_REACH = 1.5

#: Quantiles of the sizes that are kept, and how many sizes make them worth comparing.
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_LEAST_SIZES = 10
#: Sizes that changed by less than this are a change of the accounts, not of the unit.
_LEAST_FACTOR = 5.0
#: The quantiles of a column in another unit moved by the same factor, up to this ratio.
_ALIKE = 1.6
#: A usual mix-up of units is recognised within this ratio.
_NEAR = 1.25

#: What the feature's unit says, a factor, and the mix-up of units that gives it.
_MIXED_UP = (
    ("share", 100.0, "percent instead of shares"),
    ("share", 1_000.0, "thousandths instead of shares"),
    ("share", 10_000.0, "basis points instead of shares"),
    ("ratio", 100.0, "percent instead of ratios"),
    ("1 to 1", 100.0, "percent instead of shares"),
    ("days", 24.0, "hours instead of days"),
    ("days", 1_440.0, "minutes instead of days"),
    ("days", 86_400.0, "seconds instead of days"),
    ("days", 86_400_000.0, "milliseconds instead of days"),
    ("days", 1 / 7.0, "weeks instead of days"),
    ("days", 1 / 30.44, "months instead of days"),
    ("days", 1 / 365.25, "years instead of days"),
    ("hours", 60.0, "minutes instead of hours"),
    ("hours", 3_600.0, "seconds instead of hours"),
    ("hours", 1 / 8.0, "working days instead of hours"),
    ("hours", 1 / 24.0, "days instead of hours"),
    ("currency", 100.0, "cents instead of the currency"),
    ("year", 1 / 12.0, "monthly instead of yearly values"),
    ("", 1_000.0, "single ones instead of thousands"),
    ("", 1 / 1_000.0, "thousands instead of single ones"),
    ("", 1_000_000.0, "single ones instead of millions"),
    ("", 1 / 1_000_000.0, "millions instead of single ones"),
)


@dataclass(frozen=True)
class FeatureRange:
    """Of one feature, in its own unit. None is "no bound".

    Attributes
    ----------
    feature, unit : its name, and its unit in words
    least, most : what is possible; a side that the training values had broken has no bound
    reach_least, reach_most : beyond these no training value lay, by far
    sizes : five quantiles (0.1 to 0.9) of the absolute training values that are not zero; empty
        where there were fewer than ten
    """

    feature: str
    unit: str
    least: float | None
    most: float | None
    reach_least: float | None
    reach_most: float | None
    sizes: tuple[float, ...]

    __pydantic_config__ = STRICT

    def breaches(self) -> list[str]:
        """Why these numbers cannot have been fitted; empty if they can."""
        sides = ((self.least, self.most), (self.reach_least, self.reach_most))
        crossed = any(low is not None and high is not None and low > high for low, high in sides)
        sizes = self.sizes
        fitted = not sizes or (len(sizes) == len(_QUANTILES) and sizes[0] > 0)
        holds = fitted and tuple(sorted(sizes)) == sizes and not crossed
        return [] if holds else [f"the range of '{self.feature}' cannot be {self}."]

    def covers(self, raw: Floats) -> bool:
        """Whether no value is impossible or unseen; told by the extremes, without an array."""
        least, most = np.fmin.reduce(raw, initial=np.inf), np.fmax.reduce(raw, initial=-np.inf)
        below = any(bound is not None and least < bound for bound in (self.least, self.reach_least))
        above = any(bound is not None and most > bound for bound in (self.most, self.reach_most))
        return not (below or above)

    def impossible(self, raw: Floats) -> Flags | None:
        """Which values cannot be; None if there are none (NaN is missing, not impossible)."""
        return _beyond(raw, self.least, self.most)

    def unseen(self, raw: Floats) -> Flags | None:
        """Which values lie far from all that were seen; None if there are none."""
        return _beyond(raw, self.reach_least, self.reach_most)

    @property
    def possible_in_words(self) -> str:
        """As in "0 to 1"."""
        least = -math.inf if self.least is None else self.least
        return possible_values((least, math.inf if self.most is None else self.most))


@dataclass(frozen=True)
class Rescaled:
    """A column whose values have another size than in training.

    Attributes
    ----------
    factor : by which they are larger (below 1: smaller); of the usual mix-up, if one is near
    unit : what was probably handed in instead of what; empty if no usual mix-up gives the factor
    median, trained : median of the absolute values that are not zero, now and in training
    """

    factor: float
    unit: str
    median: float
    trained: float


def fit_range(raw: Floats, feature: Feature, scaling: ColumnScaling) -> FeatureRange:
    """The range of one feature from its training values of shape (n_accounts,); NaN is missing."""
    observed = raw[~np.isnan(raw)]
    least, most = feature.possible
    reach_least, reach_most = _reach(observed, scaling)
    return FeatureRange(
        feature=feature.name,
        unit=feature.unit,
        least=_bound(least) if not (observed < least).any() else None,
        most=_bound(most) if not (observed > most).any() else None,
        reach_least=reach_least,
        reach_most=reach_most,
        sizes=_sizes(observed),
    )


def rescaled(known: FeatureRange, raw: Floats) -> Rescaled | None:
    """Whether a column looks like the training values in another unit.

    Parameters
    ----------
    raw : float64 array of shape (n_accounts,); NaN is missing

    Examples
    --------
    >>> days = FeatureRange("age", "days", 0.0, None, None, None, (2.0, 5.0, 9.0, 20.0, 40.0))
    >>> hours = 24.0 * np.quantile((2.0, 5.0, 9.0, 20.0, 40.0), np.linspace(0, 1, 50))
    >>> rescaled(days, hours).unit
    'hours instead of days'
    >>> rescaled(days, hours / 24) is None
    True
    """
    sizes = _sizes(raw[~np.isnan(raw)])
    if not sizes or not known.sizes:
        return None
    ratios = np.log(np.asarray(sizes) / np.asarray(known.sizes))
    shift = float(np.median(ratios))
    if abs(shift) < math.log(_LEAST_FACTOR):
        return None
    if np.abs(ratios - shift).max() > math.log(_ALIKE):
        return None
    factor, mixed_up = _mixed_up(known.unit, math.exp(shift))
    middle = len(_QUANTILES) // 2
    return Rescaled(factor, mixed_up, sizes[middle], known.sizes[middle])


def _mixed_up(unit: str, factor: float) -> tuple[float, str]:
    """The usual mix-up of units next to a factor, with its own factor; no text if none is near."""
    near = [
        (abs(math.log(factor / usual)), usual, text)
        for word, usual, text in _MIXED_UP
        if word in unit
    ]
    gap, usual, text = min(near, key=lambda one: one[0])
    return (usual, text) if gap <= math.log(_NEAR) else (factor, "")


def _beyond(raw: Floats, least: float | None, most: float | None) -> Flags | None:
    below = None if least is None else raw < least
    above = None if most is None else raw > most
    found = below if above is None else above if below is None else below | above
    return found if found is not None and found.any() else None


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _reach(observed: Floats, scaling: ColumnScaling) -> tuple[float | None, float | None]:
    """Least and greatest value that is not far from all of training.

    Values that are not shares are compared by their logarithm, with the start that the matrix
    uses; below zero it is mirrored. (The matrix' own power transform can be bounded, which would
    put a billion beside the largest value seen.)
    """
    if scaling.transform == "binary":
        return None, None
    values = observed if scaling.transform == "identity" else _logarithm(observed / scaling.unit)
    low, q25, median, q75, high = np.quantile(values, [_TAIL, 0.25, 0.5, 0.75, 1 - _TAIL])
    spread = (q75 - q25) / IQR_OF_NORMAL
    ends = np.array(
        [
            low - _REACH * max(median - low, spread),
            high + _REACH * max(high - median, spread),
        ]
    )
    if scaling.transform != "identity":
        ends = np.sign(ends) * np.expm1(np.abs(ends)) * scaling.unit
    return float(ends[0]), float(ends[1])


def _logarithm(values: Floats) -> Floats:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def _sizes(observed: Floats) -> tuple[float, ...]:
    sizes = np.abs(observed[observed != 0])
    if sizes.size < _LEAST_SIZES:
        return ()
    return tuple(np.quantile(sizes, _QUANTILES).tolist())
