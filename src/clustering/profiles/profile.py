"""Sizes, typical values and typical accounts of every segment.

Tables of segment profiles carry no p-values and no stars: the segments were made from these very
features, so that a test of their difference rejects even where there is nothing (docs/method.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats
from clustering.columns import ACCOUNT_ID, ARR
from clustering.errors import BadInputError
from clustering.features.types import Feature, Scale, Snapshot
from clustering.matrix.screening import canonical_order
from clustering.matrix.transforms import fit_column
from clustering.matrix.types import FeatureMatrix
from clustering.models.types import Clustering
from clustering.profiles.naming import LEAST_DIFFERENCE, name_segments
from clustering.wording import number_in_words

#: Typical accounts that are listed per segment.
N_TYPICAL = 5

#: Differences of fewer standard errors are noise.
_NOISE = 3.0

#: From this share of the squared differences on, one feature makes a segment.
_ONE_FEATURE = 0.5

#: Clipping of the z-scores of features that are described but not in the matrix.
_DESCRIBED_WINSORISE = 0.005


@dataclass(frozen=True)
class Contrast:
    """One feature in which a segment differs from the other accounts.

    Attributes
    ----------
    feature, title, unit, scale : the feature, in words, and unit and scale of its medians
    difference : mean of the segment minus mean of the others, in standard deviations
    telling : the same where it describes the segment, 0 where it does not: beyond noise, and
        medians that differ likewise
    median, others : medians of the segment and of all other accounts, in the feature's unit
    """

    feature: str
    title: str
    unit: str
    scale: Scale
    difference: float
    telling: float
    median: float
    others: float


@dataclass(frozen=True)
class SegmentProfile:
    """One segment.

    Attributes
    ----------
    segment, name, description : number, name and a sentence on what sets it apart
    n_accounts, share : accounts, and their share of all accounts
    arr, arr_share : sum of the known ARR and its share of all; None where none is known
    arr_median, arr_q25, arr_q75 : of the accounts whose ARR is known; None where none is
    made_by : the one feature that makes most of what sets it apart; None where several do
    contrasts : every feature of the matrix, largest difference first
    """

    segment: int
    name: str
    description: str
    n_accounts: int
    share: float
    arr: float | None
    arr_share: float | None
    arr_median: float | None
    arr_q25: float | None
    arr_q75: float | None
    made_by: str | None
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True, eq=False)
class Profiles:
    """All segments.

    Attributes
    ----------
    segments : one `SegmentProfile` per segment, by its number
    features : one row per segment and feature: `segment`, `segment_name`, `feature`, `family`,
        `unit`, `n` (accounts with a value), `median`, `q25`, `q75` (in the feature's unit) and
        `mean_z` (mean in standard deviations from all accounts). The features of the matrix, then
        those that were withheld from it and still describe the segments.
    typical : the accounts nearest to the centre of their segment: `segment`, `segment_name`,
        `rank` (from 1), `account_id`, `distance` (in the matrix)
    """

    segments: tuple[SegmentProfile, ...]
    features: pd.DataFrame
    typical: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every segment, by its number."""
        return tuple(segment.name for segment in self.segments)


def profile(
    snapshot: Snapshot, matrix: FeatureMatrix, clustering: Clustering, *, amount_name: str = "ARR"
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
    arr = np.asarray(_arr(snapshot).loc[frame.index], dtype=np.float64)
    members = [np.asarray(labels == segment) for segment in range(len(clustering.centres))]
    described = _described(snapshot, matrix)
    in_matrix = described[: len(matrix.feature_names)]
    z = _z_scores(frame, matrix, described)
    own = z[:, : len(in_matrix)]
    differences = [_difference(own, inside) for inside in members]
    telling = [
        _telling(own, inside, row, in_matrix)
        for inside, row in zip(members, differences, strict=True)
    ]
    names = name_segments(np.stack(telling), in_matrix)
    segments = tuple(
        _segment(
            number, names[number], inside, frame, arr, in_matrix,
            (differences[number], telling[number]), amount_name,
        )
        for number, inside in enumerate(members)
    )  # fmt: skip
    return Profiles(
        segments=segments,
        features=_feature_table(names, members, frame, z, described),
        typical=_typical_table(names, matrix, clustering),
    )


def _arr(snapshot: Snapshot) -> "pd.Series[float]":
    if ARR in snapshot.attributes:
        return snapshot.attributes[ARR].astype("float64")
    return pd.Series(np.nan, index=snapshot.frame.index, dtype="float64")


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


def _difference(z: Floats, inside: Flags) -> Floats:
    if inside.all():
        return np.zeros(z.shape[1])
    return _means(z[inside]) - _means(z[~inside])


def _telling(
    z: Floats,
    inside: Flags,
    difference: Floats,
    features: Sequence[Feature],
) -> Floats:
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


def _medians(z: Floats) -> Floats:
    """Column medians of what is known; 0 where nothing is."""
    return np.array([np.median(c[~np.isnan(c)]) if not np.isnan(c).all() else 0.0 for c in z.T])


def _made_by(difference: Floats, n_accounts: int, features: Sequence[Feature]) -> str | None:
    """The feature that makes half or more of the squared differences, less what is noise."""
    parts = np.maximum(difference**2 - 1 / n_accounts, 0.0)
    if len(parts) < 2 or parts.sum() == 0 or parts.max() < _ONE_FEATURE * parts.sum():
        return None
    return features[int(parts.argmax())].title


def _means(z: Floats) -> Floats:
    """Column means of what is known; 0, the mean of all accounts, where nothing is."""
    counts = (~np.isnan(z)).sum(axis=0)
    return np.asarray(np.nansum(z, axis=0) / np.maximum(counts, 1))


def _segment(
    number: int,
    name: str,
    inside: Flags,
    frame: pd.DataFrame,
    arr: Floats,
    features: Sequence[Feature],
    differences: tuple[Floats, Floats],
    amount_name: str,
) -> SegmentProfile:
    contrasts = _contrasts(inside, frame, features, *differences)
    n_accounts, share = int(inside.sum()), float(inside.mean())
    made_by = _made_by(differences[0], n_accounts, features)
    known = arr[inside & ~np.isnan(arr)]
    total = float(np.nansum(arr))
    amount = float(known.sum()) if known.size else None
    amount_share = amount / total if amount is not None and total > 0 else None
    q25, median, q75 = np.quantile(known, [0.25, 0.5, 0.75]) if known.size else (None,) * 3
    return SegmentProfile(
        segment=number,
        name=name,
        description=_describe(n_accounts, share, amount_share, contrasts, amount_name, made_by),
        n_accounts=n_accounts,
        share=share,
        arr=amount,
        arr_share=amount_share,
        arr_median=None if median is None else float(median),
        arr_q25=None if q25 is None else float(q25),
        arr_q75=None if q75 is None else float(q75),
        made_by=made_by,
        contrasts=contrasts,
    )


def _contrasts(
    inside: Flags,
    frame: pd.DataFrame,
    features: Sequence[Feature],
    differences: Floats,
    telling: Floats,
) -> tuple[Contrast, ...]:
    contrasts = [
        Contrast(
            feature=feature.name,
            title=feature.title,
            unit=feature.unit,
            scale=feature.scale,
            difference=float(difference),
            telling=float(tells),
            median=float(frame[feature.name][inside].median()),
            others=float(frame[feature.name][~inside].median()),
        )
        for feature, difference, tells in zip(features, differences, telling, strict=True)
    ]
    return tuple(sorted(contrasts, key=lambda contrast: -round(abs(contrast.difference), 9)))


def _describe(
    n_accounts: int,
    share: float,
    arr_share: float | None,
    contrasts: Sequence[Contrast],
    amount_name: str,
    made_by: str | None,
) -> str:
    size = f"{n_accounts:,} accounts ({share:.0%})"
    if arr_share is not None:
        size += f" with {arr_share:.0%} of the {amount_name}"
    if share == 1:
        return f"{size}."
    telling = [c for c in contrasts if abs(c.telling) >= LEAST_DIFFERENCE][:3]
    if not telling:
        return f"{size}; in no feature clearly half a standard deviation from the others."
    medians = "; ".join(
        f"{c.title} {_number(c.median, c.scale)} against {_number(c.others, c.scale)}"
        for c in telling
    )
    one = f" Most of what sets it apart is one feature: {made_by}." if made_by else ""
    return f"{size}; medians against the other accounts: {medians}.{one}"


def _number(value: float, scale: Scale) -> str:
    if scale == "share" and not np.isnan(value):
        return f"{value:.0%}"
    return number_in_words(value)


def _feature_table(
    names: Sequence[str],
    members: Sequence[Flags],
    frame: pd.DataFrame,
    z: Floats,
    features: Sequence[Feature],
) -> pd.DataFrame:
    rows = []
    for segment, inside in enumerate(members):
        for column, feature in enumerate(features):
            values = frame[feature.name][inside].dropna()
            known = z[inside, column]
            rows.append(
                {
                    "segment": segment,
                    "segment_name": names[segment],
                    "feature": feature.name,
                    "family": feature.family,
                    "unit": feature.unit,
                    "n": len(values),
                    "median": values.quantile(0.5),
                    "q25": values.quantile(0.25),
                    "q75": values.quantile(0.75),
                    "mean_z": np.nanmean(known) if len(values) else np.nan,
                }
            )
    return pd.DataFrame(rows)


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
    table.insert(2, "rank", table.groupby("segment").cumcount() + 1)
    return table[table["rank"] <= N_TYPICAL].reset_index(drop=True)
