"""Who is treated first and who waits, by lot: arms that are alike, the same for the same seed."""

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID

#: Who gets the playbook now, and who gets it once the trial has been judged.
ARMS = ("treat", "wait")


def draw_arms(accounts: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draw the arms of a trial by lot.

    Within every stratum half of the units are treated; what is left of odd ones alternates from
    stratum to stratum, so that the arms differ by one unit at most, in each stratum and in all.

    Parameters
    ----------
    accounts : DataFrame
        `account_id`, `stratum` (text), and `unit` (text): accounts of one unit have one arm. A unit
        belongs to the stratum that comes first among its accounts.
    seed : int
        The same accounts and seed give the same arms, whatever the order of the rows.

    Returns
    -------
    DataFrame
        `account_id`, `arm` (one of `ARMS`), `stratum`; ordered by `account_id`.

    Examples
    --------
    >>> frame = pd.DataFrame({"account_id": list("abcd"), "stratum": "smb", "unit": list("abcd")})
    >>> draw_arms(frame, seed=1)["arm"].value_counts().to_dict()
    {'treat': 2, 'wait': 2}
    """
    ordered = accounts.sort_values([ACCOUNT_ID], kind="stable")
    units = ordered.groupby("unit", sort=True)["stratum"].min()
    rng = np.random.default_rng(seed)
    arms: dict[str, str] = {}
    first = int(rng.integers(2))
    for _, members in units.groupby(units, sort=True):
        for place, unit in enumerate(rng.permutation(members.index.to_numpy(dtype=object))):
            arms[unit] = ARMS[(first + place) % 2]
        first = (first + len(members)) % 2
    drawn = ordered["unit"].map(arms)
    return ordered.assign(arm=drawn)[[ACCOUNT_ID, "arm", "stratum"]].reset_index(drop=True)
