"""In what a segment differs from the other accounts, and in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats
from clustering.features.types import Feature, Scale
from clustering.profiles.naming import LEAST_DIFFERENCE
from clustering.wording import number_in_words, share_in_words

#: Differences of fewer standard errors are noise.
_NOISE = 3.0

#: From this share of the squared differences on, one feature makes a segment.
ONE_FEATURE = 0.5

#: Features that a description names.
_N_NAMED = 3


@dataclass(frozen=True)
class Contrast:
    """One feature in which a segment differs from the other accounts.

    Attributes
    ----------
    feature, title, scale : the feature, in words, and the scale of its medians
    difference : mean of the segment minus mean of the others, in standard deviations
    telling : the same where it describes the segment, 0 where it does not: beyond noise, and
        medians that differ likewise
    median, others : medians of the segment and of all other accounts, in the feature's unit
    spread : standard deviation of all accounts, in that unit
    """

    feature: str
    title: str
    scale: Scale
    difference: float
    telling: float
    median: float
    others: float
    spread: float

    @property
    def words(self) -> str:
        """As in "days late 41 against 3"."""
        return f"{self.title} {self._number(self.median)} against {self._number(self.others)}"

    def _number(self, value: float) -> str:
        if self.scale == "share" and not np.isnan(value):
            return share_in_words(value)
        return number_in_words(value, spread=self.spread)


def contrasts(
    z: Floats, inside: Flags, raw: pd.DataFrame, features: Sequence[Feature]
) -> tuple[Contrast, ...]:
    """Every feature with the difference of a segment in it, in the order of the columns.

    Parameters
    ----------
    z : float64 array (n_accounts, n_features), in standard deviations; NaN is missing
    inside : the accounts of the segment, (n_accounts,)
    raw : the same accounts and features in the features' units, by name
    """
    difference = _difference(z, inside)
    telling = _telling(z, inside, difference, features)
    return tuple(
        Contrast(
            feature=feature.name,
            title=feature.title,
            scale=feature.scale,
            difference=float(apart),
            telling=float(tells),
            median=float(raw[feature.name][inside].median()),
            others=float(raw[feature.name][~inside].median()),
            spread=float(np.nan_to_num(raw[feature.name].std())),
        )
        for feature, apart, tells in zip(features, difference, telling, strict=True)
    )


def _difference(z: Floats, inside: Flags) -> Floats:
    if inside.all():
        return np.zeros(z.shape[1])
    return _means(z[inside]) - _means(z[~inside])


def _telling(z: Floats, inside: Flags, difference: Floats, features: Sequence[Feature]) -> Floats:
    """The differences that describe a segment; 0 where one is noise, or the medians do not differ.

    A few extreme accounts move a mean, and ties at one value hide that most accounts are alike: a
    reader sees the medians, so they must say what the name says. What is yes or no has no median.
    """
    if inside.all():
        return np.zeros_like(difference)
    known = ~np.isnan(z)
    n_inside, n_others = known[inside].sum(axis=0), known[~inside].sum(axis=0)
    error = np.sqrt(1 / np.maximum(n_inside, 1) + 1 / np.maximum(n_others, 1))
    medians = _medians(z[inside]) - _medians(z[~inside])
    binary = np.array([feature.scale == "binary" for feature in features])
    apart = binary | (np.sign(difference) * medians >= LEAST_DIFFERENCE)
    return np.where(apart & (np.abs(difference) >= _NOISE * error), difference, 0.0)


def _means(z: Floats) -> Floats:
    """Column means of what is known; 0, the mean of all accounts, where nothing is."""
    counts = (~np.isnan(z)).sum(axis=0)
    return np.asarray(np.nansum(z, axis=0) / np.maximum(counts, 1))


def _medians(z: Floats) -> Floats:
    """Column medians of what is known; 0 where nothing is."""
    return pd.DataFrame(z).median().fillna(0.0).to_numpy()


def made_by(found: Sequence[Contrast], n_accounts: int) -> str | None:
    """The feature that makes half or more of the squared differences, less what is noise."""
    difference = np.array([contrast.difference for contrast in found])
    parts = np.maximum(difference**2 - 1 / n_accounts, 0.0)
    if len(parts) < 2 or parts.sum() == 0 or parts.max() < ONE_FEATURE * parts.sum():
        return None
    return found[int(parts.argmax())].title


def medians_in_words(found: Sequence[Contrast]) -> str:
    """Medians of the features that tell most of a segment; empty where none does."""
    ordered = sorted(found, key=lambda contrast: -round(abs(contrast.difference), 9))
    telling = [c for c in ordered if abs(c.telling) >= LEAST_DIFFERENCE]
    return "; ".join(contrast.words for contrast in telling[:_N_NAMED])
