"""Tables of what happened next: formatted rows of the study folder, nothing computed."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from clustering.report.kit.cells import (
    MISSING,
    Maker,
    amount,
    interval_cell,
    p_value,
    text,
)
from clustering.report.kit.facts import TIERS, learned, percent, primary_outcome, title_of
from clustering.report.kit.html import Cell, Column, Html, Number, filled, folded, table_of
from clustering.report.subjects.forward.tables import gain, gain_interval
from clustering.results import StudyFolder
from clustering.wording import LEVEL

#: The amount of a book that has contracts; a study calls any other by another name.
CONTRACTED = "ARR"


def rates_table(study: StudyFolder) -> Html:
    """Rates of the primary outcome by segment and tier; with few accounts none is shown."""
    primary = primary_outcome(study)
    frame = _frame(study, "rates")
    frame = frame[frame["outcome"] == primary]
    columns = [
        *_groups(study),
        Column("Accounts", _accounts),
        Column("Rate (95 % Wilson)", _unless_few(_estimate("raw", "wilson"), "too few")),
        Column("Drawn to the mean", _unless_few(_drawn_to_the_mean)),
        Column("Assignment error undone (95 %)", _unless_few(_estimate("corrected"))),
    ]
    return table_of(f"How often '{primary}' occurred, by group", columns, frame.to_dict("records"))


def retention_table(study: StudyFolder) -> Html:
    """Net and gross retention by segment and tier."""
    name = study.document.amount_name
    columns = [
        *_groups(study),
        Column("Accounts", amount("n_accounts")),
        Column("Net (95 %)", _estimate("nrr")),
        Column("Net, extremes cut", _estimate("nrr_winsorised")),
        Column("Gross (95 %)", _estimate("grr")),
    ]
    return table_of(
        f"{name} left after {study.document.horizon_days} days, as a share of {name} before",
        columns,
        _frame(study, "retention").to_dict("records"),
    )


def renewals_table(study: StudyFolder) -> Html:
    """Contracts due, renewed and censored, by segment and tier; empty where there are none."""
    frame = _frame(study, "renewals")
    if study.document.amount_name != CONTRACTED:
        frame = frame.head(0)
    days = max(frame["days"], default=0)
    columns = [
        *_groups(study),
        Column("With a contract", amount("n_at_risk")),
        Column("Due", amount("n_due")),
        Column("Not due (censored)", amount("n_censored")),
        Column("Renewed, of those due (95 %)", _estimate("renewed")),
        Column(f"Left by day {days} (95 %)", _estimate("left")),
    ]
    caption = "Renewals: only contracts that were due can be renewed"
    return table_of(caption, columns, frame.to_dict("records"))


def secondary_table(study: StudyFolder) -> Html:
    """Every secondary comparison that could be made, with its corrected p-value."""
    entries = [e for e in study.document.forward if e.role == "confirmatory"]
    told = [
        entry
        for entry in [*entries, *study.document.forward_secondary]
        if entry.gain is not None and entry.p_adjusted is not None
    ]
    columns = [
        Column("Labelling", lambda entry: title_of(study, entry.labelling)),
        Column("Outcome", text("outcome")),
        Column("Kind", text("role")),
        Column("Judged", text("design")),
        Column("Gain in log loss", gain),
        Column("95 % interval", gain_interval),
        Column("Corrected p", p_value("p_adjusted")),
        Column("Gain claimed", lambda entry: "yes" if entry.survives else "no"),
    ]
    made = table_of("Secondary comparisons with the tiers", columns, told)
    return folded(f"All {len(told)} secondary comparisons with the tiers", filled(made))


def differences_table(study: StudyFolder, most: int = 20) -> Html:
    """The differences that valid tests establish best, with the usual p-value for contrast."""
    frame = study.table("differences")
    frame = frame[frame["p_holm"] <= LEVEL].sort_values(["p_holm", "p"], kind="stable")
    columns = [
        Column("First", text("first")),
        Column("Second", text("second")),
        Column("Feature", text("feature")),
        Column("Test", text("method")),
        Column("First minus second", lambda row: interval_cell(row["difference"], None)),
        Column("p (Holm)", p_value("p_holm")),
        Column("Usual p, not valid", p_value("p_naive")),
    ]
    rows = frame.head(most).to_dict("records")
    return table_of("Differences established", columns, rows, of=len(frame))


def _groups(study: StudyFolder) -> list[Column]:
    return [
        Column("Labelling", lambda row: title_of(study, row["labelling"])),
        Column("Group", text("level")),
    ]


def _frame(study: StudyFolder, name: str) -> pd.DataFrame:
    frame = study.table(name)
    return frame[frame["labelling"].isin([learned(study).name, TIERS])]


def _unless_few(cell: Maker, instead: str = MISSING) -> Maker:
    """The cell, but not of a group of few accounts: its rate would be read as more than it is."""
    return lambda row: Number(instead) if row["suppressed"] else cell(row)


def _accounts(row: Mapping[str, Any]) -> Cell:
    n, events = row["n"], row["events"]
    return Number(f"{n:,} accounts" if row["suppressed"] else f"{events:,} of {n:,}")


def _drawn_to_the_mean(row: Mapping[str, Any]) -> Cell:
    value = row["shrunken"]
    return Number(MISSING if math.isnan(value) else percent(min(1.0, max(0.0, value))))


def _estimate(name: str, bounds: str = "") -> Maker:
    """The cell of a number whose interval stands in two columns."""
    low, high = f"{bounds or name}_low", f"{bounds or name}_high"
    return lambda row: interval_cell(row[name], (row[low], row[high]))
