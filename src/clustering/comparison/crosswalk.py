"""Where two labellings meet, in accounts and in ARR, and which accounts disagree most."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from clustering.comparison.labellings import Labelling, pair
from clustering.errors import BadInputError

__all__ = ["crosswalk", "disagreements"]


def crosswalk(
    first: ArrayLike | pd.Series | Labelling,
    second: ArrayLike | pd.Series | Labelling,
    arr: ArrayLike,
    *,
    names: tuple[str, str] = ("first", "second"),
) -> pd.DataFrame:
    """Accounts and ARR in every combination of labels that occurs.

    Parameters
    ----------
    first, second : array-like of shape (n_accounts,)
        Labels; accounts that lack either are left out.
    arr : array-like of shape (n_accounts,)
        Yearly amount of each account; NaN where it is not known.
    names : what the two labellings are called in the result.

    Returns
    -------
    DataFrame
        One row per combination: `first`, `second` (names), `first_label`, `second_label`,
        `n_accounts`, `arr` (sum of the known amounts, NaN where none is known),
        `share_of_first` and `share_of_second` (shares of the accounts with that label).

    Raises
    ------
    BadInputError
        Lengths differ, or no account has both labels.

    Examples
    --------
    >>> table = crosswalk(["a", "a", "b"], ["x", "y", "y"], [10.0, 20.0, 30.0])
    >>> table[["first_label", "second_label", "n_accounts", "arr"]].values.tolist()
    [['a', 'x', 1, 10.0], ['a', 'y', 1, 20.0], ['b', 'y', 1, 30.0]]
    """
    both = pair(first, second)
    amounts = _amounts(arr, both.n_accounts + both.n_left_out)[both.rows]
    counts = both.contingency
    cell = both.first.codes * counts.shape[1] + both.second.codes
    known = np.isfinite(amounts)
    # Of no weights at all NumPy makes whole numbers, which cannot hold NaN.
    sums = np.bincount(cell[known], weights=amounts[known], minlength=counts.size).astype(float)
    sums[np.bincount(cell[known], minlength=counts.size) == 0] = np.nan
    row, column = np.nonzero(counts)
    n_cell = counts[row, column]
    return pd.DataFrame(
        {
            "first": names[0],
            "second": names[1],
            "first_label": [both.first.levels[code] for code in row],
            "second_label": [both.second.levels[code] for code in column],
            "n_accounts": n_cell,
            "arr": sums.reshape(counts.shape)[row, column],
            "share_of_first": n_cell / counts.sum(axis=1)[row],
            "share_of_second": n_cell / counts.sum(axis=0)[column],
        }
    )


def disagreements(
    account_ids: Sequence[str] | pd.Index,
    segment: ArrayLike | pd.Series | Labelling,
    other: ArrayLike | pd.Series | Labelling,
    arr: ArrayLike,
    *,
    name: str,
    title: str | None = None,
    probability: ArrayLike | None = None,
    most: int = 50,
) -> pd.DataFrame:
    """Accounts whose label is unusual for their segment, most surprising first.

    The surprise of an account is p ln(P(usual) / P(label)): P(label) is the share of its
    segment's accounts that have its label, P(usual) that of the segment's most common label,
    and p the probability of its membership. It is 0 where the account has the usual label, and
    small where the segment has no usual label or the account hardly belongs to the segment.
    It orders accounts for a person to look at; it is no probability of an error.

    Parameters
    ----------
    account_ids, segment, other, arr : of shape (n_accounts,)
        The accounts, the name of the segment of each, its label in the labelling it is compared
        with, and its yearly amount.
    name, title : the labelling's name in the result, and in the sentence
    probability : array-like of shape (n_accounts,), optional
        Probability of the membership (default: 1).
    most : at most so many accounts.

    Returns
    -------
    DataFrame
        `account_id`, `second` (name), `label`, `segment_name`, `arr`, `why` (a sentence),
        `surprise` (nats, above 0); ties by ARR, then by account.

    Examples
    --------
    >>> segment = ["steady"] * 5
    >>> tier = ["growth"] * 4 + ["enterprise"]
    >>> found = disagreements(list("abcde"), segment, tier, [1.0] * 5, name="arr_tiers")
    >>> found[["account_id", "label"]].values.tolist(), round(float(found["surprise"][0]), 3)
    ([['e', 'enterprise']], 1.386)
    >>> print(found["why"][0])
    arr_tiers 'enterprise' is unusual in 'steady': 1 of 5 accounts have it, 4 have 'growth'.
    """
    both = pair(segment, other)
    n_given = both.n_accounts + both.n_left_out
    if len(account_ids) != n_given:
        raise BadInputError(f"{len(account_ids)} account ids were given for {n_given} accounts.")
    amounts = _amounts(arr, n_given)[both.rows]
    certain = np.ones(n_given) if probability is None else _amounts(probability, n_given)
    counts = both.contingency
    usual = counts.argmax(axis=1)
    row, column = both.first.codes, both.second.codes
    surprise = certain[both.rows] * np.log(counts.max(axis=1)[row] / counts[row, column])
    frame = pd.DataFrame(
        {
            "account_id": np.asarray(account_ids, dtype=object)[both.rows],
            "second": name,
            "label": np.asarray(both.second.levels, dtype=object)[column],
            "segment_name": np.asarray(both.first.levels, dtype=object)[row],
            "arr": amounts,
            "surprise": surprise,
            "_row": row,
            "_column": column,
        }
    )
    order = ["surprise", "arr", "account_id"]
    frame = frame[frame["surprise"] > 0].sort_values(order, ascending=[False, False, True])
    frame = frame.head(most).reset_index(drop=True)
    sizes = counts.sum(axis=1)
    why = [
        f"{title or name} '{both.second.levels[j]}' is unusual in '{both.first.levels[i]}': "
        f"{counts[i, j]} of {sizes[i]} accounts have it, {counts[i].max()} have "
        f"'{both.second.levels[usual[i]]}'."
        for i, j in zip(frame["_row"], frame["_column"], strict=True)
    ]
    frame.insert(5, "why", pd.Series(why, index=frame.index, dtype=object))
    return frame.drop(columns=["_row", "_column"])


def _amounts(values: ArrayLike, n_accounts: int) -> NDArray[np.float64]:
    amounts = pd.to_numeric(pd.Series(np.asarray(values)), errors="coerce").to_numpy(np.float64)
    if amounts.size != n_accounts:
        raise BadInputError(f"{amounts.size} amounts were given for {n_accounts} accounts.")
    return amounts
