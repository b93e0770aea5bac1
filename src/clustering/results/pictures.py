"""The numbers behind the pictures of the evidence as tables of the study folder."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from clustering.structure.pictures import (
    BIN_EDGES,
    CoAssignment,
    Flow,
    Pictures,
    ValleyProjection,
)


def picture_tables(pictures: Pictures, account_ids: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The tables `clustergram`, `coassignment` and `valleys`.

    Parameters
    ----------
    account_ids : ids of the accounts, in the order of the matrix
    """
    return {
        "clustergram": _clustergram(pictures.clustergram),
        "coassignment": _coassignment(pictures.coassignment, account_ids),
        "valleys": _valleys(pictures.valleys),
    }


def _clustergram(flows: Sequence[Flow]) -> pd.DataFrame:
    frame = pd.DataFrame([asdict(flow) for flow in flows], columns=list(Flow.__annotations__))
    kinds = {"position": "float64", "from_cluster": "Int64", "n_shared": "Int64"}
    return frame.astype({name: kinds.get(str(name), "int64") for name in frame.columns})


def _coassignment(together: CoAssignment | None, account_ids: Sequence[str]) -> pd.DataFrame:
    """Each pair once; the first accounts of the pairs come in the order of the picture."""
    if together is None:
        together = CoAssignment(np.empty(0, np.int64), np.empty((0, 0)), 0, 0)
    ids = np.array([account_ids[row] for row in together.rows], dtype=object)
    first, second = np.triu_indices(len(ids), k=1)
    return pd.DataFrame(
        {
            "first": pd.Series(ids[first], dtype="str"),
            "second": pd.Series(ids[second], dtype="str"),
            "share": together.share[first, second],
            "n_refits": np.full(len(first), together.n_refits, np.int64),
            "n_accounts": np.full(len(first), together.n_accounts, np.int64),
        }
    )


def _valleys(valleys: Sequence[ValleyProjection]) -> pd.DataFrame:
    n_bins = len(BIN_EDGES) - 1
    bins = {"bin_low": BIN_EDGES[:-1], "bin_high": BIN_EDGES[1:]}
    integers = ("first_segment", "second_segment", "count", "n_held_out")
    parts = [
        pd.DataFrame(
            {
                "first_segment": np.full(n_bins, valley.first),
                "second_segment": np.full(n_bins, valley.second),
                **bins,
                "count": valley.counts,
                "n_held_out": valley.n_held_out,
                "dip_p": valley.dip_p,
                "dip_p_holm": valley.dip_p_holm,
            }
        )
        for valley in valleys
    ]
    columns = [*integers[:2], *bins, *integers[2:], "dip_p", "dip_p_holm"]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return frame.astype({name: "int64" if name in integers else "float64" for name in columns})
