"""Where two labellings meet, in accounts and in ARR, and which accounts disagree most."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc

from clustering.arrays import Flags, Floats, Ints
from clustering.comparison.agreement.entries import DISAGREEMENTS
from clustering.comparison.base.labellings import Labelling, pair
from clustering.errors import BadInputError
from clustering.inference.multiple_testing import holm
from clustering.wording import LEVEL

#: In what an account (its row) is unlike a group (its rows), in words.
UnlikeWords = Callable[[NDArray[np.intp], int], Sequence[str]]


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
    segment: ArrayLike | pd.Series | Labelling,
    other: ArrayLike | pd.Series | Labelling,
    arr: "pd.Series[float]",
    *,
    name: str,
    title: str | None = None,
    probability: ArrayLike | None = None,
    unlike: UnlikeWords | None = None,
    most: int = 50,
) -> pd.DataFrame:
    """Accounts whose label is unusual for their segment beyond chance, most surprising first.

    A label is unusual for a segment where fewer accounts have both than chance would give: the
    adjusted standardised residual of that cell of the table is negative, and its p-value, corrected
    by Holm for the number of cells, is at most 0.05. Where labels and segments are unrelated no
    account is listed, however rare a label is.

    The surprise of an account is p ln(expected / found): expected and found are the accounts with
    its segment and label, and p the probability of its membership. It orders accounts for a person
    to look at; it is no probability of an error.

    Parameters
    ----------
    segment, other : of shape (n_accounts,)
        The name of the segment of each account, and its label in the other labelling.
    arr : Series of shape (n_accounts,), indexed by account
        Its yearly amount.
    name, title : the labelling's name in the result, and in the sentence
    probability : array-like of shape (n_accounts,), optional
        Probability of the membership (default: 1).
    unlike : says in what an account is unlike the accounts of its label (default: not said)
    most : at most so many accounts.

    Returns
    -------
    DataFrame
        `account_id`, `second` (name), `label`, `segment_name`, `arr`, `why` (a sentence),
        `surprise` (nats, above 0); ties by ARR, then by account. Empty where no cell is unusual.

    References
    ----------
    Agresti 2013, Categorical Data Analysis, section 3.3 (standardised residuals).

    Examples
    --------
    >>> segment = ["steady"] * 40 + ["late"] * 40
    >>> tier = ["smb"] * 38 + ["enterprise"] * 2 + ["smb"] * 10 + ["enterprise"] * 30
    >>> arr = pd.Series(1.0, index=[f"a{i}" for i in range(80)])
    >>> found = disagreements(segment, tier, arr, name="arr_tiers")
    >>> found["account_id"].tolist()[:2], len(found)
    (['a38', 'a39'], 12)
    >>> print(found["why"][0])
    2 accounts of 'steady' have arr_tiers 'enterprise', where chance would give 16.

    The same tiers, dealt without regard to the segments:

    >>> disagreements(segment, ["smb", "smb", "smb", "big"] * 20, arr, name="t").empty
    True
    """
    both = pair(segment, other)
    n_given = both.rows.size
    places = np.flatnonzero(both.rows)
    certain = np.ones(n_given) if probability is None else _amounts(probability, n_given)
    counts = both.contingency
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    row, column = both.first.codes, both.second.codes
    frame = pd.DataFrame(
        {
            "arr": _amounts(arr, n_given)[both.rows],
            "surprise": certain[both.rows] * np.log(expected[row, column] / counts[row, column]),
            "account_id": np.asarray(arr.index, dtype=object)[both.rows],
            "row": row,
            "column": column,
            "place": places,
        }
    )
    frame = frame[_unusual(counts, expected)[row, column]]
    frame = frame.sort_values(["surprise", "arr", "account_id"], ascending=[False, False, True])
    frame = frame.head(most).reset_index(drop=True)
    why = []
    for i, j, place in zip(frame["row"], frame["column"], frame["place"], strict=True):
        has = "1 account" if counts[i, j] == 1 else f"{counts[i, j]} accounts"
        text = (
            f"{has} of '{both.first.levels[i]}' {'has' if counts[i, j] == 1 else 'have'} "
            f"{title or name} '{both.second.levels[j]}', where chance would give "
            f"{expected[i, j]:.0f}"
        )
        own = [] if unlike is None else unlike(places[column == j], int(place))
        if own:
            text += f"; unlike the others of that label: {'; '.join(own)}"
        why.append(f"{text}.")
    return DISAGREEMENTS.of(
        frame.assign(
            second=pd.Series(name, index=frame.index, dtype="str"),
            label=_names(both.second, frame["column"]),
            segment_name=_names(both.first, frame["row"]),
            why=pd.Series(why, index=frame.index, dtype=object),
        )
    )


def _names(labelling: Labelling, codes: "pd.Series[int]") -> "pd.Series[str]":
    return pd.Series(np.asarray(labelling.levels, dtype=object)[codes], index=codes.index)


def _unusual(counts: Ints, expected: Floats) -> Flags:
    """Cells with fewer accounts than chance gives, by residuals corrected for all cells."""
    total = counts.sum()
    free = np.outer(1 - counts.sum(axis=1) / total, 1 - counts.sum(axis=0) / total)
    variance = expected * free
    residual = np.where(variance > 0, counts - expected, 0.0) / np.sqrt(
        np.where(variance > 0, variance, 1.0)
    )
    p = erfc(np.abs(residual) / np.sqrt(2.0))
    corrected = np.array(holm(list(p.ravel()))).reshape(p.shape)
    return np.asarray((residual < 0) & (corrected <= LEVEL))


def _amounts(values: ArrayLike, n_accounts: int) -> Floats:
    amounts = pd.to_numeric(pd.Series(np.asarray(values)), errors="coerce").to_numpy(np.float64)
    if amounts.size != n_accounts:
        raise BadInputError(f"{amounts.size} amounts were given for {n_accounts} accounts.")
    return amounts
