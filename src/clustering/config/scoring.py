"""Settings of the scorer: when an account gets no segment, and what is said of the others."""

from pydantic import Field

from clustering.config.base import Part, Share


class ScoringConfig(Part):
    """When the model's answer is withheld, and how it is explained."""

    least_known_share: Share = Field(
        0.25,
        description="An account of which a smaller share of the model's features is known gets no "
        "segment from the scorer.",
    )
    least_age_days: int | None = Field(
        None,
        ge=0,
        le=1825,
        description="A younger account gets no segment from the scorer: its features look back "
        "further than it exists (None: features.window_days; 0: any age will do).",
    )
    reasons: bool = Field(
        True,
        description="Let `clustering score` name the features behind every segment, those against "
        "the runner-up, and what would move the account there.",
    )
