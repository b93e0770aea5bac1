"""What the tables say of the last year or so: hours delivered, feedback given, sales closed.

Every number starts from the visible frames, so nothing after the as-of date enters.
"""

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
_SALES = ["expansion", "new_use_case"]
_COLUMNS = [
    *("exposure_days", "delivered_hours", "answers_per_year", "nps_answers", "nps_promoters"),
    *("sales_closed", "sales_cycle_days"),
]


@dataclass(frozen=True, eq=False)
class DeliveredCare:
    """Numbers of the window.

    Attributes
    ----------
    frame : indexed like the accounts, float64: `exposure_days` (days of the window in which the
        account could be seen), `delivered_hours` (a year), `answers_per_year` (survey answers and
        scored tickets), `nps_answers`, `nps_promoters` (answers, and those of 9 or 10),
        `sales_closed` and `sales_cycle_days` (growth opportunities closed in the window and the
        sum of their days from opened to closed); missing where a table is
    no_hours : why the hours delivered are not known; empty where they are
    notes : what limits the window
    """

    frame: pd.DataFrame
    no_hours: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Window:
    """The days `(start, as_of]` of the tables."""

    tables: Tables
    start: date
    as_of: date

    def visible(self, table: str) -> nw.LazyFrame[Any] | None:
        """All rows of a table by the as-of date; None where there is no table."""
        if table not in self.tables.frames:
            return None
        return visible_frame(table, self.tables.frames[table], self.as_of)

    def inside(self, rows: nw.LazyFrame[Any], column: str) -> nw.LazyFrame[Any]:
        """The rows that are dated in the window."""
        return rows.filter(nw.col(column) > nw.lit(self.start))


def delivered_care(
    tables: Tables, started_on: "pd.Series[Any]", as_of: date, window_days: int
) -> DeliveredCare:
    """Measure the window `(as_of - window_days, as_of]`.

    Parameters
    ----------
    tables : the source tables
    started_on : start of every account, indexed by id; younger accounts were seen for fewer days
    as_of, window_days : of the window
    """
    window = _Window(tables, as_of - timedelta(days=window_days), as_of)
    frame = pd.DataFrame(np.nan, index=started_on.index, columns=_COLUMNS)
    tenure = (pd.Timestamp(as_of) - pd.to_datetime(started_on)).dt.days.astype("float64")
    frame["exposure_days"] = tenure.clip(1.0, float(window_days))
    no_hours, note = _hours(window, frame)
    _answers(window, frame)
    _sales(window, frame)
    return DeliveredCare(frame, no_hours, (note,) if note else ())


def _hours(window: _Window, frame: pd.DataFrame) -> tuple[str, str]:
    """Fill in the hours; why there are none, and what limits them."""
    rows = window.visible("engagements")
    if rows is None:
        return "no `engagements` table", ""
    dates = first_and_last(rows, "held_on")
    if dates is None:
        return "the table `engagements` has no row by the as-of date", ""
    note = ""
    if dates[0] > window.start:
        kept = float((window.as_of - dates[0]).days + 1)
        frame["exposure_days"] = frame["exposure_days"].clip(upper=kept)
        note = (
            f"'engagements' begins on {dates[0]}: hours delivered are of {kept:.0f} days, brought "
            "to a year."
        )
    seen = window.inside(rows, "held_on").select(ACCOUNT_ID, h=fixed_point(nw.col("hours")))
    total = collect_by_account(seen.group_by(ACCOUNT_ID).agg(nw.col("h").sum()))["h"]
    hours = total.astype("float64").reindex(frame.index).fillna(0.0) / FIXED_POINT
    frame["delivered_hours"] = hours * 365.0 / frame["exposure_days"]
    return "", note


def _answers(window: _Window, frame: pd.DataFrame) -> None:
    counted: list[pd.Series[float]] = []
    if (rows := window.visible("surveys")) is not None:
        nps = nw.col("kind").str.to_lowercase() == nw.lit("nps")
        answers = window.inside(rows, "answered_on").with_columns(
            answers=nw.lit(1),
            nps=nw.when(nps).then(nw.lit(1)),
            promoters=nw.when(nps & (nw.col("score") >= _PROMOTER_FROM)).then(nw.lit(1)),
        )
        sums = answers.group_by(ACCOUNT_ID).agg(nw.col("answers", "nps", "promoters").sum())
        found = collect_by_account(sums).astype("float64").reindex(frame.index).fillna(0.0)
        frame["nps_answers"], frame["nps_promoters"] = found["nps"], found["promoters"]
        counted.append(found["answers"])
    rows = window.visible("tickets")
    if rows is not None and "score" in column_names(rows):
        scored = window.inside(rows, "opened_on").filter(~nw.col("score").is_null())
        sums = scored.group_by(ACCOUNT_ID).agg(n=nw.col("score").count())
        found = collect_by_account(sums).astype("float64").reindex(frame.index).fillna(0.0)
        counted.append(found["n"])
    if counted:
        frame["answers_per_year"] = sum(counted) * 365.0 / frame["exposure_days"]


def _sales(window: _Window, frame: pd.DataFrame) -> None:
    rows = window.visible("opportunities")
    if rows is None or "closed_on" not in column_names(rows):
        return
    growth = nw.col("kind").str.to_lowercase().is_in(_SALES) & ~nw.col("closed_on").is_null()
    closed = window.inside(rows.filter(growth), "closed_on")
    found: pd.DataFrame = (
        closed.select(ACCOUNT_ID, "opened_on", "closed_on").collect("pandas").to_native()
    )
    days = pd.to_datetime(found["closed_on"]) - pd.to_datetime(found["opened_on"])
    by_account = days.dt.days.astype("float64").groupby(found[ACCOUNT_ID].astype("str"))
    frame["sales_closed"] = by_account.count().astype("float64").reindex(frame.index).fillna(0.0)
    frame["sales_cycle_days"] = by_account.sum().reindex(frame.index).fillna(0.0)
