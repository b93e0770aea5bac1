"""Tables of what happened by group, and of the differences between segments."""

from clustering.schema import TableSpec
from clustering.schema import column as _c

LATER_TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "rates",
        "Rate of the primary outcome in every group of every labelling, and of the other outcomes "
        "in the segments and ARR tiers, in the window after as_of.",
        (
            _c("labelling", "text", "Labelling."),
            _c("level", "text", "Group."),
            _c("outcome", "text", "Outcome."),
            _c("n", "integer", "Accounts for which it was observed."),
            _c("events", "integer", "Accounts for which it occurred."),
            _c("raw", "number", "events / n.", nullable=True),
            _c("wilson_low", "number", "95 % Wilson interval.", nullable=True),
            _c("wilson_high", "number", "95 % Wilson interval.", nullable=True),
            _c("shrunken", "number", "Drawn to the mean by a beta-binomial.", nullable=True),
            _c("suppressed", "boolean", "Fewer than 20 accounts: not to be shown or ranked."),
            _c("weighted", "number", "Weighted by membership; segments only.", nullable=True),
            _c("corrected", "number", "Assignment error undone (BCH); segments only.",
               nullable=True),
            _c("corrected_low", "number", "95 % bootstrap interval of it.", nullable=True),
            _c("corrected_high", "number", "95 % bootstrap interval of it.", nullable=True),
        ),
        optional=True,
    ),
    TableSpec(
        "retention",
        "Net and gross revenue retention of the segments and the ARR tiers, accounts that left "
        "included.",
        (
            _c("labelling", "text", "Labelling."),
            _c("level", "text", "Group."),
            _c("n_accounts", "integer", "Accounts with ARR at as_of and an observed end."),
            _c("arr", "number", "Their ARR at as_of."),
            _c("nrr", "number", "ARR at the end of the window over ARR at as_of."),
            _c("nrr_low", "number", "95 % bootstrap interval over accounts."),
            _c("nrr_high", "number", "95 % bootstrap interval over accounts."),
            _c("nrr_winsorised", "number", "With accounts' own cut at the 1 and 99 % quantiles."),
            _c("nrr_winsorised_low", "number", "Its interval."),
            _c("nrr_winsorised_high", "number", "Its interval."),
            _c("grr", "number", "The same with the increase of an account counted as none."),
            _c("grr_low", "number", "Its interval."),
            _c("grr_high", "number", "Its interval."),
        ),
        optional=True,
    ),
    TableSpec(
        "renewals",
        "Contracts of the segments and the ARR tiers, as far as the data follows them.",
        (
            _c("labelling", "text", "Labelling."),
            _c("level", "text", "Group."),
            _c("n_at_risk", "integer", "Accounts with ARR at as_of."),
            _c("n_due", "integer", "Of these, with a contract that ended in the follow-up."),
            _c("n_censored", "integer", "The others: neither renewed nor lost."),
            _c("renewed", "number", "Share of those due that were renewed.", nullable=True),
            _c("renewed_low", "number", "95 % Wilson interval.", nullable=True),
            _c("renewed_high", "number", "95 % Wilson interval.", nullable=True),
            _c("days", "integer", "Days after as_of that the data follows."),
            _c("left", "number", "Share without any contract by then (Kaplan-Meier)."),
            _c("left_low", "number", "95 % interval."),
            _c("left_high", "number", "95 % interval."),
        ),
        optional=True,
    ),
    TableSpec(
        "differences",
        "Features in which two segments differ, tested although the features made the segments.",
        (
            _c("method", "text", "selective, or thinned (counts)."),
            _c("first", "text", "Segment."),
            _c("second", "text", "Segment."),
            _c("feature", "text", "Feature."),
            _c("difference", "number", "First minus second: in the matrix, or log of the ratio."),
            _c("p", "number", "Valid p-value, under the conditions in study.json.",
               nullable=True),
            _c("p_holm", "number", "Holm over the tests of the method.", nullable=True),
            _c("p_naive", "number", "The usual test, not valid; for contrast alone.",
               nullable=True),
        ),
        optional=True,
    ),
)  # fmt: skip
