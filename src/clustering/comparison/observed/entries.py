"""What happened to the groups after the as-of date, and what lies inside the tiers."""

from pydantic import Field

from clustering.comparison.base.entries import CmhTest, Gain, LikelihoodRatio, Range, TierTest
from clustering.schema import Entry, TableSpec, column


class TierHeterogeneity(Entry):
    """One tier: share of its feature variance that lies between its segments.

    `explained` is omega squared, the share beyond what random groups of these sizes explain, so
    it may fall below 0. `p` is from permuting segments inside the tier; both are None where the
    tier has one segment, or too few accounts.
    """

    tier: str = Field(description="Tier.")
    n_accounts: int = Field(description="Accounts in it.")
    n_segments: int = Field(description="Segments that occur in it.")
    explained: float | None = Field(description="Omega squared of the segments inside the tier.")
    p: float | None = Field(description="Conditional permutation.")
    p_holm: float | None = Field(description="Holm over the tiers.")


class WithinTiers(Entry):
    """How much of the variation lies inside the ARR tiers."""

    entropy_share: float | None = Field(description="H(segment | tier) / H(segment).")
    variance_within: float = Field(description="Share of the features' variance inside tiers.")
    explained: float = Field(description="Share of that which lies between segments.")
    p: float = Field(description="Conditional permutation over all tiers.")
    tiers: list[TierHeterogeneity] = Field(description="The same for every tier.")
    n_permutations: int = Field(description="Permutations.")
    note: str = Field("", description="What limits the p-values.")


class InsideTiers(Entry):
    """Whether two accounts of one tier fare differently, by segment, about one outcome."""

    outcome: str = Field(description="Outcome; the first is the primary one.")
    n: int = Field(description="Accounts with tier, segment and outcome.")
    n_events: int = Field(description="Accounts for which it occurred.")
    cmh: CmhTest = Field(
        description="Cochran-Mantel-Haenszel test of outcome and segment given the tier."
    )
    likelihood_ratio: LikelihoodRatio | None = Field(
        None, description="Adding the segment to the tier, in sample."
    )
    tiers: list[TierTest] = Field([], description="The same inside every tier.")
    variance_within: float | None = Field(None, description="Share of the variance inside tiers.")
    explained: float | None = Field(
        None, description="Omega squared: share of that which lies between segments, beyond chance."
    )
    reason: str = Field("", description="Why something is null.")


class AmountFit(Entry):
    """How far tier and segment say how much an account expands, on accounts not fitted on.

    R squared is 1 - squared error over that of the mean of the other folds, so it falls below 0
    where the groups say nothing.
    """

    r2_tier: float = Field(description="R squared of the tiers.")
    r2_both: float = Field(description="R squared of tiers and segments.")
    gain: float = Field(description="Their difference.")
    gain_interval: Range = Field(description="95 % interval of a paired bootstrap.")


class Expansion(Entry):
    """Expansion in two parts: whether, and how much (log of retention) where it happened."""

    n: int = Field(description="Accounts with an observed retention.")
    n_expanded: int = Field(description="Accounts that expanded.")
    gain: Gain | None = Field(
        description="Whether: gain in held-out log loss of segments beside tiers, and its interval."
    )
    omega_squared: float | None = Field(
        description="How much: share of the variance of the log amount between segments beside the "
        "tiers, beyond chance, in sample."
    )
    p: float | None = Field(description="F test of the same.")
    out_of_sample: AmountFit | None = Field(description="How much, on held-out accounts.")
    reason: str = Field(description="Why something is null.")


class Afterwards(Entry):
    """What happened by group; rates, retention and renewals are tables of the folder."""

    inside_tiers: list[InsideTiers] = Field(description="One an outcome, primary first.")
    expansion: Expansion | None = Field(description="Null where it is not known.")
    notes: list[str] = Field(description="What could not be told, and why.")


class Differences(Entry):
    """Tests of the features in which segments differ; the tests are in `differences.parquet`."""

    n_tests: int = Field(description="Tests: pairs of segments times features, by method.")
    n_found: int = Field(description="Those with a Holm-corrected p of at most 0.05.")
    n_naive: int = Field(
        description="Those that the usual, invalid test would have called significant at 0.05."
    )
    n_accounts: int = Field(description="Accounts of the selective tests.")
    agreement: float | None = Field(
        description="Adjusted Rand index of the groups tested with the study's segments there."
    )
    conditions: str = Field(description="What the selective p-values assume, in words.")
    independence_p: float | None = Field(
        description="Check that thinned counts are independent; null where none were thinned."
    )
    notes: list[str] = Field(description="What was not tested, and why.")


RATES = TableSpec(
    "rates",
    "Rate of the primary outcome in every group of every labelling, and of the other outcomes "
    "in the segments and ARR tiers, in the window after as_of.",
    (
        column("labelling", "text", "Labelling."),
        column("level", "text", "Group."),
        column("outcome", "text", "Outcome."),
        column("n", "integer", "Accounts for which it was observed."),
        column("events", "integer", "Accounts for which it occurred."),
        column("raw", "number", "events / n.", nullable=True),
        column("wilson_low", "number", "95 % Wilson interval.", nullable=True),
        column("wilson_high", "number", "95 % Wilson interval.", nullable=True),
        column("shrunken", "number", "Drawn to the mean by a beta-binomial.", nullable=True),
        column("suppressed", "boolean", "Fewer than 20 accounts: not to be shown or ranked."),
        column("weighted", "number", "Weighted by membership; segments only.", nullable=True),
        column(
            "corrected", "number", "Assignment error undone (BCH); segments only.", nullable=True
        ),
        column("corrected_low", "number", "95 % bootstrap interval of it.", nullable=True),
        column("corrected_high", "number", "95 % bootstrap interval of it.", nullable=True),
    ),
)

RETENTION = TableSpec(
    "retention",
    "Net and gross revenue retention of the segments and the ARR tiers, accounts that left "
    "included.",
    (
        column("labelling", "text", "Labelling."),
        column("level", "text", "Group."),
        column("n_accounts", "integer", "Accounts with ARR at as_of and an observed end."),
        column("arr", "number", "Their ARR at as_of."),
        column("nrr", "number", "ARR at the end of the window over ARR at as_of."),
        column("nrr_low", "number", "95 % bootstrap interval over accounts."),
        column("nrr_high", "number", "95 % bootstrap interval over accounts."),
        column("nrr_winsorised", "number", "With accounts' own cut at the 1 and 99 % quantiles."),
        column("nrr_winsorised_low", "number", "Its interval."),
        column("nrr_winsorised_high", "number", "Its interval."),
        column("grr", "number", "The same with the increase of an account counted as none."),
        column("grr_low", "number", "Its interval."),
        column("grr_high", "number", "Its interval."),
    ),
)

RENEWALS = TableSpec(
    "renewals",
    "Contracts of the segments and the ARR tiers, as far as the data follows them.",
    (
        column("labelling", "text", "Labelling."),
        column("level", "text", "Group."),
        column("n_at_risk", "integer", "Accounts with ARR at as_of."),
        column("n_due", "integer", "Of these, with a contract that ended in the follow-up."),
        column("n_censored", "integer", "The others: neither renewed nor lost."),
        column("renewed", "number", "Share of those due that were renewed.", nullable=True),
        column("renewed_low", "number", "95 % Wilson interval.", nullable=True),
        column("renewed_high", "number", "95 % Wilson interval.", nullable=True),
        column("days", "integer", "Days after as_of that the data follows."),
        column("left", "number", "Share without any contract by then (Kaplan-Meier)."),
        column("left_low", "number", "95 % interval."),
        column("left_high", "number", "95 % interval."),
    ),
)

DIFFERENCES = TableSpec(
    "differences",
    "Features in which two segments differ, tested although the features made the segments.",
    (
        column("method", "text", "selective, or thinned (counts)."),
        column("first", "text", "Segment."),
        column("second", "text", "Segment."),
        column("feature", "text", "Feature."),
        column("difference", "number", "First minus second: in the matrix, or log of the ratio."),
        column("p", "number", "Valid p-value, under the conditions in study.json.", nullable=True),
        column("p_holm", "number", "Holm over the tests of the method.", nullable=True),
        column(
            "p_naive", "number", "The usual test, not valid; for contrast alone.", nullable=True
        ),
    ),
)
