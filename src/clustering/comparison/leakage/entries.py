"""How far ARR is hidden in the features, and labellings in each other."""

from pydantic import Field

from clustering.comparison.agreement.entries import AgreementInterval
from clustering.schema import Entry


class Ablation(Entry):
    """Agreement of the segments with the tiers when other features make them."""

    features: str = Field(description="F0 to F3 and the controls.")
    meaning: str = Field(description="In words.")
    n_features: int = Field(description="Columns.")
    ami: float = Field(description="Adjusted mutual information with the tiers.")
    ari: float = Field(description="Adjusted Rand index with the tiers.")
    with_f0: float | None = Field(
        None,
        description="Adjusted mutual information with the segments that F0 makes: what is left of "
        "them on these features.",
    )
    interval: AgreementInterval | None = Field(description="95 % bootstrap of accounts.")


class LeakageIndex(Entry):
    """How well the features predict log ARR out of fold; below 0 where they say nothing.

    Where the index falls without a feature, that feature carries ARR.
    """

    overall: float = Field(description="R squared of all features.")
    without: dict[str, float] = Field(description="R squared with one feature left out.")
    n_accounts: int = Field(description="Accounts.")


class Circularity(Entry):
    """Whether a labelling, as the needs segment, follows from the features."""

    ami: float | None = Field(description="Agreement with its out-of-fold prediction.")
    circular: bool = Field(description="Whether it is called circular.")
    sentence: str = Field(description="In words.")


class Leakage(Entry):
    """How far ARR is hidden in the features, and labellings in each other."""

    ablations: list[Ablation] = Field(description="One row a set of features.")
    index: LeakageIndex | None = Field(description="Null where ARR is not known.")
    needs: Circularity | None = Field(description="Null without a needs segment.")
