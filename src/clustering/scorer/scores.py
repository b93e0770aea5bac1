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

_LITTLE_KNOWN = "fewer than half of the features are known"
_FAR = (
    "further from the centre of its segment than 99.5 % of the accounts that the segment was "
    "learned from"
)
_UNLIKELY = "less likely under the model than 99 % of the accounts that it was learned from"


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
            "reason": self._reasons(said, known_share),
            "known_share": known_share,
        }
        declared = [one.name for one in SCORES.columns if one.name != ACCOUNT_ID]
        return pd.DataFrame(
            {name: columns[name] for name in declared}, index=index.rename(ACCOUNT_ID)
        )

    def _reasons(self, said: "Said", known_share: Floats) -> "pd.arrays.ArrowStringArray":
        little_known = (self.segment >= 0) & (known_share < LEAST_KNOWN_SHARE)
        beyond = _FAR if said.by_distance else _UNLIKELY
        usual = ["", beyond, _LITTLE_KNOWN, f"{beyond}; {_LITTLE_KNOWN}", *said.withheld]
        code = self.novel + 2 * little_known
        code = np.where(self.segment < 0, said.withheld_code + 4, code)
        reasons, code = _with_odd(usual, code, said.odd)
        return texts_column(code - 1, reasons[1:])


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
    taken = pa.array(texts, type=pa.large_string()).take(indices)
    found: pd.arrays.ArrowStringArray = pd.array(
        taken, dtype=pd.StringDtype("pyarrow", na_value=np.nan)
    )
    return found
