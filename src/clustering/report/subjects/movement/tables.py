"""Tables on time: who moved and why, what to confirm, what people decided."""

from clustering.report.kit.cells import MISSING, amount_cell, named_accounts
from clustering.report.kit.facts import amount_title, percent
from clustering.report.kit.html import Account, Cell, Html, Number, Private, table
from clustering.report.kit.names import with_private
from clustering.results import StudyFolder

_WORDS = {"lasting": "moved", "passing": "taken back", "back": "back where it was", "open": "waits"}


def moves(study: StudyFolder, *, names: bool = False, most: int = 20) -> Html:
    """The latest changes of segment with the features behind them, largest amount first.

    Of the last two snapshots: by the rule of two, what changed at the last one alone still waits.
    """
    found = study.document.movement
    if found is None:
        return Html("")
    frame = study.table("moves")
    counts = frame["outcome"].isin(["lasting", "open"])
    latest = frame[counts & frame["to_date"].isin(found.dates[-2:])]
    arr = study.accounts.set_index("account_id")["arr"]
    latest = latest.assign(arr=arr.reindex(latest["account_id"]).to_numpy())
    shown = latest.sort_values(["arr", "account_id"], ascending=[False, True]).head(most)
    rows: list[list[Cell]] = [
        [
            Account(row["account_id"]),
            row["from_segment"],
            row["to_segment"],
            _WORDS[row["outcome"]],
            amount_cell(row["arr"]),
            row["why"],
        ]
        for row in shown.to_dict("records")
    ]
    caption = (
        "Changes of the last two snapshots, confirmed or waiting, largest "
        f"{study.document.amount_name} first"
    )
    columns = ["Account", "From", "To", "Under hysteresis", amount_title(study), "What moved it"]
    return named_accounts(table(caption, columns, rows, of=len(latest)), study, names)


def fates(study: StudyFolder) -> Html:
    """What became of the segments of a model of the first date."""
    found = study.document.movement
    if found is None or found.model_change is None:
        return Html("")
    sides = {"first": f"model of {found.dates[0]}", "latest": f"model of {found.dates[-1]}"}
    rows: list[list[Cell]] = [
        [
            row["segment_name"],
            sides[row["model"]],
            Number(f"{row['n_accounts']:,}"),
            row["fate"],
            row["overlaps"],
            Number(percent(row["overlap"])),
        ]
        for row in study.table("segment_fates").to_dict("records")
    ]
    columns = ["Segment", "Model", "Accounts now", "Fate", "Shares accounts with", "Largest share"]
    return table("Segments of then and of today, on the accounts of today", columns, rows)


def reconfirmation(study: StudyFolder, *, names: bool = False, most: int = 25) -> Html:
    """The accounts to confirm, most reasons and most ARR first."""
    frame = study.table("reconfirmation")
    rows: list[list[Cell]] = [
        [
            Account(row["account_id"]),
            _text(row["assigned_segment"]),
            _text(row["segment_name"]),
            Number(f"{row['margin']:.2f}"),
            amount_cell(row["arr"]),
            row["why"],
        ]
        for row in frame.head(most).to_dict("records")
    ]
    caption = "To confirm at the next executive review (all of them are in reconfirmation.csv)"
    columns = ["Account", "Served as", "The model says", "Margin", amount_title(study), "Why"]
    return named_accounts(table(caption, columns, rows, of=len(frame)), study, names)


def overrides(study: StudyFolder, *, names: bool = False) -> Html:
    """Every decision with who, why and until when, and the model's own answer beside it."""
    if not study.has_table("overrides"):
        return Html("")
    frame = study.table("overrides")
    rows: list[list[Cell]] = [
        [
            Account(row["account_id"]),
            row["segment"],
            _text(row["model_segment"]),
            row["status"],
            f"{row['decided_on']} to {row['valid_until']}",
            Private(f"override-{number}-by"),
            Private(f"override-{number}-why"),
        ]
        for number, row in enumerate(frame.to_dict("records"))
    ]
    columns = ["Account", "Decided", "The model says", "Now", "Holds", "By", "Why"]
    made = named_accounts(table("Decisions of people", columns, rows), study, names)
    return Html(with_private(made.text, private_texts(study))) if names else made


def private_texts(study: StudyFolder) -> dict[str, str]:
    """What people wrote, by the key that stands for it in the pages that may be passed on."""
    if not study.has_table("overrides"):
        return {}
    texts = {}
    for number, row in enumerate(study.table("overrides").to_dict("records")):
        texts[f"override-{number}-by"] = str(row["decided_by"])
        texts[f"override-{number}-why"] = str(row["reason"])
    return texts


def _text(value: object) -> str:
    return value if isinstance(value, str) else MISSING
