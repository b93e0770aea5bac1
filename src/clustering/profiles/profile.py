"""Sizes, typical values and typical accounts of every segment.

Tables of segment profiles carry no p-values and no stars: the segments were made from these very
features, so that a test of their difference rejects even where there is nothing (docs/method.md).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from clustering.arrays import Flags, Floats
from clustering.columns import ACCOUNT_ID, ARR
from clustering.errors import BadInputError
from clustering.features.types import Feature, Snapshot
from clustering.matrix.screening import canonical_order
from clustering.matrix.transforms import fit_column
from clustering.matrix.types import FeatureMatrix
from clustering.models.types import Clustering
from clustering.profiles.contrasts import Contrast, contrasts, made_by, medians_in_words
from clustering.profiles.naming import name_segments, with_given_names, words_that_fail
from clustering.schema import Entry, TableSpec, column
from clustering.wording import share_in_words

#: Typical accounts that are listed per segment.
N_TYPICAL = 5

#: Clipping of the z-scores of features that are described but not in the matrix.
_DESCRIBED_WINSORISE = 0.005

PROFILES = TableSpec(
    "profiles",
    "One row a segment and feature.",
    (
        column("segment", "integer", "Segment number."),
        column("segment_name", "text", "Segment name."),
        column("feature", "text", "Feature."),
        column("family", "text", "Its family."),
        column("unit", "text", "Its unit."),
        column("n", "integer", "Accounts with a value."),
        column("median", "number", "Median; of yes or no the share of yes.", nullable=True),
        column("q25", "number", "Lower quartile.", nullable=True),
        column("q75", "number", "Upper quartile.", nullable=True),
        column("mean_z", "number", "Mean in standard deviations from all accounts.", nullable=True),
    ),
)
TYPICAL = TableSpec(
    "typical",
    "The accounts nearest to the centre of each segment.",
    (
        column("segment", "integer", "Segment number."),
        column("segment_name", "text", "Segment name."),
        column("rank", "integer", "From 1, the nearest."),
        column("account_id", "text", "Key."),
        column("distance", "number", "Distance to the centre in the matrix."),
    ),
)


class SegmentProfile(Entry):
    """One segment of the chosen model."""

    segment: int = Field(description="Its number, from 0; an order without meaning.")
    name: str = Field(description="Its name in plain words.")
    description: str = Field(description="What sets it apart, in one sentence.")
    n_accounts: int = Field(description="Accounts in it.")
    share: float = Field(description="Share of all accounts.")
    arr: float | None = Field(description="Sum of ARR; null without subscriptions.")
    arr_share: float | None = Field(description="Share of all ARR.")
    made_by: str | None = Field(
        description="The one feature that makes most of what sets it apart; null if several."
    )


@dataclass(frozen=True, eq=False)
class Profiles:
    """All segments.

    Attributes
    ----------
    segments : one `SegmentProfile` per segment, by its number
    contrasts : for each of them every feature of the matrix, in its order
    features : the table `PROFILES`: the features of the matrix, then those that were withheld from
        it and still describe the segments
    typical : the table `TYPICAL`
    automatic : what each segment would be called if it had no name
    no_longer : words of its name that do not set it apart
    """

    segments: tuple[SegmentProfile, ...]
    contrasts: tuple[tuple[Contrast, ...], ...]
    features: pd.DataFrame
    typical: pd.DataFrame
    automatic: tuple[str, ...]
    no_longer: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every segment, by its number."""
        return tuple(segment.name for segment in self.segments)


def profile(
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    clustering: Clustering,
    *,
    amount_name: str = "ARR",
    given: Sequence[str | None] | None = None,
    taken: Collection[str] = (),
) -> Profiles:
    """Describe the segments of a clustering.

    Parameters
    ----------
    snapshot : Snapshot
        Where the matrix was made from.
    matrix : FeatureMatrix
        Differences between segments are in its standard deviations, observed values only.
    clustering : Clustering
        Labels and centres, in the matrix' row order.
    amount_name : str
        What the yearly amount is called in the descriptions.
    given : sequence of str or None
        Name that each segment has already, by its number; None where it is to be named.
    taken : collection of str
        Names of segments of earlier studies that are not among these.

    Raises
    ------
    BadInputError
        The labels are not of the matrix' accounts.
    """
    labels = clustering.labels
    if labels.shape != (len(matrix.account_ids),):
        raise BadInputError(
            f"{labels.size} labels for the {len(matrix.account_ids)} accounts of the matrix."
        )
    frame = snapshot.frame.loc[list(matrix.account_ids)]
    members = [np.asarray(labels == segment) for segment in range(len(clustering.centres))]
    described = _described(snapshot, matrix)
    in_matrix = described[: len(matrix.feature_names)]
    z = _z_scores(frame, matrix, described)
    found = [contrasts(z[:, : len(in_matrix)], inside, frame, in_matrix) for inside in members]
    telling = np.array([[c.telling for c in one] for one in found])
    automatic = name_segments(telling, in_matrix)
    mark = snapshot.as_of.isoformat()
    names = with_given_names(automatic, given or [None] * len(automatic), taken, mark)
    arr = snapshot.attributes[ARR] if ARR in snapshot.attributes else pd.Series(dtype="float64")
    amounts = arr.reindex(frame.index).to_numpy(dtype=np.float64, na_value=np.nan)
    segments = tuple(
        _segment(number, names[number], inside, amounts, found[number], amount_name)
        for number, inside in enumerate(members)
    )
    return Profiles(
        segments=segments,
        contrasts=tuple(found),
        features=_feature_table(names, members, frame, z, described),
        typical=_typical_table(names, matrix, clustering),
        automatic=automatic,
        no_longer=tuple(
            words_that_fail(name, differences, in_matrix)
            for name, differences in zip(names, telling, strict=True)
        ),
    )


def _described(snapshot: Snapshot, matrix: FeatureMatrix) -> list[Feature]:
    """Features of the matrix in its order, then those withheld from it that vary."""
    by_name = {feature.name: feature for feature in snapshot.features}
    withheld = [by_name[name] for name in snapshot.withheld if name in by_name]
    varying = [f for f in withheld if snapshot.frame[f.name].nunique(dropna=True) > 1]
    return [*(by_name[name] for name in matrix.feature_names), *canonical_order(varying)]


def _z_scores(frame: pd.DataFrame, matrix: FeatureMatrix, described: Sequence[Feature]) -> Floats:
    """Observed values in standard deviations from the mean of all accounts; NaN is missing."""
    columns = []
    for index, feature in enumerate(described):
        raw = frame[feature.name].to_numpy(dtype=np.float64, na_value=np.nan)
        if index < len(matrix.feature_names):
            values = np.where(np.isnan(raw), np.nan, matrix.values[:, index])
        else:
            values = fit_column(raw, feature, _DESCRIBED_WINSORISE).apply(raw)
        spread = np.nanstd(values)
        columns.append((values - np.nanmean(values)) / (spread if spread > 0 else 1.0))
    return np.column_stack(columns)


def _segment(
    number: int,
    name: str,
    inside: Flags,
    arr: Floats,
    found: Sequence[Contrast],
    amount_name: str,
) -> SegmentProfile:
    n_accounts, share, total = int(inside.sum()), float(inside.mean()), float(np.nansum(arr))
    known = arr[inside & ~np.isnan(arr)]
    amount = float(known.sum()) if known.size else None
    amount_share = amount / total if amount is not None and total > 0 else None
    size = f"{n_accounts:,} accounts ({share_in_words(share)})"
    if amount_share is not None:
        size += f" with {share_in_words(amount_share)} of the {amount_name}"
    one = made_by(found, n_accounts)
    return SegmentProfile(
        segment=number,
        name=name,
        description=f"{size}." if share == 1 else f"{size}; {_set_apart(found, one)}",
        n_accounts=n_accounts,
        share=share,
        arr=amount,
        arr_share=amount_share,
        made_by=one,
    )


def _set_apart(found: Sequence[Contrast], one: str | None) -> str:
    medians = medians_in_words(found)
    if not medians:
        return "in no feature clearly half a standard deviation from the others."
    only = f" Most of what sets it apart is one feature: {one}." if one else ""
    return f"medians against the other accounts: {medians}.{only}"


def _feature_table(
    names: Sequence[str],
    members: Sequence[Flags],
    frame: pd.DataFrame,
    z: Floats,
    features: Sequence[Feature],
) -> pd.DataFrame:
    rows = []
    for segment, inside in enumerate(members):
        for place, feature in enumerate(features):
            values = frame[feature.name][inside].dropna()
            q25, median, q75 = values.quantile([0.25, 0.5, 0.75])
            if feature.scale == "binary":  # its quartiles are 0 or 1, and say nothing
                q25 = q75 = median = values.mean()
            mean_z = np.nanmean(z[inside, place]) if len(values) else np.nan
            described = (feature.name, feature.family, feature.unit)
            rows.append(
                (segment, names[segment], *described, len(values), median, q25, q75, mean_z)
            )
    return PROFILES.from_rows(rows)


def _typical_table(
    names: Sequence[str], matrix: FeatureMatrix, clustering: Clustering
) -> pd.DataFrame:
    offsets = matrix.values - clustering.centres[clustering.labels]
    table = pd.DataFrame(
        {
            "segment": clustering.labels,
            "segment_name": np.array(names, dtype=object)[clustering.labels],
            ACCOUNT_ID: matrix.account_ids,
            "distance": np.sqrt((offsets**2).sum(axis=1)),
        }
    )
    table = table.sort_values(["segment", "distance", ACCOUNT_ID], kind="stable")
    table["rank"] = table.groupby("segment").cumcount() + 1
    return TYPICAL.from_rows(table[table["rank"] <= N_TYPICAL]).reset_index(drop=True)
