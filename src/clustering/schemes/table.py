"""The table `schemes`: every scheme's label of every account, and the axes behind them."""

from collections.abc import Sequence

import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.schema import TableSpec, column
from clustering.schemes.axes import Axes
from clustering.schemes.types import Labelling

SCHEMES = TableSpec(
    "schemes",
    "One row an account: what every scheme says of it.",
    (
        column("account_id", "text", "Key."),
        column("lifecycle_stage", "text", "Stage of its lifecycle.", nullable=True),
    ),
    more="The label of every scheme under its name, and the axes; beside a composite axis "
    "`<axis>_evidence`, the share of its weight that was known for the account.",
    optional=True,
)


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
