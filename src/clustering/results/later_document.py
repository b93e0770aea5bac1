"""What happened by group, and what the segments differ in: their part of `study.json`."""

from pydantic import Field

from clustering.schema import Entry


class TierTestEntry(Entry):
    """Outcome and segment among the accounts of one tier."""

    tier: str = Field(description="Tier.")
    n: int = Field(description="Accounts.")
    chi2: float | None = Field(description="Pearson's chi-square; null where it cannot be told.")
    df: int | None = Field(description="Degrees of freedom.")
    p: float | None = Field(description="p-value of the chi-square.")
    p_holm: float | None = Field(description="Holm over the tiers that could be tested.")
    p_permutation: float | None = Field(description="By permutation, for small counts.")
    reason: str = Field(description="Why it cannot be told, or which p-value to read.")


class InsideTiersEntry(Entry):
    """Whether two accounts of one tier fare differently, by segment, about one outcome."""

    outcome: str = Field(description="Outcome; the first is the primary one.")
    n: int = Field(description="Accounts with tier, segment and outcome.")
    n_events: int = Field(description="Accounts for which it occurred.")
    cmh: dict[str, float | str | None] = Field(
        description="Cochran-Mantel-Haenszel test of outcome and segment given the tier: stat, df, "
        "p, the same without continuity correction, and the reason where it cannot be told."
    )
    likelihood_ratio: dict[str, float | None] | None = Field(
        description="chi2, df, p of adding the segment to the tier, in sample."
    )
    tiers: list[TierTestEntry] = Field(description="The same inside every tier.")
    variance_within: float | None = Field(description="Share of the variance inside tiers.")
    explained: float | None = Field(
        description="Omega squared: share of that which lies between segments, beyond chance."
    )
    reason: str = Field(description="Why something is null.")


class ExpansionEntry(Entry):
    """Expansion in two parts: whether, and how much where it happened."""

    n: int = Field(description="Accounts with an observed retention.")
    n_expanded: int = Field(description="Accounts that expanded.")
    gain: dict[str, float | list[float] | None] | None = Field(
        description="Whether: gain in held-out log loss of segments beside tiers, and its interval."
    )
    omega_squared: float | None = Field(
        description="How much: share of the variance of the log amount between segments beside the "
        "tiers, beyond chance, in sample."
    )
    p: float | None = Field(description="F test of the same.")
    out_of_sample: dict[str, float | list[float]] | None = Field(
        description="How much, on held-out accounts: r2_tier, r2_both, gain, gain_interval."
    )
    reason: str = Field(description="Why something is null.")


class DifferencesEntry(Entry):
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


class AfterwardsEntry(Entry):
    """What happened by group; rates, retention and renewals are tables of the folder."""

    inside_tiers: list[InsideTiersEntry] = Field(description="One an outcome, primary first.")
    expansion: ExpansionEntry | None = Field(description="Null where it cannot be told.")
    notes: list[str] = Field(description="What could not be told, and why.")
