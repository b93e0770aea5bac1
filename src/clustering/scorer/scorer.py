"""The scorer: raw tables or features of any day in, a segment with its reasons out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from clustering.arrays import Flags, Floats, Ints
from clustering.columns import ACCOUNT_ID, TENURE_DAYS
from clustering.config import FeaturesConfig, ScoringConfig
from clustering.errors import BadInputError, breaches_message
from clustering.matrix.standardise import Standardiser
from clustering.matrix.types import FeatureMatrix
from clustering.models.model import Assignment, Model
from clustering.models.types import Clustering
from clustering.scorer.card import StudyFacts
from clustering.scorer.novelty import DISTANCE_QUANTILE, LOG_DENSITY_QUANTILE, novelty_limits
from clustering.scorer.oddities import reasons_by_row, set_apart, unit_mistakes
from clustering.scorer.scores import Said, Scores
from clustering.scorer.segment_ids import FormerName, SegmentNames, new_ids
from clustering.scorer.temperature import Tenth, calibrate
from clustering.scorer.withheld import Requirements

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


@dataclass(frozen=True)
class Exceptions:
    """Training accounts that the scorer answers otherwise than the study, counted.

    The study completes what is missing before it fits, and gives every account a segment; the
    scorer uses what is known.

    Attributes
    ----------
    n_accounts : that the segments were learned from
    n_incomplete : with a value that the study completed
    n_other_segment : of these, those that what is known puts into another segment
    n_too_little_known, n_too_young : that get none from the scorer
    """

    n_accounts: int = 0
    n_incomplete: int = 0
    n_other_segment: int = 0
    n_too_little_known: int = 0
    n_too_young: int = 0

    @property
    def n(self) -> int:
        """How many are answered otherwise."""
        return self.n_other_segment + self.n_too_little_known + self.n_too_young

    @property
    def in_words(self) -> str:
        """A sentence for the study; empty if the scorer gives back every label.

        Examples
        --------
        >>> Exceptions(500, 120, 3, 0, 41).in_words  # doctest: +NORMALIZE_WHITESPACE
        'The scorer gives back the segments of 456 of the 500 accounts. It gives none to 41
        accounts that are younger than their features look back, and another one to 3 whose
        missing values the study had completed: it uses what is known alone.'
        """
        if not self.n:
            return ""
        parts = []
        if self.n_too_young:
            parts.append(
                f"none to {self.n_too_young:,} accounts that are younger than their features look "
                "back"
            )
        if self.n_too_little_known:
            parts.append(f"none to {self.n_too_little_known:,} of which too little is known")
        if self.n_other_segment:
            parts.append(
                f"another one to {self.n_other_segment:,} whose missing values the study had "
                "completed: it uses what is known alone"
            )
        return (
            f"The scorer gives back the segments of {self.n_accounts - self.n:,} of the "
            f"{self.n_accounts:,} accounts. It gives {', and '.join(parts)}."
        )


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
    temperature : float64 array of shape (n_features + 1,): factor of the log odds by the number of
        known features
    features : configuration of the features, so that raw tables can be scored
    training : what the segments were learned from
    former_names : names that segments, also those that are gone, had in earlier studies
    facts : what the study tells of it, for the model card (None: made without a study)
    scoring : when the answer is withheld
    exceptions : training accounts that are answered otherwise than in the study
    tenths : how often its probabilities came true on accounts held out
    """

    standardiser: Standardiser
    model: Model
    segment_names: tuple[str, ...]
    segment_ids: tuple[str, ...]
    limits: Floats
    temperature: Floats
    features: FeaturesConfig
    training: Training
    former_names: tuple[FormerName, ...] = ()
    facts: StudyFacts | None = None
    scoring: ScoringConfig = field(default_factory=ScoringConfig)
    exceptions: Exceptions = Exceptions()
    tenths: tuple[Tenth, ...] = ()

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
        scoring: ScoringConfig | None = None,
        age_days: Floats | None = None,
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
        scoring : when the answer is withheld (None: the defaults)
        age_days : float64 array of shape (n_accounts,), of the accounts of the matrix; NaN is not
            known (None: of none); to count those that the scorer gives no segment

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
        calibration = calibrate(
            *(clustering, matrix.values, matrix.known, matrix.families, matrix.account_ids)
        )
        scorer = cls(
            standardiser=standardiser,
            model=model,
            segment_names=tuple(names),
            segment_ids=ids,
            limits=novelty_limits(clustering, matrix.values, matrix.account_ids),
            temperature=calibration.temperature,
            features=features,
            training=replace(training, sizes=tuple(sizes.tolist())),
            former_names=tuple(former_names),
            scoring=scoring or ScoringConfig(),
            tenths=calibration.tenths,
        )
        ages = np.full(clustering.labels.size, np.nan) if age_days is None else age_days
        return replace(scorer, exceptions=scorer._count_exceptions(clustering, matrix, ages))

    def _count_exceptions(
        self, clustering: Clustering, matrix: FeatureMatrix, ages: Floats
    ) -> Exceptions:
        known = np.ascontiguousarray(matrix.known.T)
        n_known = _count_known(known)
        young = self.requirements.too_young(ages)
        little = self.requirements.too_little(n_known) & ~young
        incomplete = n_known < len(known)
        differs = self.model.assign(known).labels != clustering.labels
        return Exceptions(
            n_accounts=n_known.size,
            n_incomplete=int(incomplete.sum()),
            n_other_segment=int((differs & incomplete & ~young & ~little).sum()),
            n_too_little_known=int(little.sum()),
            n_too_young=int(young.sum()),
        )

    @property
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

    def score_features(self, frame: pd.DataFrame, as_of: date | None = None) -> pd.DataFrame:
        """Score accounts whose features are known.

        Parameters
        ----------
        frame : DataFrame
            One row per account, indexed by `account_id` or with that column, and one column per
            feature of the model in raw units. A column `tenure_days`, the age of the account in
            days, tells who is too young for a segment; other columns are ignored.
        as_of : date of the values; an account that is too young is told from which date on it
            will have a segment (None: in how many days)

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
            In the order of `frame`, indexed by `account_id`, the columns of `scores.SCORES`.

        Raises
        ------
        BadInputError
            A feature is absent, not numeric or infinite, or a whole column of it cannot be in the
            unit of the model; all of them at once.
        """
        return self._score(frame, as_of, None)

    def score_training(self, frame: pd.DataFrame, labels: Ints) -> pd.DataFrame:
        """Describe the training accounts under the labels of the study, which stand.

        Parameters
        ----------
        frame : as for `score_features`, the accounts of the matrix
        labels : int64 array of shape (n_accounts,)

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
        return self._score(frame, None, labels)

    def _score(self, frame: pd.DataFrame, as_of: date | None, labels: Ints | None) -> pd.DataFrame:
        if ACCOUNT_ID in frame.columns:
            frame = frame.set_index(ACCOUNT_ID)
        columns, odd = set_apart(
            self.standardiser.columns_of(frame), self.standardiser.ranges, frame.index
        )
        ages = np.full(len(frame), np.nan) if labels is not None else _ages(frame)
        # One thread for the matrix products: a piece is too small to share, and waiting threads
        # cost more than they give.
        with threadpool_limits(limits=1, user_api="blas"):
            pieces = [
                self._score_piece(
                    [column[rows] for column in columns],
                    ages[rows],
                    None if labels is None else labels[rows],
                )
                for rows in _pieces(len(frame))
            ]
        scores = Scores.joined(pieces)
        withheld, code = self.requirements.reasons(scores.n_known, ages, as_of)
        said = Said(
            len(columns), reasons_by_row(odd), withheld, code, by_distance=self.model.by_distance
        )
        return scores.frame(frame.index, self.segment_ids, self.segment_names, said)

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

    def _score_piece(self, raw: Sequence[Floats], ages: Floats, labels: Ints | None) -> Scores:
        values = self.standardiser.known_columns(raw)
        n_known = _count_known(values)
        assignment = self.model.assign(values, self.temperature, labels)
        needed = self.requirements
        withheld = needed.too_little(n_known) | needed.too_young(ages)
        if labels is not None:
            withheld = np.zeros_like(withheld)
        return Scores.of(assignment, self.is_novel(assignment), n_known, withheld)

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


def _pieces(n: int) -> list[slice]:
    """Pieces of n rows, one at least."""
    return [slice(start, start + _CHUNK) for start in range(0, max(1, n), _CHUNK)]


def _count_known(columns: Floats) -> Ints:
    """How many values of each account (a column) are known."""
    return np.asarray(len(columns) - np.isnan(columns).sum(axis=0))


def _ages(frame: pd.DataFrame) -> Floats:
    """Age in days of each account; NaN where it is not known."""
    if TENURE_DAYS not in frame.columns:
        return np.full(len(frame), np.nan)
    if not pd.api.types.is_numeric_dtype(frame[TENURE_DAYS].dtype):
        raise BadInputError(
            f"column '{TENURE_DAYS}' holds {frame[TENURE_DAYS].dtype}; expected the age of each "
            "account in days, or no such column."
        )
    return frame[TENURE_DAYS].to_numpy(dtype=np.float64, na_value=np.nan)
