"""What a study compares: labels, features and outcomes of the same accounts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from clustering.arrays import Floats, Ints
from clustering.comparison.agreement.crosswalk import UnlikeWords
from clustering.comparison.agreement.refits import Refit
from clustering.comparison.forward.time_split import EarlierDates
from clustering.comparison.observed.group_rates import Membership


@dataclass(frozen=True, eq=False)
class ComparedLabels:
    """Ways to label the accounts.

    Attributes
    ----------
    by_name : Series of labels; `segment`, then the schemes
    titles : what the labellings are called in sentences
    undated : labellings of the company's own, whose column may have been filled in afterwards
    membership : probabilities of the accounts to be in each segment
    probability : float64 array of shape (n_accounts,), that of the account's own segment
    """

    by_name: Mapping[str, "pd.Series[str]"]
    titles: Mapping[str, str]
    undated: tuple[str, ...]
    membership: Membership
    probability: Floats


@dataclass(frozen=True, eq=False)
class ComparedFeatures:
    """Features of the accounts.

    Attributes
    ----------
    frame : DataFrame (n_accounts, n_features), those of the matrix in their own units
    values : float64 array of shape (n_accounts, n_features), the matrix
    size_proxies : float64 array of shape (n_accounts, n_proxies), standardised; withheld features
    tenure : float64 array of shape (n_accounts,), in days; None if not known for all
    counts : features that count something, by name
    sources : the tables that a feature comes from, by its name
    """

    frame: pd.DataFrame
    values: Floats
    size_proxies: Floats
    tenure: Floats | None
    counts: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class ComparedOutcomes:
    """What happened after the as-of date.

    Attributes
    ----------
    frame, before, timing : DataFrames as in `Horizon`, aligned with the accounts
    as_of, days : the window of the outcomes
    earlier : the accounts on earlier dates, or the reason why there are none
    """

    frame: pd.DataFrame
    before: pd.DataFrame
    timing: pd.DataFrame
    as_of: date
    days: int
    earlier: EarlierDates | str


@dataclass(frozen=True, eq=False)
class ComparisonInputs:
    """What is compared; every part is of the same accounts in the same order.

    Attributes
    ----------
    arr : Series of yearly amounts, indexed by account; NaN where it is not known
    cluster : fits the chosen kind of segments to a matrix, with a seed
    company : the company of each account, where some share one
    refit : fits the whole pipeline on some rows and labels all accounts
    unlike : in what an account is unlike a group of accounts, in words
    """

    arr: "pd.Series[float]"
    labels: ComparedLabels
    features: ComparedFeatures
    outcomes: ComparedOutcomes
    cluster: Callable[[Floats, int], Ints]
    refit: Refit
    unlike: UnlikeWords | None = None
    company: "pd.Series[int] | None" = None
