"""`study.json`: what a study found, in one self-describing document.

The models are the schema: `docs/study_folder.md` is generated from their descriptions, and a
document that breaks them is neither written nor read.
"""

from typing import Any, Literal

from pydantic import Field

from clustering.comparison.agreement.entries import StudyAgreement
from clustering.comparison.forward.entries import ForwardEntry, Multiplicity, TimeSplit
from clustering.comparison.leakage.entries import Leakage
from clustering.comparison.observed.entries import Afterwards, Differences, WithinTiers
from clustering.comparison.scorecard_entries import Recommendation, Scorecard
from clustering.movement.run import AssignmentSummary
from clustering.movement.succession.entries import Succession
from clustering.movement.track.track import MovementSummary
from clustering.plan.make import PlanEntry
from clustering.plan.next_steps import NextStepsEntry
from clustering.profiles.profile import SegmentProfile
from clustering.schema import Entry
from clustering.structure.findings import Findings, Offered, VerdictName


class InputEntry(Entry):
    """One source table."""

    fingerprint: str = Field(description="Hash of its rows, whatever their order.")
    rows: int = Field(description="Rows after the mapping.")


class Provenance(Entry):
    """What would have to be equal for the study to come out equal."""

    config_hash: str = Field(description="SHA-256 of the resolved configuration without places.")
    inputs: dict[str, InputEntry] = Field(description="Every table that was read.")
    versions: dict[str, str] = Field(description="Python and the libraries that compute.")


class TablesEntry(Entry):
    """Which tables of the contract were there."""

    present: list[str] = Field(description="Tables that were read.")
    absent: list[str] = Field(description="Tables that the company did not give.")


class GroupWord(Entry):
    """What the segments may be called."""

    singular: str = Field(description="'cluster' if the verdict is natural, else 'band'.")
    plural: str = Field(description="Its plural.")


class FeatureEntry(Entry):
    """One feature of the snapshot."""

    name: str = Field(description="Name, with its unit.")
    family: str = Field(description="Family of features.")
    unit: str = Field(description="Unit of the values.")
    meaning: str = Field(description="What it measures.")
    null_means: str = Field(description="What a missing value says.")
    included: bool = Field(description="Whether it is a column of the matrix.")
    reason: str | None = Field(description="Why it was left out; null if included.")
    missing_share: float = Field(description="Share of accounts without a value.")
    words: list[str] = Field(description="How a segment low, or high, in it is described.")
    separation_share: float | None = Field(
        None,
        description="Share that it carries of what sets the segments apart; null outside the "
        "matrix, and for one segment.",
    )


class SegmentEntry(SegmentProfile):
    """One segment of the chosen model, with its id and how sure its accounts are of it."""

    segment_id: str = Field(description="Its lasting id: the same in later studies.")
    mean_probability: float = Field(description="Mean probability of its accounts.")
    mean_stability: float | None = Field(
        description="Mean share of resamples that keep an account here; null if not measured."
    )
    jaccard: float | None = Field(description="Mean bootstrap Jaccard; null for one segment.")


class LabellingEntry(Entry):
    """One way to label the accounts."""

    name: str = Field(description="Column of accounts.parquet.")
    title: str = Field(description="Name for readers.")
    kind: Literal["learned", "rule", "own"] = Field(description="Where the labels come from.")
    levels: list[str] = Field(description="Labels, in order where they have one.")
    n_accounts: int = Field(description="Accounts that have a label.")
    rule: str = Field("", description="The rule in words.")


class Outcomes(Entry):
    """What was observed after the as-of date."""

    days: int = Field(description="Length of the window in days.")
    observed: dict[str, float] = Field(description="Rate of every outcome that was observed.")
    at_risk: dict[str, int] = Field(description="Accounts for which it could be observed.")
    notes: list[str] = Field(description="What limits the window.")


class StudyDocument(Entry):
    """The whole of `study.json`."""

    schema_version: Literal[1] = Field(1, description="Version of this schema.")
    name: str = Field(description="Name of the study.")
    title: str = Field(description="Title for readers.")
    as_of: str = Field(description="The date the study pretends it is.")
    horizon_days: int = Field(description="Days after as_of in which outcomes are observed.")
    currency: str = Field(description="Currency of all amounts.")
    amount_name: str = Field(description="What the yearly amount is called.")
    note: str = Field(description="A sentence on the input.")
    seed: int = Field(description="Seed of every random draw.")
    created_at: str = Field(description="When it was written (UTC).")
    configuration: dict[str, Any] = Field(description="The resolved configuration.")
    provenance: Provenance = Field(description="Inputs, versions, hash of the configuration.")
    tables: TablesEntry = Field(description="Tables present and absent.")
    n_accounts: int = Field(description="Accounts active at as_of.")
    commercial_in_matrix: bool = Field(description="Whether ARR and the like made the segments.")
    verdict: VerdictName = Field(description="natural, reproducible or constructive.")
    n_clusters: int = Field(description="Natural clusters; 1 when there are none.")
    reasons: list[str] = Field(description="Why the verdict is what it is.")
    chosen: Offered = Field(description="The model behind the segments.")
    group_word: GroupWord = Field(description="What the segments may be called.")
    segments_return: bool = Field(
        description="Whether the segments come back when the study is repeated on other accounts."
    )
    features: list[FeatureEntry] = Field(description="Every feature that was computed.")
    not_computed: dict[str, str] = Field(description="Every other feature, and what it needs.")
    segments: list[SegmentEntry] = Field(description="The segments.")
    labellings: list[LabellingEntry] = Field(description="Every labelling of the accounts.")
    labellings_absent: dict[str, str] = Field(description="Schemes left out, and why.")
    agreements: list[StudyAgreement] = Field(description="Agreement of the labellings.")
    forward: list[ForwardEntry] = Field(description="What labellings add about the future.")
    forward_rivals: list[ForwardEntry] = Field(
        description="Baselines of fairness: ARR bands, random groups and a tree of as many groups."
    )
    forward_split: TimeSplit = Field(description="How `forward` was split.")
    forward_secondary: list[ForwardEntry] = Field(
        description="The labellings about every other outcome; exploratory."
    )
    forward_folds: list[ForwardEntry] = Field(
        description="`forward` over five folds, where it is split in time."
    )
    multiplicity: Multiplicity = Field(
        description="How many comparisons stand beside the one that decides."
    )
    afterwards: Afterwards = Field(
        description="What happened by group, and tests inside the tiers."
    )
    differences: Differences = Field(description="In which features segments differ.")
    within_tiers: WithinTiers | None = Field(description="Variation inside the tiers.")
    leakage: Leakage = Field(description="ARR hidden in the features.")
    evidence: Findings = Field(description="As the JSON of `clustering evidence`.")
    scorecard: Scorecard = Field(description="Every labelling side by side.")
    recommendation: Recommendation = Field(description="For which labelling to plan care, and why.")
    plan: PlanEntry = Field(description="What to do: care, its cost, whom it fails.")
    next_steps: NextStepsEntry = Field(description="Champions, misjudged accounts, settings moved.")
    movement: MovementSummary | None = Field(
        description="The accounts over time; null where it could not be looked at."
    )
    movement_absent: str = Field(description="Why there is no `movement`, and what allows it.")
    assignment: AssignmentSummary = Field(description="Whose word decides the segment.")
    succession: Succession | None = Field(
        description="What became of the segments of the previous study; null for a first one."
    )
    outcomes: Outcomes = Field(description="What was observed after as_of.")
    ruled_out: list[str] = Field(description="Candidates that a guard ruled out, with reasons.")
    warnings: list[str] = Field(description="What stands but needs reading.")
