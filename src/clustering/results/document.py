"""`study.json`: what a study found, in one self-describing document.

The models are the schema: `docs/study_folder.md` is generated from their descriptions, and a
document that breaks them is neither written nor read.
"""

from typing import Any, Literal

from pydantic import Field

from clustering.movement.run import AssignmentSummary
from clustering.movement.track.track import MovementSummary
from clustering.plan.make import PlanEntry
from clustering.plan.next_steps import NextStepsEntry
from clustering.profiles.profile import SegmentProfile
from clustering.results.later_document import AfterwardsEntry, DifferencesEntry
from clustering.results.scorecard_document import RecommendationEntry, ScorecardEntry
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


class SegmentEntry(SegmentProfile):
    """One segment of the chosen model, with how sure its accounts are of it."""

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


class AgreementEntry(Entry):
    """Agreement of two labellings."""

    first: str = Field(description="Labelling.")
    second: str = Field(description="Labelling.")
    n: int = Field(description="Accounts that have both labels.")
    ami: float = Field(description="Adjusted mutual information (arithmetic); 0 is chance.")
    ari: float = Field(description="Adjusted Rand index; 0 is chance.")
    nmi: float = Field(description="Normalised mutual information; not corrected for chance.")
    homogeneity: float = Field(
        description="Share of the entropy of `first` that `second` explains."
    )
    completeness: float = Field(
        description="Share of the entropy of `second` that `first` explains."
    )
    interval: dict[str, list[float]] | None = Field(
        description="95 % interval, labels fixed: ami (by inverting a test), ari (resampling, bias "
        "corrected). Null where one labelling has one group."
    )
    permutation_p: float = Field(description="p-value of the AMI when labels are permuted.")
    null_high: float | None = Field(
        None, description="97.5 % quantile of the AMI under permutation."
    )
    ceiling: float | None = Field(None, description="AMI of the segments with their own refits.")
    refitted_interval: dict[str, list[float]] | None = Field(
        None, description="95 % interval with the model refitted on every draw: ami, ari."
    )
    refits: int = Field(0, description="Refits behind the ceiling and the refitted interval.")


class ForwardEntry(Entry):
    """What a labelling adds to the ARR tiers about what happened next."""

    labelling: str = Field(description="Labelling, or 'features' for the model on all of them.")
    outcome: str = Field(description="Outcome.")
    window: str = Field(description="Dates of the window.")
    n: int = Field(0, description="Accounts judged.")
    n_events: int = Field(0, description="Accounts for which the outcome occurred.")
    gain: dict[str, Any] | None = Field(
        description="log_loss, auc, interval (of the log loss); positive is better. Null, with "
        "the reason, where it cannot be told."
    )
    calibration: dict[str, Any] | None = Field(None, description="In the large, and slope.")
    reason: str = Field("", description="Why there is no gain to report.")
    design: str = Field(
        "five folds",
        description="'out of time': fitted on windows closed by as_of. Else 'five folds'.",
    )
    role: Literal["primary", "confirmatory", "exploratory", "bound", "sensitivity"] = Field(
        "primary",
        description="The primary comparison decides; confirmatory ones are corrected by Holm, "
        "exploratory ones by Benjamini and Hochberg; bounds and sensitivity claim nothing.",
    )
    p: float | None = Field(None, description="p-value of no gain, from the resamples' spread.")
    p_adjusted: float | None = Field(None, description="Corrected for the role's comparisons.")
    claim: str | None = Field(description="The sentence that may be printed, or null.")


class TimeSplitEntry(Entry):
    """How `forward` was split: in time where the tables reach back, else over five folds."""

    design: Literal["out of time", "five folds"] = Field(description="Which of the two.")
    test_date: str = Field(description="Date of the accounts that are judged: as_of.")
    train_dates: list[str] = Field(description="Earlier dates that models were fitted on.")
    embargo_days: int | None = Field(
        description="Days from the newest of them to as_of: its window had closed."
    )
    n_train_rows: int = Field(description="Accounts fitted on, counted at every date.")
    n_train_accounts: int = Field(description="The same, every account once.")
    n_test_accounts: int = Field(description="Accounts judged.")
    n_in_both: int = Field(description="Accounts judged that were also fitted on.")
    agreement: float | None = Field(
        description="Adjusted mutual information at as_of of the segments made on the newest "
        "earlier date, which are judged, with the segments of the study."
    )
    reason: str = Field(description="Why not in time; empty if it was.")
    notes: list[str] = Field(description="Dates and labellings that the tables do not reach.")


class MultiplicityEntry(Entry):
    """How many comparisons stand beside the one that decides."""

    primary_labelling: str = Field(description="Of the comparison that decides.")
    primary_outcome: str = Field(description="Of the comparison that decides.")
    n_confirmatory: int = Field(description="Other labellings, primary outcome; Holm.")
    n_exploratory: int = Field(description="Other outcomes; Benjamini and Hochberg.")
    n_claimed: int = Field(description="How many of both survive the correction.")
    secondary_outcomes: list[str] = Field(description="The other outcomes.")


class TierEntry(Entry):
    """Variation inside one tier."""

    tier: str = Field(description="Tier.")
    n_accounts: int = Field(description="Accounts in it.")
    n_segments: int = Field(description="Segments that occur in it.")
    explained: float | None = Field(description="Omega squared of the segments inside the tier.")
    p: float | None = Field(description="Conditional permutation.")
    p_holm: float | None = Field(description="Holm over the tiers.")


class WithinTiersEntry(Entry):
    """How much of the variation lies inside the ARR tiers."""

    entropy_share: float | None = Field(description="H(segment | tier) / H(segment).")
    variance_within: float = Field(description="Share of the features' variance inside tiers.")
    explained: float = Field(description="Share of that which lies between segments.")
    p: float = Field(description="Conditional permutation over all tiers.")
    tiers: list[TierEntry] = Field(description="The same for every tier.")
    n_permutations: int = Field(description="Permutations.")
    note: str = Field("", description="What limits the p-values.")


class AblationEntry(Entry):
    """Agreement of the segments with the tiers when other features make them."""

    features: str = Field(description="F0 to F3 and the controls.")
    meaning: str = Field(description="In words.")
    n_features: int = Field(description="Columns.")
    ami: float = Field(description="Adjusted mutual information with the tiers.")
    ari: float = Field(description="Adjusted Rand index with the tiers.")
    interval: dict[str, list[float]] | None = Field(description="95 % bootstrap of accounts.")


class LeakageIndexEntry(Entry):
    """How well the features predict log ARR out of fold."""

    overall: float = Field(description="R squared of all features.")
    without: dict[str, float] = Field(description="R squared with one feature left out.")
    n_accounts: int = Field(description="Accounts.")


class CircularityEntry(Entry):
    """Whether the needs segment follows from the features."""

    ami: float | None = Field(description="Agreement with its out-of-fold prediction.")
    circular: bool = Field(description="Whether it is called circular.")
    sentence: str = Field(description="In words.")


class LeakageEntry(Entry):
    """How far ARR is hidden in the features, and labellings in each other."""

    ablations: list[AblationEntry] = Field(description="One row a set of features.")
    index: LeakageIndexEntry | None = Field(description="Null where ARR is not known.")
    needs: CircularityEntry | None = Field(description="Null without a needs segment.")


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
    agreements: list[AgreementEntry] = Field(description="Agreement of the labellings.")
    forward: list[ForwardEntry] = Field(description="What labellings add about the future.")
    forward_rivals: list[ForwardEntry] = Field(
        description="Baselines of fairness: ARR bands, random groups and a tree of as many groups."
    )
    forward_split: TimeSplitEntry | None = Field(None, description="How `forward` was split.")
    forward_secondary: list[ForwardEntry] = Field(
        [], description="The labellings about every other outcome; exploratory."
    )
    forward_folds: list[ForwardEntry] = Field(
        [], description="`forward` over five folds, where it is split in time."
    )
    multiplicity: MultiplicityEntry | None = Field(
        None, description="How many comparisons stand beside the one that decides."
    )
    afterwards: AfterwardsEntry | None = Field(
        None, description="What happened by group, and tests inside the tiers."
    )
    differences: DifferencesEntry | None = Field(
        None, description="In which features segments differ; null with one segment."
    )
    within_tiers: WithinTiersEntry | None = Field(description="Variation inside the tiers.")
    leakage: LeakageEntry = Field(description="ARR hidden in the features.")
    evidence: Findings = Field(description="As the JSON of `clustering evidence`.")
    scorecard: ScorecardEntry | None = Field(
        None, description="Every labelling side by side; null in studies of an earlier version."
    )
    recommendation: RecommendationEntry | None = Field(
        None, description="For which labelling to plan care, and why. Null in earlier studies."
    )
    plan: PlanEntry = Field(description="What to do: care, its cost, whom it fails.")
    next_steps: NextStepsEntry = Field(description="Champions, misjudged accounts, settings moved.")
    movement: MovementSummary | None = Field(
        description="The accounts over time; null where it could not be looked at."
    )
    movement_absent: str = Field(description="Why there is no `movement`, and what allows it.")
    assignment: AssignmentSummary = Field(description="Whose word decides the segment.")
    outcomes: Outcomes = Field(description="What was observed after as_of.")
    ruled_out: list[str] = Field(description="Candidates that a guard ruled out, with reasons.")
    warnings: list[str] = Field(description="What stands but needs reading.")
