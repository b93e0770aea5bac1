"""What a study says of all labellings side by side, and for which of them to plan care."""

from typing import Literal

from pydantic import Field

from clustering.comparison.base.entries import Range
from clustering.schema import Entry, TableSpec, column

Answer = Literal["supported", "contradicted", "not known"]
Choice = Literal["keep the tiers", "use beside the tiers", "not known"]
Reason = Literal[
    "natural clusters, shown gain",
    "natural clusters",
    "shown gain",
    "one segment",
    "almost the tiers",
    "no reason to change",
    "nothing else",
]


class Estimate(Entry):
    """A number with its interval."""

    value: float = Field(description="The estimate.")
    interval: Range | None = Field(
        None, description="95 % interval; null where there is none to be told."
    )


class Score(Entry):
    """One labelling; null is what is not defined for it or could not be computed."""

    labelling: str = Field(description="Labelling.")
    control: bool = Field(description="Whether nobody proposes it: it is there to compare with.")
    n_accounts: int = Field(description="Accounts that it labels.")
    n_groups: int = Field(description="Its groups.")
    silhouette: Estimate | None = Field(
        None,
        description="Mean silhouette in the matrix, less that of random groups of these sizes.",
    )
    silhouette_raw: float | None = Field(None, description="Mean silhouette in the matrix.")
    silhouette_random: float | None = Field(None, description="The same of the random groups.")
    silhouette_z: float | None = Field(
        None, description="Their difference in standard deviations of the random groups."
    )
    explained: Estimate | None = Field(
        None,
        description="Share of the features' variance between its groups, beyond chance (omega "
        "squared). The segments were made to have much of it: read theirs as description.",
    )
    resampled: Estimate | None = Field(
        None,
        description="AMI with its own refits on resampled accounts; null for a rule, which is not "
        "estimated.",
    )
    over_time: Estimate | None = Field(
        None,
        description="AMI with itself on an earlier date; null where that date is not known, the "
        "column is not dated or labels are drawn up again.",
    )
    with_segments: Estimate | None = Field(None, description="AMI with the segments.")
    with_tiers: Estimate | None = Field(None, description="AMI with the ARR tiers.")
    with_needs: Estimate | None = Field(None, description="AMI with the accounts' own needs.")
    gain: Estimate | None = Field(
        None, description="Gain over the tiers in held-out log loss about the primary outcome."
    )
    p_adjusted: float | None = Field(None, description="Its p-value, corrected for their number.")
    rival_gain: float | None = Field(
        None, description="The largest gain of as many ARR bands, or of random groups of its sizes."
    )
    gains: bool = Field(
        False,
        description="Whether it told more than the tiers: interval above 0, corrected p at most "
        "0.05, gain above the rivals'.",
    )
    cost_share: float | None = Field(
        None, description="Cost of care by this labelling, as a share of ARR (see `plan`)."
    )
    reason: str = Field("", description="Why there is no gain.")


class Hypothesis(Entry):
    """A claim of practitioners, answered by a rule."""

    name: str = Field(description="murphy or pickens.")
    source: str = Field(description="Who says it.")
    statement: str = Field(description="The claim; {amount} stands for the name of the amount.")
    reference: str = Field(description="The labelling that the tiers were compared with.")
    agreement: Estimate | None = Field(description="AMI of the tiers with it.")
    ceiling: float | None = Field(description="AMI that could be had; null: 1.")
    answer: Answer = Field(
        description="The side of one half of the ceiling on which the whole interval lies."
    )


class Scorecard(Entry):
    """Every labelling on the same accounts, folds and outcome, and what that supports."""

    outcome: str = Field(description="The primary outcome.")
    choice: Choice = Field(
        description="What the gains alone support; `recommendation` decides on all there is."
    )
    better: list[str] = Field(description="Labellings that told more than the tiers, best first.")
    n_judged: int = Field(description="Labellings whose gain was judged, without controls.")
    scores: list[Score] = Field(description="One entry a labelling, the tiers first.")
    hypotheses: list[Hypothesis] = Field(description="Empty without ARR tiers.")


class Recommendation(Entry):
    """For which labelling care should be planned, and why; every page reads it here."""

    labelling: str = Field(
        description="segment, current_segment (the company's present rule) or arr_tiers."
    )
    reason: Reason = Field(description="Why: see `clustering.comparison.recommendation`.")


SCORECARD = TableSpec(
    "scorecard",
    "One row a labelling: all of them side by side; the columns of `scorecard` in study.json.",
    (
        column("labelling", "text", "Labelling."),
        column("control", "boolean", "Whether it is there to compare with."),
        column("n_accounts", "integer", "Accounts that it labels."),
        column("n_groups", "integer", "Its groups."),
        column("silhouette", "number", "Less that of random groups.", nullable=True),
        column("explained", "number", "Omega squared of the features.", nullable=True),
        column("resampled", "number", "AMI with its own refits.", nullable=True),
        column("over_time", "number", "AMI with itself at an earlier date.", nullable=True),
        column("with_segments", "number", "AMI with the segments.", nullable=True),
        column("with_tiers", "number", "AMI with the ARR tiers.", nullable=True),
        column("gain", "number", "Gain in log loss over the tiers.", nullable=True),
        column("gains", "boolean", "Whether it told more than the tiers."),
        column("cost_share", "number", "Cost of care over ARR.", nullable=True),
    ),
    more="<name>_low and <name>_high: the 95 % interval of each estimate.",
)
