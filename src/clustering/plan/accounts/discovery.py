"""Whom to interview next, to learn what accounts need: each with a hypothesis to be refuted.

Segments follow from the outcome that a customer requires and the experience that is appropriate to
it, which only customers can tell (Murphy). The list names for every segment its medoids (what is
typical of it), its boundary cases (what tells it from its neighbour) and its misfits (what it
misses). It is a list of questions; no answer is in it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Floats
from clustering.columns import ACCOUNT_ID, ARR, NAME
from clustering.features.types import Snapshot
from clustering.matrix import FeatureMatrix
from clustering.models.types import Clustering
from clustering.profiles import Profiles
from clustering.profiles.unlike import Unlike
from clustering.schema import TableSpec
from clustering.schema import column as _c
from clustering.schemes import Axes
from clustering.scorer.files import guard_cells
from clustering.wording import share_in_words

#: Accounts of each kind in a segment.
N_EACH = 3
#: A boundary case leads its second segment by less; beyond it an account is no boundary case.
_WIDEST_MARGIN = 0.5
#: A misfit lies further from its centre than this share of its segment.
_MISFIT_QUANTILE = 0.95

_GUIDANCE = {
    "guidance_strategy": "strategy and organisation",
    "guidance_execution": "execution",
    "guidance_first_steps": "first steps",
}

DISCOVERY = TableSpec(
    "discovery",
    "Accounts to interview, with a hypothesis each. `discovery.csv` (UTF-8 with a byte order "
    "mark) and `discovery.xlsx` are the same list for people, with names; both stay local.",
    (
        _c("segment", "integer", "Segment number."),
        _c("segment_name", "text", "Segment name."),
        _c("kind", "text", "medoid, boundary or misfit."),
        _c("rank", "integer", "From 1, within segment and kind."),
        _c("account_id", "text", "Key."),
        _c("arr", "number", "ARR.", nullable=True),
        _c("probability", "number", "Probability of the segment, given the model."),
        _c("runner_up", "text", "The second most probable segment.", nullable=True),
        _c("distance", "number", "Distance to the mean of the segment in the matrix."),
        _c("hypothesis", "text", "What the interview may refute."),
        _c("question", "text", "What to ask."),
    ),
    optional=True,
)


def discovery_list(
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    chosen: Clustering,
    profiles: Profiles,
    scores: pd.DataFrame,
    axes: Axes,
) -> pd.DataFrame:
    """Choose the accounts to interview in every segment.

    The *medoids* are the members with the least sum of squared distances to the others, which are
    those nearest to the mean of the members. *Boundary cases* have the least margin over their
    second segment, below 0.5; there may be none. *Misfits* lie furthest from the centre, beyond the
    95 % quantile of their segment. An account is listed once, under the first kind that it is of.

    Parameters
    ----------
    scores : indexed by `account_id`, with `probability`, `runner_up` and `margin`
    axes : what kind of guidance an account draws

    Returns
    -------
    DataFrame
        The columns of `DISCOVERY`; names of accounts are not in it.

    References
    ----------
    Murphy (Appropriate Experience; discovery by interviews).
    """
    known = scores.reindex(pd.Index(matrix.account_ids))
    arr = snapshot.attributes.get(ARR, pd.Series(np.nan, index=known.index)).reindex(known.index)
    guidance = _guidance(axes, known.index)
    unlike = Unlike.of(snapshot, matrix)
    rows: list[dict[str, object]] = []
    for profile in profiles.segments:
        members = np.flatnonzero(chosen.labels == profile.segment)
        values = matrix.values[members]
        distance = np.sqrt(((values - values.mean(axis=0)) ** 2).sum(axis=1))
        margin = known["margin"].to_numpy(dtype=float)[members]
        for kind, rank, place in _pick(distance, margin, np.array(matrix.account_ids)[members]):
            row = known.iloc[members[place]]
            match kind:
                case "medoid":
                    hypothesis, question = _of_medoid(profile.name, guidance.iloc[members])
                case "boundary":
                    hypothesis, question = _of_boundary(profile.name, row)
                case _:
                    words = unlike.words(members, int(members[place]))
                    hypothesis, question = _of_misfit(profile.name, words)
            rows.append(
                {
                    "segment": profile.segment,
                    "segment_name": profile.name,
                    "kind": kind,
                    "rank": rank,
                    ACCOUNT_ID: matrix.account_ids[members[place]],
                    ARR: arr.iloc[members[place]],
                    "probability": row["probability"],
                    "runner_up": row["runner_up"] if len(profiles.segments) > 1 else None,
                    "distance": distance[place],
                    "hypothesis": hypothesis,
                    "question": question,
                }
            )
    return DISCOVERY.from_rows(rows)


def discovery_sheet(table: pd.DataFrame, attributes: pd.DataFrame) -> pd.DataFrame:
    """The list as a CSM reads it: with names, and without what a spreadsheet would run.

    Parameters
    ----------
    table : as `discovery_list` gives it
    attributes : indexed by `account_id`; `name`, `csm`, `region` and `industry` where they exist

    Returns
    -------
    DataFrame
        One row an account to interview, with columns for the answer and who took it down.

    Examples
    --------
    >>> from clustering.plan.accounts.discovery import discovery_sheet
    >>> list_ = pd.DataFrame({"segment_name": ["a"], "kind": ["medoid"], "account_id": ["-1"],
    ...     "arr": [1.0], "hypothesis": ["h"], "question": ["q"]})
    >>> names = pd.DataFrame({"name": ["=cmd()"]}, index=["-1"])
    >>> discovery_sheet(list_, names)[["account_id", "name"]].values.tolist()
    [["'-1", "'=cmd()"]]
    """
    sheet = table[["segment_name", "kind", ACCOUNT_ID]].copy()
    for name in (NAME, "csm", "region", "industry"):
        if name in attributes:
            sheet[name] = attributes[name].reindex(table[ACCOUNT_ID]).to_numpy()
    texts = ["hypothesis", "question"]
    sheet = sheet.assign(arr=table[ARR].round(0), **{name: table[name] for name in texts})
    sheet[["answer", "asked_by", "asked_on"]] = ""
    # A line break or tab inside a cell can start a new cell, and with it a formula.
    for column in sheet.select_dtypes(exclude="number"):
        tidy = sheet[column].map(lambda cell: " ".join(str(cell).split()), na_action="ignore")
        sheet[column] = tidy.astype("str")
    return guard_cells(sheet)


def _pick(
    distance: Floats, margin: Floats, ids: NDArray[np.str_]
) -> Iterator[tuple[str, int, int]]:
    """Kind, rank and place of the chosen members; ties go to the smaller id."""
    taken: set[int] = set()
    furthest = np.quantile(distance, _MISFIT_QUANTILE)
    for kind, key, eligible in (
        ("medoid", distance, np.full(len(ids), True)),
        ("boundary", margin, margin < _WIDEST_MARGIN),
        ("misfit", -distance, distance > furthest),
    ):
        order = [int(place) for place in np.lexsort((ids, np.round(key, 9))) if eligible[place]]
        found = [place for place in order if place not in taken][:N_EACH]
        taken.update(found)
        yield from ((kind, rank, place) for rank, place in enumerate(found, start=1))


def _guidance(axes: Axes, ids: "pd.Index[str]") -> "pd.Series[str]":
    """The kind of guidance that each account draws most; missing where it is not known."""
    frame = axes.frame.reindex(ids)[list(_GUIDANCE)]
    known = frame.notna().all(axis=1)
    most = frame[known].idxmax(axis=1).map(_GUIDANCE)
    return most.reindex(ids)


def _of_medoid(segment: str, guidance: "pd.Series[str]") -> tuple[str, str]:
    counts = guidance.value_counts()
    need = "the records do not say which: its accounts draw different guidance, or none is recorded"
    if len(counts) and 2 * counts.iloc[0] > counts.sum():
        need = (
            f"going by the records it is guidance in {counts.index[0]}, which {counts.iloc[0]:,} "
            f"of {counts.sum():,} accounts draw most"
        )
    return (
        f"Stands for '{segment}': if these accounts have one need, this one has it too; {need}.",
        "What did you want to reach when you began, which help towards it did you expect, and what "
        "is missing today?",
    )


def _of_boundary(segment: str, row: "pd.Series[Any]") -> tuple[str, str]:
    first, second = float(row["probability"]), float(row["probability"] - row["margin"])
    return (
        f"Is between '{segment}' ({share_in_words(first)}) "
        f"and '{row['runner_up']}' ({share_in_words(second)}): if the two "
        "need different care, this account can say what parts them.",
        "Which help do you use, which would you miss first, and has that changed in the last year?",
    )


def _of_misfit(segment: str, unlike: list[str]) -> tuple[str, str]:
    words = "; ".join(unlike) or "a little of everything"
    return (
        f"Is counted to '{segment}' and unlike it: {words}. Either it has a need that no segment "
        "names, or something was recorded wrongly.",
        "Is what we recorded true, and what do you need that others like you do not?",
    )
