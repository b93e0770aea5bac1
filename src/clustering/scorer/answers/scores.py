"""The table of scores: numbers while they are computed, names and reasons at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import pyarrow as pa

from clustering.arrays import Flags, Floats, Ints
from clustering.columns import ACCOUNT_ID
from clustering.models.model import Assignment
from clustering.schema import TableSpec, column

#: An account with a smaller share of known features is scored, and flagged as little known.
LEAST_KNOWN_SHARE = 0.5

#: An account is novel if it lies further out than this share of the training accounts, held out.
ORDINARY_SHARE = 0.999
_ORDINARY = f"{100 * ORDINARY_SHARE:g} %"

#: Why an account is to be looked at: too little is known of it, or it is unlike all others.
LITTLE_KNOWN = "fewer than half of the features are known"
_FAR = (
    "further from the centre of its segment, for the width of the segment, than "
    f"{_ORDINARY} of the accounts that the model was learned from"
)
_UNLIKELY = f"less likely under the model than {_ORDINARY} of the accounts that it was learned from"
#: The same by whether the model assigns by distance.
BEYOND = {True: _FAR, False: _UNLIKELY}


#: What the scorer says of an account; `clustering score` adds what people and schemes say.
SCORES = TableSpec(
    "scores",
    "One row an account, in the order of the input.",
    (
        column(ACCOUNT_ID, "text", "Key."),
        column(
            "segment",
            "integer",
            "Number of the segment; empty where too little is known of the account to tell "
            "(`reason`).",
            nullable=True,
        ),
        column("segment_id", "text", "Its lasting id, the same in later studies.", nullable=True),
        column("segment_name", "text", "Its name in plain words.", nullable=True),
        column(
            "probability",
            "number",
            "How often accounts of which as much is known, and as clearly, get this same segment "
            "once everything is known.",
            nullable=True,
        ),
        column(
            "runner_up",
            "text",
            "Name of the second most probable segment; empty if there is one segment.",
            nullable=True,
        ),
        column("margin", "number", "Probability minus that of the runner-up.", nullable=True),
        column(
            "novel",
            "boolean",
            "Unlike the accounts that the model was learned from: look at it before its segment "
            "is used.",
        ),
        column(
            "reason",
            "text",
            "Why the account is novel, has no segment (and from when on it will), or is little "
            "known, with the values that are odd; else empty.",
            nullable=True,
        ),
        column(
            "known_share",
            "number",
            "Share of the model's features that are known for the account; a value that cannot "
            "be is not known.",
        ),
    ),
)

#: What follows with reasons (`score_features(..., reasons=True)`).
REASONS = TableSpec(
    "reasons",
    "Beside `scores`: the features behind every segment.",
    (
        column(
            "why",
            "text",
            "The three features that speak most for the segment, against the mean of all others: "
            "the account's value, and what is typical of the segment.",
            nullable=True,
        ),
        column(
            "against_runner_up",
            "text",
            "The three features that speak most for the segment against the runner-up, with what "
            "is typical of the segment and of the runner-up.",
            nullable=True,
        ),
        column(
            "would_move",
            "text",
            "The smallest change found of one feature or two, within their usual values, with "
            "which the model would answer with the runner-up; empty if there is none. No advice: "
            "the model does not know what causes what.",
            nullable=True,
        ),
    ),
)

#: What a study keeps of its own accounts, so that a page can say why each is where it is.
ACCOUNT_REASONS = TableSpec(
    "reasons",
    "Why every account is in its segment, by the scorer; one row an account.",
    (
        SCORES.columns[0],
        *(one for one in SCORES.columns if one.name in ("novel", "reason", "known_share")),
        *REASONS.columns,
    ),
    optional=True,
)


@dataclass(frozen=True, eq=False)
class Scores:
    """The columns of the result, as numbers.

    Attributes
    ----------
    segment, runner_up : int64 arrays of shape (n,); -1 where there is none
    probability, margin : float64 arrays of shape (n,); NaN where there is no segment
    novel : bool array of shape (n,)
    n_known : int64 array of shape (n,), known features
    """

    segment: Ints
    runner_up: Ints
    probability: Floats
    margin: Floats
    novel: Flags
    n_known: Ints

    @classmethod
    def of(cls, assignment: Assignment, novel: Flags, n_known: Ints, withheld: Flags) -> "Scores":
        """The scores of some rows; one whose segment is withheld has none."""
        if not withheld.any():
            return cls(
                segment=assignment.labels,
                runner_up=assignment.runner_up,
                probability=assignment.probability,
                margin=assignment.margin,
                novel=novel,
                n_known=n_known,
            )
        return cls(
            segment=np.where(withheld, -1, assignment.labels),
            runner_up=np.where(withheld, -1, assignment.runner_up),
            probability=np.where(withheld, np.nan, assignment.probability),
            margin=np.where(withheld, np.nan, assignment.margin),
            novel=~withheld & novel,
            n_known=n_known,
        )

    @classmethod
    def joined(cls, pieces: Sequence["Scores"]) -> "Scores":
        """All rows, piece after piece."""
        columns = (column.name for column in fields(cls))
        return cls(*(np.concatenate([getattr(one, name) for one in pieces]) for name in columns))

    def frame(
        self, index: pd.Index, ids: Sequence[str], names: Sequence[str], said: "Said"
    ) -> pd.DataFrame:
        """The columns of `SCORES`, with names and reasons.

        Parameters
        ----------
        index : account ids
        ids, names : of the segments
        said : what the reasons are made of
        """
        segment = pd.array(self.segment, dtype="Int64")
        segment[self.segment < 0] = pd.NA
        known_share = self.n_known / said.n_features
        novel = self.novel.copy()
        novel[list(said.odd)] = True
        columns = {
            "segment": segment,
            "segment_id": texts_column(self.segment, ids),
            "segment_name": texts_column(self.segment, names),
            "probability": self.probability,
            "runner_up": texts_column(self.runner_up, names),
            "margin": self.margin,
            "novel": novel,
            "reason": self._reason_column(said, known_share),
            "known_share": known_share,
        }
        declared = [one.name for one in SCORES.columns if one.name != ACCOUNT_ID]
        return pd.DataFrame(
            {name: columns[name] for name in declared}, index=index.rename(ACCOUNT_ID)
        )

    def first(self, ids: Sequence[str], names: Sequence[str], said: "Said") -> "AccountScore":
        """The first row, as one value of Python each."""
        known_share = self.n_known / said.n_features
        texts, code = self._reasons(said, known_share)
        segment, runner_up = int(self.segment[0]), int(self.runner_up[0])
        there = segment >= 0
        return AccountScore(
            segment=segment if there else None,
            segment_id=ids[segment] if there else None,
            segment_name=names[segment] if there else None,
            probability=float(self.probability[0]) if there else None,
            runner_up=names[runner_up] if runner_up >= 0 else None,
            margin=float(self.margin[0]) if there else None,
            novel=bool(self.novel[0]) or bool(said.odd),
            reason=texts[code[0]] or None,
            known_share=float(known_share[0]),
        )

    def _reason_column(self, said: "Said", known_share: Floats) -> "pd.arrays.ArrowStringArray":
        texts, code = self._reasons(said, known_share)
        return texts_column(code - 1, texts[1:])

    def _reasons(self, said: "Said", known_share: Floats) -> tuple[list[str], Ints]:
        """The distinct reasons, the first of them none, and the number of each row's."""
        little_known = (self.segment >= 0) & (known_share < LEAST_KNOWN_SHARE)
        beyond = BEYOND[said.by_distance]
        usual = ["", beyond, LITTLE_KNOWN, f"{beyond}; {LITTLE_KNOWN}", *said.withheld]
        code = self.novel + 2 * little_known
        code = np.where(self.segment < 0, said.withheld_code + 4, code)
        return _with_odd(usual, code, said.odd)


@dataclass(frozen=True)
class AccountScore:
    """The columns of `SCORES` for one account; None where a column is empty."""

    segment: int | None
    segment_id: str | None
    segment_name: str | None
    probability: float | None
    runner_up: str | None
    margin: float | None
    novel: bool
    reason: str | None
    known_share: float


@dataclass(frozen=True, eq=False)
class Said:
    """What the reasons of the rows are made of.

    Attributes
    ----------
    n_features : of the model
    odd : what is odd in the values of a row (`oddities.reasons_by_row`)
    withheld, withheld_code : why accounts get no segment, and which text of each row
        (`withheld.Requirements.reasons`)
    by_distance : whether novelty is one of distance (k-means), not of density
    """

    n_features: int
    odd: Mapping[int, str]
    withheld: Sequence[str]
    withheld_code: Ints
    by_distance: bool


def _with_odd(usual: Sequence[str], code: Ints, odd: Mapping[int, str]) -> tuple[list[str], Ints]:
    """Reasons and their number by row, with a reason of its own for every row of `odd`."""
    reasons, code = list(usual), code.copy()
    for row, text in odd.items():
        reasons.append("; ".join(filter(None, (text, usual[code[row]]))))
        code[row] = len(reasons) - 1
    return reasons, code


def texts_column(codes: Ints, texts: Sequence[str]) -> "pd.arrays.ArrowStringArray":
    """Text column of `texts[code]`, null for negative codes, without a Python object per row."""
    indices = pa.array(codes, mask=codes < 0)
    return as_column(pa.array(texts, type=pa.large_string()).take(indices))


def as_column(texts: pa.Array) -> "pd.arrays.ArrowStringArray":
    """Texts of Arrow as a column of text, without a Python object per row."""
    found: pd.arrays.ArrowStringArray = pd.array(
        texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan)
    )
    return found
