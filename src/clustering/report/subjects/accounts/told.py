"""What the study tells of single accounts, a sentence a subject."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clustering.plan.care.audit import UNKNOWN
from clustering.report.kit.cells import amount_cell
from clustering.report.kit.facts import group_words, percent
from clustering.report.subjects.accounts.columns import CARE, NEXT_PLAY, SURE
from clustering.report.subjects.accounts.shown import own_table, running, texts_by_account
from clustering.report.subjects.plan.tables import DELIVERY
from clustering.results import StudyFolder

#: Columns of accounts.parquet that describe an account, and how a sentence begins.
_ABOUT = {"industry": "industry", "region": "region", "started_on": "customer since"}

#: Where an account without a segment was at a snapshot.
_ELSEWHERE = {
    "not yet": "not yet a customer",
    "left": "no customer",
    "no segment": "no segment, as too little was known",
}

_SET_ASIDE = "unlike all other accounts: it had no part in the segments, and got the nearest"


@dataclass(frozen=True, eq=False)
class Told:
    """One subject of the accounts of the page.

    Attributes
    ----------
    title : of the subject
    texts : what is said of every account; "" where nothing is
    """

    title: str
    texts: "pd.Series[str]"


@dataclass(frozen=True)
class Nearest:
    """A champion near an account, and the gaps between them in words."""

    champion_id: str
    gaps: str


def told_of_accounts(study: StudyFolder, accounts: pd.DataFrame) -> list[Told]:
    """Every subject that the study says something about.

    Parameters
    ----------
    accounts : rows of accounts.parquet, indexed by account_id
    """
    subjects = (
        *(*_circumstances(study, accounts), *_reasons(study, accounts), *_served(study, accounts)),
        *(*_over_time(study, accounts), *_care(study, accounts)),
    )
    full = (Told(one.title, one.texts.reindex(accounts.index).fillna("")) for one in subjects)
    return [one for one in full if (one.texts != "").any()]


def nearest_champions(study: StudyFolder, accounts: pd.DataFrame) -> dict[str, list[Nearest]]:
    """The champions near every growth account of the page, the nearest first."""
    table = _own(study, "champions", accounts)
    if table is None:
        return {}
    rows = table.sort_values(["account_id", "rank", "gap"])
    gaps: dict[tuple[str, str], list[str]] = {}
    for account_id, champion_id, words in zip(
        rows["account_id"], rows["champion_id"], rows["words"], strict=True
    ):
        gaps.setdefault((account_id, champion_id), []).append(words)
    found: dict[str, list[Nearest]] = {}
    for (account_id, champion_id), words in gaps.items():
        found.setdefault(account_id, []).append(Nearest(champion_id, "; ".join(words)))
    return found


def _own(study: StudyFolder, name: str, accounts: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of a table on the accounts of the page; None without any."""
    table = own_table(study, name)
    if table is None:
        return None
    rows = table[table["account_id"].isin(accounts.index)]
    return None if rows.empty else rows


def _circumstances(study: StudyFolder, accounts: pd.DataFrame) -> Iterator[Told]:
    parts = [_about(accounts[name], words) for name, words in _ABOUT.items() if name in accounts]
    if parts:
        yield Told("About it", _joined(parts, "; "))
    described = {segment.segment: segment.description for segment in study.document.segments}
    yield Told(f"Its {group_words(study, 1)}", accounts["segment"].map(described))


def _about(values: "pd.Series[Any]", words: str) -> "pd.Series[str]":
    dates = pd.api.types.is_datetime64_any_dtype(values.dtype)
    texts = values.dt.strftime("%Y-%m-%d") if dates else values.astype(object)
    return (f"{words} " + texts).fillna("")


def _reasons(study: StudyFolder, accounts: pd.DataFrame) -> Iterator[Told]:
    yield Told(SURE, _sure(study, accounts))
    table = _own(study, "reasons", accounts)
    if table is None:
        return
    reasons = table.set_index("account_id")
    yield Told("Look at it first", reasons["reason"])
    yield Told("Why it is there", reasons["why"])
    yield Told("Why not with the runner-up", reasons["against_runner_up"])
    moving = "the model would say the runner-up at " + reasons["would_move"]
    yield Told("What would move it (no advice)", moving)


def _sure(study: StudyFolder, accounts: pd.DataFrame) -> "pd.Series[str]":
    # Accounts share few rounded numbers, and each sentence is made once.
    word = group_words(study, 1)
    shares = accounts["probability"].map(percent)
    said = f"this {word} is right for " + shares + " of accounts as well known and as clear"
    runner_up = accounts["runner_up"]
    said += ("; the runner-up is '" + runner_up + "'").fillna("")
    kept = accounts["stability"].map(percent, na_action="ignore")
    return said + ("; " + kept + " of the resamples keep it here").fillna("")


def _served(study: StudyFolder, accounts: pd.DataFrame) -> Iterator[Told]:
    yield Told("Set aside", accounts["set_aside"].map({True: _SET_ASIDE, False: ""}))
    if "assigned_segment" in accounts:
        other = accounts["assigned_segment"].ne(accounts["segment_name"])
        served = accounts["assigned_segment"].where(other & accounts["assigned_segment"].notna())
        yield Told("Served as", served)
    to_confirm = _own(study, "reconfirmation", accounts)
    if to_confirm is not None:
        yield Told("To confirm", to_confirm.set_index("account_id")["why"])


def _over_time(study: StudyFolder, accounts: pd.DataFrame) -> Iterator[Told]:
    movement = _own(study, "movement", accounts)
    if movement is not None:
        yield Told("Over time", _history(movement))
    moves = _own(study, "moves", accounts)
    if moves is not None:
        texts = moves["to_date"] + ": " + moves["why"]
        yield Told("What moved it", texts_by_account(moves["account_id"], texts, ". "))


def _history(movement: pd.DataFrame) -> "pd.Series[str]":
    """The segments in turn, each with the first date on which it was seen."""
    frame = movement.sort_values(["account_id", "snapshot"], kind="stable")
    where = frame["segment_name"].fillna(frame["state"].map(_ELSEWHERE))
    same = frame["account_id"].eq(frame["account_id"].shift()) & where.eq(where.shift())
    turns = ("from " + frame["snapshot"] + " " + where)[~same]
    return texts_by_account(frame["account_id"][~same], turns, "; ")


def _care(study: StudyFolder, accounts: pd.DataFrame) -> Iterator[Told]:
    audit = _own(study, "audit", accounts)
    if audit is None:
        return
    rows = audit.set_index("account_id")
    yield Told(CARE, _delivered(rows))
    goals = {book.name: f"{book.title}: {book.goal}" for book in study.document.plan.playbooks}
    all_year = rows["playbook"].map(goals)
    runs = running(study)
    if runs is not None and len(runs):
        told = runs["playbook"].map(goals) + runs["state"].map(
            {"starts": " (starts now)", "runs": " (runs)"}
        )
        yield Told(NEXT_PLAY, texts_by_account(runs["account_id"], told, "; "))
    yield Told("All year", all_year)
    misjudged = _own(study, "misjudged", accounts)
    if misjudged is not None:
        care = misjudged["care"] + " care by its tier: " + misjudged["why"]
        yield Told("Against its tier", care.set_axis(misjudged["account_id"]))


def _delivered(rows: pd.DataFrame) -> "pd.Series[str]":
    status = rows["delivery"].map(DELIVERY)
    hours = {
        name: rows[column].map(lambda value: amount_cell(value).text)
        for name, column in (
            ("delivered", "delivered_hours"),
            ("usual", "usual_hours"),
            ("needed", "needed_hours"),
        )
    }
    numbers = (
        "; delivered " + hours["delivered"] + " hours a year, usual for its label and size "
        + hours["usual"] + ", needed by the playbook " + hours["needed"] + " (assumed)"
    )  # fmt: skip
    told = status + numbers.where(rows["delivery"] != UNKNOWN, "")
    rule = rows["delivery_rule"].fillna("")
    return told + ("; " + rule).where(rule != "", "")


def _joined(parts: "list[pd.Series[str]]", between: str) -> "pd.Series[str]":
    frame = pd.concat(parts, axis=1)
    texts = [between.join(filter(None, row)) for row in frame.itertuples(index=False)]
    return pd.Series(texts, index=frame.index, dtype="str")
