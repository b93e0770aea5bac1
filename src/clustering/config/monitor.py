"""Settings of the monitor: when a model is kept, learned again, or cut again."""

from pydantic import Field

from clustering.config.base import Part, Share


class MonitorConfig(Part):
    """When the accounts are no longer those that a model was learned from (docs/monitoring.md)."""

    accounts: int = Field(
        500,
        ge=100,
        le=2000,
        description="The distributions are compared on at most so many accounts of each date, "
        "drawn by a hash of their id. `least_z` is calibrated for this number: with more "
        "accounts the same change lies more standard errors above chance.",
    )
    permutations: int = Field(
        999, ge=99, le=9999, description="Exchanges of the dates behind every comparison."
    )
    least_z: float = Field(
        6.0,
        gt=0.0,
        description="The accounts have changed where the energy distance lies at least so many "
        "standard errors above what exchanging the dates gives, and a feature has drifted.",
    )
    least_z_of_groups: float = Field(
        4.0,
        gt=0.0,
        description="The groups themselves have changed where, after what is common to all "
        "accounts was undone, the distance within the segments lies at least so many standard "
        "errors above chance ...",
    )
    least_unexplained: Share = Field(
        0.25,
        description="... and at least this share of the change within the segments is left.",
    )
    most_migration: Share = Field(
        0.15,
        description="From this share of accounts in another segment than at the last scoring on, "
        "a kept model says that accounts moved.",
    )
    least_accounts: int = Field(
        50, ge=20, description="With fewer accounts at either date nothing is decided."
    )
