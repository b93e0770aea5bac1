"""What labellings knew about an outcome that came later: the results of every comparison."""

from typing import Literal

from pydantic import Field

from clustering.comparison.base.entries import (
    Calibration,
    CmhTest,
    Gain,
    LikelihoodRatio,
    Rate,
    TierTest,
)
from clustering.schema import Entry
from clustering.wording import LEVEL

Role = Literal["primary", "confirmatory", "exploratory", "bound", "sensitivity"]
Design = Literal["out of time", "five folds"]


class ForwardEntry(Entry):
    """What a labelling adds to the ARR tiers about what happened next."""

    labelling: str = Field(description="Labelling, or 'features' for the model on all of them.")
    outcome: str = Field(description="Outcome.")
    window: str = Field(description="Dates of the window.")
    n: int = Field(0, description="Accounts judged.")
    n_events: int = Field(0, description="Accounts for which the outcome occurred.")
    gain: Gain | None = Field(
        None, description="Gain over the tiers. Null, with the reason, where it is not known."
    )
    calibration: Calibration | None = Field(None, description="In the large, and slope.")
    reason: str = Field("", description="Why there is no gain to report.")
    design: Design = Field(
        "five folds",
        description="'out of time': fitted on windows closed by as_of. Else 'five folds'.",
    )
    role: Role = Field(
        "primary",
        description="The primary comparison decides; confirmatory ones are corrected by Holm, "
        "exploratory ones by Benjamini and Hochberg; bounds and sensitivity claim nothing.",
    )
    p: float | None = Field(None, description="p-value of no gain, from the resamples' spread.")
    p_adjusted: float | None = Field(None, description="Corrected for the role's comparisons.")
    claim: str | None = Field(None, description="The sentence that may be printed, or null.")

    @property
    def survives(self) -> bool:
        """Whether its gain lies above 0, still after the correction for its role."""
        return (
            self.gain is not None
            and self.gain.interval[0] > 0
            and self.p_adjusted is not None
            and self.p_adjusted <= LEVEL
        )


class TimeSplit(Entry):
    """How `forward` was split: in time where the tables reach back, else over five folds."""

    design: Design = Field(description="Which of the two.")
    test_date: str = Field(description="Date of the accounts that are judged: as_of.")
    train_dates: list[str] = Field([], description="Earlier dates that models were fitted on.")
    embargo_days: int | None = Field(
        None, description="Days from the newest of them to as_of: its window had closed."
    )
    n_train_rows: int = Field(0, description="Accounts fitted on, counted at every date.")
    n_train_accounts: int = Field(0, description="The same, every account once.")
    n_test_accounts: int = Field(0, description="Accounts judged.")
    n_foldings: int = Field(
        1, description="How often the accounts are dealt into folds; losses are the mean of all."
    )
    n_companies: int | None = Field(
        None,
        description="Companies of the accounts, where some share one: these are dealt into folds "
        "and drawn together. Null where none do.",
    )
    n_sharing: int = Field(0, description="Accounts that share their company with others.")
    n_in_both: int = Field(0, description="Accounts judged that were also fitted on.")
    agreement: float | None = Field(
        None,
        description="Adjusted mutual information at as_of of the segments made on the newest "
        "earlier date, which are judged, with the segments of the study.",
    )
    reason: str = Field("", description="Why not in time; empty if it was.")
    notes: list[str] = Field([], description="Dates and labellings that the tables do not reach.")


class Multiplicity(Entry):
    """How many comparisons stand beside the one that decides."""

    primary_labelling: str = Field(description="Of the comparison that decides.")
    primary_outcome: str = Field(description="Of the comparison that decides.")
    n_confirmatory: int = Field(description="Other labellings, primary outcome; Holm.")
    n_exploratory: int = Field(description="Other outcomes; Benjamini and Hochberg.")
    n_claimed: int = Field(description="How many of both survive the correction.")
    secondary_outcomes: list[str] = Field(description="The other outcomes.")


class ForwardReport(Entry):
    """Nested models of one outcome, as the JSON of `clustering forward` has them.

    What is not known is None, and `reasons` says why, by the name of the field. `auc`,
    `log_loss` and `brier` are held-out figures of the five models; `leaks` names what knew the
    outcome almost without error: nothing that was computed with it proves anything.
    """

    tier: str
    segment: str
    outcome: str
    n: int
    n_accounts: int | None
    n_left_out: int
    n_events: int
    n_tested: int
    n_held_out: int | None = None
    split: str
    deviance: dict[str, float] | None = None
    rank: dict[str, int] | None = None
    lr_segment_given_tier: LikelihoodRatio | None = None
    lr_tier_given_segment: LikelihoodRatio | None = None
    lr_interaction: LikelihoodRatio | None = None
    cmh: CmhTest
    within_tier: list[TierTest]
    auc: dict[str, float | None] | None = None
    log_loss: dict[str, float] | None = None
    brier: dict[str, float] | None = None
    gain: Gain | None = None
    rates: list[Rate]
    n_bootstrap: int
    n_foldings: int
    seed: int
    reasons: dict[str, str]
    notes: list[str]
    leaks: list[str]
