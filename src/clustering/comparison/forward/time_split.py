"""A split in time: fitted on windows that had closed by the as-of date, judged on the one after it.

Earlier snapshots of the same book serve to fit on. Each keeps the length of the horizon between
itself and the as-of date, so that every outcome fitted on was known by then (the embargo).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from clustering.comparison.forward.entries import Design
from clustering.comparison.forward.rows import FIT_ONLY

FOLDS: Design = "five folds"
OUT_OF_TIME: Design = "out of time"


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
    undated : labellings that are not known for the earlier dates, with the reason
    agreement : adjusted mutual information of the frozen segments with those of the study
    notes : earlier dates that the tables do not reach, by name
    """

    train: tuple[DatedAccounts, ...]
    test: DatedAccounts
    undated: Mapping[str, str]
    agreement: float | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Sample:
    """Accounts to fit and to judge on: of one date, or of several dates under each other.

    `folds` says which rows are judged, and is None where folds are to be drawn.
    """

    features: pd.DataFrame
    labels: Mapping[str, "pd.Series[str]"]
    outcomes: pd.DataFrame
    arr: "pd.Series[float]"
    folds: "pd.Series[int] | None" = None

    @property
    def design(self) -> Design:
        """How the accounts are split."""
        return FOLDS if self.folds is None else OUT_OF_TIME


def of_one_date(accounts: DatedAccounts) -> Sample:
    """The accounts of one date, to be judged over folds."""
    return Sample(accounts.features, accounts.labels, accounts.outcomes, accounts.arr)


def stack(earlier: EarlierDates) -> Sample:
    """All dates under each other; a labelling must be known on every date to be in it."""
    dated = [earlier.test, *earlier.train]
    names = [name for name in earlier.test.labels if all(name in part.labels for part in dated)]
    index = pd.MultiIndex.from_tuples(
        [(part.as_of, account) for part in dated for account in part.outcomes.index],
        names=["as_of", "account_id"],
    )

    def under(frames: list[pd.DataFrame]) -> pd.DataFrame:
        return pd.concat(frames, ignore_index=True).set_axis(index, axis="index")

    labels = under(
        [
            pd.DataFrame({n: part.labels[n].reindex(part.outcomes.index) for n in names})
            for part in dated
        ]
    )
    arr = under([part.arr.reindex(part.outcomes.index).to_frame("arr") for part in dated])["arr"]
    is_test = np.arange(len(index)) < len(earlier.test.outcomes)
    return Sample(
        features=under([part.features.reindex(part.outcomes.index) for part in dated]),
        labels={name: labels[name] for name in names},
        outcomes=under([part.outcomes for part in dated]),
        arr=arr,
        folds=pd.Series(np.where(is_test, 0, FIT_ONLY), index=index, dtype="int64"),
    )
