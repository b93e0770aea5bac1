"""Column names that more than one room uses."""

ACCOUNT_ID = "account_id"
NAME = "name"
ARR = "arr"
NEEDS_SEGMENT = "needs_segment"
CURRENT_SEGMENT = "current_segment"

#: The learned labelling in `accounts.parquet`; the rule-based ones carry the name of their scheme.
SEGMENT = "segment"
ARR_TIERS = "arr_tiers"
