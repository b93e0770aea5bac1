"""The scores of the last scoring, read back."""

from datetime import date
from pathlib import Path

import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError, breaches_message
from clustering.monitor.segments import Scored
from clustering.scorer import Scorer
from clustering.scorer.files import AS_OF
from clustering.tables.declared import Column
from clustering.tables.reading.ready import open_ready

_SEGMENT_ID = "segment_id"


def read_last(path: Path, scorer: Scorer, as_of: date) -> Scored:
    """Segments of the last scoring by account, as `clustering score` wrote them.

    Raises
    ------
    BadInputError
        The file cannot be read or lacks a column, accounts come twice, dates differ or do not lie
        before `as_of`, or the segments are of another model; all that can be told at once.
    """
    columns = [Column(ACCOUNT_ID, "id", ""), Column(_SEGMENT_ID, "text", "", required=False)]
    with open_ready(path) as table:
        table.require([ACCOUNT_ID, _SEGMENT_ID, AS_OF])
        typed = table.typed([*columns, Column(AS_OF, "date", "")])
    frame = typed.frame
    breaches = [*typed.breaches, *_breaches(frame, scorer, as_of)]
    if breaches:
        raise BadInputError(
            breaches_message(f"'{path}' cannot serve as the last scoring", breaches)
        )
    segments = frame.set_index(ACCOUNT_ID)[_SEGMENT_ID]
    return Scored(frame[AS_OF].iloc[0].date(), segments)


def _breaches(frame: pd.DataFrame, scorer: Scorer, as_of: date) -> list[str]:
    breaches = []
    if frame.empty:
        return ["it has no rows."]
    ids = frame[ACCOUNT_ID].dropna()
    if ids.duplicated().any():
        twice = ids[ids.duplicated()]
        breaches.append(
            f"account_id comes more than once in {len(twice)} rows; first: {twice.iloc[0]}. Keep "
            "the rows of one date."
        )
    days = frame[AS_OF].dropna().dt.date.unique()
    if len(days) > 1:
        breaches.append(f"as_of: expected one date, found {len(days)}. Keep the rows of one date.")
    if any(day >= as_of for day in days):
        breaches.append(f"as_of: expected a date before {as_of}, found {max(days)}.")
    foreign = sorted(set(frame[_SEGMENT_ID].dropna()) - set(scorer.segment_ids))
    if foreign:
        breaches.append(
            f"segment_id: {', '.join(foreign[:3])} are no segments of this model; the scores are "
            "of another one."
        )
    return breaches
