"""The table of scores: numbers while they are computed, names and reasons at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import pyarrow as pa

from clustering.arrays import Flags, Floats, Ints
from clustering.columns import ACCOUNT_ID
from clustering.models.model import Assignment

#: An account with a smaller share of known features is scored, and flagged as little known.
LEAST_KNOWN_SHARE = 0.5

_UNKNOWN = "none of the features is known: no segment"
_LITTLE_KNOWN = "fewer than half of the features are known"
_FAR = (
    "further from the centre of its segment than 99.5 % of the accounts that the segment was "
    "learned from"
)
_UNLIKELY = "less likely under the model than 99 % of the accounts that it was learned from"


@dataclass(frozen=True, eq=False)
class Scores:
    """The columns of the result, as numbers.

    Attributes
    ----------
    segment, runner_up : int64 arrays of shape (n,); -1 where there is none
    probability, margin, known_share : float64 arrays of shape (n,)
    novel : bool array of shape (n,)
    """

    segment: Ints
    runner_up: Ints
    probability: Floats
    margin: Floats
    novel: Flags
    known_share: Floats

    @classmethod
    def of(cls, assignment: Assignment, novel: Flags, known_share: Floats) -> "Scores":
        """The scores of some rows; one of which nothing is known has none."""
        known = known_share > 0
        return cls(
            segment=np.where(known, assignment.labels, -1),
            runner_up=np.where(known, assignment.runner_up, -1),
            probability=np.where(known, assignment.probability, np.nan),
            margin=np.where(known, assignment.margin, np.nan),
            novel=known & novel,
            known_share=known_share,
        )

    @classmethod
    def joined(cls, pieces: Sequence["Scores"]) -> "Scores":
        """All rows, piece after piece."""
        columns = (column.name for column in fields(cls))
        return cls(*(np.concatenate([getattr(one, name) for one in pieces]) for name in columns))

    def frame(
        self,
        index: pd.Index,
        names: Sequence[str],
        odd: Mapping[int, str],
        *,
        ids: Sequence[str],
        by_distance: bool,
    ) -> pd.DataFrame:
        """Columns as `Scorer.score_features` describes them, with names and reasons.

        Parameters
        ----------
        index : account ids
        names : of the segments
        odd : what is odd in the values of a row (`oddities.reasons_by_row`)
        ids : of the segments
        by_distance : whether novelty is one of distance (k-means), not of density
        """
        unknown = self.segment < 0
        segment = pd.array(self.segment, dtype="Int64")
        segment[unknown] = pd.NA
        little_known = ~unknown & (self.known_share < LEAST_KNOWN_SHARE)
        beyond = _FAR if by_distance else _UNLIKELY
        usual = ["", beyond, _LITTLE_KNOWN, f"{beyond}; {_LITTLE_KNOWN}", _UNKNOWN]
        code = self.novel + 2 * little_known
        code[unknown] = len(usual) - 1
        reasons, code = _with_odd(usual, code, odd)
        novel = self.novel.copy()
        novel[list(odd)] = True
        return pd.DataFrame(
            {
                "segment": segment,
                "segment_id": _texts(self.segment, ids),
                "segment_name": _texts(self.segment, names),
                "probability": self.probability,
                "runner_up": _texts(self.runner_up, names),
                "margin": self.margin,
                "novel": novel,
                "reason": _texts(code - 1, reasons[1:]),
                "known_share": self.known_share,
            },
            index=index.rename(ACCOUNT_ID),
        )


def _with_odd(usual: Sequence[str], code: Ints, odd: Mapping[int, str]) -> tuple[list[str], Ints]:
    """Reasons and their number by row, with a reason of its own for every row of `odd`."""
    reasons, code = list(usual), code.copy()
    for row, text in odd.items():
        reasons.append("; ".join(filter(None, (text, usual[code[row]]))))
        code[row] = len(reasons) - 1
    return reasons, code


def _texts(codes: Ints, texts: Sequence[str]) -> "pd.arrays.ArrowStringArray":
    """Text column of `texts[code]`, null for negative codes, without a Python object per row."""
    indices = pa.array(codes, mask=codes < 0)
    column = pa.array(texts, type=pa.large_string()).take(indices)
    texts_column: pd.arrays.ArrowStringArray = pd.array(
        column, dtype=pd.StringDtype("pyarrow", na_value=np.nan)
    )
    return texts_column
