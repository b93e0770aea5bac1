"""Another setting beside the study: a sentence on what moves, and who; or why that cannot be."""

from collections.abc import Mapping

import pandas as pd

from clustering.errors import ClusteringError
from clustering.report.kit.cells import account, amount_cell, named_accounts, share_cell, text
from clustering.report.kit.facts import (
    account_names,
    amount_title,
    decimal,
    group_words,
    percent,
)
from clustering.report.kit.html import Cell, Column, Html, Number, paragraphs, table, table_of
from clustering.results import StudyFolder
from clustering.what_if import other_quadrants, other_segments, other_team
from clustering.wording import name_in_words

#: Accounts that move and are listed, the largest first.
_LISTED = 10

_A_LOOK = (
    "This is a look, and no verdict: whether such groups are separate and come back, a study with "
    "this setting tells."
)


def segments(
    study: StudyFolder,
    k: int | None = None,
    weights: Mapping[str, float] | None = None,
    *,
    names: bool = True,
) -> Html:
    """The groups with another number of them, or other weights, and the accounts that move.

    Parameters
    ----------
    k, weights : as for `clustering.what_if.other_segments`
    names : whether accounts are shown with their names
    """
    try:
        found = other_segments(study, k, weights)
    except ClusteringError as error:
        return paragraphs([str(error)])
    n = found.groups.max()
    word = group_words(study, len(study.document.segments))
    said = (
        f"{n} group{'' if n == 1 else 's'} in place of {len(study.document.segments)} {word}: "
        f"{percent(float(found.stayed.mean()))} of the {len(found.groups):,} accounts stay "
        f"together (agreement {decimal(found.ami)} with the {word} of the study; 0 is chance, 1 "
        "the same)."
    )
    tiers = (
        ""
        if found.ami_tiers is None
        else f"Agreement with the {study.document.amount_name} tiers: {decimal(found.ami_tiers)}."
    )
    rows: list[list[Cell]] = [
        [str(name), *(Number(f"{count:,}") for count in counts)]
        for name, counts in zip(found.crosswalk.index, found.crosswalk.to_numpy(), strict=True)
    ]
    columns = [group_words(study, 1).capitalize(), *(f"Group {one}" for one in found.crosswalk)]
    moved = found.groups[~found.stayed].map("Group {}".format)
    accounts = study.accounts.set_index("account_id")
    listed = _moved(study, accounts["segment_name"], moved, names)
    return paragraphs([said, tiers, _A_LOOK]) + table("Accounts by group", columns, rows) + listed


def quadrants(
    study: StudyFolder,
    growth: float | None = None,
    risk: float | None = None,
    *,
    names: bool = True,
) -> Html:
    """The quadrants of growth potential and churn risk at other cuts, and the accounts that move.

    Parameters
    ----------
    growth, risk : from where an axis is high, 0 to 1 (None: as in the study)
    names : whether accounts are shown with their names
    """
    try:
        found = other_quadrants(study, growth, risk)
    except ClusteringError as error:
        return paragraphs([str(error)])
    both = found.before.notna() & found.after.notna()
    moved = found.after[both & (found.before != found.after)]
    amounts = study.accounts.set_index("account_id")["arr"]
    rule = name_in_words(found.rule)
    said = f"{rule[:1].upper()}{rule[1:]}: {len(moved):,} of {int(both.sum()):,} accounts move."
    rows: list[list[Cell]] = [
        [
            name_in_words(level),
            amount_cell(float((found.before == level).sum())),
            amount_cell(float((found.after == level).sum())),
            amount_cell(float(amounts[found.after == level].sum(min_count=1))),
        ]
        for level in found.levels
    ]
    columns = ["Quadrant", "Accounts in the study", "Accounts then", f"{amount_title(study)} then"]
    before, then = found.before[both].map(name_in_words), moved.map(name_in_words)
    return (
        paragraphs([said])
        + table("The quadrants", columns, rows)
        + _moved(study, before, then, names)
    )


def team(study: StudyFolder, csms: int | None = None) -> Html:
    """What another head count covers beside that of the study.

    Parameters
    ----------
    csms : head count (None: as in the study)
    """
    currency = study.document.currency
    try:
        counts = [other_team(study), other_team(study, csms)]
    except ClusteringError as error:
        return paragraphs([str(error)])
    rows: list[list[Cell]] = [
        [
            title,
            amount_cell(found.csms),
            amount_cell(found.hours),
            amount_cell(found.covered),
            share_cell(found.covered / found.value if found.value > 0 else None),
            amount_cell(found.left),
            amount_cell(found.one_more_csm),
        ]
        for title, found in zip(("As in the study", "Then"), counts, strict=True)
    ]
    columns = [
        *("", "CSMs", "Hours a year", f"Covered ({currency} a year)", "Of what is at stake"),
        *(f"Left for want of people ({currency})", f"One more CSM covers ({currency})"),
    ]
    before, then = (found.covered for found in counts)
    more = "more" if then >= before else "less"
    said = (
        f"{counts[1].csms:,} CSMs in place of {counts[0].csms:,} cover {abs(then - before):,.0f} "
        f"{currency} a year {more}, by the assumed shares of the touch levels: no experiment "
        "stands behind these."
    )
    return paragraphs([said]) + table("What the team covers", columns, rows)


def _moved(
    study: StudyFolder, before: "pd.Series[str]", after: "pd.Series[str]", names: bool
) -> Html:
    """The largest accounts that move, by account_id where they were and where they would be."""
    amounts = study.accounts.set_index("account_id")["arr"].reindex(after.index)
    frame = pd.DataFrame({"before": before.reindex(after.index), "after": after, "arr": amounts})
    listed = frame.sort_values("arr", ascending=False, kind="stable").head(_LISTED).reset_index()
    columns = [
        Column("Account", account()),
        Column("In the study", text("before")),
        Column("Then", text("after")),
        Column(amount_title(study), lambda row: amount_cell(row["arr"])),
    ]
    rows = listed.set_axis(["account_id", "before", "after", "arr"], axis=1).to_dict("records")
    made = table_of("Accounts that move", columns, rows, of=len(frame))
    return named_accounts(made, study, names and bool(account_names(study)))
