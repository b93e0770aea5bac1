"""Books of accounts, balanced by ARR and hours, with as many accounts as can be where they are.

The objective, in this order: every book within the tolerance of the mean in ARR and in hours, and
few accounts that change hands. It is pursued greedily: each step moves the one account whose move
takes most off the excess beyond the tolerance, and it stops where no move takes anything off. So no
account moves without need, and the books end no worse than they began; that the moves are the
fewest possible is not proven.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from pydantic import Field

from clustering.arrays import Floats, Ints
from clustering.schema import Entry, TableSpec, column

#: More books than this are balanced in blocks, each a fair sample of light and heavy ones.
_BLOCK = 100


BOOKS = TableSpec(
    "books",
    "Level of touch and book of every account within the head count. Holds the names of "
    "CSMs, which are not tracked.",
    (
        column("account_id", "text", "Key."),
        column("label", "text", "Label of the planned labelling.", nullable=True),
        column("level", "text", "high, medium, low or digital.", nullable=True),
        column("hours", "number", "Hours a year at this level.", nullable=True),
        column("revenue_at_risk", "number", "Revenue at risk.", nullable=True),
        column("expansion_pipeline", "number", "Open expansion.", nullable=True),
        column("value", "number", "What covering it is worth.", nullable=True),
        column("covered", "number", "What its level covers of it (assumed).", nullable=True),
        column("book", "text", "Its balanced book.", nullable=True),
        column("csm", "text", "Who has it now.", nullable=True),
        column("book_csm", "text", "Who keeps that book; missing for a new one.", nullable=True),
        column("moved", "boolean", "Whether it changes from one CSM to another."),
    ),
    optional=True,
)


class Books(Entry):
    """Books of accounts, balanced by ARR and hours."""

    n_books: int = Field(description="Books: the head count.")
    n_now: int = Field(description="CSMs who have accounts now.")
    n_moved: int = Field(description="Accounts that change from one CSM to another.")
    n_new: int = Field(description="Accounts that nobody has now.")
    tolerance: float = Field(description="Share of the mean by which a book may differ.")
    worst_before: float | None = Field(
        description="Largest deviation of a book now; null unless there are as many as CSMs."
    )
    worst_after: float | None = Field(description="The same, balanced; null without CSMs.")


def balance_books(
    arr: "pd.Series[float]",
    hours: "pd.Series[float]",
    csm: "pd.Series[str] | None",
    n_books: int,
    tolerance: float,
) -> tuple[Books, pd.DataFrame]:
    """Balance the accounts over so many books.

    Parameters
    ----------
    arr, hours : of every account, same index; a missing amount weighs nothing
    csm : who has each account now; missing or None where nobody has
    n_books : head count; with fewer than there are CSMs now, the largest books stay
    tolerance : share of the mean by which a book may differ

    Returns
    -------
    Books
        The books, in numbers; deviations are shares of the mean, in ARR or hours.
    DataFrame
        Indexed by account: the last four columns of `BOOKS`.

    References
    ----------
    Eizips 2017 (one CSM per 2 MM ARR); Graham (1969) for the accounts that nobody has: the
    largest first, each to the lightest book.

    Examples
    --------
    Ann has three of four equal accounts, Bob one: one account moves.

    >>> ones = pd.Series(1.0, index=list("wxyz"))
    >>> csm = pd.Series(["Ann", "Ann", "Ann", "Bob"], index=ones.index)
    >>> books, _ = balance_books(ones, ones, csm, 2, 0.1)
    >>> books.n_moved, books.worst_before, books.worst_after
    (1, 0.5, 0.0)
    """
    now = pd.Series(pd.NA, index=arr.index, dtype="str") if csm is None else csm.astype("str")
    sizes = now.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    frame = pd.DataFrame({"book": None, "csm": now, "book_csm": None, "moved": False})
    before = after = None
    if n_books and len(arr):
        weights = np.column_stack([_relative(arr, n_books), _relative(hours, n_books)])
        keepers = sorted(str(name) for name in sizes.index[:n_books])
        place = {name: number for number, name in enumerate(keepers)}
        start: Ints = np.asarray(now.map(place).fillna(-1), dtype=np.int64)
        book = _in_blocks(weights, _filled(weights, start, n_books), n_books, tolerance)
        before = _worst(weights, start, n_books) if len(sizes) == n_books else None
        after = _worst(weights, book, n_books)
        width = max(2, len(str(n_books)))
        frame["book"] = [f"book_{number + 1:0{width}d}" for number in book]
        frame["book_csm"] = [keepers[k] if k < len(keepers) else None for k in book]
        frame["moved"] = now.notna() & (book != start)
    books = Books(
        n_books=n_books,
        n_now=len(sizes),
        n_moved=int(frame["moved"].sum()),
        n_new=int(now.isna().sum()),
        tolerance=tolerance,
        worst_before=before,
        worst_after=after,
    )
    return books, frame.astype({"book": "str", "book_csm": "str"})


def _relative(amount: "pd.Series[float]", n_books: int) -> Floats:
    """Amounts in units of the mean book; zero where there is nothing to balance."""
    values = np.asarray(amount.fillna(0.0).to_numpy(dtype=np.float64))
    total = values.sum()
    return np.asarray(values * n_books / total) if total > 0 else np.zeros(len(values))


def _loads(weights: Floats, book: Ints, n_books: int) -> Floats:
    """ARR and hours of the books in units of the mean, shape (n_books, 2)."""
    load = np.zeros((n_books, 2))
    np.add.at(load, book[book >= 0], weights[book >= 0])
    return load


def _worst(weights: Floats, book: Ints, n_books: int) -> float:
    balanced = weights.sum(axis=0) > 0
    if not balanced.any():
        return 0.0
    return float(np.abs(_loads(weights, book, n_books)[:, balanced] - 1.0).max())


def _filled(weights: Floats, start: Ints, n_books: int) -> Ints:
    """Give every account without a book to the lightest one, the largest accounts first."""
    book = start.copy()
    load = _loads(weights, book, n_books)
    free = np.flatnonzero(book < 0)
    for account in free[np.argsort(-weights[free].max(axis=1), kind="stable")]:
        lightest = int(np.argmin(load.max(axis=1)))
        book[account] = lightest
        load[lightest] += weights[account]
    return book


def _in_blocks(weights: Floats, start: Ints, n_books: int, tolerance: float) -> Ints:
    """Balance few books at a time: the work of one step grows with the books it looks at."""
    n_blocks = -(-n_books // _BLOCK)
    if n_blocks == 1:
        return _rebalanced(weights, start, n_books, tolerance)
    heaviest_first = np.argsort(-_loads(weights, start, n_books).sum(axis=1), kind="stable")
    book = start.copy()
    for block in range(n_blocks):
        members = np.sort(heaviest_first[block::n_blocks])
        mine = np.flatnonzero(np.isin(start, members))
        local = np.searchsorted(members, start[mine])
        book[mine] = members[_rebalanced(weights[mine], local, len(members), tolerance)]
    return book


def _rebalanced(weights: Floats, start: Ints, n_books: int, tolerance: float) -> Ints:
    """Move accounts, one at a time, while a move takes something off the excess."""
    active = weights.sum(axis=0) > 0

    def excess(load: Floats) -> Floats:
        """How far books lie outside the tolerance, ARR and hours (the last axis) added."""
        beyond = np.maximum(np.abs(load - 1.0) - tolerance, 0.0)
        return np.asarray((beyond * active).sum(axis=-1))

    book = start.copy()
    load = _loads(weights, book, n_books)
    closed = np.zeros(n_books, dtype=bool)
    for _ in range(4 * len(book)):
        open_excess = np.where(closed, 0.0, excess(load))
        worst = int(np.argmax(open_excess))
        if open_excess[worst] <= 1e-12:
            break
        move = _best_move(weights, book, load, worst, excess)
        if move is None:
            closed[worst] = True
            continue
        account, target = move
        load[book[account]] -= weights[account]
        load[target] += weights[account]
        book[account] = target
        closed[:] = False
    return book


def _best_move(
    weights: Floats, book: Ints, load: Floats, worst: int, excess: Callable[[Floats], Floats]
) -> tuple[int, int] | None:
    """The account and its new book that take most off the excess: out of `worst`, or into it."""
    before = excess(load)
    inside, outside = np.flatnonzero(book == worst), np.flatnonzero(book != worst)
    left = excess(load[worst] - weights[inside]) - before[worst]
    gained = excess(load[None, :, :] + weights[inside][:, None, :]) - before
    out = left[:, None] + gained
    out[:, worst] = np.inf
    source = book[outside]
    into = excess(load[source] - weights[outside]) - before[source]
    into = into + excess(load[worst] + weights[outside]) - before[worst]
    best_out, best_in = out.min(initial=np.inf), into.min(initial=np.inf)
    if min(best_out, best_in) >= -1e-9:
        return None
    if best_out <= best_in:
        row, target = divmod(int(np.argmin(out)), out.shape[1])
        return int(inside[row]), target
    return int(outside[int(np.argmin(into))]), worst
