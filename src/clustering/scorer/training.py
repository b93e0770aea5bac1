"""What a scorer was learned from, and the accounts of it that it answers otherwise."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Verdict = Literal["natural", "reproducible", "constructive"]


@dataclass(frozen=True)
class Training:
    """What the segments were learned from.

    Attributes
    ----------
    as_of : date of the training snapshot
    verdict : of the evidence
    are_clusters : whether these very segments are the natural ones; only then may they be called
        clusters
    study, config_hash : name and configuration of the study, for the record
    sizes : accounts of each segment in training
    """

    as_of: date
    verdict: Verdict
    are_clusters: bool = False
    study: str = ""
    config_hash: str = ""
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.are_clusters and self.verdict != "natural":
            raise ValueError(f"segments of a {self.verdict} verdict are not clusters")

    @property
    def group_word(self) -> tuple[str, str]:
        """What the segments may be called, singular and plural."""
        return ("cluster", "clusters") if self.are_clusters else ("band", "bands")


@dataclass(frozen=True)
class Exceptions:
    """Training accounts that the scorer answers otherwise than the study, counted.

    The study completes what is missing before it fits, and gives every account a segment; the
    scorer uses what is known.

    Attributes
    ----------
    n_accounts : that the segments were learned from
    n_incomplete : with a value that the study completed
    n_other_segment : of these, those that what is known puts into another segment
    n_too_little_known, n_too_young : that get none from the scorer
    """

    n_accounts: int = 0
    n_incomplete: int = 0
    n_other_segment: int = 0
    n_too_little_known: int = 0
    n_too_young: int = 0

    @property
    def n(self) -> int:
        """How many are answered otherwise."""
        return self.n_other_segment + self.n_too_little_known + self.n_too_young

    @property
    def in_words(self) -> str:
        """A sentence for the study; empty if the scorer gives back every label.

        Examples
        --------
        >>> Exceptions(500, 120, 3, 0, 41).in_words  # doctest: +NORMALIZE_WHITESPACE
        'The scorer gives back the segments of 456 of the 500 accounts. It gives none to 41
        accounts that are younger than their features look back, and another one to 3 whose
        missing values the study had completed: it uses what is known alone.'
        """
        if not self.n:
            return ""
        parts = []
        if self.n_too_young:
            parts.append(
                f"none to {self.n_too_young:,} accounts that are younger than their features look "
                "back"
            )
        if self.n_too_little_known:
            parts.append(f"none to {self.n_too_little_known:,} of which too little is known")
        if self.n_other_segment:
            parts.append(
                f"another one to {self.n_other_segment:,} whose missing values the study had "
                "completed: it uses what is known alone"
            )
        return (
            f"The scorer gives back the segments of {self.n_accounts - self.n:,} of the "
            f"{self.n_accounts:,} accounts. It gives {', and '.join(parts)}."
        )
