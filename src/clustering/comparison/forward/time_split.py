"""A split in time: fitted on windows that had closed by the as-of date, judged on the one after it.

Earlier snapshots of the same book serve to fit on. Each keeps the length of the horizon between
itself and the as-of date, so that every outcome fitted on was known by then (the embargo).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from clustering.arrays import Ints

#: The fold of a row that models are fitted on and never judged on.
FIT_ONLY = -1


@dataclass(frozen=True, eq=False)
class DatedAccounts:
    """Accounts as they were known on one date, and what happened in the window after it.

    Attributes
    ----------
    labels : Series of labels by name, indexed by account; segments are those of the frozen model
    features : DataFrame (n_accounts, n_features), of the frozen model
    arr : Series of yearly amounts
    outcomes : DataFrame as in `Horizon.frame`
    """

    as_of: date
    labels: Mapping[str, "pd.Series[str]"]
    features: pd.DataFrame
    arr: "pd.Series[float]"
    outcomes: pd.DataFrame


@dataclass(frozen=True, eq=False)
class EarlierDates:
    """What a split in time is made of.

    Attributes
    ----------
    train : the earlier dates, newest first; their windows had closed by the test date
    test : the as-of date of the study
    undated : labellings that cannot be told for the earlier dates, with the reason
    agreement : adjusted mutual information of the frozen segments with those of the study
    notes : earlier dates that the tables do not reach, by name
    """

    train: tuple[DatedAccounts, ...]
    test: DatedAccounts
    undated: Mapping[str, str]
    agreement: float | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimeSplit:
    """How the forward comparison was split; `reason` says why not in time."""

    design: str
    test_date: date
    train_dates: tuple[date, ...] = ()
    embargo_days: int | None = None
    n_train_rows: int = 0
    n_train_accounts: int = 0
    n_test_accounts: int = 0
    n_in_both: int = 0
    agreement: float | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Stacked:
    """Rows of all dates under each other, indexed by date and account; `folds` say their part."""

    features: pd.DataFrame
    labels: Mapping[str, "pd.Series[str]"]
    outcomes: pd.DataFrame
    arr: "pd.Series[float]"
    folds: "pd.Series[int]"


def stack(earlier: EarlierDates) -> Stacked:
    """All dates under each other; a labelling must be known on every date to be in it."""
    dated = [earlier.test, *earlier.train]
    names = [name for name in earlier.test.labels if all(name in part.labels for part in dated)]
    index = pd.MultiIndex.from_tuples(
        [(part.as_of, account) for part in dated for account in part.outcomes.index],
        names=["as_of", "account_id"],
    )
    sizes = [len(part.outcomes) for part in dated]

    def under(frames: list[pd.DataFrame]) -> pd.DataFrame:
        return pd.concat(frames, ignore_index=True).set_axis(index, axis="index")

    labels = under(
        [
            pd.DataFrame({n: part.labels[n].reindex(part.outcomes.index) for n in names})
            for part in dated
        ]
    )
    arr = under([part.arr.reindex(part.outcomes.index).to_frame("arr") for part in dated])["arr"]
    return Stacked(
        features=under([part.features.reindex(part.outcomes.index) for part in dated]),
        labels={name: labels[name] for name in names},
        outcomes=under([part.outcomes for part in dated]),
        arr=arr,
        folds=pd.Series(_folds(sizes), index=index),
    )


def _folds(sizes: list[int]) -> Ints:
    """Fold 0 for the rows of the first part, which is judged."""
    folds = np.full(sum(sizes), FIT_ONLY, dtype=np.int64)
    folds[: sizes[0]] = 0
    return folds
