"""Commercial features: what the account pays, and what it might.

They describe segments and set the ARR tiers that the segments are compared with. They never enter
the matrix unless the configuration says so: segments made from ARR agree with ARR tiers, and that
agreement means nothing.
"""

from functools import partial

import narwhals as nw

from clustering.features.definition import Definition
from clustering.features.measures import Measure, fixed_point, from_fixed_point

feature = partial(Definition, family="commercial")

_GROWTH_KINDS = ("expansion", "new_use_case")


def _active(value: nw.Expr) -> nw.Expr:
    """Contracts without a visible end: an end is the first day without the contract."""
    return nw.when(nw.col("ended_on").is_null()).then(value)


ARR = Measure("contract_arr", "subscriptions", _active(fixed_point(nw.col("arr"))), "sum")
SEATS = Measure("contract_seats", "subscriptions", _active(nw.col("seats")), "sum", ("seats",))
_PIPELINE = Measure(
    "open_growth_amount",
    "opportunities",
    nw.when(
        nw.col("closed_on").is_null() & nw.col("kind").str.to_lowercase().is_in(list(_GROWTH_KINDS))
    ).then(fixed_point(nw.col("amount"))),
    "sum",
    ("closed_on",),
)


def _white_space() -> nw.Expr:
    seats, employees = SEATS.value, nw.col("employees")
    free = nw.when(seats > employees).then(nw.lit(0.0)).otherwise(1 - seats / employees)
    return nw.when((employees > 0) & (seats > 0)).then(free)


DEFINITIONS = (
    feature(
        name="contracted_arr",
        unit="currency per year",
        meaning="Yearly amount of all contracts active at the as-of date.",
        null_means="the account has no contract in 'subscriptions' that began by the as-of "
        "date; 0 is a customer whose contracts have all ended",
        scale="amount",
        higher_is_better=None,
        words=("low ARR", "high ARR"),
        size_proxy=True,
        measures=(ARR,),
        # Credits above what they are set against, on a date between, make no negative amount.
        formula=nw.when(ARR.value > 0)
        .then(from_fixed_point(ARR.name))
        .otherwise(nw.when(~ARR.value.is_null()).then(nw.lit(0.0))),
    ),
    feature(
        name="contracted_seats",
        unit="seats",
        meaning="Seats of all contracts active at the as-of date.",
        null_means="no active contract says how many seats it has",
        scale="count",
        higher_is_better=None,
        words=("few seats", "many seats"),
        size_proxy=True,
        measures=(SEATS,),
        formula=nw.when(SEATS.value > 0).then(SEATS.value),
    ),
    feature(
        name="expansion_pipeline",
        unit="currency per year",
        meaning="Amount of the opportunities for expansion or a new use case that are open at "
        "the as-of date; 0 where none is.",
        null_means="never: an account without an open opportunity has none",
        scale="amount",
        higher_is_better=True,
        words=("no expansion in sight", "large expansion pipeline"),
        size_proxy=True,
        measures=(_PIPELINE,),
        formula=from_fixed_point(_PIPELINE.name).fill_null(0.0),
    ),
    feature(
        name="white_space_share",
        unit="share of employees, 0 to 1",
        meaning="White space: the share of the customer's employees without a seat.",
        null_means="no seats under contract, or the number of employees is not known",
        needs=("accounts.employees",),
        scale="share",
        higher_is_better=None,
        words=("little white space", "much white space"),
        size_proxy=True,
        measures=(SEATS,),
        formula=_white_space(),
    ),
)
