"""Names of columns and outcomes that more than one room uses."""

from typing import Literal, get_args

ACCOUNT_ID = "account_id"
NAME = "name"
ARR = "arr"
NEEDS_SEGMENT = "needs_segment"
CURRENT_SEGMENT = "current_segment"
PARENT_ID = "parent_id"
#: Age of an account on the date, in days; also a feature, which the matrix leaves out by default.
TENURE_DAYS = "tenure_days"

#: The learned labelling in `accounts.parquet`; the rule-based ones carry the name of their scheme.
SEGMENT = "segment"
ARR_TIERS = "arr_tiers"

#: What an account did or did not after the as-of date; `features.horizon` defines each.
OutcomeName = Literal["churned", "contracted", "renewed", "expanded", "dormant"]
OUTCOME_NAMES: tuple[OutcomeName, ...] = get_args(OutcomeName)
