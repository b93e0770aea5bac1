"""From the snapshot to the matrix, and the parameters that take any later snapshot there."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats
from clustering.config import MatrixConfig
from clustering.errors import BadInputError, breaches_message
from clustering.features.types import Feature, Scale, Snapshot
from clustering.matrix.frames import columns_of, numbers
from clustering.matrix.imputation import Prototypes, complete, fit_prototypes
from clustering.matrix.ranges import FeatureRange, fit_range
from clustering.matrix.screening import screen
from clustering.matrix.stored import STRICT, read_strictly
from clustering.matrix.transforms import BINARY_WEIGHT, ColumnScaling, fit_column
from clustering.matrix.types import FeatureMatrix
from clustering.matrix.weights import Weighting

_SUBJECT = "these are not the parameters of a standardiser"


@dataclass(frozen=True)
class Standardiser:
    """Everything that was fitted on the training snapshot, and no customer's data.

    Attributes
    ----------
    columns : one `ColumnScaling` per column of the matrix, in canonical order
    scales : the declared scale of each feature, for fitting again on null draws
    prototypes : n_prototypes tuples of n_features standardised values, that complete missing ones
    prototype_variance : width within which prototypes count as near
    winsorise, weight_families : the settings it was fitted with
    ranges : one `FeatureRange` per column: what its values can be, and were
    weighting : how much families and features count
    """

    columns: tuple[ColumnScaling, ...]
    scales: tuple[Scale, ...]
    prototypes: tuple[tuple[float, ...], ...]
    prototype_variance: float
    winsorise: float
    weight_families: bool
    ranges: tuple[FeatureRange, ...]
    weighting: Weighting = field(default_factory=Weighting)

    __pydantic_config__ = STRICT

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, one per column."""
        return tuple(column.feature for column in self.columns)

    @property
    def families(self) -> tuple[str, ...]:
        """Family of each column."""
        return tuple(column.family for column in self.columns)

    def columns_of(self, frame: pd.DataFrame) -> tuple[Floats, ...]:
        """Values of the matrix' features in their own units, one array (n_accounts,) each.

        Raises
        ------
        BadInputError
            A feature is absent, not numeric or infinite; all of them at once.
        """
        return columns_of(frame, self.feature_names)

    def raw(self, frame: pd.DataFrame) -> Floats:
        """`columns_of` as an array of shape (n_accounts, n_features); NaN is missing."""
        return np.column_stack(self.columns_of(frame))

    def transform(self, frame: pd.DataFrame) -> Floats:
        """Standardise a snapshot's frame with the parameters of the training snapshot.

        Parameters
        ----------
        frame : DataFrame
            One row per account with every feature of the matrix, in raw units; others are
            ignored. Missing values are completed from the prototypes near to
            the account.

        Returns
        -------
        float64 array of shape (n_accounts, n_features)
            An account without a single observed value has NaN throughout: nothing is guessed.

        Raises
        ------
        BadInputError
            A feature is absent, not numeric or infinite; all of them at once.
        """
        return np.ascontiguousarray(self.transform_columns(self.columns_of(frame)).T)

    def transform_columns(self, raw: Sequence[Floats]) -> Floats:
        """Standardise arrays as `columns_of` gives them; shape (n_features, n_accounts).

        Accounts are columns here: each feature is contiguous, as it is in a data frame, and a
        scorer walks through a million accounts in pieces without copying them.
        """
        values = self.known_columns(raw)
        if not np.isnan(values).any():
            return values
        return np.ascontiguousarray(complete(values.T, self._quantiser).T)

    def known_columns(self, raw: Sequence[Floats], out: Floats | None = None) -> Floats:
        """As `transform_columns`, without completing: NaN is missing. Into `out` if given."""
        values = np.empty((len(self.columns), len(raw[0]))) if out is None else out
        for column, given, row in zip(self.columns, raw, values, strict=True):
            column.apply(given, out=row)
        return values

    @cached_property
    def _quantiser(self) -> Prototypes:
        return Prototypes(np.array(self.prototypes), self.prototype_variance)

    def complete_raw(self, frame: pd.DataFrame) -> Floats:
        """Values in raw units with missing entries completed: what null models are fitted on.

        Observed values are returned as they are; only completed ones come from a prototype.
        """
        raw = self.raw(frame)
        completed = self.transform_columns([*raw.T]).T
        for index, column in enumerate(self.columns):
            gaps = np.isnan(raw[:, index])
            raw[gaps, index] = column.invert(completed[gaps, index])
        return raw

    def refit(self, raw: Floats) -> Floats:
        """Send another data set of the same features through the whole pipeline, fitted anew.

        Null data sets must not profit from parameters that were fitted on the real accounts:
        transform, clip limits, scale and weights are those of `raw` itself.

        Parameters
        ----------
        raw : float64 array of shape (n, n_features)
            In raw units and column order; missing entries are completed with prototypes of `raw`.
        """
        values = _applied(self.refitted(raw).columns, raw)
        return complete(values, fit_prototypes(values)) if np.isnan(values).any() else values

    def refitted(self, raw: Floats) -> "Standardiser":
        """Fitted anew on other accounts of the same features, complete and in raw units."""
        weighting = self.weighting if self.weight_families else None
        columns = _fit_columns(raw, self.features, self.winsorise, weighting)
        return replace(self, columns=columns)

    @property
    def features(self) -> list[Feature]:
        """The features of the columns, as far as they are stored: name, family, unit, scale."""
        return [
            Feature(column.feature, column.family, known.unit, "", "", (), scale, None, ("", ""))
            for column, scale, known in zip(self.columns, self.scales, self.ranges, strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Parameters as JSON values; floats survive the round trip to the last bit."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: bytes | str) -> "Standardiser":
        """Read what `to_json` gave.

        Raises
        ------
        BadInputError
            A part is absent, of another kind, not finite, or of another width; with all of them.
        """
        standardiser = read_strictly(cls, content, _SUBJECT)
        if breaches := [*standardiser._width_breaches(), *standardiser._number_breaches()]:
            raise BadInputError(breaches_message(_SUBJECT, breaches))
        return standardiser

    def _width_breaches(self) -> Iterator[str]:
        widths = {len(self.columns), len(self.scales), len(self.ranges)}
        widths |= {len(prototype) for prototype in self.prototypes}
        if len(widths) > 1 or not self.columns:
            yield f"{len(self.columns)} columns have parts of other widths: {sorted(widths)}."
        if not self.prototypes:
            yield "there are no prototypes."
        if len(set(self.feature_names)) < len(self.columns):
            yield "two columns are of the same feature."
        if self.feature_names != tuple(known.feature for known in self.ranges):
            yield "the ranges are of other features."

    def _number_breaches(self) -> Iterator[str]:
        for column in self.columns:
            yield from column.breaches()
        for known in self.ranges:
            yield from known.breaches()
        if self.prototype_variance < 0:
            yield f"'prototype_variance' cannot be {self.prototype_variance}."


def standardise(snapshot: Snapshot, config: MatrixConfig) -> tuple[FeatureMatrix, Standardiser]:
    """Screen, transform, scale and complete the snapshot's features.

    Parameters
    ----------
    snapshot : Snapshot
        The training snapshot: every parameter is fitted on it and on nothing else.
    config : MatrixConfig
        Limits of the screening, share that is clipped, whether families weigh the same.

    Returns
    -------
    FeatureMatrix
        One row per account in the snapshot's order. Accounts without a single observed value
        are left out, and counted in `notes`.
    Standardiser
        Takes the frame of any later snapshot to the same columns.

    Raises
    ------
    BadInputError
        No feature is left, or a value is infinite.
    """
    screening = screen(snapshot, config)
    included = screening.included
    raw = np.column_stack([numbers(snapshot.frame[feature.name]) for feature in included])
    weighting = Weighting.of(config, snapshot.features)
    columns = _fit_columns(
        *(raw, included, config.winsorise), weighting if config.weight_families else None
    )
    scaled = _applied(columns, raw)
    prototypes = fit_prototypes(scaled)
    standardiser = Standardiser(
        columns=columns,
        scales=tuple(feature.scale for feature in included),
        prototypes=tuple(tuple(map(float, row)) for row in prototypes.centres),
        prototype_variance=prototypes.variance,
        winsorise=config.winsorise,
        weight_families=config.weight_families,
        ranges=tuple(
            fit_range(values, feature, column)
            for values, feature, column in zip(raw.T, included, columns, strict=True)
        ),
        weighting=weighting,
    )
    values = complete(scaled, prototypes)
    known = np.flatnonzero(~np.isnan(values).any(axis=1))
    matrix = FeatureMatrix(
        values=values[known],
        observed=~np.isnan(scaled[known]),
        account_ids=tuple(map(str, snapshot.frame.index[known])),
        feature_names=standardiser.feature_names,
        families=standardiser.families,
        excluded=screening.excluded,
        notes=(
            *_notes(columns, np.isnan(scaled[known]), len(values) - known.size),
            *(
                weighting.notes(standardiser.feature_names, standardiser.families)
                if config.weight_families
                else ()
            ),
        ),
    )
    return matrix, standardiser


def fit_weighted(
    raw: Floats, included: Sequence[Feature], every: Sequence[Feature], config: MatrixConfig
) -> dict[str, float]:
    """Share of the matrix' total variance that each feature has, by name.

    Parameters
    ----------
    raw : float64 array of shape (n_accounts, n_features), of `included`; NaN is missing
    every : all features of the snapshot, which weights may name
    """
    weighting = Weighting.of(config, every)
    columns = _fit_columns(
        *(raw, included, config.winsorise), weighting if config.weight_families else None
    )
    variances = np.array([c.weight**2 * _variance(c, raw[:, i]) for i, c in enumerate(columns)])
    return dict(
        zip([f.name for f in included], (variances / variances.sum()).tolist(), strict=True)
    )


def _fit_columns(
    raw: Floats, features: Sequence[Feature], winsorise: float, weighting: Weighting | None
) -> tuple[ColumnScaling, ...]:
    """The columns with their weights; None gives every feature the same."""
    columns = [fit_column(raw[:, i], feature, winsorise) for i, feature in enumerate(features)]
    variances = [_variance(column, raw[:, i]) for i, column in enumerate(columns)]
    weights = [1.0] * len(columns)
    if weighting is not None:
        names, families = [f.name for f in features], [f.family for f in features]
        weights = weighting.of_columns(names, families, variances)
    return tuple(
        replace(column, weight=weight * (BINARY_WEIGHT if column.transform == "binary" else 1.0))
        for column, weight in zip(columns, weights, strict=True)
    )


def _applied(columns: Sequence[ColumnScaling], raw: Floats) -> Floats:
    return np.column_stack([column.apply(raw[:, i]) for i, column in enumerate(columns)])


def _variance(column: ColumnScaling, raw: Floats) -> float:
    """Variance of the column before its family is weighted: 1, but for binaries and constants."""
    if column.transform != "binary":
        return 1.0
    share = column.location
    n_observed = raw.size - int(np.isnan(raw).sum())
    return BINARY_WEIGHT**2 * share * (1 - share) * n_observed / max(1, n_observed - 1)


def _notes(columns: Sequence[ColumnScaling], missing: Flags, n_unknown: int) -> tuple[str, ...]:
    notes = []
    clipped = sum(sum(column.n_clipped) for column in columns)
    if clipped:
        notes.append(
            f"{clipped} of {missing.size} values lay beyond the outer quantiles of their feature "
            "and were drawn in to them."
        )
    if missing.any():
        incomplete = [c.feature for c, gaps in zip(columns, missing.T, strict=True) if gaps.any()]
        notes.append(
            f"{missing.mean():.1%} of the values were missing and were completed from accounts "
            f"that are alike in what is known of them: {', '.join(incomplete)}."
        )
    if n_unknown:
        notes.append(
            f"{n_unknown} accounts have no value in any feature of the matrix; "
            "they are in no segment."
        )
    return tuple(notes)
