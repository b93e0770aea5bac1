"""Which accounts belong to one company: what happens to one of them tells about the others."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from clustering.arrays import Ints


def companies(accounts: pd.Index, parents: "pd.Series[str] | None") -> "pd.Series[int] | None":
    """A number for the company of each account; None where every account is one by itself.

    An account belongs together with its parent, with that one's parent, and with all that share
    one with it, whether the parent is an account of the book or not.

    Parameters
    ----------
    accounts : Index of account ids, shape (n_accounts,)
    parents : id of the parent by account; missing where there is none

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c", "d"])
    >>> companies(ids, pd.Series({"a": "group", "b": "group", "d": "c"})).tolist()
    [0, 0, 1, 1]
    >>> companies(ids, pd.Series({"a": "group"})) is None
    True
    """
    if parents is None:
        return None
    known = parents.reindex(accounts).dropna().astype("str")
    names = pd.Index(accounts.astype("str")).append(pd.Index(known)).unique()
    child, parent = names.get_indexer(known.index.astype("str")), names.get_indexer(known)
    links = csr_array((np.ones(child.size), (child, parent)), (names.size, names.size))
    _, part = connected_components(links, directed=False)
    codes = pd.factorize(part[: len(accounts)])[0]
    if codes.size == 0 or codes.max() + 1 == codes.size:
        return None
    return pd.Series(codes, index=accounts, name="company")


def units(accounts: pd.Index, company: "pd.Series[int] | None") -> Ints | None:
    """The company of each row as a code; a row whose company is not known is one by itself.

    Parameters
    ----------
    accounts : Index of account ids, shape (n_rows,)
    company : as `companies` gives it

    Examples
    --------
    >>> units(pd.Index(["b", "x", "a"]), pd.Series({"a": 7, "b": 7})).tolist()
    [0, 1, 0]
    """
    if company is None:
        return None
    found = company.reindex(accounts).to_numpy(dtype=np.float64)
    alone = -1.0 - np.arange(found.size)
    return np.asarray(pd.factorize(np.where(np.isnan(found), alone, found))[0], dtype=np.int64)
