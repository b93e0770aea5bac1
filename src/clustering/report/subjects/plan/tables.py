"""Tables of the plan: what the study folder holds, formatted; ids where accounts are named."""

from functools import partial
from typing import Any

from clustering.config.plan import LEVELS
from clustering.plan.playbooks.library import PlaybookEntry
from clustering.report.kit.cells import (
    MISSING,
    Maker,
    account,
    amount,
    named_accounts,
    number,
    rough,
    rough_cell,
    share,
    text,
)
from clustering.report.kit.facts import amount_title, plan_table, playbook_titles
from clustering.report.kit.html import Cell, Column, Html, Number, filled, table_of
from clustering.report.subjects.plan.setting_words import condition
from clustering.results import StudyFolder

DELIVERY = {
    "under": "far less than usual",
    "as_needed": "as needed",
    "over": "far more than usual",
    "bad_fit": "bad fit",
    "unknown": "not known",
}
"""The status of an account in the delivery audit, in words."""


def playbooks(study: StudyFolder) -> Html:
    """Every playbook that the plan uses, with its touches."""
    columns = [
        Column("Playbook", text("title")),
        Column("Goal", text("goal")),
        Column("Touches", _touches),
        Column("When", partial(_when, study)),
        Column("Hours", lambda book: Number(f"{book.hours:,.1f}" if book.touches else "as today")),
        Column("Accounts", amount("n_accounts")),
    ]
    caption = "The playbooks of this plan; hours are assumed, of a median account"
    return table_of(caption, columns, study.document.plan.playbooks)


def _touches(book: PlaybookEntry) -> str:
    return ", ".join(f"{times:g} x {title}" for title, times in book.touches.items())


def _when(study: StudyFolder, book: PlaybookEntry) -> str:
    if not (book.trigger and book.exit):
        return "all year"
    starts, ends = (condition(study, sql) for sql in (book.trigger, book.exit))
    return f"starts when {starts}; ends when {ends}"


def coverage_plan(study: StudyFolder) -> Html:
    """Accounts, touches, hours, CSMs and cost of every segment, and the levels it gets."""
    frame = plan_table(study, "coverage")
    titles = playbook_titles(study)
    columns = [
        Column("Label", text("label")),
        Column("Playbook", lambda row: titles.get(row["playbook"], row["playbook"])),
        Column("Accounts", amount("n_accounts")),
        Column(amount_title(study), amount("arr")),
        Column("Touches a year", _touches_a_year),
        Column("Hours", lambda row: rough_cell(row["hours"] + row["event_hours"])),
        Column("Delivered today", amount("delivered_hours")),
        Column("CSMs", number("csms", ",.1f")),
        Column("Cost", rough("cost")),
        Column(f"Cost / {study.document.amount_name}", share("cost_share")),
    ]
    if "n_high" in frame:
        columns.append(Column("High / medium / low / digital", _levels))
    return table_of("Coverage plan; hours and cost are assumed", columns, frame.to_dict("records"))


def _touches_a_year(row: dict[str, Any]) -> Number:
    all_as_today = row["n_present"] == row["n_accounts"] > 0
    return Number("as today") if all_as_today else rough_cell(row["touches"])


def _levels(row: dict[str, Any]) -> Number:
    counts = [row[f"n_{level}"] for level in LEVELS]
    return Number(" / ".join(MISSING if n != n else f"{n:,.0f}" for n in counts))


def audited(study: StudyFolder, kind: str, *, names: bool = False, most: int = 10) -> Html:
    """The longest part of one list: over, under or bad_fit; the rest is in the table of the audit.

    The accounts where most money lies come first.
    """
    frame = plan_table(study, "audit")
    chosen = frame[frame["delivery"] == kind]
    if kind == "bad_fit":
        key = chosen["needed_cost"] - chosen["affordable_cost"]
    else:
        key = chosen["gap_hours"].abs()
    order = key.sort_values(ascending=False, kind="stable").index[:most]
    columns = [
        Column("Account", account()),
        Column("Label", text("label")),
        Column(amount_title(study), amount("arr")),
        Column("Hours needed", rough("needed_hours")),
        Column("Hours usual", rough("usual_hours")),
        Column("Hours delivered", amount("delivered_hours")),
        Column("Why", text("delivery_rule")),
    ]
    title = {"over": "Over-delivered", "under": "Under-delivered", "bad_fit": "Bad fit"}[kind]
    rows = chosen.loc[order].to_dict("records")
    made = filled(table_of(f"{title} accounts", columns, rows, of=len(chosen)))
    return named_accounts(made, study, names)


def segment_values(study: StudyFolder) -> Html:
    """What each segment gives back, net of serving it; few accounts are not shown."""
    columns = [
        Column("Label", _group),
        Column("Accounts", amount("n_accounts")),
        Column(study.document.amount_name, _unless_few(amount("arr"), "too few")),
        Column("Share", _unless_few(share("arr_share"))),
        Column("NRR", _unless_few(share("nrr"))),
        Column("GRR", _unless_few(share("grr"))),
        Column("Open expansion", _unless_few(amount("expansion_pipeline"))),
        Column("Champions", _unless_few(share("champion_share"))),
        Column("Promoters", _unless_few(share("promoter_share"))),
        Column("Sales cycle (days)", _unless_few(amount("sales_cycle_days"))),
        Column("Answers a year", _unless_few(amount("answers_per_account"))),
        Column("Cost to serve", _unless_few(rough("cost_to_serve"))),
        Column("Net", _unless_few(rough("net"))),
    ]
    rows = plan_table(study, "segment_value").to_dict("records")
    return table_of(f"Value of the labels ({study.document.currency})", columns, rows)


def _group(row: dict[str, Any]) -> str:
    return str(row["label"]) if row["kind"] == "segment" else f"… in {row['group']}"


def _unless_few(made: Maker, otherwise: str = "") -> Maker:
    """The cell, unless there are too few accounts to show more than how many."""

    def cell(row: dict[str, Any]) -> Cell:
        return Number(otherwise) if row["suppressed"] else made(row)

    return cell


def costs(study: StudyFolder) -> Html:
    """What care by every labelling would cost, on its own playbooks."""
    columns = [
        Column("Labelling", text("title")),
        Column("Labels", number("n_labels", "d")),
        Column("Accounts", amount("n_accounts")),
        Column("Hours", rough("hours")),
        Column("CSMs", number("csms", ",.1f")),
        Column("Cost", rough("cost")),
        Column(f"Cost / {study.document.amount_name}", share("cost_share")),
        Column("Labels over the limit", amount("labels_over_limit")),
        Column("Accounts over the limit", amount("accounts_over_limit")),
    ]
    rows = study.table("plan_costs").to_dict("records")
    return table_of("Cost of care by every labelling (assumed)", columns, rows)
