"""What single fits, tests and rates say; larger results are made of them and stored as they are."""

from pydantic import Field

from clustering.schema import Entry

#: Lower and upper end of an interval.
Range = tuple[float, float]


class Gain(Entry):
    """How much better one model predicts than another on held-out rows; positive is better."""

    log_loss: float = Field(description="Gain in log loss, in nats a row.")
    auc: float | None = Field(description="Gain in area under the curve; null without both kinds.")
    interval: Range = Field(description="95 % percentile interval of the gain in log loss.")


class Calibration(Entry):
    """Recalibration of held-out probabilities; both None where they are not known."""

    in_the_large: float | None = Field(
        description="Shift in log odds that would make the mean right; above 0 the outcome is more "
        "frequent than predicted."
    )
    slope: float | None = Field(
        description="Slope of the outcome's log odds on those predicted; below 1 too extreme."
    )


class LikelihoodRatio(Entry):
    """Drop of the deviance when a factor is added; `p` is None where it adds no coefficient."""

    chi2: float = Field(description="Drop of the deviance.")
    df: int = Field(description="Coefficients that are added.")
    p: float | None = Field(description="p-value; null where none is added.")


class CmhTest(Entry):
    """Cochran-Mantel-Haenszel test of outcome and segment, given the tier.

    `stat` is None, with the `reason`, where it is not known. With two segments `stat` has
    Yates' continuity correction, as `mantelhaen.test` of R has by default; `stat_uncorrected`
    never has it.
    """

    stat: float | None = Field(None, description="Chi-square; null where it is not known.")
    df: int | None = Field(None, description="Degrees of freedom.")
    p: float | None = Field(None, description="p-value.")
    stat_uncorrected: float | None = Field(None, description="Without continuity correction.")
    p_uncorrected: float | None = Field(None, description="Without continuity correction.")
    reason: str = Field("", description="Why it is not known.")


class TierTest(Entry):
    """Pearson's chi-square test of outcome and segment among the rows of one tier.

    `p_permutation` keeps the margins and needs no large counts; `p_holm` corrects `p` for the
    number of tiers that could be tested. All are None, with the `reason`, where they cannot be
    told; `reason` also says when counts are too small for `p`.
    """

    tier: str = Field(description="Tier.")
    n: int = Field(description="Accounts.")
    chi2: float | None = Field(None, description="Chi-square; null where it is not known.")
    df: int | None = Field(None, description="Degrees of freedom.")
    p: float | None = Field(None, description="p-value of the chi-square.")
    p_holm: float | None = Field(None, description="Holm over the tiers that could be tested.")
    p_permutation: float | None = Field(None, description="By permutation, for small counts.")
    reason: str = Field("", description="Why it is not known, or which p-value to read.")


class Rate(Entry):
    """The rate of one segment: raw, 95 % Wilson interval, and shrunken; None without rows."""

    segment: str
    n: int
    events: int
    raw: float | None
    wilson: Range | None
    shrunken: float | None
    suppressed: bool
