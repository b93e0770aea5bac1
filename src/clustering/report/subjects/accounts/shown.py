"""Which accounts the explorer shows: all, or of very many those that ask for something."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from clustering.report.kit.cache import drawn_once
from clustering.results import StudyFolder

#: A page with so many rows still opens at once; of more accounts the page is a choice.
MOST_ACCOUNTS = 10_000

_RULE = (
    "an event playbook starts or runs, care is far from what is usual, tiers get them wrong, "
    "their segment is to be confirmed, or a person decided it"
)


@dataclass(frozen=True, eq=False)
class Shown:
    """The accounts of the page.

    Attributes
    ----------
    accounts : rows of accounts.parquet, indexed by account_id, the largest amount first
    rule : which of all accounts they are, as a sentence
    """

    accounts: pd.DataFrame
    rule: str


@drawn_once
def shown_accounts(study: StudyFolder, most: int = MOST_ACCOUNTS) -> Shown:
    """The accounts of the page, and the rule that chose them.

    Parameters
    ----------
    most : accounts that a page holds
    """
    everyone = in_order(study)
    amount = study.document.amount_name
    n = len(everyone)
    if n <= most:
        return Shown(everyone, f"All {n:,} accounts of the study, the largest {amount} first.")
    asking = everyone[everyone.index.isin(_asking(study))]
    chosen = asking.head(most)
    rule = f"{len(chosen):,} of {n:,} accounts: those for which {_RULE}"
    if len(chosen) < len(asking):
        rule += f" ({len(asking):,} accounts), and of these the ones with the largest {amount}"
    return Shown(chosen, f"{rule}. The file below has all of them.")


@drawn_once
def in_order(study: StudyFolder) -> pd.DataFrame:
    """All accounts indexed by account_id, the largest amount first."""
    frame = study.accounts.sort_values(["arr", "account_id"], ascending=[False, True])
    return frame.set_index("account_id")


def own_table(study: StudyFolder, name: str) -> pd.DataFrame | None:
    """A table that not every study has; None without rows."""
    if not study.has_table(name):
        return None
    frame = study.table(name)
    return None if frame.empty else frame


def texts_by_account(
    account_ids: Iterable[str], texts: Iterable[str], between: str
) -> "pd.Series[str]":
    """The texts of every account in one, in their order.

    Examples
    --------
    >>> texts_by_account(["b", "a", "b"], ["1", "2", "3"], "; ").to_dict()
    {'b': '1; 3', 'a': '2'}
    """
    found: dict[str, list[str]] = {}
    for account_id, text in zip(account_ids, texts, strict=True):
        found.setdefault(account_id, []).append(text)
    joined = {account_id: between.join(own) for account_id, own in found.items()}
    return pd.Series(joined, dtype="str")


def running(study: StudyFolder) -> pd.DataFrame | None:
    """The event playbooks that start or run."""
    runs = own_table(study, "playbook_runs")
    return None if runs is None else runs[runs["state"].isin(["starts", "runs"])]


def _asking(study: StudyFolder) -> set[str]:
    audit = own_table(study, "audit")
    overrides = own_table(study, "overrides")
    parts = (
        running(study),
        None if audit is None else audit[audit["delivery"].isin(["over", "under"])],
        own_table(study, "misjudged"),
        own_table(study, "reconfirmation"),
        None if overrides is None else overrides[overrides["status"] == "in force"],
    )
    return {str(one) for part in parts if part is not None for one in part["account_id"]}
