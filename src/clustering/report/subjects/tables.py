"""Tables of the report: what the study folder holds, formatted, ids where accounts are named.

`names=True` shows the names of the accounts too; the rendered pages get them at the last step.
"""

import math

from clustering.report.kit.cells import (
    MISSING,
    account,
    amount,
    named_accounts,
    p_cell,
    text,
)
from clustering.report.kit.facts import (
    TIERS,
    agreements_of_segments,
    amount_title,
    decimal,
    labelling,
    learned,
    log_loss_gain,
    rivals_of,
)
from clustering.report.kit.html import Cell, Column, Html, Number, table, table_of
from clustering.results import StudyFolder
from clustering.results.document import AgreementEntry
from clustering.wording import number_in_words


def misplaced(
    study: StudyFolder, other: str = TIERS, *, names: bool = False, most: int = 15
) -> Html:
    """The accounts that differ most from what a labelling makes likely, most surprising first."""
    document = study.document
    entry = labelling(study, other)
    title = other if entry is None else entry.title
    frame = study.disagreements
    frame = frame[frame["second"] == other].sort_values(["surprise", "arr"], ascending=False)
    columns = [
        Column("Account", account()),
        Column(title, text("label")),
        Column(document.group_word.singular.capitalize(), text("segment_name")),
        Column(amount_title(study), amount("arr")),
        Column("Why it stands out", text("why")),
    ]
    rows = frame.head(most).to_dict("records")
    made = table_of("Accounts to look at", columns, rows, of=len(frame))
    return named_accounts(made, study, names)


def agreements(study: StudyFolder) -> Html:
    """Agreement of the segments with every other labelling."""
    rows: list[list[Cell]] = [
        [
            entry.title,
            _count(a.n),
            Number(_with_interval(a, "ami", a.ami)),
            Number(_with_interval(a, "ari", a.ari)),
            p_cell(a.permutation_p),
            _number(a.ceiling),
            _number(a.homogeneity),
            _number(a.completeness),
        ]
        for entry, a in agreements_of_segments(study)
    ]
    columns = [
        "Labelling",
        "Accounts",
        "AMI (95 % interval)",
        "ARI (95 % interval)",
        "p (permutation)",
        "Ceiling",
        "Homogeneity",
        "Completeness",
    ]
    return table("Agreement with the segments", columns, rows)


def forward(study: StudyFolder) -> Html:
    """Gain over the tiers of every labelling, and of the rivals of the segments."""
    titles = {entry.name: entry.title for entry in study.document.labellings}
    entries = [(entry, "") for entry in study.document.forward]
    entries += [(entry, "rival of the segments") for entry in rivals_of(study, learned(study).name)]
    rows: list[list[Cell]] = []
    for entry, kind in entries:
        found = log_loss_gain(entry)
        numbers = [MISSING, MISSING] if found is None else [decimal(found[0], 4), _range(found)]
        rows.append(
            [
                titles.get(entry.labelling, entry.labelling.split(": ")[-1].replace("_", " ")),
                kind,
                entry.outcome,
                Number(f"{entry.n_events:,} of {entry.n:,}" if entry.n else MISSING),
                *(Number(text) for text in numbers),
                entry.reason,
            ]
        )
    columns = ["Model", "Kind", "Outcome", "Events", "Gain in log loss", "95 % interval", "Note"]
    return table("Gain over the tiers alone; above 0 is better", columns, rows)


def _range(found: tuple[float, float, float]) -> str:
    return f"{decimal(found[1], 4)} to {decimal(found[2], 4)}"


def _with_interval(agreement: AgreementEntry, index: str, value: float) -> str:
    if agreement.interval is None or index not in agreement.interval:
        return decimal(value, 3)
    low, high = agreement.interval[index]
    return f"{decimal(value, 3)} ({decimal(low, 3)} to {decimal(high, 3)})"


def _count(n: int) -> Number:
    return Number(f"{n:,}")


def _number(value: float | None) -> Number:
    if value is None or math.isnan(value):
        return Number(MISSING)
    return Number(number_in_words(value))
