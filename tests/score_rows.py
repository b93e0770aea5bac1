"""Scores to keep, and a way to keep them, for the tests of stores."""

from collections.abc import Sequence
from datetime import date
from multiprocessing.synchronize import Event
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from clustering.movement.track.hysteresis import Rule
from clustering.stores.address import open_store
from clustering.stores.history import hold
from clustering.stores.rows import Run, as_rows
from clustering.stores.store import ScoreStore

__all__ = ["IDS", "files_below", "keep", "run_of", "scores_of", "write_for_ever", "write_rows"]

IDS = ("S-one", "S-two")


def run_of(day: str, version: str = "abc") -> Run:
    return Run(date.fromisoformat(day), version)


def scores_of(segments: dict[str, int | None], probability: float = 0.8) -> pd.DataFrame:
    """Scores of a few accounts, by the number of their segment."""
    number = pd.Series(segments, dtype="Int64").rename_axis("account_id")
    return pd.DataFrame(
        {
            "segment": number,
            "segment_id": number.map(lambda one: IDS[one], na_action="ignore").astype("str"),
            "probability": number.notna().where(number.notna()).astype("Float64") * probability,
            "novel": False,
        }
    )


def keep(
    store: ScoreStore,
    run: Run,
    segments: dict[str, int | None],
    *,
    schemes: Sequence[str] = (),
    ids: Sequence[str] = IDS,
) -> pd.DataFrame:
    """Write the scores of a run; give what is held."""
    scores = scores_of(segments)
    with store.draft(run) as draft:
        held = hold(scores, draft.history, ids, Rule(2))
        rows = scores.join(held.drop(columns="held")).assign(**dict.fromkeys(schemes, "x"))
        pq.write_table(as_rows(rows, run, draft.schema(schemes)), draft.file)
    return held


def write_rows(address: str, rows: Path, run: Run) -> None:
    """Write rows that stand in a file already."""
    store = open_store(address, table="account_scores", patience_s=20.0)
    with store.draft(run) as draft:
        pq.write_table(pq.read_table(rows, columns=draft.schema().names), draft.file)


def write_for_ever(address: str, rows: Path, run: Run, begun: Event, done: Event) -> None:
    """The same again and again, in a process that is killed."""
    begun.set()
    while True:
        write_rows(address, rows, run)
        done.set()


def files_below(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
