"""Tables on time: who moved and why, what to confirm, what people decided."""

from clustering.report.kit.cells import account, amount, named_accounts, number, share, text
from clustering.report.kit.facts import amount_title
from clustering.report.kit.html import Column, Html, Private, filled, table_of
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
    columns = [
        Column("Account", account()),
        Column("From", text("from_segment")),
        Column("To", text("to_segment")),
        Column("Under hysteresis", lambda row: _WORDS[row["outcome"]]),
        Column(amount_title(study), amount("arr")),
        Column("What moved it", text("why")),
    ]
    caption = (
        "Changes of the last two snapshots, confirmed or waiting, largest "
        f"{study.document.amount_name} first"
    )
    made = filled(table_of(caption, columns, shown.to_dict("records"), of=len(latest)))
    return named_accounts(made, study, names)


def fates(study: StudyFolder) -> Html:
    """What became of the segments of a model of the first date."""
    found = study.document.movement
    if found is None or found.model_change is None:
        return Html("")
    sides = {"first": f"model of {found.dates[0]}", "latest": f"model of {found.dates[-1]}"}
    columns = [
        Column("Segment", text("segment_name")),
        Column("Model", lambda row: sides[row["model"]]),
        Column("Accounts now", amount("n_accounts")),
        Column("Fate", text("fate")),
        Column("Shares accounts with", text("overlaps")),
        Column("Largest share", share("overlap")),
    ]
    rows = study.table("segment_fates").to_dict("records")
    return table_of("Segments of then and of today, on the accounts of today", columns, rows)


def succession(study: StudyFolder) -> Html:
    """What became of the segments of the previous study."""
    if study.document.succession is None:
        return Html("")
    columns = [
        Column("Id", text("segment_id")),
        Column("Segment", text("segment_name")),
        Column("Fate", text("fate")),
        Column("Accounts by the previous model", amount("n_then")),
        Column("Accounts now", amount("n_now")),
        Column("Stayed", share("stayed")),
        Column("Others", text("others")),
    ]
    rows = study.table("succession").to_dict("records")
    return table_of("Segments of the previous study, on the accounts of today", columns, rows)


def reconfirmation(study: StudyFolder, *, names: bool = False, most: int = 25) -> Html:
    """The accounts to confirm, most reasons and most ARR first."""
    frame = study.table("reconfirmation")
    columns = [
        Column("Account", account()),
        Column("Served as", text("assigned_segment")),
        Column("The model says", text("segment_name")),
        Column("Margin", number("margin", ".2f")),
        Column(amount_title(study), amount("arr")),
        Column("Why", text("why")),
    ]
    caption = "To confirm at the next executive review (all of them are in reconfirmation.csv)"
    made = filled(table_of(caption, columns, frame.head(most).to_dict("records"), of=len(frame)))
    return named_accounts(made, study, names)


def overrides(study: StudyFolder, *, names: bool = False) -> Html:
    """Every decision with who, why and until when, and the model's own answer beside it."""
    if not study.has_table("overrides"):
        return Html("")
    columns = [
        Column("Account", account()),
        Column("Decided", text("segment")),
        Column("The model says", text("model_segment")),
        Column("Now", text("status")),
        Column("Holds", lambda row: f"{row['decided_on']} to {row['valid_until']}"),
        Column("By", lambda row: Private(_key(row["index"], "by"))),
        Column("Why", lambda row: Private(_key(row["index"], "why"))),
    ]
    rows = study.table("overrides").reset_index().to_dict("records")
    made = named_accounts(table_of("Decisions of people", columns, rows), study, names)
    return Html(with_private(made.text, private_texts(study))) if names else made


def private_texts(study: StudyFolder) -> dict[str, str]:
    """What people wrote, by the key that stands for it in the pages that may be passed on."""
    if not study.has_table("overrides"):
        return {}
    texts = {}
    for row in study.table("overrides").reset_index().to_dict("records"):
        texts[_key(row["index"], "by")] = str(row["decided_by"])
        texts[_key(row["index"], "why")] = str(row["reason"])
    return texts


def _key(row: int, what: str) -> str:
    return f"override-{row}-{what}"
