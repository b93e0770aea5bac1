"""`schemes.parquet`: every scheme's label of every account, and the axes behind them."""

from collections.abc import Sequence

import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.schemes import Axes, Labelling


def scheme_table(
    account_ids: Sequence[str],
    labellings: Sequence[Labelling],
    axes: Axes,
    stage: "pd.Series[str]",
) -> pd.DataFrame:
    """One row an account.

    Parameters
    ----------
    account_ids : the accounts, in the order of the rows
    labellings, axes, stage : indexed by `account_id`

    Returns
    -------
    DataFrame
        `account_id`, one column a labelling, `lifecycle_stage`, the axes that some account has and
        beside each composite one `<axis>_evidence`, the share of its weight that was known.
    """
    index = pd.Index(list(account_ids), name=ACCOUNT_ID, dtype="str")
    columns: dict[str, pd.Series] = {x.name: x.labels.reindex(index) for x in labellings}
    columns["lifecycle_stage"] = stage.reindex(index)
    for name in axes.frame:
        if axes.frame[name].notna().any():
            columns[str(name)] = axes.frame[name].reindex(index)
            if name in axes.evidence:
                columns[f"{name}_evidence"] = axes.evidence[name].reindex(index)
    return pd.DataFrame(columns, index=index).reset_index()
