"""Rows that stand for the same account, and rows that are equal without saying whose they are.

A join that repeats every account makes tight heaps of equal rows, which every test of structure
takes for clusters. Where the accounts are known each is judged once; where they are not, equal
rows may be different accounts (answers to a survey), so a verdict must hold on the distinct rows
too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError, breaches_message

#: Share of rows equal to an earlier one above which the distinct rows are judged as well.
REPEATS_MATTER = 0.05
#: Accounts at fault that a message names.
_SHOWN = 3


@dataclass(frozen=True, eq=False)
class Repeats:
    """Which rows stand for all of them.

    Attributes
    ----------
    first : (n_once,) rows that are the first of their account, or of their kind
    back : (n,) position in `first` of the row that stands for each row
    """

    first: Ints
    back: Ints

    @property
    def count(self) -> int:
        """Rows that repeat an earlier one."""
        return len(self.back) - len(self.first)

    @property
    def matter(self) -> bool:
        """Whether they are many enough to make a verdict."""
        return self.count > REPEATS_MATTER * len(self.back)


def find_repeats(values: Floats, accounts: Sequence[object] | None = None) -> Repeats:
    """Rows of the same account; without `accounts` the rows that are equal in every column.

    Parameters
    ----------
    values : (n, d)
    accounts : (n,), whose each row is

    Raises
    ------
    BadInputError
        There are not as many accounts as rows, some are missing, or an account has several rows
        that differ: nobody can say then which of them is the account.

    Examples
    --------
    >>> repeats = find_repeats(np.array([[1.0], [2.0], [1.0]]))
    >>> repeats.first.tolist(), repeats.back.tolist(), repeats.count
    ([0, 1], [0, 1, 0], 1)
    >>> find_repeats(np.array([[1.0], [2.0], [1.0]]), ["a", "b", "c"]).count
    0
    """
    frame = pd.DataFrame(values)
    rows = frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy()
    codes = rows if accounts is None else _account_codes(accounts, rows)
    _, first, back = np.unique(codes, return_index=True, return_inverse=True)
    return Repeats(first.astype(np.int64), back.astype(np.int64))


def repeats_in_words(repeats: Repeats, *, known: bool) -> list[str]:
    """What repeated rows mean for the evidence; nothing where there are none.

    Parameters
    ----------
    known : whether it is known which account each row is
    """
    if not repeats.count:
        return []
    n, n_once = len(repeats.back), len(repeats.first)
    if known:
        return [f"Repeats: {n} rows are of {n_once} accounts; each account is judged once."]
    return [
        f"Repeats: {repeats.count} of {n} rows are equal to an earlier row in every column "
        f"({n_once} are different). If they repeat accounts, name the column of the account; here "
        "each counts as an account of its own."
    ]


def _account_codes(accounts: Sequence[object], rows: NDArray[Any]) -> NDArray[Any]:
    if len(accounts) != len(rows):
        raise BadInputError(f"there are {len(accounts)} accounts for {len(rows)} rows.")
    codes, names = pd.factorize(pd.Series(list(accounts), dtype=object))
    breaches = []
    if (codes < 0).any():
        breaches.append(
            f"the account is missing in {int((codes < 0).sum())} of {len(codes)} rows; complete "
            "it, or leave these rows out"
        )
    kinds = pd.Series(rows).groupby(codes).nunique()
    several = kinds.index[(kinds > 1) & (kinds.index >= 0)]
    if len(several):
        shown = ", ".join(str(names[code]) for code in several[:_SHOWN])
        breaches.append(
            f"{len(several)} of {len(names)} accounts have several rows that differ (first: "
            f"{shown}); keep one row an account, for example the latest"
        )
    if breaches:
        raise BadInputError(breaches_message("the accounts of the rows are not clear", breaches))
    return codes
