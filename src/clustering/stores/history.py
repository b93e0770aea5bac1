"""What accounts held on the dates before, from rows that a store has kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from clustering.arrays import Floats, Ints
from clustering.columns import ACCOUNT_ID
from clustering.movement.track.hysteresis import ABSENT, UNKNOWN, Held, Rule
from clustering.stores.rows import AS_OF, MODEL_VERSION, Run
from clustering.tables.session import quoted_text

#: An account that was on none of so many dates before begins anew: who was left out of an extract
#: for a few nights still holds its segment, who left and came back does not.
DATES_BEFORE = 7

_STATE = ("held_segment_id", "waiting_segment_id", "waiting_dates")

#: What a history is told from.
HISTORY_COLUMNS = (ACCOUNT_ID, AS_OF, MODEL_VERSION, *_STATE)


@dataclass(frozen=True, eq=False)
class History:
    """The last state of every account before a date.

    Attributes
    ----------
    file : Parquet file of `latest_states`; None where there is no date before
    """

    file: Path | None = None

    def states(self, accounts: Sequence[str], segment_ids: Sequence[str]) -> Held:
        """The state of some accounts, in their order, by the number of the segment.

        A segment that the model no longer has is not held any more.
        """
        if self.file is None:
            return Held.nothing(len(accounts))
        asked = pa.table({"row": np.arange(len(accounts)), ACCOUNT_ID: pa.array(accounts)})
        with duckdb.connect(config={"python_enable_replacements": False}) as connection:
            connection.register("asked", asked)
            found = connection.sql(
                f"SELECT asked.row, {', '.join(_STATE)} FROM asked JOIN "
                f"read_parquet({quoted_text(str(self.file))}) USING ({ACCOUNT_ID})"
            ).df()
        number = pd.Series(range(len(segment_ids)), index=list(segment_ids))
        rows = found["row"].to_numpy()
        held, waiting = (number.reindex(found[name]).to_numpy(np.float64) for name in _STATE[:2])
        dates = np.where(np.isnan(waiting), 0, found[_STATE[2]])
        n = len(accounts)
        return Held(
            _filled(n, ABSENT, rows, np.nan_to_num(held, nan=UNKNOWN)),
            _filled(n, ABSENT, rows, np.nan_to_num(waiting, nan=ABSENT)),
            _filled(n, 0, rows, dates),
        )


def _filled(n: int, otherwise: int, rows: Ints, values: Floats) -> Ints:
    filled = np.full(n, otherwise, np.int64)
    filled[rows] = values
    return filled


def latest_states(rows: str, run: Run) -> str:
    """SQL of the last row of every account before the date of a run.

    Where a date was scored by several models, what the run's own said comes first.

    Parameters
    ----------
    rows : SQL of rows with `HISTORY_COLUMNS`, all before the date
    """
    last = f"({AS_OF}, {MODEL_VERSION} = {quoted_text(run.model_version)}, {MODEL_VERSION})"
    columns = ", ".join(f"arg_max_null({name}, {last}) AS {name}" for name in _STATE)
    return f"SELECT {ACCOUNT_ID}, {columns} FROM ({rows}) GROUP BY {ACCOUNT_ID}"


def dates_before(rows: str, run: Run) -> str:
    """SQL of the last dates before that of a run.

    Parameters
    ----------
    rows : SQL of a table with a column `as_of`
    """
    return (
        f"SELECT DISTINCT {AS_OF} FROM {rows} WHERE {AS_OF} < DATE '{run.as_of}' "
        f"ORDER BY {AS_OF} DESC LIMIT {DATES_BEFORE}"
    )


def hold(
    scores: pd.DataFrame, history: History, segment_ids: Sequence[str], rule: Rule
) -> pd.DataFrame:
    """What every account holds when today's scores are added to its history.

    Parameters
    ----------
    scores : by account, with `segment` and `probability`
    segment_ids : of the model, by the number of the segment

    Returns
    -------
    DataFrame
        Indexed like `scores`: `held` (number of the segment, null without one) and the columns
        that a history is told from.
    """
    labels = scores["segment"].fillna(UNKNOWN).to_numpy(np.int64)
    probability = scores["probability"].fillna(0.0).to_numpy(np.float64)
    before = history.states(list(scores.index), segment_ids)
    now = before.after(labels, probability, rule)
    ids = pd.Series(list(segment_ids), dtype="str")
    return pd.DataFrame(
        {
            "held": pd.Series(now.segment, index=scores.index)
            .where(now.segment >= 0)
            .astype("Int64"),
            _STATE[0]: ids.reindex(now.segment).to_numpy(),
            _STATE[1]: ids.reindex(now.waiting).to_numpy(),
            _STATE[2]: now.dates,
        },
        index=scores.index,
    )
