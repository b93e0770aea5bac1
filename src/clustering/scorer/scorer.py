"""The scorer: raw tables or features of any day in, a segment with its reasons out."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from clustering.scorer.explain import Explained, explain
from clustering.scorer.novelty import DISTANCE_QUANTILE, LOG_DENSITY_QUANTILE, novelty_limits
from clustering.scorer.oddities import (
    ColumnFindings,
    look_at_columns,
    reasons_by_row,
    refuse_columns,
    set_apart,
    unit_mistakes,
)
from clustering.scorer.scores import REASONS, AccountScore, Said, Scores
from clustering.scorer.segment_ids import FormerName, SegmentNames, new_ids
from clustering.scorer.serving import Serving
from clustering.scorer.spelling import Spelling
from clustering.scorer.temperature import Tenth, calibrate
from clustering.scorer.withheld import Requirements

if TYPE_CHECKING:
    from clustering.features import Snapshot
    from clustering.tables import SourceTables

Verdict = Literal["natural", "reproducible", "constructive"]

#: Accounts scored at a time: the work on one piece stays in the processor's cache.
_CHUNK = 8192

#: Up to so many accounts the matrix products are too small for a second thread.
_FEW = 1000

#: A limit computed from the same account must not flag it by a last digit.
_ROUNDING = 1e-9

#: Quantiles of the training values between which a value is usual.
USUAL = (0.01, 0.99)


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
    exceptions: Exceptions = Exceptions()
    serving: Serving | None = None
    facts: StudyFacts | None = None
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
            usual=np.nanquantile(matrix.known, USUAL, axis=0),
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
        return self._score(frame, as_of, None, is_piece=is_piece, reasons=reasons)

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
        names = self.standardiser.feature_names
        given = {name: account[name] for name in (*names, TENURE_DAYS) if name in account}
        if breaches := [*_one_breaches(given, names)]:
            raise BadInputError(breaches_message("the account cannot be scored", breaches))
        columns = [_one_value(given[name]) for name in names]
        ages = _one_value(given.get(TENURE_DAYS))
        _, scores, said, _ = self._answers(columns, ages, as_of)
        return scores.first(self.segment_ids, self.segment_names, said)

    def _score(
        self,
        frame: pd.DataFrame,
        as_of: date | None,
        labels: Ints | None,
        *,
        is_piece: bool = False,
        reasons: bool = False,
    ) -> pd.DataFrame:
        if ACCOUNT_ID in frame.columns:
            frame = frame.set_index(ACCOUNT_ID)
        ages = np.full(len(frame), np.nan) if labels is not None else _ages(frame)
        given = self.standardiser.columns_of(frame)
        if not is_piece:
            refuse_columns(given, self.standardiser.ranges, frame.index.__getitem__)
        columns, scores, said, explained = self._answers(
            given, ages, as_of, labels, reasons=reasons
        )
        table = scores.frame(frame.index, self.segment_ids, self.segment_names, said)
        if explained is None:
            return table
        return table.assign(**self._in_words(columns, scores, explained))

    def _answers(
        self,
        given: Sequence[Floats],
        ages: Floats,
        as_of: date | None,
        labels: Ints | None = None,
        *,
        reasons: bool = False,
    ) -> tuple[list[Floats], Scores, Said, Explained | None]:
        """The columns that were used, the scores, what is said of them, and the reasons."""
        columns, odd = set_apart(given, self.standardiser.ranges)
        scored: list[Scores] = []
        explained: list[Explained] = []
        with _one_thread(ages.size):
            for rows in _pieces(ages.size):
                values = self.standardiser.known_columns([column[rows] for column in columns])
                own = None if labels is None else labels[rows]
                n_known = _count_known(values)
                assignment = self.model.assign(values, self.temperature[n_known], own)
                scored.append(self._scores_of(assignment, n_known, ages[rows], own is None))
                if reasons:
                    explained.append(self._explain(values, assignment))
        scores = Scores.joined(scored)
        withheld, code = self.requirements.reasons(scores.n_known, ages, as_of)
        said = Said(
            len(columns), reasons_by_row(odd), withheld, code, by_distance=self.model.by_distance
        )
        return columns, scores, said, Explained.joined(explained) if reasons else None

    def _scores_of(
        self, assignment: Assignment, n_known: Ints, ages: Floats, withhold: bool
    ) -> Scores:
        needed = self.requirements
        withheld = needed.too_little(n_known) | needed.too_young(ages)
        return Scores.of(assignment, self.is_novel(assignment), n_known, withheld & withhold)

    def _explain(self, values: Floats, assignment: Assignment) -> Explained:
        return explain(self.model, self.standardiser, self.usual, values, assignment)

    def _in_words(
        self, columns: Sequence[Floats], scores: Scores, explained: Explained
    ) -> dict[str, "pd.arrays.ArrowStringArray"]:
        spelling = Spelling(
            *(self.standardiser.features, columns, self.typical, self.segment_names),
            *(scores.segment, scores.runner_up),
        )
        return {one.name: getattr(spelling, one.name)(explained) for one in REASONS.columns}

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
        return 1 - DISTANCE_QUANTILE if self.model.by_distance else LOG_DENSITY_QUANTILE

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


def _check_labels(clustering: Clustering, values: Floats) -> None:
    """Refuse parameters that do not give back the labels, exact ties apart."""
    assignment = clustering.model.assign(np.ascontiguousarray(values.T))
    differ = assignment.labels != clustering.labels
    if (differ & (assignment.margin > _ROUNDING)).any():
        raise BadInputError(
            f"{int(differ.sum())} of {differ.size} training labels are not those of the "
            "parameters; fit the clustering until it converges."
        )


@contextmanager
def _one_thread(n: int) -> Iterator[None]:
    """One thread for the matrix products: a piece is too small to share, and waiting ones cost.

    For few accounts no library would take a second one, and asking them all costs more.
    """
    if n <= _FEW:
        yield
        return
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def _one_breaches(given: Mapping[str, object], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name not in given:
            yield f"feature '{name}' is missing."
    for name, value in given.items():
        if isinstance(value, int | float | np.number):
            if math.isinf(float(value)):
                yield f"feature '{name}' is infinite."
        elif value is not None:
            yield f"feature '{name}' is not a number: {str(value)[:40]!r}."


def _one_value(value: float | None) -> Floats:
    return np.array([np.nan if value is None else value], dtype=np.float64)


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
