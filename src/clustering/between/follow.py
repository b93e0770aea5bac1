"""Where the accounts of one study are in another, and what became of its segments.

Both studies say themselves where an account is, each on its own date. Which segment goes on in
which is told from the accounts of both (`movement.drift.fates`), not from names or ids: studies
that do not know of each other give other ids to the same segment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clustering.arrays import Ints
from clustering.between.entries import ACCOUNTS, Followed, SegmentChange
from clustering.columns import ACCOUNT_ID
from clustering.comparison.agreement.indices import adjusted_mutual_information
from clustering.models.labels import contingency
from clustering.movement.drift.fates import Fate, fates
from clustering.results import StudyFolder
from clustering.results.document import SegmentEntry

COME, GONE, MOVED = "come", "gone", "moved"
#: What became of an account whose segment did not go on, by the fate of that segment.
_RECUT = {"split": "split", "absorbed": "absorbed", "gone": "gone segment"}
_STAYED = ""


@dataclass(frozen=True, eq=False)
class FollowedAccounts:
    """The accounts and segments of two studies, and the table `ACCOUNTS`."""

    entry: Followed
    segments: tuple[SegmentChange, ...]
    accounts: pd.DataFrame


def follow(first: StudyFolder, second: StudyFolder) -> FollowedAccounts:
    """Follow every account, and every segment by its accounts."""
    frame = _side_by_side(first, second)
    both = frame[frame["is_in_first"] & frame["is_in_second"]]
    then, now = (both[f"number_{side}"].to_numpy(np.int64) for side in ("first", "second"))
    sides = first.document.segments, second.document.segments
    found = fates(then, now, len(sides[0]), len(sides[1])) if len(both) else ()
    frame["what"] = _what(frame, found)
    frame["amount"] = frame["amount_second"].fillna(frame["amount_first"])
    return FollowedAccounts(
        _entry(frame, _agreement(then, now)), _segments(found, sides), _table(frame, first, second)
    )


def _side_by_side(first: StudyFolder, second: StudyFolder) -> pd.DataFrame:
    """One row an account of either study."""
    frames = [_of(study, side) for study, side in ((first, "first"), (second, "second"))]
    frame = frames[0].join(frames[1], how="outer").sort_index()
    for side in ("first", "second"):
        frame[f"is_in_{side}"] = frame[f"number_{side}"].notna()
    return frame


def _of(study: StudyFolder, side: str) -> pd.DataFrame:
    accounts = study.accounts
    return pd.DataFrame(
        {
            f"number_{side}": accounts["segment"].to_numpy("float64"),
            f"segment_{side}": accounts["segment_name"].astype(object).to_numpy(),
            f"amount_{side}": accounts["arr"].to_numpy("float64"),
            f"probability_{side}": accounts["probability"].to_numpy("float64"),
        },
        index=pd.Index(accounts[ACCOUNT_ID].astype("str"), name=ACCOUNT_ID),
    )


def _what(frame: pd.DataFrame, found: Sequence[Fate]) -> "pd.Series[str]":
    """What became of every account; empty where it is in the segment that goes on from its own."""
    goes_on = {fate.into[0]: fate.segment for fate in found if fate.kind == "kept"}
    kinds = {fate.segment: fate.kind for fate in found if fate.side == "first"}
    told = []
    for then, now in zip(frame["number_first"], frame["number_second"], strict=True):
        if np.isnan(then) or np.isnan(now):
            told.append(COME if np.isnan(then) else GONE)
        elif goes_on.get(int(then)) == int(now):
            told.append(_STAYED)
        else:
            told.append(_RECUT.get(kinds[int(then)], MOVED))
    return pd.Series(told, index=frame.index, dtype="str")


def _agreement(then: Ints, now: Ints) -> float | None:
    table = contingency(then, now)
    if min(table.shape) < 2:
        return None
    return float(adjusted_mutual_information(table))


def _entry(frame: pd.DataFrame, ami: float | None) -> Followed:
    what = frame["what"]
    recut = what.isin(_RECUT.values())

    def amount(chosen: "pd.Series[bool]") -> float | None:
        amounts = frame.loc[chosen, "amount"]
        known = frame["amount"].notna().any()
        return float(amounts.sum()) if known else None

    return Followed(
        n_both=int((frame["is_in_first"] & frame["is_in_second"]).sum()),
        n_come=int((what == COME).sum()),
        n_gone=int((what == GONE).sum()),
        n_stayed=int((what == _STAYED).sum()),
        n_moved=int((what == MOVED).sum()),
        n_recut=int(recut.sum()),
        amount_come=amount(what == COME),
        amount_gone=amount(what == GONE),
        amount_moved=amount(what == MOVED),
        amount_recut=amount(recut),
        ami=ami,
    )


def _segments(
    found: Sequence[Fate], sides: tuple[Sequence[SegmentEntry], Sequence[SegmentEntry]]
) -> tuple[SegmentChange, ...]:
    """Every segment of the first study, and every new one."""
    changes = []
    for fate in found:
        own, other = sides if fate.side == "first" else sides[::-1]
        if fate.kind == "kept":
            continue
        segment = own[fate.segment]
        changes.append(
            SegmentChange(
                name=segment.name,
                segment_id=segment.segment_id,
                fate=fate.kind,
                n_accounts=fate.n_accounts,
                others=[other[number].name for number in fate.into],
                share=fate.overlap,
            )
        )
    return tuple(changes)


def _table(frame: pd.DataFrame, first: StudyFolder, second: StudyFolder) -> pd.DataFrame:
    changed = frame[frame["what"] != _STAYED].copy()
    names: dict[str, Any] = {**first.names.dropna(), **second.names.dropna()}
    changed["name"] = [names.get(str(one)) for one in changed.index]
    order = changed.sort_values("amount", ascending=False, kind="stable", na_position="last")
    return ACCOUNTS.of(order.reset_index())
