"""Small studies of contracts written by hand: tables as CSV, opened by the public functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

import clustering
from clustering.config import StudyConfig
from clustering.features.types import Horizon, Snapshot
from clustering.schemes.bands import cut, cut_points
from clustering.schemes.families.tiers import SIZE_LEVELS

__all__ = ["Told", "tell", "write_tables"]

#: Account, first day, end as the source has it ("": open), yearly amount.
Line = tuple[str, str, str, float]


@dataclass(frozen=True, eq=False)
class Told:
    """What the product says of a book.

    Attributes
    ----------
    accounts : by account: `arr`, `tier`, and the outcomes (None where missing)
    arr, nrr, grr : of the book; retention over the accounts at risk
    notes : of the tables, the snapshot and the horizon
    """

    accounts: pd.DataFrame
    arr: float
    nrr: float | None
    grr: float | None
    notes: tuple[str, ...]

    def of(self, account: str) -> tuple[Any, ...]:
        """ARR, tier, churned, NRR and GRR of one account."""
        row = self.accounts.loc[account, ["arr", "tier", "churned", "nrr", "grr"]]
        return tuple(None if pd.isna(value) else value for value in row)

    def said(self, words: str) -> str:
        """The one note that holds these words."""
        (note,) = [note for note in self.notes if words in note]
        return note


def write_tables(
    folder: Path,
    lines: Sequence[Line],
    *,
    used: tuple[str, str],
    accounts: Mapping[str, str] | None = None,
) -> Path:
    """Write accounts (started 2020-01-01; `accounts` gives ended_on), weekly usage and contracts.

    Parameters
    ----------
    lines : contract lines; None of them: no table
    used : first and last day of the usage, which every account has
    accounts : further accounts, and when they ended ("": not)
    """
    ended = {**{line[0]: "" for line in lines}, **(accounts or {})}
    rows = [f"{name},2020-01-01,{end}" for name, end in ended.items()]
    _write(folder / "accounts.csv", "account_id,started_on,ended_on", rows)
    first, last = (date.fromisoformat(day) for day in used)
    days = [first + timedelta(days=n) for n in range(0, (last - first).days, 7)] + [last]
    rows = [f"{name},{day},dashboard,3" for name in ended for day in days]
    _write(folder / "usage.csv", "account_id,used_on,feature,events", rows)
    rows = [",".join(map(str, line)) for line in lines]
    _write(folder / "subscriptions.csv", "account_id,started_on,ended_on,arr", rows)
    return folder


def _write(file: Path, header: str, rows: Sequence[str]) -> None:
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def tell(folder: Path, as_of: str, days: int = 365, **settings: Any) -> Told:
    """Open the tables of a folder and tell what became of the accounts."""
    config = StudyConfig.model_validate(
        {
            "name": "book",
            "as_of": as_of,
            "horizon_days": days,
            "source": {"folder": folder, **settings.pop("source", {})},
            "schemes": {"arr_tiers": {"midmarket_from": 10_000, "enterprise_from": 100_000}},
            **settings,
        }
    )
    with clustering.open_tables(config) as tables:
        snapshot = clustering.build_snapshot(tables, config.as_of, config.features)
        horizon = clustering.build_horizon(tables, config.as_of, config.horizon_days)
        notes = (*tables.notes, *snapshot.notes, *horizon.notes)
    return _told(snapshot, horizon, config, notes)


def _told(
    snapshot: Snapshot, horizon: Horizon, config: StudyConfig, notes: tuple[str, ...]
) -> Told:
    arr = snapshot.attributes["arr"]
    # The bands alone: as a scheme to compare with, tiers of one level are left out.
    tiers = config.schemes.arr_tiers
    given = (tiers.midmarket_from, tiers.enterprise_from)
    points = cut_points("arr_tiers", arr, "ARR", given, tiers.quantiles)
    frame = horizon.frame
    base = arr[frame["nrr"].notna()]
    retention = [
        None if base.empty else float((base * frame[name]).sum() / base.sum())
        for name in ("nrr", "grr")
    ]
    return Told(
        accounts=frame.assign(arr=arr, tier=cut(arr, points, SIZE_LEVELS).astype(object)),
        arr=float(arr.sum()),
        nrr=retention[0],
        grr=retention[1],
        notes=notes,
    )
