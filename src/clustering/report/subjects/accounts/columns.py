"""The columns of the explorer's table, each once as it is read and once as it is sorted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from clustering.report.kit.cells import MISSING, amount_cell
from clustering.report.kit.facts import (
    TIERS,
    amount_title,
    labelling,
    percent,
    playbook_titles,
    title_of,
)
from clustering.report.subjects.accounts.shown import own_table, running, texts_by_account
from clustering.report.subjects.plan.tables import DELIVERY
from clustering.results import StudyFolder
from clustering.wording import name_in_words

#: Headings under which an account's details say more than the cell does.
SURE, CARE, NEXT_PLAY = "How sure", "Care delivered", "Next play"

#: A choice of more labels than this is no choice: such a column is searched instead.
_MOST_CHOICES = 60


@dataclass(frozen=True, eq=False)
class AccountColumn:
    """One column of the table.

    Attributes
    ----------
    title : its heading
    texts : what stands in its cells, one an account; "" where nothing does
    numbers : the numbers behind the cells; None where there are none
    is_choice : whether readers choose one of its texts
    """

    title: str
    texts: "pd.Series[str]"
    numbers: "pd.Series[float] | None" = None
    is_choice: bool = False

    def of(self, accounts: pd.Index) -> "AccountColumn":
        """The column of some accounts, by their ids."""
        numbers = None if self.numbers is None else self.numbers.loc[accounts]
        return replace(self, texts=self.texts.loc[accounts], numbers=numbers)

    @property
    def choices(self) -> list[str]:
        """The texts to choose from."""
        found = sorted({text for text in self.texts if text}) if self.is_choice else []
        return found if 1 < len(found) <= _MOST_CHOICES else []


def account_columns(
    study: StudyFolder, accounts: pd.DataFrame, *, names: bool
) -> list[AccountColumn]:
    """The columns that the study has.

    Parameters
    ----------
    accounts : rows of accounts.parquet, indexed by account_id
    names : whether people are named: who looks after an account, and what they decided
    """
    return [*_columns(study, accounts, names)]


def _columns(study: StudyFolder, accounts: pd.DataFrame, names: bool) -> Iterator[AccountColumn]:
    if accounts["arr"].notna().any():
        texts = accounts["arr"].map(lambda value: amount_cell(value).text)
        yield AccountColumn(amount_title(study), texts, accounts["arr"].round(2))
    word = study.document.group_word.singular.capitalize()
    yield AccountColumn(word, accounts["segment_name"].astype(str), is_choice=True)
    sure = accounts["probability"]
    yield AccountColumn(SURE, sure.map(percent), sure.round(4))
    if TIERS in accounts and labelling(study, TIERS):
        yield _choice(title_of(study, TIERS), accounts[TIERS])
    if "lifecycle_stage" in accounts:
        stage = accounts["lifecycle_stage"].map(name_in_words, na_action="ignore")
        yield _choice("Stage", stage)
    audit = own_table(study, "audit")
    if audit is not None:
        delivery = audit.set_index("account_id")["delivery"].map(DELIVERY)
        yield _choice(CARE, delivery.reindex(accounts.index))
    if names and "csm" in accounts:
        yield _choice("CSM", accounts["csm"])
    plays = next_play(study)
    if plays is not None:
        yield _choice(NEXT_PLAY, plays.reindex(accounts.index))
    decided = decisions(study, names=names)
    if decided is not None:
        yield AccountColumn("Decided by a person", _filled(decided.reindex(accounts.index)))


def _choice(title: str, labels: "pd.Series[str]") -> AccountColumn:
    return AccountColumn(title, _filled(labels), is_choice=True)


def _filled(labels: "pd.Series[str]") -> "pd.Series[str]":
    return labels.astype(object).where(labels.notna(), MISSING).astype(str)


def next_play(study: StudyFolder) -> "pd.Series[str] | None":
    """What is next for every account: event playbooks that start or run, else its own playbook.

    Returns
    -------
    Titles by account_id; None where the study has no plan.
    """
    audit = own_table(study, "audit")
    if audit is None:
        return None
    titles = playbook_titles(study)
    plays = audit.set_index("account_id")["playbook"].map(lambda name: titles.get(name, name))
    runs = running(study)
    if runs is None or runs.empty:
        return plays
    told = runs["playbook"].map(lambda name: titles.get(name, name))
    events = texts_by_account(runs["account_id"], told, ", ")
    return events.reindex(plays.index).fillna(plays)


def decisions(study: StudyFolder, *, names: bool) -> "pd.Series[str] | None":
    """What people decided about accounts, by account_id; None where they decided nothing.

    Parameters
    ----------
    names : whether it is said who decided, and why
    """
    table = own_table(study, "overrides")
    if table is None:
        return None
    told = [
        f"{row['segment']} ({row['status']}, {row['decided_on']} to {row['valid_until']})"
        + (f", by {row['decided_by']}: {row['reason']}" if names else "")
        for row in table.to_dict("records")
    ]
    return texts_by_account(table["account_id"], told, "; ")
