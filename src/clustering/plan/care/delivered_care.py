"""What the tables say of the trailing window: hours delivered, feedback given, sales closed.

Every number starts from the visible frames, so nothing after the as-of date enters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.features.as_of import Tables, visible_frame
from clustering.features.engines import collect_by_account, column_names, first_and_last
from clustering.features.measures import FIXED_POINT, fixed_point

#: Scores of a promoter, as the net promoter score has it.
_PROMOTER_FROM = 9.0


@dataclass(frozen=True, eq=False)
class Trailing:
    """Numbers of the trailing window.

    Attributes
    ----------
    frame : indexed like the accounts, float64: `exposure_days` (days of the window in which the
        account could be seen), `delivered_hours_per_year`, `answers_per_year` (survey answers and
        scored tickets), `nps_answers`, `nps_promoters` (answers, and those of 9 or 10),
        `sales_closed` and `sales_cycle_days` (growth opportunities closed in the window and the
        sum of their days from opened to closed); missing where a table is
    not_computed : for each number that the tables do not allow, which would
    notes : what limits the window
    """

    frame: pd.DataFrame
    not_computed: Mapping[str, str]
    notes: tuple[str, ...] = ()


def trailing(
    tables: Tables, started_on: "pd.Series[Any]", as_of: date, window_days: int
) -> Trailing:
    """Measure the window `(as_of - window_days, as_of]`.

    Parameters
    ----------
    tables : the source tables
    started_on : start of every account, indexed by id; younger accounts were seen for fewer days
    as_of, window_days : of the window
    """
    start = as_of - timedelta(days=window_days)
    tenure = (pd.Timestamp(as_of) - pd.to_datetime(started_on)).dt.days.astype("float64")
    frame = pd.DataFrame({"exposure_days": tenure.clip(1.0, float(window_days))})
    absent: dict[str, str] = {}
    notes: list[str] = []
    _hours(tables, as_of, start, frame, absent, notes)
    _answers(tables, as_of, start, frame, absent)
    _sales(tables, as_of, start, frame, absent)
    return Trailing(frame, absent, tuple(notes))


def _hours(
    tables: Tables,
    as_of: date,
    start: date,
    frame: pd.DataFrame,
    absent: dict[str, str],
    notes: list[str],
) -> None:
    name = "delivered_hours_per_year"
    exposure = frame["exposure_days"]
    if "engagements" not in tables.frames:
        absent[name] = "no `engagements` table"
        frame[name] = np.nan
        return
    rows = visible_frame("engagements", tables.frames["engagements"], as_of)
    dates = first_and_last(rows, "held_on")
    if dates is None:
        absent[name] = "the table `engagements` has no row by the as-of date"
        frame[name] = np.nan
        return
    if dates[0] > start:
        kept = float((as_of - dates[0]).days + 1)
        exposure = exposure.clip(upper=kept)
        notes.append(
            f"'engagements' begins on {dates[0]}: hours delivered are of {kept:.0f} days, brought "
            "to a year."
        )
        frame["exposure_days"] = exposure
    seen = _in_window(rows, "held_on", start).select(ACCOUNT_ID, h=fixed_point(nw.col("hours")))
    total = collect_by_account(seen.group_by(ACCOUNT_ID).agg(nw.col("h").sum()))["h"]
    hours = total.astype("float64").reindex(frame.index).fillna(0.0) / FIXED_POINT
    frame[name] = hours * 365.0 / exposure


def _answers(
    tables: Tables, as_of: date, start: date, frame: pd.DataFrame, absent: dict[str, str]
) -> None:
    names = ("answers_per_year", "nps_answers", "nps_promoters")
    frame[list(names)] = np.nan
    counted: list[pd.Series[float]] = []
    if "surveys" in tables.frames:
        rows = _in_window(
            visible_frame("surveys", tables.frames["surveys"], as_of), "answered_on", start
        )
        nps = nw.col("kind").str.to_lowercase() == nw.lit("nps")
        found = collect_by_account(
            rows.with_columns(
                answers=nw.lit(1),
                nps=nw.when(nps).then(nw.lit(1)),
                promoters=nw.when(nps & (nw.col("score") >= _PROMOTER_FROM)).then(nw.lit(1)),
            )
            .group_by(ACCOUNT_ID)
            .agg(nw.col("answers", "nps", "promoters").sum())
        )
        found = found.astype("float64").reindex(frame.index).fillna(0.0)
        frame["nps_answers"], frame["nps_promoters"] = found["nps"], found["promoters"]
        counted.append(found["answers"])
    else:
        absent["promoters"] = "no `surveys` table"
    scored = _scored_tickets(tables, as_of, start)
    if scored is not None:
        counted.append(scored.reindex(frame.index).fillna(0.0))
    if not counted:
        absent["answers_per_year"] = "no `surveys` table and no `tickets.score`"
        return
    total = sum(counted[1:], counted[0])
    frame["answers_per_year"] = total * 365.0 / frame["exposure_days"]


def _scored_tickets(tables: Tables, as_of: date, start: date) -> "pd.Series[float] | None":
    if "tickets" not in tables.frames:
        return None
    rows = visible_frame("tickets", tables.frames["tickets"], as_of)
    if "score" not in column_names(rows):
        return None
    rows = _in_window(rows, "opened_on", start).filter(~nw.col("score").is_null())
    found = collect_by_account(rows.group_by(ACCOUNT_ID).agg(n=nw.col("score").count()))
    return found["n"].astype("float64")


def _sales(
    tables: Tables, as_of: date, start: date, frame: pd.DataFrame, absent: dict[str, str]
) -> None:
    frame[["sales_closed", "sales_cycle_days"]] = np.nan
    if "opportunities" not in tables.frames:
        absent["sales_cycle_days"] = "no `opportunities` table"
        return
    rows = visible_frame("opportunities", tables.frames["opportunities"], as_of)
    if "closed_on" not in column_names(rows):
        absent["sales_cycle_days"] = "no column `opportunities.closed_on`"
        return
    growth = nw.col("kind").str.to_lowercase().is_in(["expansion", "new_use_case"])
    closed = _in_window(rows.filter(growth & ~nw.col("closed_on").is_null()), "closed_on", start)
    found: pd.DataFrame = (
        closed.select(ACCOUNT_ID, "opened_on", "closed_on").collect("pandas").to_native()
    )
    opened, ended = pd.to_datetime(found["opened_on"]), pd.to_datetime(found["closed_on"])
    days = (ended - opened).dt.days.astype("float64")
    by_account = days.groupby(found[ACCOUNT_ID].astype("str"))
    frame["sales_closed"] = by_account.count().reindex(frame.index).fillna(0.0).astype("float64")
    frame["sales_cycle_days"] = by_account.sum().reindex(frame.index).fillna(0.0)


def _in_window(rows: nw.LazyFrame[Any], column: str, start: date) -> nw.LazyFrame[Any]:
    return rows.filter(nw.col(column) > nw.lit(start))
