"""Tables of the plan: what the study folder holds, formatted; ids where accounts are named."""

from typing import Any

from clustering.report.kit.cells import amount_cell, named_accounts, share_cell
from clustering.report.kit.facts import amount_title
from clustering.report.kit.html import Account, Cell, Html, Number, table
from clustering.results import StudyFolder

_LEVELS = ("high", "medium", "low", "digital")


def playbooks(study: StudyFolder) -> Html:
    """Every playbook that the plan uses, with its touches."""
    plan = study.document.plan
    rows: list[list[Cell]] = []
    for book in plan.playbooks:
        touches = ", ".join(f"{times:g} x {title}" for title, times in book.touches.items())
        when = "all year" if book.kind == "segment" else f"from {book.trigger} to {book.exit}"
        rows.append(
            [
                book.title,
                book.goal,
                touches,
                when,
                Number(f"{book.hours:,.1f}" if book.touches else "as today"),
                Number(f"{book.n_accounts:,}"),
            ]
        )
    columns = [
        "Playbook",
        "Goal",
        "Touches",
        "When",
        "Hours (assumed, of a median account)",
        "Accounts",
    ]
    return table("The playbooks of this plan", columns, rows)


def coverage_plan(study: StudyFolder) -> Html:
    """Accounts, touches, hours, CSMs and cost of every segment, and the levels it gets."""
    frame = study.table("coverage")
    titles = {book.name: book.title for book in study.document.plan.playbooks}
    allocated = "n_high" in frame
    rows: list[list[Cell]] = []
    for row in frame.to_dict("records"):
        cells: list[Cell] = [
            row["label"],
            titles.get(row["playbook"], row["playbook"]),
            amount_cell(row["n_accounts"]),
            amount_cell(row["arr"]),
            Number("as today")
            if row["n_present"] == row["n_accounts"] > 0
            else amount_cell(row["touches"]),
            amount_cell(row["hours"] + row["event_hours"]),
            amount_cell(row["delivered_hours"]),
            Number(f"{row['csms']:,.1f}"),
            amount_cell(row["cost"]),
            share_cell(row["cost_share"]),
        ]
        if allocated:
            counts = [row[f"n_{level}"] for level in _LEVELS]
            cells.append(Number(" / ".join("–" if n != n else f"{n:,.0f}" for n in counts)))
        rows.append(cells)
    columns = [
        "Label",
        "Playbook",
        "Accounts",
        amount_title(study),
        "Touches a year",
        "Hours",
        "Delivered today",
        "CSMs",
        "Cost",
        f"Cost / {study.document.amount_name}",
        *(["High / medium / low / digital"] if allocated else []),
    ]
    return table("Coverage plan; hours and cost are assumed", columns, rows)


def audited(study: StudyFolder, kind: str, *, names: bool = False, most: int = 10) -> Html:
    """The longest part of one list: over, under or bad_fit; the rest is in audit.parquet.

    The accounts where most money lies come first.
    """
    frame = study.table("audit")
    chosen = frame[frame["delivery"] == kind]
    if kind == "bad_fit":
        key = chosen["needed_cost"] - chosen["affordable_cost"]
    else:
        key = chosen["gap_hours"].abs()
    order = key.sort_values(ascending=False, kind="stable").index[:most]
    rows: list[list[Cell]] = [
        [
            Account(row["account_id"]),
            row["label"],
            amount_cell(row["arr"]),
            amount_cell(row["needed_hours"]),
            amount_cell(row["usual_hours"]),
            amount_cell(row["delivered_hours"]),
            row["delivery_rule"],
        ]
        for row in chosen.loc[order].to_dict("records")
    ]
    columns = [
        "Account",
        "Label",
        amount_title(study),
        "Hours needed",
        "Hours usual",
        "Hours delivered",
        "Why",
    ]
    title = {"over": "Over-delivered", "under": "Under-delivered", "bad_fit": "Bad fit"}[kind]
    made = table(f"{title} accounts", columns, rows, of=len(chosen))
    return named_accounts(made, study, names)


def segment_values(study: StudyFolder) -> Html:
    """What each segment gives back, net of serving it; few accounts are not shown."""
    rows: list[list[Cell]] = []
    for row in study.table("segment_value").to_dict("records"):
        name = row["group"] if row["kind"] == "segment" else f"… in {row['group']}"
        rows.append(
            [name, amount_cell(row["n_accounts"]), *_values({str(k): v for k, v in row.items()})]
        )
    columns = [
        "Label",
        "Accounts",
        study.document.amount_name,
        "Share",
        "NRR",
        "GRR",
        "Open expansion",
        "Champions",
        "Promoters",
        "Sales cycle (days)",
        "Answers a year",
        "Cost to serve",
        "Net",
    ]
    return table(f"Value of the labels ({study.document.currency})", columns, rows)


def _values(row: dict[str, Any]) -> list[Cell]:
    if row["suppressed"]:
        return [Number("too few"), *[Number("") for _ in range(10)]]
    return [
        amount_cell(row["arr"]),
        share_cell(row["arr_share"]),
        share_cell(row["nrr"]),
        share_cell(row["grr"]),
        amount_cell(row["expansion_pipeline"]),
        share_cell(row["champion_share"]),
        share_cell(row["promoter_share"]),
        amount_cell(row["sales_cycle_days"]),
        amount_cell(row["answers_per_account"]),
        amount_cell(row["cost_to_serve"]),
        amount_cell(row["net"]),
    ]


def costs(study: StudyFolder) -> Html:
    """What care by every labelling would cost, on its own playbooks."""
    rows: list[list[Cell]] = [
        [
            row["title"],
            Number(f"{row['n_labels']}"),
            amount_cell(row["n_accounts"]),
            amount_cell(row["hours"]),
            Number(f"{row['csms']:,.1f}"),
            amount_cell(row["cost"]),
            share_cell(row["cost_share"]),
            amount_cell(row["labels_over_limit"]),
            amount_cell(row["accounts_over_limit"]),
        ]
        for row in study.table("plan_costs").to_dict("records")
    ]
    columns = [
        "Labelling",
        "Labels",
        "Accounts",
        "Hours",
        "CSMs",
        "Cost",
        f"Cost / {study.document.amount_name}",
        "Labels over the limit",
        "Accounts over the limit",
    ]
    return table("Cost of care by every labelling (assumed)", columns, rows)
