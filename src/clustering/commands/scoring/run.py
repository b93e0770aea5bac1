"""Scores of a source into a store: a piece of the accounts at a time, then all at once visible."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from clustering.arrays import Ints
from clustering.commands.scoring.source import Source
from clustering.errors import BadInputError, breaches_message
from clustering.movement.overrides.active import (
    ASSIGNED,
    assigned,
    check_overrides,
    in_todays_words,
)
from clustering.progress import Progress
from clustering.scorer import Scorer
from clustering.scorer.answers.oddities import ColumnFindings
from clustering.stores.history import History, hold
from clustering.stores.rows import Run, as_rows, scheme_columns
from clustering.stores.store import Draft, ScoreStore


@dataclass(frozen=True, eq=False)
class Tally:
    """What is to be said of the scores.

    Attributes
    ----------
    by_segment : int64 array of shape (k,), by the model's own answer
    unknown : accounts without a segment
    decided, against : whose segment people decided, and otherwise than the model
    held : whose segment hysteresis keeps otherwise than the model
    """

    n: int
    by_segment: Ints
    unknown: int
    novel: int
    decided: int
    against: int
    held: int

    @classmethod
    def of(cls, scores: pd.DataFrame, k: int) -> "Tally":
        """Of some rows."""
        segment = scores["segment"]
        decided = scores["assigned_by"] == "override"
        against = decided & (scores[ASSIGNED] != scores["segment_name"])
        return cls(
            n=len(scores),
            by_segment=np.bincount(segment.dropna().to_numpy(np.int64), minlength=k),
            unknown=int(segment.isna().sum()),
            novel=int(scores["novel"].sum()),
            decided=int(decided.sum()),
            against=int(against.sum()),
            held=int((scores["assigned_by"] == "hysteresis").sum()),
        )

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            *(
                mine + theirs
                for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)
            )
        )


@dataclass(frozen=True, eq=False)
class Scored:
    """A run that has been written, and all that is to be said of it."""

    tally: Tally
    columns: ColumnFindings


@dataclass(frozen=True)
class How:
    """How a run scores.

    Attributes
    ----------
    strict : whether a column that is probably in another unit is refused
    reasons : whether a row says what is behind its segment, and what would move the account
    """

    strict: bool = False
    reasons: bool = True


def score_into(
    store: ScoreStore, scorer: Scorer, source: Source, run: Run, how: How, progress: Progress
) -> Scored:
    """Score all accounts of a source into a store.

    Raises
    ------
    ClusteringError
        The features, the decisions or the store are at fault; the store is as it was.
    """
    with progress.step("Looking at the features"):
        found = scorer.look_at(source.features.columns(), source.features.account_id)
    if how.strict and found.mistakes:
        raise BadInputError(
            breaches_message(
                "the features are probably in another unit than in training", found.mistakes
            )
            + "\nNothing was written."
        )
    rows = _Rows(scorer, source, run, how)
    with store.draft(run) as draft, progress.step("Scoring"):
        tally = rows.write(draft)
        # The rows become visible when the draft ends.
    return Scored(tally, found)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Makes the rows of a run."""

    scorer: Scorer
    source: Source
    run: Run
    how: How

    def write(self, draft: Draft) -> Tally:
        """Score every piece into the file of a draft."""
        served = self.source.served
        schemes = [] if served is None else scheme_columns(map(str, served.labels))
        schema = draft.schema(schemes)
        in_force = self._decided()
        tally = None
        try:
            with pq.ParquetWriter(draft.file, schema) as writer:
                for piece in self.source.features.pieces():
                    here = in_force[in_force.index.isin(piece.index)]
                    scores = self._scores(piece, draft.history, here)
                    writer.write_table(as_rows(scores, self.run, schema))
                    one = Tally.of(scores, self.scorer.model.k)
                    tally = one if tally is None else tally + one
        except OSError as error:
            raise draft.failure(
                f"the scores cannot be kept until they are complete: {error.strerror or error}. "
                "Nothing was written; make room, or set TMPDIR to a folder with more."
            ) from None
        assert tally is not None
        return tally

    def _decided(self) -> pd.DataFrame:
        """The decisions on the accounts of the source: refused before any account is scored."""
        found = in_todays_words(self.source.decisions.in_force(self.run.as_of), self.scorer.called)
        if found.empty:
            return found
        asked = np.zeros(len(found), dtype=bool)
        for accounts in self.source.features.accounts():
            asked |= found.index.isin(accounts)
        check_overrides(found[asked].reset_index(), segments=self.scorer.called)
        return found[asked]

    def _scores(
        self, piece: pd.DataFrame, history: History, in_force: pd.DataFrame
    ) -> pd.DataFrame:
        scores = self.scorer.score_features(
            piece, self.run.as_of, is_piece=True, reasons=self.how.reasons
        )
        ids, names = self.scorer.segment_ids, self.scorer.segment_names
        held = hold(scores, history, ids, self.source.rule)
        held_name = _looked_up(names, held["held"])
        decided = assigned(held_name, in_force)
        number = decided[ASSIGNED].map({name: n for n, name in enumerate(names)}).astype("Int64")
        by = np.select(
            [
                decided["override_by"].notna(),
                held["held"].isna(),
                (held["held"] != scores["segment"]).fillna(True).to_numpy(bool),
            ],
            ["override", "", "hysteresis"],
            "model",
        )
        frame = scores.join(decided).join(held.drop(columns="held"))
        frame["assigned_by"] = pd.Series(by, index=scores.index, dtype="str").replace("", None)
        frame["assigned_segment_id"] = _looked_up(ids, number)
        return frame.join(self._served(number))

    def _served(self, number: "pd.Series[int]") -> pd.DataFrame:
        """Playbook by the segment that an account is served by, or by its other label."""
        serving, served = self.scorer.serving, self.source.served
        labels = pd.DataFrame(index=number.index) if served is None else served.labels
        labels = labels.reindex(number.index)
        if serving is not None and serving.playbooks:
            return labels.assign(playbook=_looked_up(serving.playbooks, number))
        return labels if served is None else labels.assign(playbook=served.playbook)


def _looked_up(texts: Sequence[str], number: "pd.Series[int]") -> "pd.Series[str]":
    found = pd.Series(list(texts), dtype="str").reindex(number.fillna(-1).astype("int64"))
    return found.set_axis(number.index)
