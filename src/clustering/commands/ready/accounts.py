"""Whose the rows of a FILE are: an account counts once, however often a join repeated it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError, breaches_message

if TYPE_CHECKING:
    import pandas as pd

Account = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="ID",
        help="Column of the account, which counts once however many rows repeat it (default: "
        f"{ACCOUNT_ID}, where the file has it).",
    ),
]

#: Rows a value, on average, from which a column that decides the labels may be the account.
_ROWS_A_VALUE = 2
_SHOWN = 3


def account_column(frame: "pd.DataFrame", named: str | None, used: Sequence[str]) -> str | None:
    """The column of the account: the one that was named, else `account_id`.

    Parameters
    ----------
    frame : the whole file, as text
    named : what the user said
    used : columns that are read as labels or values

    Raises
    ------
    BadInputError
        Rows repeat in every column, nobody said whose they are, and a column of the file could
        tell: no answer about them could be trusted.

    Examples
    --------
    >>> import pandas as pd
    >>> fan = pd.DataFrame({"crm": ["1", "1", "2"], "a": list("xxy")})
    >>> account_column(fan, "crm", ["a"])
    'crm'
    >>> account_column(fan, None, ["a"])
    Traceback (most recent call last):
        ...
    clustering.errors.BadInputError: 1 of 3 rows are equal to an earlier row in every column, and \
'crm' has one value for each of the 2 different rows: it looks like an account that a join \
repeated. Name it with --account crm, or remove the repeated rows.
    """
    if named is not None:
        return named
    others = [str(name) for name in frame.columns if name not in used]
    if ACCOUNT_ID in others:
        return ACCOUNT_ID
    repeated = int(frame.duplicated().sum())
    once = len(frame) - repeated
    for name in others if repeated else ():
        if frame[name].nunique(dropna=False) == once:
            raise BadInputError(
                f"{repeated} of {len(frame)} rows are equal to an earlier row in every column, and "
                f"'{name}' has one value for each of the {once} different rows: it looks like an "
                f"account that a join repeated. Name it with --account {name}, or remove the "
                "repeated rows."
            )
    return None


def distinct_rows(
    frame: "pd.DataFrame", account: str | None, used: Sequence[str], *, windows: bool = False
) -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """The rows without repeats, and what a reader must know of it.

    Parameters
    ----------
    frame : the whole file, as text
    account : column of the account; None: every row is taken for an account
    used : columns in which rows of one account must be equal to be repeats
    windows : whether an account may have several rows that differ, as one a window

    Raises
    ------
    BadInputError
        An account is missing or, without `windows`, has rows that differ.

    Examples
    --------
    >>> import pandas as pd
    >>> fan = pd.DataFrame({"id": ["1", "1", "2"], "a": list("xxy")})
    >>> rows, notes = distinct_rows(fan, "id", ["a"])
    >>> len(rows), notes
    (2, ("1 of 3 rows repeat an earlier row of the same 'id' and count once.",))
    """
    if account is None:
        return frame, _may_be_accounts(frame, used)
    columns = list(dict.fromkeys([account, *used]))
    repeated = frame.duplicated(columns) & frame[account].notna()
    kept = frame[~repeated]
    if not windows:
        _refuse_several(kept, account, columns)
    if not repeated.any():
        return frame, ()
    return kept, (
        f"{int(repeated.sum())} of {len(frame)} rows repeat an earlier row of the same "
        f"'{account}' and count once.",
    )


def _may_be_accounts(frame: "pd.DataFrame", used: Sequence[str]) -> tuple[str, ...]:
    """Columns whose every value has the same labels in all of its rows, and many rows."""
    combinations = len(frame[list(used)].drop_duplicates())
    for name in frame.columns:
        n_values = frame[name].nunique()
        several = combinations < n_values <= len(frame) / _ROWS_A_VALUE
        if name not in used and several and len(frame[[name, *used]].drop_duplicates()) == n_values:
            return (
                f"Rows with the same '{name}' have the same labels, {len(frame) / n_values:.1f} "
                f"rows a value. If it is the account, name it with --account {name}: every row "
                "counts as an account of its own here.",
            )
    return ()


def _refuse_several(kept: "pd.DataFrame", account: str, columns: Sequence[str]) -> None:
    breaches = []
    known = kept[kept[account].notna()]
    if len(known) < len(kept):
        breaches.append(
            f"'{account}' is empty in {len(kept) - len(known)} rows. Complete it, or leave these "
            "rows out."
        )
    again = known[account][known[account].duplicated()].unique()
    if len(again):
        labels = ", ".join(f"'{name}'" for name in columns if name != account)
        breaches.append(
            f"{len(again)} of {known[account].nunique()} accounts have rows that differ in "
            f"{labels}; first '{account}': {', '.join(again[:_SHOWN])}. Keep one row an account, "
            "for example the latest."
        )
    if breaches:
        raise BadInputError(breaches_message("the rows are not one an account", breaches))
