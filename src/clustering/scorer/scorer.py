"""The scorer: raw tables or features of any day in, a segment with its reasons out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clustering.arrays import Flags, Floats, Ints
from clustering.config import FeaturesConfig, ScoringConfig
from clustering.errors import BadInputError, breaches_message
from clustering.matrix.standardise import Standardiser
from clustering.matrix.types import FeatureMatrix
from clustering.models.model import Assignment, Model
from clustering.models.types import Clustering
from clustering.scorer.answers.compute import score_account, score_frame
from clustering.scorer.answers.oddities import (
    ColumnFindings,
    look_at_columns,
    unit_mistakes,
)
from clustering.scorer.answers.scores import ORDINARY_SHARE, AccountScore
from clustering.scorer.answers.withheld import Requirements
from clustering.scorer.calibration import Tenth
from clustering.scorer.card import StudyFacts
from clustering.scorer.segment_ids import FormerName, SegmentNames
from clustering.scorer.serving import Serving
from clustering.scorer.training import Exceptions, Training

if TYPE_CHECKING:
    from clustering.features import Snapshot
    from clustering.tables import SourceTables

#: A limit computed from the same account must not flag it by a last digit.
_ROUNDING = 1e-9


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
    temperature : float64 array of shape (n_features + 1,): factor of the flattened log odds by the
        number of known features
    usual : float64 array of shape (2, n_features): the 1 % and the 99 % quantile of each feature in
        training, standardised; what would move an account stays within
    features : configuration of the features, so that raw tables can be scored
    training : what the segments were learned from
    former_names : names that segments, also those that are gone, had in earlier studies
    scoring : when the answer is withheld
    exceptions : training accounts that are answered otherwise than in the study
    serving : what the study does for the accounts of its segments; None of a model without a plan
    facts : what the study tells of it, for the model card (None: made without a study)
    tenths : how often its probabilities came true on accounts held out
    """

    standardiser: Standardiser
    model: Model
    segment_names: tuple[str, ...]
    segment_ids: tuple[str, ...]
    limits: Floats
    temperature: Floats
    usual: Floats
    features: FeaturesConfig
    training: Training
    former_names: tuple[FormerName, ...] = ()
    scoring: ScoringConfig = field(default_factory=ScoringConfig)
    exceptions: Exceptions = field(default_factory=Exceptions)
    serving: Serving | None = None
    facts: StudyFacts | None = None
    tenths: tuple[Tenth, ...] = ()

    @classmethod
    def build(
        cls,
        standardiser: Standardiser,
        clustering: Clustering,
        matrix: FeatureMatrix,
        names: Sequence[str] | SegmentNames,
        features: FeaturesConfig,
        training: Training,
        *,
        scoring: ScoringConfig | None = None,
        age_days: Floats | None = None,
    ) -> "Scorer":
        """Put the fitted parts of a study together.

        Parameters
        ----------
        standardiser, matrix : from `matrix.standardise`
        clustering : the chosen model, fitted on `matrix`
        names : names of the segments, by their number; with their lasting ids and with the names
            of earlier studies as `SegmentNames` (else their ids are new, and follow from
            `training`)
        features : configuration of the features, so that raw tables can be scored
        training : what is known of the study; its `sizes` are counted here
        scoring : when the answer is withheld (None: the defaults)
        age_days : float64 array of shape (n_accounts,), of the accounts of the matrix; NaN is not
            known (None: of none); to count those that the scorer gives no segment

        Raises
        ------
        BadInputError
            The parts do not belong together: widths differ, or the parameters do not give back
            the labels of the training matrix (a clustering that had not converged).
        """
        # Who scores fits nothing.
        from clustering.scorer.fitting.build import build

        return build(standardiser, clustering, matrix, names, features, training, scoring, age_days)

    @cached_property
    def requirements(self) -> Requirements:
        """What must be known of an account before it gets a segment."""
        age = self.scoring.least_age_days
        return Requirements.of(
            len(self.standardiser.columns),
            self.scoring.least_known_share,
            self.features.window_days if age is None else age,
        )

    @property
    def called(self) -> SegmentNames:
        """How people may name the segments."""
        return SegmentNames(self.segment_ids, self.segment_names, self.former_names)

    @cached_property
    def version(self) -> str:
        """What tells this very model from every other: 12 hex digits of its manifest's SHA-256.

        Of a scorer that was read it is that of the folder, of one in memory that which the folder
        will have.
        """
        from clustering.scorer.stored.storage import version_of

        return version_of(self)

    def save(self, folder: Path) -> None:
        """Write a scorer folder, whole or not at all (see `storage.write`)."""
        from clustering.scorer.stored.storage import write

        write(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "Scorer":
        """Read a scorer folder after checking every file of it (see `storage.read`)."""
        from clustering.scorer.stored.storage import read

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
        return self.score_features(self.snapshot(tables, as_of).frame, as_of)

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
        from clustering.features.registry import lacking
        from clustering.tables.checks import as_of_findings

        outside = as_of_findings(as_of, tables.date_ranges, tables.coverage).breaches
        if outside:
            raise BadInputError(breaches_message("the tables cannot be scored", outside))
        snapshot = build_snapshot(tables, as_of, self.features)
        names = self.standardiser.feature_names
        if breaches := lacking(names, snapshot.frame, snapshot.not_computed):
            raise BadInputError(
                breaches_message("these tables lack what the model was learned from", breaches)
            )
        return snapshot

    def score_features(
        self,
        frame: pd.DataFrame,
        as_of: date | None = None,
        *,
        is_piece: bool = False,
        reasons: bool = False,
    ) -> pd.DataFrame:
        """Score accounts whose features are known.

        Parameters
        ----------
        frame : DataFrame
            One row per account, indexed by `account_id` or with that column, and one column per
            feature of the model in raw units. A column `tenure_days`, the age of the account in
            days, tells who is too young for a segment; other columns are ignored.
        as_of : date of the values; an account that is too young is told from which date on it
            will have a segment (None: in how many days)
        is_piece : whether it is a piece of a table whose whole columns were looked at (`look_at`);
            a few of its rows do not tell the unit of a column
        reasons : whether the columns of `scores.REASONS` follow: why, and what would change it

        Returns
        -------
        DataFrame
            In the order of `frame`, indexed by `account_id`, the columns of `scores.SCORES`.

        Raises
        ------
        BadInputError
            A feature is absent, not numeric or infinite, or a whole column of it cannot be in the
            unit of the model; all of them at once.
        """
        return score_frame(self, frame, as_of, is_piece=is_piece, reasons=reasons)

    def score_training(
        self, frame: pd.DataFrame, labels: Ints, *, reasons: bool = False
    ) -> pd.DataFrame:
        """Describe the training accounts under the labels of the study, which stand.

        Parameters
        ----------
        frame : as for `score_features`, the accounts of the matrix
        labels : int64 array of shape (n_accounts,)
        reasons : as for `score_features`; they speak for the label that stands

        Returns
        -------
        DataFrame
            As `score_features`, every account with its label; the margin is negative where what
            is known of an account speaks for another segment (see `exceptions`).

        Raises
        ------
        BadInputError
            As `score_features`.
        """
        return score_frame(self, frame, labels=labels, reasons=reasons)

    def score_one(
        self, account: Mapping[str, float | None], as_of: date | None = None
    ) -> AccountScore:
        """Score one account, without a data frame: a few times as fast as `score_features`.

        Parameters
        ----------
        account : value by feature, in raw units; None is missing. `tenure_days` may be there, and
            others are ignored.
        as_of : as for `score_features`

        Raises
        ------
        BadInputError
            A feature is absent, not a number, or infinite; all of them at once.
        """
        return score_account(self, account, as_of)

    @property
    def typical(self) -> Floats:
        """A typical value of each segment (k, n_features) in raw units: where its centre lies."""
        columns = zip(self.standardiser.columns, self.model.centres.T, strict=True)
        return np.column_stack([column.invert(centres) for column, centres in columns])

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

    def look_at(
        self, columns: Iterable[Floats], account_id: Callable[[int], object]
    ) -> ColumnFindings:
        """Look at the whole columns of the accounts to be scored, one column at a time.

        Parameters
        ----------
        columns : iterable of float64 arrays of shape (n_accounts,)
            One per feature of the model, in its order and in raw units; NaN is missing.
        account_id : callable
            Gives the account of a row.

        Raises
        ------
        BadInputError
            A whole column cannot be in the unit of the model; every such column at once.
        """
        return look_at_columns(columns, self.standardiser.ranges, account_id)

    @property
    def expected_novel_share(self) -> float:
        """Share of accounts like the training accounts that is flagged all the same."""
        return 1 - ORDINARY_SHARE

    def is_novel(self, assignment: Assignment) -> Flags:
        """Which accounts are beyond the limit of their segment."""
        bounds = self.novelty_bounds[assignment.labels]
        if self.model.by_distance:
            return np.asarray(assignment.fit > bounds)
        return np.asarray(assignment.fit < bounds)

    @property
    def novelty_bounds(self) -> Floats:
        """`limits` and a last digit beyond, shape (k,)."""
        slack = _ROUNDING * np.abs(self.limits)
        return self.limits + slack if self.model.by_distance else self.limits - slack
