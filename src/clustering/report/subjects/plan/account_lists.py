"""Sentences and tables on single accounts: misjudged by tiers, champions, interviews."""

import pandas as pd

from clustering.columns import SEGMENT
from clustering.report.kit.cells import account, amount, named_accounts, number, share, text
from clustering.report.kit.facts import TIERS, amount_title, feature_titles, group_words, labelling
from clustering.report.kit.html import Column, Html, filled, table_of
from clustering.results import StudyFolder
from clustering.wording import amount_in_short, counted, name_in_words, names_in_words

_KINDS = {"medoid": "typical", "boundary": "between two", "misfit": "unlike the others"}


def misjudged(study: StudyFolder) -> list[str]:
    """How many accounts the tiers get wrong by the rule of Mansdorf, and what is at stake."""
    entry = study.document.next_steps
    amount = study.document.amount_name
    if entry.misjudged_absent:
        why = names_in_words(entry.misjudged_absent)
        return [f"Which accounts {amount} tiers get wrong is not known: {why}"]
    frame = study.table("misjudged")
    much, little = (frame[frame["care"] == care] for care in ("too much", "too little"))
    if frame.empty:
        return [
            f"By the rule of Mansdorf 2020 the {amount} tiers get no account wrong: none of the "
            "highest tier clearly has little to win or to lose, and none of the lowest much."
        ]
    currency = study.document.currency
    sentences = []
    if len(much):
        sentences.append(
            f"{_of(study, much, -1)} of the highest tier {_have(much)} little to win or to lose "
            "now and would do with low touch; at stake with them are "
            f"{amount_in_short(much['at_stake'].sum())} {currency} a year of open "
            "expansion and revenue at risk."
        )
    if len(little):
        sentences.append(
            f"{_of(study, little, 0)} of the lowest tier {_have(little)} "
            f"{amount_in_short(little['at_stake'].sum())} {currency} a year of open "
            "expansion and revenue at risk, and would repay high touch."
        )
    rule = (
        "Low and high touch are those of the touch by lifecycle stage (Mansdorf 2020), a rule with "
        "thresholds: it names accounts to look at, and does not prove that the tier is wrong. "
        "Accounts near a threshold are on neither list."
    )
    return [" ".join(sentences), rule]


def misjudged_table(study: StudyFolder, *, names: bool = False, most: int = 10) -> Html:
    """The accounts that the tiers get wrong, of either kind, in the order of the study."""
    if study.document.next_steps.misjudged_absent:
        return Html("")
    frame = study.table("misjudged")
    shown = frame.groupby("care", sort=False).head(most).to_dict("records")
    name = study.document.amount_name
    columns = [
        Column("Account", account()),
        Column(f"By its {name} tier", lambda row: f"{row['care']} care"),
        Column("By stage (Mansdorf)", lambda row: name_in_words(row["by_stage"])),
        Column(amount_title(study), amount("arr")),
        Column("At stake a year", amount("at_stake")),
        Column("Why", text("why")),
    ]
    caption = f"Accounts whose stage asks for other care than their {name} tier"
    made = filled(table_of(caption, columns, shown, of=len(frame)))
    return named_accounts(made, study, names)


def champions(study: StudyFolder) -> list[str]:
    """Who the champions are, and the gap that most growth accounts have to theirs."""
    entry = study.document.next_steps
    if entry.champions_absent:
        return [names_in_words(entry.champions_absent)]
    rule = names_in_words(entry.champions_rule[0].upper() + entry.champions_rule[1:])
    first = (
        f"{entry.n_growth:,} growth accounts, each with the nearest of {entry.n_champions:,} "
        f"champions. {rule}. Near means alike in behaviour, whatever they pay."
    )
    nearest = study.table("champions")
    nearest = nearest[(nearest["rank"] == 1) & (nearest["gap"] > 0)]
    if nearest.empty:
        return [first, "No growth account has a gap to its champion that matters."]
    counts = nearest["feature"].value_counts()
    titles = feature_titles(study, with_unit=False)
    top = [f"{titles.get(str(name), name)} ({n:,})" for name, n in counts.head(3).items()]
    return [
        first,
        f"The gaps to the nearest champion that most accounts have: {', '.join(top)}. A gap is a "
        "difference, not a cause: closing it is an idea to try.",
    ]


def champions_table(study: StudyFolder, *, names: bool = False, most: int = 12) -> Html:
    """Growth accounts with their nearest champion and the gaps, largest growth potential first."""
    frame = study.table("champions")
    gaps = frame[frame["rank"] == 1].groupby("account_id", sort=False)
    nearest = gaps.agg(champion_id=("champion_id", "first"), words=("words", "; ".join))
    accounts = study.accounts.set_index("account_id")
    potential = accounts.get("growth_potential", pd.Series(dtype=float))
    nearest["potential"] = potential.reindex(nearest.index)
    nearest = nearest.sort_values("potential", ascending=False, kind="stable").reset_index()
    columns = [
        Column("Growth account", account()),
        Column("Growth potential", number("potential", ".2f")),
        Column("Nearest champion", account("champion_id")),
        Column("Gaps that matter", text("words")),
    ]
    rows = nearest.head(most).to_dict("records")
    caption = "Growth accounts and their nearest champions"
    made = filled(table_of(caption, columns, rows, of=len(nearest)))
    return named_accounts(made, study, names)


def discovery(study: StudyFolder) -> list[str]:
    """What the list is for, and where its spreadsheet is."""
    n = len(study.table("discovery"))
    plan = study.document.plan
    apart = "" if plan.labelling == SEGMENT else " The plan does not rest on them."
    return [
        f"{n} accounts to interview, so that people find out whether the {group_words(study)} are "
        f"needs.{apart} Each has a hypothesis that the talk may refute. The list is in "
        "discovery.csv and discovery.xlsx of the study folder, with columns for the answers; both "
        "hold names and stay out of the record."
    ]


def discovery_table(study: StudyFolder, *, names: bool = False) -> Html:
    """Every account to interview, with its hypothesis."""
    columns = [
        Column("Account", account()),
        Column(study.document.group_word.singular.capitalize(), text("segment_name")),
        Column("It is", lambda row: _KINDS[row["kind"]]),
        Column(amount_title(study), amount("arr")),
        Column("Probability", share("probability")),
        Column("Hypothesis", text("hypothesis")),
    ]
    rows = study.table("discovery").to_dict("records")
    return named_accounts(table_of("Accounts to interview next", columns, rows), study, names)


def _of(study: StudyFolder, frame: pd.DataFrame, tier: int) -> str:
    """How many of all accounts of a tier: nearly all of them speak of the tier, not of accounts."""
    entry = labelling(study, TIERS)
    if entry is None or TIERS not in study.accounts:
        return counted(len(frame))
    n = int((study.accounts[TIERS] == entry.levels[tier]).sum())
    return f"{len(frame):,} of {n:,} accounts"


def _have(frame: pd.DataFrame) -> str:
    return "has" if len(frame) == 1 else "have"
