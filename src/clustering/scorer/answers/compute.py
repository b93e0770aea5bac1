"""Scores of many accounts, piece by piece, and of one without a data frame."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from clustering.arrays import Floats, Ints
from clustering.columns import ACCOUNT_ID, TENURE_DAYS
from clustering.errors import BadInputError, breaches_message
from clustering.models.model import Assignment
from clustering.scorer.answers.explain import Explained, explain
from clustering.scorer.answers.oddities import (
    OddValues,
    reasons_by_row,
    refuse_columns,
    set_apart,
)
from clustering.scorer.answers.scores import REASONS, AccountScore, Said, Scores
from clustering.scorer.answers.spelling import Spelling

if TYPE_CHECKING:
    from clustering.scorer.scorer import Scorer

#: Accounts scored at a time: the work on one piece stays in the processor's cache.
_CHUNK = 8192

#: Up to so many accounts the matrix products are too small for a second thread.
_FEW = 1000


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is known of the accounts that are to be scored.

    Attributes
    ----------
    columns : float64 arrays of shape (n,) in raw units, one per feature; what cannot be is missing
    odd : values that cannot be, or are far from all that were seen
    ages : float64 array of shape (n,), in days; NaN is not known
    as_of : date of the values
    labels : int64 array of shape (n,), of the segments where a study decided them; no answer is
        withheld then
    """

    columns: Sequence[Floats]
    odd: Sequence[OddValues]
    ages: Floats
    as_of: date | None
    labels: Ints | None = None


@dataclass(frozen=True, eq=False)
class _Answers:
    """Scores, what is said of them, and the reasons where they were asked for."""

    scores: Scores
    said: Said
    explained: Explained | None


def score_frame(
    scorer: "Scorer",
    frame: pd.DataFrame,
    as_of: date | None = None,
    labels: Ints | None = None,
    *,
    is_piece: bool = False,
    reasons: bool = False,
) -> pd.DataFrame:
    """As `Scorer.score_features`, or with labels `Scorer.score_training`."""
    if ACCOUNT_ID in frame.columns:
        frame = frame.set_index(ACCOUNT_ID)
    ages = np.full(len(frame), np.nan) if labels is not None else _ages(frame)
    given, ranges = scorer.standardiser.columns_of(frame), scorer.standardiser.ranges
    columns, odd = set_apart(given, ranges)
    if not is_piece:
        refuse_columns(given, odd, ranges, frame.index.__getitem__)
    asked = _Asked(columns, odd, ages, as_of, labels)
    found = _answers(scorer, asked, reasons=reasons)
    names = scorer.segment_names
    table = found.scores.frame(frame.index, scorer.segment_ids, names, found.said)
    if found.explained is None:
        return table
    return table.assign(**_in_words(scorer, columns, found.scores, found.explained))


def score_account(
    scorer: "Scorer", account: Mapping[str, float | None], as_of: date | None
) -> AccountScore:
    """As `Scorer.score_one`."""
    names = scorer.standardiser.feature_names
    given = {name: account[name] for name in (*names, TENURE_DAYS) if name in account}
    if breaches := [*_one_breaches(given, names)]:
        raise BadInputError(breaches_message("the account cannot be scored", breaches))
    values = [_one_value(given[name]) for name in names]
    columns, odd = set_apart(values, scorer.standardiser.ranges)
    found = _answers(scorer, _Asked(columns, odd, _one_value(given.get(TENURE_DAYS)), as_of))
    return found.scores.first(scorer.segment_ids, scorer.segment_names, found.said)


def count_known(columns: Floats) -> Ints:
    """How many values of each account (a column) are known."""
    missing = np.isnan(columns)
    if not missing.any():
        return np.full(columns.shape[1], len(columns))
    return np.asarray(len(columns) - missing.sum(axis=0))


def _answers(scorer: "Scorer", asked: _Asked, *, reasons: bool = False) -> _Answers:
    scored: list[Scores] = []
    explained: list[Explained] = []
    n = asked.ages.size
    # One piece of memory for all pieces: to ask for it again and again takes longer than to use it.
    room = np.empty((len(asked.columns), min(n, _CHUNK)))
    with _one_thread(n):
        for rows in _pieces(n):
            ages = asked.ages[rows]
            values = room if ages.size == room.shape[1] else np.empty((len(room), ages.size))
            scorer.standardiser.known_columns([one[rows] for one in asked.columns], out=values)
            own = None if asked.labels is None else asked.labels[rows]
            n_known = count_known(values)
            assignment = scorer.model.assign(values, scorer.temperature[n_known], own)
            scored.append(_scores_of(scorer, assignment, n_known, ages, own is None))
            if reasons:
                explained.append(
                    explain(scorer.model, scorer.standardiser, scorer.usual, values, assignment)
                )
    scores = Scores.joined(scored)
    withheld, code = scorer.requirements.reasons(scores.n_known, asked.ages, asked.as_of)
    said = Said(
        n_features=len(asked.columns),
        odd=reasons_by_row(asked.odd),
        withheld=withheld,
        withheld_code=code,
        by_distance=scorer.model.by_distance,
    )
    return _Answers(scores, said, Explained.joined(explained) if reasons else None)


def _scores_of(
    scorer: "Scorer", assignment: Assignment, n_known: Ints, ages: Floats, withhold: bool
) -> Scores:
    needed = scorer.requirements
    withheld = needed.too_little(n_known) | needed.too_young(ages)
    return Scores.of(assignment, scorer.is_novel(assignment), n_known, withheld & withhold)


def _in_words(
    scorer: "Scorer", columns: Sequence[Floats], scores: Scores, explained: Explained
) -> dict[str, "pd.arrays.ArrowStringArray"]:
    spelling = Spelling(
        features=scorer.standardiser.features,
        columns=columns,
        typical=scorer.typical,
        names=scorer.segment_names,
        segment=scores.segment,
        runner_up=scores.runner_up,
    )
    return {one.name: getattr(spelling, one.name)(explained) for one in REASONS.columns}


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
