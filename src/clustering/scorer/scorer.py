"""The scorer: raw tables or features of any day in, a segment with its reasons out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from clustering.arrays import Flags, Floats
from clustering.columns import ACCOUNT_ID
from clustering.config import FeaturesConfig
from clustering.errors import BadInputError, breaches_message
from clustering.matrix.standardise import Standardiser
from clustering.matrix.types import FeatureMatrix
from clustering.models.model import Assignment, Model
from clustering.models.types import Clustering
from clustering.scorer.card import StudyFacts
from clustering.scorer.novelty import DISTANCE_QUANTILE, LOG_DENSITY_QUANTILE, novelty_limits
from clustering.scorer.oddities import reasons_by_row, set_apart, unit_mistakes
from clustering.scorer.scores import Scores
from clustering.scorer.segment_ids import FormerName, new_ids

if TYPE_CHECKING:
    from clustering.features import Snapshot
    from clustering.tables import SourceTables

Verdict = Literal["natural", "reproducible", "constructive"]

#: Accounts scored at a time: the work on one piece stays in the processor's cache.
_CHUNK = 8192

#: A limit computed from the same account must not flag it by a last digit.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Training:
    """What the segments were learned from.

    Attributes
    ----------
    as_of : date of the training snapshot
    verdict : of the evidence
    are_clusters : whether these very segments are the natural ones; only then may they be called
        clusters
    study, config_hash : name and configuration of the study, for the record
    sizes : accounts of each segment in training
    """

    as_of: date
    verdict: Verdict
    are_clusters: bool = False
    study: str = ""
    config_hash: str = ""
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.are_clusters and self.verdict != "natural":
            raise ValueError(f"segments of a {self.verdict} verdict are not clusters")

    @property
    def group_word(self) -> tuple[str, str]:
        """What the segments may be called, singular and plural."""
        return ("cluster", "clusters") if self.are_clusters else ("band", "bands")


@dataclass(frozen=True, eq=False)
class Scorer:
    """Everything that assigns an account to a segment, and no customer's data.

    Attributes
    ----------
    standardiser : parameters from features to the matrix
    model : parameters from the matrix to segments
    segment_names : one per segment
    segment_ids : one per segment: it stays the same in later studies, whatever the segment is
        called then
    limits : float64 array of shape (k,): distance to the own centre above which an account is
        flagged (k-means), or log density below which it is (mixture)
    features : configuration of the features, so that raw tables can be scored
    training : what the segments were learned from
    former_names : names that segments, also those that are gone, had in earlier studies
    facts : what the study tells of it, for the model card (None: made without a study)
    """

    standardiser: Standardiser
    model: Model
    segment_names: tuple[str, ...]
    segment_ids: tuple[str, ...]
    limits: Floats
    features: FeaturesConfig
    training: Training
    former_names: tuple[FormerName, ...] = ()
    facts: StudyFacts | None = None

    @classmethod
    def build(
        cls,
        standardiser: Standardiser,
        clustering: Clustering,
        matrix: FeatureMatrix,
        names: Sequence[str],
        features: FeaturesConfig,
        training: Training,
        *,
        ids: Sequence[str] | None = None,
        former_names: Sequence[FormerName] = (),
    ) -> "Scorer":
        """Put the fitted parts of a study together.

        Parameters
        ----------
        standardiser, matrix : from `matrix.standardise`
        clustering : the chosen model, fitted on `matrix`
        names : names of the segments, by their number
        features : configuration of the features, so that raw tables can be scored
        training : what is known of the study; its `sizes` are counted here
        ids : lasting ids of the segments, by their number (None: new ones, which follow from
            `training`)
        former_names : of earlier studies

        Raises
        ------
        BadInputError
            The parts do not belong together: widths differ, or the parameters do not give back
            the labels of the training matrix (a clustering that had not converged).
        """
        model = clustering.model
        if matrix.values.shape != (clustering.labels.size, clustering.centres.shape[1]):
            raise BadInputError("the clustering was not fitted on this matrix.")
        origin = f"{training.study}\n{training.as_of}\n{training.config_hash}"
        ids = new_ids(origin, model.k) if ids is None else tuple(ids)
        named = len(names) == len(ids) == model.k
        if not named or matrix.feature_names != standardiser.feature_names:
            raise BadInputError("names, ids, matrix and standardiser must be of the same study.")
        _check_labels(clustering, matrix.values)
        sizes = np.bincount(clustering.labels, minlength=model.k)
        return cls(
            standardiser=standardiser,
            model=model,
            segment_names=tuple(names),
            segment_ids=ids,
            limits=novelty_limits(clustering, matrix.values, matrix.account_ids),
            features=features,
            training=replace(training, sizes=tuple(sizes.tolist())),
            former_names=tuple(former_names),
        )

    @cached_property
    def version(self) -> str:
        """What tells this very model from every other: 12 hex digits of its manifest's SHA-256.

        Of a scorer that was read it is that of the folder, of one in memory that which the folder
        will have.
        """
        from clustering.scorer.storage import version_of

        return version_of(self)

    def save(self, folder: Path) -> None:
        """Write a scorer folder, whole or not at all (see `storage.write`)."""
        from clustering.scorer.storage import write

        write(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "Scorer":
        """Read a scorer folder after checking every file of it (see `storage.read`)."""
        from clustering.scorer.storage import read

        return read(folder)

    def score_tables(self, tables: "SourceTables", as_of: date) -> pd.DataFrame:
        """Compute the features as of a date, as `snapshot` does, and score them.

        Returns
        -------
        DataFrame
            As `score_features`; the accounts that are active on that day.

        Raises
        ------
        BadInputError
            As `snapshot`.
        """
        return self.score_features(self.snapshot(tables, as_of).frame)

    def snapshot(self, tables: "SourceTables", as_of: date) -> "Snapshot":
        """Compute the features as of a date, with the configuration of the study.

        Parameters
        ----------
        tables : SourceTables
            Raw tables; rows that happened or were recorded after `as_of` are invisible.
        as_of : date
            Has no default: a missing date must fail, not fall back to the newest row.

        Raises
        ------
        BadInputError
            The date lies outside the tables, or a feature of the model cannot be computed; with
            the tables or columns that it needs.
        """
        # Features alone are scored without the rooms that read tables.
        from clustering.features import build_snapshot
        from clustering.tables.checks import as_of_findings

        outside = as_of_findings(as_of, tables.date_ranges, tables.coverage).breaches
        if outside:
            raise BadInputError(breaches_message("the tables cannot be scored", outside))
        snapshot = build_snapshot(tables, as_of, self.features)
        absent = [name for name in self.standardiser.feature_names if name not in snapshot.frame]
        if absent:
            breaches = [
                f"feature '{name}': {snapshot.not_computed.get(name, 'it is no longer defined')}"
                for name in absent
            ]
            raise BadInputError(
                breaches_message("these tables lack what the model was learned from", breaches)
            )
        return snapshot

    def score_features(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score accounts whose features are known.

        Parameters
        ----------
        frame : DataFrame
            One row per account, indexed by `account_id` or with that column, and one column per
            feature of the model in raw units; other columns are ignored.

        Returns
        -------
        DataFrame
            In the order of `frame`, indexed by `account_id`:
            `segment` (number, null if nothing is known of the account), `segment_id`,
            `segment_name`,
            `probability` (of the segment, given the model), `runner_up` (name of the second most
            probable segment, null if there is one only), `margin` (probability minus that of the
            runner-up), `novel` (unlike the accounts that the model was learned from: look at it
            before the segment is used), `reason` (why novel, little known or without segment, else
            null) and `known_share` (share of the model's features that are known for the account;
            a value that cannot be is not known).

        Raises
        ------
        BadInputError
            A feature is absent, not numeric or infinite, or a whole column of it cannot be in the
            unit of the model; all of them at once.
        """
        if ACCOUNT_ID in frame.columns:
            frame = frame.set_index(ACCOUNT_ID)
        columns, odd = set_apart(
            self.standardiser.columns_of(frame), self.standardiser.ranges, frame.index
        )
        # One thread for the matrix products: a piece is too small to share, and waiting threads
        # cost more than they give.
        with threadpool_limits(limits=1, user_api="blas"):
            pieces = [
                self._score_piece([column[start : start + _CHUNK] for column in columns])
                for start in range(0, max(1, len(frame)), _CHUNK)
            ]
        return Scores.joined(pieces).frame(
            frame.index,
            self.segment_names,
            reasons_by_row(odd),
            ids=self.segment_ids,
            by_distance=self.model.by_distance,
        )

    def unit_mistakes(self, frame: pd.DataFrame) -> tuple[str, ...]:
        """Columns whose values have another size than in training, as sentences.

        Parameters
        ----------
        frame : DataFrame
            As for `score_features`.

        Raises
        ------
        BadInputError
            A feature is absent, not numeric or infinite; all of them at once.
        """
        return unit_mistakes(self.standardiser.columns_of(frame), self.standardiser.ranges)

    def count_odd(self, frame: pd.DataFrame) -> int:
        """How many accounts have values that cannot be, or lie far from all that were seen.

        Parameters
        ----------
        frame : DataFrame
            As for `score_features`, which names the values in `reason`.

        Raises
        ------
        BadInputError
            As `score_features`.
        """
        columns = self.standardiser.columns_of(frame)
        _, odd = set_apart(columns, self.standardiser.ranges, frame.index)
        rows = [values.rows for values in odd]
        return int(np.unique(np.concatenate(rows)).size) if rows else 0

    def _score_piece(self, raw: Sequence[Floats]) -> Scores:
        known_share = np.asarray(1.0 - np.mean([np.isnan(column) for column in raw], axis=0))
        # Of an account of which nothing is known every value is missing: any number does.
        values = np.nan_to_num(self.standardiser.transform_columns(raw), copy=False)
        assignment = self.model.assign(values)
        return Scores.of(assignment, self.is_novel(assignment), known_share)

    @property
    def expected_novel_share(self) -> float:
        """Share of accounts like the training accounts that is flagged all the same."""
        return 1 - DISTANCE_QUANTILE if self.model.by_distance else LOG_DENSITY_QUANTILE

    def is_novel(self, assignment: Assignment) -> Flags:
        """Which accounts are beyond the limit of their segment."""
        limits = self.limits[assignment.labels]
        slack = _ROUNDING * np.abs(limits)
        if self.model.by_distance:
            return np.asarray(assignment.fit > limits + slack)
        return np.asarray(assignment.fit < limits - slack)


def _check_labels(clustering: Clustering, values: Floats) -> None:
    """Refuse parameters that do not give back the labels, exact ties apart."""
    assignment = clustering.model.assign(np.ascontiguousarray(values.T))
    differ = assignment.labels != clustering.labels
    if (differ & (assignment.margin > _ROUNDING)).any():
        raise BadInputError(
            f"{int(differ.sum())} of {differ.size} training labels are not those of the "
            "parameters; fit the clustering until it converges."
        )
