"""Who is a customer on a date, where the account's row and its contracts contradict each other.

`accounts.ended_on` may be empty for a customer who left years ago, or stand beside a contract that
nobody ended. `accounts.left_by` decides which is believed; how many accounts it decides is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import narwhals as nw
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.config import AccountsConfig
from clustering.errors import BadInputError
from clustering.features.engines import collect_by_account

_FIRST = 3

#: Whether something is so, of each account: in pandas or in a query.
Said = TypeVar("Said", "pd.Series[bool]", nw.Expr)


@dataclass(frozen=True, eq=False)
class Standing:
    """The accounts that had begun by a date, and which of them had left.

    Attributes
    ----------
    left : boolean Series by `account_id`, sorted
    notes : how many accounts the rule decided, by kind
    """

    left: "pd.Series[bool]"
    notes: tuple[str, ...]

    @property
    def active(self) -> "pd.Index[str]":
        """The accounts that had not left."""
        active: pd.Index[str] = self.left.index[~self.left.to_numpy()]
        return active


def standing(
    visible: Mapping[str, nw.LazyFrame[Any]], as_of: date, rules: AccountsConfig
) -> Standing:
    """Say who had left by a date, from what was known on it.

    Parameters
    ----------
    visible : the tables as they were known on the date
    rules : by what an account has left

    Raises
    ------
    BadInputError
        No account had begun and not left.
    """
    frame = _evidence(visible)
    closed = frame["closed"]
    has_contract, is_open = frame["last_end"].notna() | frame["open"], frame["open"]
    long_ago = pd.Timestamp(_long_ago(as_of, rules))
    lapsed = has_contract & ~is_open & (frame["last_end"] < long_ago)
    left = _has_left(rules, closed, is_open, lapsed)
    if left.all():
        raise BadInputError(
            f"no account is active at as_of {as_of}: expected accounts that had started and not "
            f"ended, found {len(left)} that had ended and none that had not. Check as_of against "
            f"started_on and ended_on in 'accounts', and against the contracts "
            f"(accounts.left_by, accounts.lapsed_days)."
        )
    decided = f'accounts.left_by = "{rules.left_by}"'
    kinds = (
        (
            closed & is_open,
            "are closed in 'accounts' while a contract runs on",
            {"contracts": "kept as customers"}.get(rules.left_by, "left out"),
        ),
        (
            ~closed & lapsed,
            f"have no ended_on, and their last contract ended more than {rules.lapsed_days} days "
            f"before {as_of} (accounts.lapsed_days)",
            {"accounts": "kept as customers of no ARR"}.get(rules.left_by, "left out as former"),
        ),
        (
            ~left & has_contract & ~is_open & ~lapsed,
            f"have had no contract for at most {rules.lapsed_days} days (accounts.lapsed_days)",
            "kept as customers of no ARR",
        ),
        (
            ~left & ~has_contract & ("subscriptions" in visible),
            "are open in 'accounts' and never had a contract by then",
            "kept as customers of unknown ARR",
        ),
    )
    return Standing(
        left,
        tuple(_note(which, what, taken, decided) for which, what, taken in kinds if which.any()),
    )


def active_query(
    visible: Mapping[str, nw.LazyFrame[Any]], as_of: date, rules: AccountsConfig
) -> nw.LazyFrame[Any]:
    """The rows of accounts that had not left, by the same rules, as a lazy frame.

    Parameters
    ----------
    visible, rules : as for `standing`
    """
    accounts = visible["accounts"]
    closed = ~nw.col("ended_on").is_null()
    if "subscriptions" not in visible:
        nothing = nw.lit(value=False)
        return accounts.filter(~_has_left(rules, closed, nothing, nothing))
    is_open = nw.col("n_open").fill_null(0) > 0
    long_ago = nw.lit(_long_ago(as_of, rules))
    lapsed = ~is_open & (nw.col("last_end") < long_ago).fill_null(value=False)
    contracts = _contracts(visible).select(
        ACCOUNT_ID, last_end=nw.col("ended_on"), n_open=nw.col("open")
    )
    joined = accounts.join(contracts, on=ACCOUNT_ID, how="left")
    return joined.filter(~_has_left(rules, closed, is_open, lapsed))


def _long_ago(as_of: date, rules: AccountsConfig) -> date:
    return as_of - timedelta(days=rules.lapsed_days)


def _has_left(rules: AccountsConfig, closed: Said, is_open: Said, lapsed: Said) -> Said:
    """Who has left, from what the account's row says and what its contracts say."""
    return {
        "either": closed | lapsed,
        "contracts": lapsed | (closed & ~is_open),
        "accounts": closed,
    }[rules.left_by]


def _contracts(visible: Mapping[str, nw.LazyFrame[Any]]) -> nw.LazyFrame[Any]:
    """For each account with contracts: how many are `open`, and when the last one `ended_on`."""
    ended = nw.col("ended_on")
    contracts = visible["subscriptions"].select(
        ACCOUNT_ID, ended_on=ended, open=nw.when(ended.is_null()).then(nw.lit(1))
    )
    return contracts.group_by(ACCOUNT_ID).agg(nw.col("ended_on").max(), nw.col("open").sum())


def _note(which: "pd.Series[bool]", what: str, taken: str, decided: str) -> str:
    ids = ", ".join(which.index[which][:_FIRST])
    return (
        f"{int(which.sum())} of {len(which)} accounts {what}; first account_id: {ids}. They are "
        f"{taken} ({decided})."
    )


def _evidence(visible: Mapping[str, nw.LazyFrame[Any]]) -> pd.DataFrame:
    """For each account: `closed` on its row, a contract `open`, and the `last_end` of one."""
    accounts = collect_by_account(visible["accounts"].select(ACCOUNT_ID, "ended_on")).sort_index()
    frame = pd.DataFrame({"closed": accounts["ended_on"].notna()}, index=accounts.index)
    if "subscriptions" not in visible:
        return frame.assign(open=False, last_end=pd.Series(pd.NaT, frame.index))
    found = collect_by_account(_contracts(visible)).reindex(frame.index)
    return frame.assign(
        open=found["open"].fillna(0).astype("float64") > 0,
        last_end=found["ended_on"].astype("datetime64[s]"),
    )
