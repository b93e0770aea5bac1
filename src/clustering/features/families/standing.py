"""Who is a customer on a date, where the account's row and its contracts contradict each other.

`accounts.ended_on` may be empty for a customer who left years ago, or stand beside a contract that
nobody ended. `accounts.left_by` decides which is believed; how many accounts it decides is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.config import AccountsConfig
from clustering.errors import BadInputError
from clustering.features.engines import collect_by_account

_FIRST = 3


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
    long_ago = pd.Timestamp(as_of - timedelta(days=rules.lapsed_days))
    lapsed = has_contract & ~is_open & (frame["last_end"] < long_ago)
    left = {
        "either": closed | lapsed,
        "contracts": lapsed | (closed & ~is_open),
        "accounts": closed,
    }[rules.left_by]
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
    ended = nw.col("ended_on")
    contracts = visible["subscriptions"].select(
        ACCOUNT_ID, ended_on=ended, open=nw.when(ended.is_null()).then(nw.lit(1))
    )
    found = collect_by_account(
        contracts.group_by(ACCOUNT_ID).agg(nw.col("ended_on").max(), nw.col("open").sum())
    ).reindex(frame.index)
    return frame.assign(
        open=found["open"].fillna(0).astype("float64") > 0,
        last_end=found["ended_on"].astype("datetime64[s]"),
    )
