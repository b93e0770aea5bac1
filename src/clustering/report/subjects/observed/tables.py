"""Tables of what happened next: formatted rows of the study folder, nothing computed."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from clustering.report.kit.cells import MISSING, p_cell
from clustering.report.kit.facts import (
    TIERS,
    decimal,
    learned,
    log_loss_gain,
    percent,
    primary_outcome,
    title_of,
)
from clustering.report.kit.html import Cell, Html, Number, table
from clustering.results import StudyFolder

#: The amount of a book that has contracts; a study calls any other by another name.
CONTRACTED = "ARR"


def rates_table(study: StudyFolder) -> Html:
    """Rates of the primary outcome by segment and tier; with few accounts none is shown."""
    primary = primary_outcome(study)
    rows: list[list[Cell]] = []
    frame = _frame(study, "rates")
    if len(frame):
        frame = frame[frame["outcome"] == primary]
    for row in frame.to_dict("records"):
        shown = not row["suppressed"]
        rows.append(
            [
                title_of(study, row["labelling"]),
                row["level"],
                Number(f"{row['events']:,} of {row['n']:,}" if shown else f"{row['n']:,} accounts"),
                _range(row, "raw", "wilson") if shown else Number("too few"),
                _share(row["shrunken"]) if shown else Number(MISSING),
                _range(row, "corrected", "corrected") if shown else Number(MISSING),
            ]
        )
    columns = [
        "Labelling",
        "Group",
        "Accounts",
        "Rate (95 % Wilson)",
        "Drawn to the mean",
        "Assignment error undone (95 %)",
    ]
    return table(f"How often '{primary}' occurred, by group", columns, rows)


def retention_table(study: StudyFolder) -> Html:
    """Net and gross retention by segment and tier."""
    amount = study.document.amount_name
    rows: list[list[Cell]] = [
        [
            title_of(study, row["labelling"]),
            row["level"],
            Number(f"{row['n_accounts']:,}"),
            _range(row, "nrr", "nrr"),
            _range(row, "nrr_winsorised", "nrr_winsorised"),
            _range(row, "grr", "grr"),
        ]
        for row in _frame(study, "retention").to_dict("records")
    ]
    columns = ["Labelling", "Group", "Accounts", "Net (95 %)", "Net, extremes cut", "Gross (95 %)"]
    return table(
        f"{amount} left after {study.document.horizon_days} days, as a share of {amount} before",
        columns,
        rows,
    )


def renewals_table(study: StudyFolder) -> Html:
    """Contracts due, renewed and censored, by segment and tier; empty where there are none."""
    frame = _frame(study, "renewals")
    if study.document.amount_name != CONTRACTED:
        frame = frame.head(0)
    rows: list[list[Cell]] = [
        [
            title_of(study, row["labelling"]),
            row["level"],
            Number(f"{row['n_at_risk']:,}"),
            Number(f"{row['n_due']:,}"),
            Number(f"{row['n_censored']:,}"),
            _range(row, "renewed", "renewed"),
            _range(row, "left", "left"),
        ]
        for row in frame.to_dict("records")
    ]
    days = max((int(d) for d in frame.get("days", [])), default=0)
    columns = [
        "Labelling",
        "Group",
        "With a contract",
        "Due",
        "Not due (censored)",
        "Renewed, of those due (95 %)",
        f"Left by day {days} (95 %)",
    ]
    return table("Renewals: only contracts that were due can be renewed", columns, rows)


def secondary_table(study: StudyFolder) -> Html:
    """Every secondary comparison that could be made, with its corrected p-value."""
    rows: list[list[Cell]] = []
    document = study.document
    entries = [e for e in document.forward if e.role == "confirmatory"]
    for entry in [*entries, *document.forward_secondary]:
        found = log_loss_gain(entry)
        if found is None or entry.p_adjusted is None:
            continue
        gain, low, high = found
        rows.append(
            [
                title_of(study, entry.labelling),
                entry.outcome,
                entry.role,
                entry.design,
                Number(decimal(gain, 4)),
                Number(f"{decimal(low, 4)} to {decimal(high, 4)}"),
                p_cell(entry.p_adjusted),
                "yes" if low > 0 and entry.p_adjusted <= 0.05 else "no",
            ]
        )
    columns = [
        "Labelling", "Outcome", "Kind", "Judged", "Gain in log loss", "95 % interval",
        "Corrected p", "Gain claimed",
    ]  # fmt: skip
    return table("Secondary comparisons with the tiers", columns, rows)


def differences_table(study: StudyFolder, most: int = 20) -> Html:
    """The differences that valid tests establish best, with the usual p-value for contrast."""
    frame = _frame(study, "differences")
    if len(frame):
        frame = frame[frame["p_holm"] <= 0.05].sort_values(["p_holm", "p"], kind="stable")
    rows: list[list[Cell]] = [
        [
            row["first"],
            row["second"],
            row["feature"],
            row["method"],
            Number(decimal(row["difference"])),
            p_cell(row["p_holm"]),
            p_cell(row["p_naive"]),
        ]
        for row in frame.head(most).to_dict("records")
    ]
    columns = [
        "First", "Second", "Feature", "Test", "First minus second", "p (Holm)",
        "Usual p, not valid",
    ]  # fmt: skip
    return table("Differences established", columns, rows, of=len(frame))


def _frame(study: StudyFolder, name: str) -> pd.DataFrame:
    frame = study.table(name) if study.has_table(name) else pd.DataFrame()
    if "labelling" not in frame:
        return frame
    return frame[frame["labelling"].isin([learned(study).name, TIERS])]


def _share(value: float) -> Number:
    return Number(MISSING if math.isnan(value) else percent(min(1.0, max(0.0, value))))


def _range(row: Mapping[Any, Any], name: str, bounds: str) -> Number:
    value, low, high = row[name], row[f"{bounds}_low"], row[f"{bounds}_high"]
    if math.isnan(value):
        return Number(MISSING)
    return Number(f"{decimal(value)} ({decimal(low)} to {decimal(high)})")
