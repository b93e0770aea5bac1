"""Settings of movement over time: snapshot dates, hysteresis, drift, reconfirmation, overrides."""

from pathlib import Path

from pydantic import Field

from clustering.config.base import Part, Share


class MovementConfig(Part):
    """How accounts are followed over time, and which decisions of people hold."""

    snapshots: int = Field(
        5,
        ge=1,
        le=60,
        description="Snapshot dates at which every account gets its segment, as_of the last of "
        "them (1: movement is not looked at).",
    )
    step_days: int = Field(91, ge=7, le=731, description="Days from one snapshot to the next.")
    hold_snapshots: int = Field(
        2,
        ge=1,
        description="Hysteresis: an account moves when the evidence has held for so many "
        "snapshots in a row (1: at once).",
    )
    hold_probability: float | None = Field(
        None,
        gt=0.0,
        le=1.0,
        description="... or at once when the probability of the new segment reaches this "
        "(None: never at once; the probabilities of k-means are near 1 for most accounts).",
    )
    least_movement: Share = Field(
        0.05,
        description="Movement is claimed where the lower bound of lasting movement, a share of "
        "accounts, is at least this.",
    )
    least_model_change: Share = Field(
        0.05,
        description="A re-cut is advised where the model of the first date gives at least this "
        "share of accounts another segment than today's, beyond what refits explain.",
    )
    refits: int = Field(
        20, ge=5, le=500, description="Refits on resampled accounts: what a refit changes anyway."
    )
    permutations: int = Field(
        199, ge=99, le=9999, description="Permutations behind the drift of each feature."
    )
    boundary_margin: Share = Field(
        0.2,
        description="Accounts whose probability is less than this above the runner-up's are "
        "near a boundary and put up for reconfirmation.",
    )
    overrides: Path | None = Field(
        None,
        description="File of the decisions of people, .csv or .parquet (None: overrides.csv or "
        ".parquet beside the source: in source.folder, or in source.mapping if there is one).",
    )
    segment_names: Path | None = Field(
        None,
        description="File of the names that people gave to segments, .csv or .parquet (None: "
        "segment_names.csv or .parquet, likewise).",
    )
