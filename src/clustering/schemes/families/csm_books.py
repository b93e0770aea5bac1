"""Books of accounts: how many CSMs the value method asks for, and who looks after whom."""

import heapq
import math

import pandas as pd

from clustering.columns import ARR
from clustering.config.schemes import CsmBookConfig
from clustering.features.types import Snapshot
from clustering.schemes.scheme import scheme
from clustering.schemes.types import Groups, SchemeAbsentError


@scheme("csm_book", "Books of equal ARR", order=120, levels_last=False)
def csm_book(snapshot: Snapshot, config: CsmBookConfig) -> Groups:
    """ARR-balanced books, one per so much ARR.

    Their number is the total ARR over `arr_per_csm`, rounded up. Accounts go in order of falling
    ARR (then of id) to the book that holds least so far (Graham's longest-processing-time rule):
    no book then exceeds another by more than the last account that it was given.

    References
    ----------
    Eizips 2017 (one CSM per 2 MM ARR); Graham (1969), Bounds on multiprocessing timing anomalies,
    SIAM J. Appl. Math. 17.

    Examples
    --------
    >>> from datetime import date
    >>> arr = pd.DataFrame({"arr": [1.5e6, 1.0e6, 0.9e6, 0.4e6]}, index=list("abcd"))
    >>> snapshot = Snapshot(date(2025, 1, 1), pd.DataFrame(index=arr.index), (), arr)
    >>> csm_book(snapshot, CsmBookConfig()).labels.tolist()  # 3.8 MM: two books of 1.9 MM
    ['book_1', 'book_2', 'book_2', 'book_1']
    """
    arr = snapshot.attributes.get(ARR)
    if arr is None or not (arr > 0).any():
        raise SchemeAbsentError("'csm_book' needs ARR: the table subscriptions would allow it.")
    known = arr[arr > 0]
    n_books = math.ceil(known.sum() / config.arr_per_csm)
    labels = _fill(known, n_books).reindex(arr.index)
    width = len(str(n_books))
    return Groups(
        labels,
        [f"book_{number:0{width}d}" for number in range(1, n_books + 1)],
        f"{n_books} books for {known.sum():,.0f} of ARR at {config.arr_per_csm:,.0f} a CSM, "
        "the largest accounts first, each to the book that holds least",
    )


def _fill(arr: "pd.Series[float]", n_books: int) -> "pd.Series[str]":
    width = len(str(n_books))
    books = [(0.0, number) for number in range(1, n_books + 1)]
    order = arr.sort_index().sort_values(ascending=False, kind="stable")
    chosen = {}
    for account, amount in order.items():
        held, number = heapq.heappop(books)
        chosen[account] = f"book_{number:0{width}d}"
        heapq.heappush(books, (held + amount, number))
    return pd.Series(chosen, dtype="str")
