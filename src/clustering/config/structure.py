"""Settings of the segments: matrix, candidates and the evidence for them."""

from typing import Annotated, Literal

from pydantic import Field

from clustering.config.base import Part, Share

FamilyWeight = Literal["equal", "root"]
#: Of a variance: 2 counts twice.
Factor = Annotated[float, Field(gt=0.0, le=100.0)]
CovarianceType = Literal["full", "tied", "diag", "spherical"]


class MatrixConfig(Part):
    """How the snapshot becomes numbers of one scale; everything is fitted on the snapshot."""

    max_missing_share: Share = Field(
        0.4, description="A feature missing for a larger share of accounts is left out."
    )
    max_correlation: Share = Field(
        0.95, description="Of two features with a larger absolute rank correlation one is left out."
    )
    max_size_r2: Share | None = Field(
        None,
        description="A feature that alone tells the log of the yearly amount with a larger R "
        "squared (trees, out of fold) is left out: it follows from the size (None: none is).",
    )
    leave_out_unrelated: bool = Field(
        False,
        description="Leave out features with one peak to which no other one is related: they tell "
        "nothing of groups that several features share, and may hide them (docs/method.md).",
    )
    winsorise: Annotated[float, Field(ge=0.0, lt=0.25)] = Field(
        0.005, description="Share clipped at either end after the transform (0: no clipping)."
    )
    weight_families: bool = Field(
        True,
        description="Weigh features by families (`matrix.family_weight`); false: every feature "
        "has the same variance.",
    )
    family_weight: FamilyWeight = Field(
        "equal",
        description="equal: every family has the same total variance, so that one of a single "
        "feature weighs as much as one of six. root: as the square root of its features.",
    )
    family_weights: dict[str, Factor] = Field(
        {},
        description="How many times as much a family counts, by its name, as in "
        "family_weights = { usage_mix = 2 }.",
    )
    feature_weights: dict[str, Factor] = Field(
        {}, description="How many times as much a feature counts within all, by its name."
    )


class ModelsConfig(Part):
    """The candidates."""

    algorithms: tuple[Literal["kmeans", "mixture"], ...] = Field(
        ("kmeans", "mixture"), min_length=1, description="Families of models to fit."
    )
    covariance_types: tuple[CovarianceType, ...] = Field(
        ("full", "tied", "diag", "spherical"), description="Covariances of the mixtures."
    )
    k_max: int = Field(8, ge=1, le=20, description="Candidates have 1 to so many segments.")
    n_init: int = Field(20, ge=1, le=500, description="Starts of every fit.")


class EvidenceConfig(Part):
    """The statistical protocol (docs/method.md) and the limits that the business sets."""

    resamples: int = Field(100, ge=10, le=5000, description="Resamples of every stability scheme.")
    most_set_aside: Annotated[float, Field(ge=0.0, lt=0.5)] = Field(
        0.05,
        description="Accounts far from all others, at most this share, are set aside before "
        "segments are looked for, and get the nearest segment afterwards (0: none are).",
    )
    nulls: int = Field(199, ge=19, le=9999, description="Draws from every homogeneous null.")
    alpha: Annotated[float, Field(gt=0.0, lt=0.5)] = Field(
        0.05, description="Level of the test against the null."
    )
    min_prediction_strength: Share = Field(0.8, description="Least prediction strength of a k.")
    min_jaccard: Share = Field(0.75, description="Least clusterwise Jaccard of a k.")
    min_valley_share: Share = Field(
        0.5, description="Least share of neighbouring pairs with a held-out valley between them."
    )
    smallest_segment: int = Field(
        30, ge=2, description="A segment with fewer accounts is not useful to the business."
    )
    smallest_share: Share = Field(0.02, description="Likewise, as a share of all accounts.")
    most_segments: int | None = Field(
        None, ge=1, description="More segments than this cannot be run by the team (None: k_max)."
    )
    offered_segments: int | None = Field(
        None,
        ge=1,
        description="Offer so many segments whatever the evidence says of them (None: as many as "
        "it speaks for). The verdict stays, and segments that it does not hold for are bands.",
    )
