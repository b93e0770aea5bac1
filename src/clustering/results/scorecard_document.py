"""What `study.json` says of all labellings side by side."""

from typing import Literal

from pydantic import Field

from clustering.schema import Entry


class EstimateEntry(Entry):
    """A number with its interval."""

    value: float = Field(description="The estimate.")
    interval: tuple[float, float] | None = Field(
        None, description="95 % interval; null where there is none to be told."
    )


class ScoreEntry(Entry):
    """One labelling; null is what is not defined for it or could not be computed."""

    labelling: str = Field(description="Labelling.")
    control: bool = Field(description="Whether nobody proposes it: it is there to compare with.")
    n_accounts: int = Field(description="Accounts that it labels.")
    n_groups: int = Field(description="Its groups.")
    silhouette: EstimateEntry | None = Field(
        description="Mean silhouette in the matrix, less that of random groups of these sizes."
    )
    silhouette_raw: float | None = Field(description="Mean silhouette in the matrix.")
    silhouette_random: float | None = Field(description="The same of the random groups.")
    silhouette_z: float | None = Field(
        description="Their difference in standard deviations of the random groups."
    )
    explained: EstimateEntry | None = Field(
        description="Share of the features' variance between its groups, beyond chance (omega "
        "squared). The segments were made to have much of it: read theirs as description."
    )
    resampled: EstimateEntry | None = Field(
        description="AMI with its own refits on resampled accounts; null for a rule, which is not "
        "estimated."
    )
    over_time: EstimateEntry | None = Field(
        description="AMI with itself on an earlier date; null where that date is not known, the "
        "column is not dated or labels are dealt anew."
    )
    with_segments: EstimateEntry | None = Field(description="AMI with the segments.")
    with_tiers: EstimateEntry | None = Field(description="AMI with the ARR tiers.")
    with_needs: EstimateEntry | None = Field(description="AMI with the accounts' own needs.")
    gain: EstimateEntry | None = Field(
        description="Gain over the tiers in held-out log loss about the primary outcome."
    )
    p_adjusted: float | None = Field(description="Its p-value, corrected for their number.")
    rival_gain: float | None = Field(
        description="The largest gain of as many ARR bands, or of random groups of its sizes."
    )
    gains: bool = Field(
        description="Whether it told more than the tiers: interval above 0, corrected p at most "
        "0.05, gain above the rivals'."
    )
    cost_share: float | None = Field(
        None, description="Cost of care by this labelling, as a share of ARR (see `plan`)."
    )
    reason: str = Field("", description="Why there is no gain.")


class HypothesisEntry(Entry):
    """A claim of practitioners, answered by a rule."""

    name: str = Field(description="murphy or pickens.")
    source: str = Field(description="Who says it.")
    statement: str = Field(description="The claim; {amount} stands for the name of the amount.")
    reference: str = Field(description="The labelling that the tiers were compared with.")
    agreement: EstimateEntry | None = Field(description="AMI of the tiers with it.")
    ceiling: float | None = Field(description="AMI that could be had; null: 1.")
    answer: Literal["supported", "contradicted", "cannot be told"] = Field(
        description="The side of one half of the ceiling on which the whole interval lies."
    )


class ScorecardEntry(Entry):
    """Every labelling on the same accounts, folds and outcome, and what that supports."""

    outcome: str = Field(description="The primary outcome.")
    choice: Literal["keep the tiers", "use beside the tiers", "cannot be told"] = Field(
        description="What the gains alone support; `recommendation` decides on all there is."
    )
    better: list[str] = Field(description="Labellings that told more than the tiers, best first.")
    n_judged: int = Field(description="Labellings whose gain was judged, without controls.")
    scores: list[ScoreEntry] = Field(description="One entry a labelling, the tiers first.")
    hypotheses: list[HypothesisEntry] = Field(description="Empty without ARR tiers.")


class RecommendationEntry(Entry):
    """For which labelling care should be planned; every page reads it here."""

    labelling: str = Field(
        description="segment, current_segment (the company's present rule) or arr_tiers."
    )
    reason: str = Field(description="Why: see `clustering.comparison.recommendation`.")
