"""One account in depth, for a notebook: what the study knows of it, beside its segment."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.errors import BadInputError, or_known
from clustering.report.kit.cells import account, amount_cell, named_accounts
from clustering.report.kit.facts import account_names, amount_title, group_words
from clustering.report.kit.html import Account, Cell, Column, Html, table, table_of
from clustering.report.subjects.accounts.columns import account_columns
from clustering.report.subjects.accounts.features import (
    MIDDLE,
    PLACES,
    feature_caption,
    feature_heading,
    features_of_accounts,
)
from clustering.report.subjects.accounts.shown import in_order
from clustering.report.subjects.accounts.told import nearest_champions, told_of_accounts
from clustering.results import StudyFolder
from clustering.scorer import Scorer

#: Accounts that are listed as the most alike.
_ALIKE = 10


@dataclass(frozen=True, eq=False)
class OneAccount:
    """An account of a study; `names` says whether customers and people are named."""

    study: StudyFolder
    account_id: str
    names: bool

    @property
    def row(self) -> pd.DataFrame:
        """Its row of accounts.parquet, indexed by account_id."""
        return in_order(self.study).loc[[self.account_id]]


def one_account(study: StudyFolder, account: str = "", *, names: bool = True) -> OneAccount:
    """The account of an id or a name; without either the one with the largest amount.

    Raises
    ------
    BadInputError
        No account has that id or name, or several have that name.
    """
    everyone = in_order(study)
    wanted = account.strip() or str(everyone.index[0])
    if wanted in everyone.index:
        return OneAccount(study, wanted, names)
    known = account_names(study)
    ids = [key for key, name in known.items() if name.casefold() == wanted.casefold()]
    if len(ids) == 1:
        return OneAccount(study, ids[0], names)
    if ids:
        raise BadInputError(
            f"several accounts are called '{wanted}': give one of {', '.join(ids)}."
        )
    hint = or_known(wanted, [*map(str, everyone.index), *known.values()])
    raise BadInputError(f"no account of this study has the id or the name '{wanted}'.{hint}")


def overview(one: OneAccount) -> Html:
    """Its columns of the explorer: amount, segment, how sure, tier, care, next play."""
    columns = account_columns(one.study, one.row, names=one.names)
    cells: list[Cell] = [Account(one.account_id), *(column.texts.iloc[0] for column in columns)]
    made = table("The account", ["Account", *(column.title for column in columns)], [cells])
    return _named(made, one)


def told(one: OneAccount) -> Html:
    """What the study says of it: why it is there, how sure, over time, care, what is next."""
    subjects = told_of_accounts(one.study, one.row)
    return table(
        "What is known of it",
        ["Subject", "What is known"],
        [[x.title, x.texts.iloc[0]] for x in subjects],
    )


def features(one: OneAccount) -> Html:
    """Its features beside the middle half of its segment, what is unusual first."""
    segment = int(one.row["segment"].iloc[0])
    found = features_of_accounts(one.study, one.row)
    usual_last = sorted(found, key=lambda feature: int(feature.places[0]) == MIDDLE)
    rows = [
        [made.title, made.values.iloc[0], made.usual[segment], PLACES[int(made.places[0])]]
        for made in usual_last
    ]
    return table(feature_caption(one.study), feature_heading(one.study), rows)


def champions(one: OneAccount) -> Html:
    """The champions near it, and the gaps to them."""
    near = nearest_champions(one.study, one.row).get(one.account_id, [])
    rows: list[list[Cell]] = [[Account(champion.champion_id), champion.gaps] for champion in near]
    return _named(table("Nearest champions", ["Champion", "The gaps"], rows), one)


def alike(one: OneAccount) -> Html:
    """The accounts nearest to it in the features of the model, whatever their segment.

    Raises
    ------
    ModelFolderError
        The study has no scorer.
    """
    everyone = in_order(one.study)
    values = Scorer.load(one.study.path / "scorer").standardiser.transform(everyone)
    gaps = pd.Series(
        np.linalg.norm(values - values[everyone.index.get_loc(one.account_id)], axis=1),
        index=everyone.index,
    )
    nearest = gaps.drop(one.account_id).dropna().nsmallest(_ALIKE).index
    columns = [
        Column("Account", account()),
        Column(group_words(one.study, 1).capitalize(), lambda row: str(row["segment_name"])),
        Column(amount_title(one.study), lambda row: amount_cell(row["arr"])),
    ]
    rows = everyone.loc[nearest].reset_index().to_dict("records")
    return _named(table_of("Accounts most like it, the nearest first", columns, rows), one)


def _named(made: Html, one: OneAccount) -> Html:
    return named_accounts(made, one.study, one.names)
