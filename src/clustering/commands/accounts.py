"""Whose the rows of a ready table are: an account counts once, however often a join repeated it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["account_column", "distinct_rows"]


def account_column(frame: "pd.DataFrame", named: str | None, used: Sequence[str]) -> str | None:
    """The column of the account: the one that was named, else `account_id` where it repeats.

    Parameters
    ----------
    frame : the whole file
    named : what the user said
    used : columns that the command reads as labels or values

    Raises
    ------
    BadInputError
        Rows repeat in every column, nobody said whose they are, and a column of the file could
        tell: a verdict on them could not be trusted.

    Examples
    --------
    >>> import pandas as pd
    >>> fan = pd.DataFrame({"account_id": ["1", "1", "2"], "a": list("xxy")})
    >>> account_column(fan, None, ["a"])
    'account_id'
    """
    if named is not None:
        return named
    others = [str(name) for name in frame.columns if name not in used]
    if ACCOUNT_ID in others and frame[ACCOUNT_ID].duplicated().any():
        return ACCOUNT_ID
    once = len(frame) - int(frame.duplicated().sum())
    keys = [name for name in others if frame[name].nunique(dropna=False) == once < len(frame)]
    if keys:
        raise BadInputError(
            f"{len(frame) - once} of {len(frame)} rows are equal to an earlier row in every "
            f"column, and '{keys[0]}' has one value for each of the {once} different rows: it "
            f"looks like the account, repeated by a join. Name it with --account {keys[0]}, or "
            "remove the repeated rows."
        )
    return None


def distinct_rows(
    frame: "pd.DataFrame", account: str | None, used: Sequence[str], *, several: bool = False
) -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """The rows without repeats, and what was found in words.

    Parameters
    ----------
    frame : the columns that the command reads, `account` among them
    account : column of the account; None: every row is taken for an account
    used : columns that must agree for a row to be a repeat
    several : whether an account may have several rows that differ (windows)

    Raises
    ------
    BadInputError
        An account has rows that differ, and `several` does not allow it.
    """
    if account is None:
        return frame, ("No column says whose the rows are: each counts as an account.",)
    columns = list(dict.fromkeys([account, *used]))
    repeated = frame.duplicated(columns) & frame[account].notna()
    kept = frame[~repeated]
    _refuse_several(kept, account, columns, several)
    if not repeated.any():
        return frame, ()
    n_accounts = kept[account].nunique()
    return kept, (
        f"{int(repeated.sum())} of {len(frame)} rows repeat an earlier row of the same '{account}' "
        f"and count once: {len(kept)} rows of {n_accounts} accounts.",
    )


def _refuse_several(
    kept: "pd.DataFrame", account: str, columns: Sequence[str], several: bool
) -> None:
    known = kept[kept[account].notna()]
    again = known[known[account].duplicated()]
    if again.empty or several:
        return
    ids = again[account].unique()
    labels = ", ".join(f"'{name}'" for name in columns if name != account)
    raise BadInputError(
        f"{len(ids)} of {known[account].nunique()} accounts have rows that differ in {labels} "
        f"(first '{account}': {', '.join(map(str, ids[:3]))}). Keep one row an account, for "
        "example the latest."
    )
