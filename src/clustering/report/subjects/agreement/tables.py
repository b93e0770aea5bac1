"""How the segments agree with other labellings, and the accounts on which they differ, as tables.

`names=True` shows the names of the accounts too; the rendered pages get them at the last step.
"""

from collections.abc import Mapping
from typing import Any

from clustering.report.kit.cells import (
    Maker,
    account,
    amount,
    interval_cell,
    named_accounts,
    number,
    p_value,
    text,
)
from clustering.report.kit.facts import TIERS, agreements_of_segments, amount_title, title_of
from clustering.report.kit.html import Column, Html, Number, table_of
from clustering.results import StudyFolder


def agreements(study: StudyFolder) -> Html:
    """Agreement of the segments with every other labelling."""
    pairs = agreements_of_segments(study)
    columns = [
        Column("Labelling", text("title")),
        Column("Accounts", amount("n")),
        Column("AMI (95 % interval)", _index("ami")),
        Column("ARI (95 % interval)", _index("ari")),
        Column("p (permutation)", p_value("permutation_p")),
        Column("Ceiling", number("ceiling", ".3f")),
        Column("Homogeneity", number("homogeneity", ".3f")),
        Column("Completeness", number("completeness", ".3f")),
    ]
    rows = [{"title": entry.title, **vars(found)} for entry, found in pairs]
    return table_of("Agreement with the segments", columns, rows)


def misplaced(
    study: StudyFolder, other: str = TIERS, *, names: bool = False, most: int = 15
) -> Html:
    """The accounts that differ most from what a labelling makes likely, most surprising first."""
    frame = study.disagreements
    frame = frame[frame["second"] == other].sort_values(["surprise", "arr"], ascending=False)
    columns = [
        Column("Account", account()),
        Column(title_of(study, other), text("label")),
        Column(study.document.group_word.singular.capitalize(), text("segment_name")),
        Column(amount_title(study), amount("arr")),
        Column("Why it stands out", text("why")),
    ]
    rows = frame.head(most).to_dict("records")
    made = table_of("Accounts to look at", columns, rows, of=len(frame))
    return named_accounts(made, study, names)


def _index(name: str) -> Maker:
    """The cell of one index with its interval."""

    def cell(row: Mapping[str, Any]) -> Number:
        interval = row["interval"] and getattr(row["interval"], name)
        return interval_cell(row[name], interval)

    return cell
