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
from clustering.tables.session import LEAN_LIMIT, Session, quoted_text

#: An account that was on none of so many dates before begins anew: who was left out of an extract
#: for a few nights still holds its segment, who left and came back does not.
DATES_BEFORE = 7

_STATE = ("held_segment_id", "waiting_segment_id", "waiting_dates")

#: What a history is told from.
HISTORY_COLUMNS = (ACCOUNT_ID, AS_OF, MODEL_VERSION, *_STATE)


@dataclass(frozen=True, eq=False)
class History:
    """Rows of the last dates before a run.

    Attributes
    ----------
    run : whose history it is
    file : Parquet file of the rows, with `HISTORY_COLUMNS`; None where there is no date before
    """

    run: Run
    file: Path | None = None

    def states(self, accounts: Sequence[str], segment_ids: Sequence[str]) -> Held:
        """The last state of some accounts, in their order, by the number of the segment.

        A segment that the model no longer has is not held any more. Where a date was scored by
        several models, what the run's own said comes first.
        """
        if self.file is None or not accounts:
            return Held.nothing(len(accounts))
        asked = pa.table({"row": np.arange(len(accounts)), ACCOUNT_ID: pa.array(accounts)})
        own = quoted_text(self.run.model_version)
        last = f"({AS_OF}, {MODEL_VERSION} = {own}, {MODEL_VERSION})"
        with duckdb.connect(config={"memory_limit": LEAN_LIMIT}) as connection:
            connection.register("asked", asked)
            # Of the asked accounts alone: the last rows of all of them at once take much memory.
            found = connection.sql(
                f"SELECT row, state.* FROM (SELECT row, arg_max(struct_pack({', '.join(_STATE)}), "
                f"{last}) AS state FROM read_parquet({quoted_text(str(self.file))}) "
                f"JOIN asked USING ({ACCOUNT_ID}) GROUP BY row)"
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


def keep_history(session: Session, rows: str, run: Run, place: Path) -> History:
    """Copy rows of a store to where they can be asked for while it is not held open.

    Parameters
    ----------
    rows : SQL of rows with `HISTORY_COLUMNS`, all before the date of the run
    place : a folder that lasts as long as the run
    """
    file = place / "history.partial"
    session.execute(f"COPY ({rows}) TO {quoted_text(str(file))} (FORMAT parquet)")
    return History(run, file)


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
