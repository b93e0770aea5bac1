"""Bands of the account's age: a control that segments should not merely repeat."""

import numpy as np
import pandas as pd

from clustering.features.types import Snapshot
from clustering.schemes.bands import FEWEST_FOR_QUANTILES
from clustering.schemes.scheme import scheme
from clustering.schemes.types import Groups, SchemeAbsentError

TENURE_LEVELS = ("newest", "newer", "older", "oldest")
_TENURE = "tenure_days"


@scheme("tenure_bands", "Bands of tenure, a control", order=130, ordered=True, control=True)
def tenure_bands(snapshot: Snapshot) -> Groups:
    """Quarters of the accounts by age: a control, which nobody proposes.

    Milestones that are not yet due depend on the age of an account. Segments that agree with these
    bands have found how old accounts are, and not what they need.

    Raises
    ------
    SchemeAbsentError
        The age is not known, there are too few accounts, or the quarters coincide.

    Examples
    --------
    >>> from datetime import date
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"tenure_days": [float(10 * i) for i in range(12)]})
    >>> snapshot = Snapshot(date(2025, 1, 1), frame, (), pd.DataFrame(index=frame.index))
    >>> tenure_bands(snapshot).labels.value_counts().to_dict()
    {'newest': 3, 'newer': 3, 'older': 3, 'oldest': 3}
    """
    if _TENURE not in snapshot.frame:
        raise SchemeAbsentError("'tenure_bands' needs the column accounts.started_on.")
    tenure = snapshot.frame[_TENURE].astype("float64")
    known = tenure.dropna()
    if len(known) < FEWEST_FOR_QUANTILES:
        raise SchemeAbsentError(
            f"'tenure_bands' are quarters of the accounts, for which {FEWEST_FOR_QUANTILES} are "
            f"needed; found {len(known)}."
        )
    cuts = np.quantile(known, [0.25, 0.5, 0.75])
    if len({*cuts, known.min()}) < len(cuts) + 1:
        raise SchemeAbsentError("'tenure_bands': too many accounts started on the same day.")
    band = np.searchsorted(cuts, tenure.to_numpy(), side="right")
    labels = pd.Series(np.array(TENURE_LEVELS)[band], index=tenure.index, dtype="str")
    days = ", ".join(f"{cut:,.0f}" for cut in cuts)
    return Groups(
        labels.where(tenure.notna()),
        TENURE_LEVELS,
        f"quarters of the accounts by tenure, cut at {days} days",
    )
