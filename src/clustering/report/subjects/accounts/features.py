"""The features of every account beside what is usual in its segment, in words and units."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.features.types import Feature
from clustering.report.kit.facts import group_words, known_features
from clustering.results import StudyFolder
from clustering.results.document import FeatureEntry
from clustering.scorer.answers.spelling import value_in_words
from clustering.wording import feature_title

#: How a value lies to the middle half of its segment, by its mark.
PLACES = (
    "not known",
    "lower than three quarters of them",
    "in the middle half",
    "higher than three quarters of them",
)
_NOT_KNOWN, _LOWER, MIDDLE, _HIGHER = range(len(PLACES))


@dataclass(frozen=True, eq=False)
class FeatureOfAccounts:
    """One feature of all accounts of the page.

    Attributes
    ----------
    title : in words, with its unit
    values : of every account, in words
    usual : of every segment, by its number: the median and the middle half, in words
    places : int64 array of shape (n_accounts,), numbers of `PLACES`
    """

    title: str
    values: "pd.Series[str]"
    usual: tuple[str, ...]
    places: "np.ndarray[tuple[int], np.dtype[np.int64]]"


def feature_caption(study: StudyFolder) -> str:
    """What the table of an account's features is called."""
    return f"Its features beside the accounts of its {group_words(study, 1)}"


def feature_heading(study: StudyFolder) -> list[str]:
    """The columns of that table."""
    usual = f"Its {group_words(study, 1)}: median (middle half)"
    return ["Feature", "This account", usual, "It is"]


def features_of_accounts(study: StudyFolder, accounts: pd.DataFrame) -> list[FeatureOfAccounts]:
    """Every feature that made the segments.

    Parameters
    ----------
    accounts : rows of accounts.parquet, indexed by account_id
    """
    profiles = dict(iter(study.profiles.groupby("feature")))
    segments = [segment.segment for segment in study.document.segments]
    made, known = [], known_features(study)
    for entry in study.document.features:
        if entry.included:
            own = profiles[entry.name].set_index("segment")
            quartiles = own.reindex(segments)[["q25", "median", "q75"]]
            made.append(_feature(as_feature(entry, known), quartiles, accounts))
    return made


def as_feature(entry: FeatureEntry, known: Mapping[str, Feature]) -> Feature:
    """A feature of the study as it is described; one that is no longer known has its unit alone.

    Parameters
    ----------
    known : from `known_features`
    """
    if entry.name in known:
        return known[entry.name]
    return Feature(
        name=entry.name,
        family=entry.family,
        unit=entry.unit,
        meaning=entry.meaning,
        null_means=entry.null_means,
        needs=(),
        scale="signed",
        higher_is_better=None,
        words=(entry.words[0], entry.words[1]),
    )


def _feature(
    feature: Feature, quartiles: pd.DataFrame, accounts: pd.DataFrame
) -> FeatureOfAccounts:
    given = accounts[feature.name].astype(float)
    values = _in_words(feature, given)
    ends = pd.DataFrame({end: _in_words(feature, quartiles[end]) for end in quartiles})
    low, high = (quartiles[end].reindex(accounts["segment"]).to_numpy() for end in ("q25", "q75"))
    places = np.select([given < low, given > high], [_LOWER, _HIGHER], default=MIDDLE)
    # What reads like an end of the middle half lies in it.
    for end in ("q25", "q75"):
        alike = values.to_numpy() == ends[end].reindex(accounts["segment"]).to_numpy()
        places = np.where(alike, MIDDLE, places)
    places = np.where(given.isna() | np.isnan(low), _NOT_KNOWN, places)
    return FeatureOfAccounts(
        title=_with_unit(feature),
        values=values,
        usual=tuple(_usual(*row) for row in ends.itertuples(index=False)),
        places=places.astype(np.int64),
    )


def _in_words(feature: Feature, values: "pd.Series[float]") -> "pd.Series[str]":
    words = {value: value_in_words(feature, value) for value in values.dropna().unique()}
    return values.map(words).fillna(PLACES[_NOT_KNOWN])


def _usual(low: str, median: str, high: str) -> str:
    return median if median == PLACES[_NOT_KNOWN] else f"{median} ({low} to {high})"


def _with_unit(feature: Feature) -> str:
    unit = "" if feature.scale == "binary" else feature.unit
    return feature_title(feature.name, unit, with_unit=True, shown=feature.shown)
