"""What `study.json` says of time, and of the decisions of people."""

from typing import Literal

from pydantic import Field

from clustering.schema import Entry


class MovesEntry(Entry):
    """Changes of segment from one snapshot to the next."""

    moves: int = Field(description="Changes of segment, all accounts and steps.")
    flip_flops: int = Field(description="Returns to the segment of two snapshots ago.")


class GrowthEntry(Entry):
    """Lasting movement: what differs over the window beyond what differs over one step."""

    n_accounts: int = Field(description="Accounts with a segment at every snapshot.")
    per_step: float = Field(description="Mean share in another segment one snapshot later.")
    over_window: float = Field(description="Share in another segment at the end.")
    value: float = Field(
        description="Lasting movement: share of accounts whose features of different families "
        "went the same way from one segment to another."
    )
    interval: list[float] = Field(description="95 % interval over accounts.")


class ModelChangeEntry(Entry):
    """A model of the first date against today's, on the accounts of today."""

    n_accounts: int = Field(description="Accounts with a segment in both.")
    differ: float = Field(description="Share with another segment, after matching.")
    interval: list[float] = Field(description="95 % Wilson interval.")
    ari: float = Field(description="Adjusted Rand index of the two.")
    refits_median: float = Field(description="What refits on resampled accounts change, median.")
    refits_high: float = Field(description="97.5 % quantile of the same.")
    n_refits: int = Field(description="Refits.")


class MovementEntry(Entry):
    """The accounts over the snapshots of a window, by one frozen model."""

    dates: list[str] = Field(description="Snapshot dates, oldest first.")
    out_of_reach: dict[str, str] = Field(description="Dates that could not be had, and why.")
    verdict: Literal["recut", "movement", "neither", "unknown"] = Field(
        description="Cut again; movement without instability; neither; or it cannot be told."
    )
    sentence: str = Field(description="The verdict in words.")
    reasons: list[str] = Field(description="The other finding, and what could not be told.")
    rule: str = Field(description="Hysteresis in words.")
    without_hysteresis: MovesEntry = Field(description="Every change counts.")
    with_hysteresis: MovesEntry = Field(description="Only lasting evidence counts.")
    n_lasting: int = Field(description="Changes that lasted under the rule.")
    n_passing: int = Field(description="Changes that were taken back before they counted.")
    n_back: int = Field(description="Changes back to the segment that was held all the time.")
    n_open: int = Field(description="Changes that wait for the next snapshot.")
    n_entered: int = Field(description="Accounts that began within the window and are there.")
    n_left: int = Field(description="Accounts of the first snapshot that have ended.")
    growth: GrowthEntry | None = Field(description="Lasting movement; null if not told.")
    model_change: ModelChangeEntry | None = Field(description="Null if not told.")
    drifted: list[str] = Field(description="Features that are distributed otherwise than then.")


class AssignmentEntry(Entry):
    """Whose word decides the segment by which an account is served."""

    n_override: int = Field(description="Accounts whose segment a person decided.")
    n_against_model: int = Field(description="Of these, those that the model puts elsewhere.")
    n_expired: int = Field(description="Decisions that no longer hold.")
    n_later: int = Field(description="Decisions that do not hold yet.")
    n_hysteresis: int = Field(
        description="Accounts that the rule of hysteresis would keep in another segment for now; "
        "the study serves them by the model's answer."
    )
    n_reconfirm: int = Field(description="Accounts to confirm at the next executive review.")
