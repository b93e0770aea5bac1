"""Setting and clearing overrides: one decision at a time, checked against all others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.config import ReadingConfig
from clustering.errors import BadInputError, breaches_message
from clustering.movement.overrides.active import in_todays_words, override_breaches
from clustering.movement.overrides.file import changed_file, read_rows, typed, write_rows
from clustering.scorer.files import FORMULA_STARTS
from clustering.scorer.segment_ids import SegmentNames


@dataclass(frozen=True)
class Decision:
    """What a person decided about one account."""

    account_id: str
    segment: str
    decided_by: str
    reason: str
    decided_on: date
    valid_until: date

    def frame(self) -> pd.DataFrame:
        """One row, as `read_overrides` gives them."""
        return typed(pd.DataFrame([vars(self)]))


@dataclass(frozen=True)
class Cleared:
    """What `clear_override` did: decisions that were ended early, and those that never began."""

    ended: int
    removed: int


def set_override(
    file: Path,
    decision: Decision,
    *,
    accounts: Collection[str],
    segments: SegmentNames,
    reading: ReadingConfig | None = None,
) -> int:
    """Add a decision to the file; everything that is in it stays.

    Parameters
    ----------
    file : .csv or .parquet; made where it does not exist
    accounts, segments : of the study that the decision is about
    reading : what the cells of the file mean in that study (None: the defaults)

    Returns
    -------
    How many decisions the file holds now.

    Raises
    ------
    BadInputError
        The decision speaks of an unknown account or segment, is incomplete, has its dates out of
        order or overlaps with another one on the account; every breach at once.
    OutputError
        The file cannot be written; it is as it was.
    """
    breaches = _text_breaches(decision)
    new = decision.frame()
    today = in_todays_words(new, segments)
    breaches += override_breaches(today, accounts=accounts, segments=segments)
    with changed_file(file):
        rows, known = read_rows(file, reading)
        known = known[known[ACCOUNT_ID] == decision.account_id]
        if decision.decided_on <= decision.valid_until:
            breaches += override_breaches(pd.concat([known, new], ignore_index=True))
        if breaches:
            subject = f"the override of account '{decision.account_id}' was not set"
            raise BadInputError(breaches_message(subject, list(dict.fromkeys(breaches))))
        rows = rows.add(vars(decision))
        write_rows(rows, file)
    return rows.n_rows


def _text_breaches(decision: Decision) -> list[str]:
    breaches = []
    for name in ("decided_by", "reason"):
        text = str(getattr(decision, name))
        if not text.strip():
            breaches.append(f"{name} is empty: say who decided and why.")
        elif text.startswith(FORMULA_STARTS):  # people open this file in a spreadsheet
            breaches.append(
                f"{name} begins with '{text[0]}', which a spreadsheet would run as a formula."
            )
    return breaches


def clear_override(
    file: Path, account: str, on: date, reading: ReadingConfig | None = None
) -> Cleared:
    """End what was decided about an account, from a date on.

    A decision that holds on that date ends the day before, and stays in the file as a record; one
    that would begin on it or later is taken out. Decisions that have ended already are not touched.

    Raises
    ------
    BadInputError
        Nothing holds on that date or later; or the file cannot be read.
    OutputError
        The file cannot be written; it is as it was.
    """
    with changed_file(file):
        rows, frame = read_rows(file, reading)
        open_ = (frame[ACCOUNT_ID] == account) & (frame["valid_until"] >= pd.Timestamp(on))
        if not open_.any():
            raise BadInputError(
                f"there is no override on account '{account}' that holds on {on} or later in "
                f"'{file}'. See: clustering override list"
            )
        future = open_ & (frame["decided_on"] >= pd.Timestamp(on))
        ends = open_ & ~future
        last = on - timedelta(days=1)
        ended = rows.end(
            ends.to_numpy().nonzero()[0],
            "valid_until",
            last,
            drop=future.to_numpy().nonzero()[0],
        )
        write_rows(ended, file)
    return Cleared(int(ends.sum()), int(future.sum()))
