"""Lifecycle: how long the account has been a customer.

Age is known for every account and varies smoothly, so groups formed with it are age bands under
another name. It describes segments, and stays out of the matrix unless the configuration lets
it in (`features.include_tenure`).
"""

from functools import partial

import narwhals as nw

from clustering.features.definition import Definition

feature = partial(Definition, family="lifecycle")

DEFINITIONS = (
    feature(
        name="tenure_days",
        unit="days",
        meaning="Days from the start of the account to the as-of date.",
        null_means="never: every account has a start",
        needs=("accounts",),
        scale="days",
        higher_is_better=None,
        words=("new customers", "long-standing customers"),
        age_proxy=True,
        formula=nw.col("tenure_days"),
    ),
)
