"""What segments say beside the tiers: agreement, what happened next, and what is circular."""

from clustering.comparison.agreement import (
    Agreement,
    AgreementInterval,
    LabelMatch,
    compare_partitions,
)
from clustering.comparison.crosswalk import crosswalk, disagreements
from clustering.comparison.forward import ForwardReport, forward_validity
from clustering.comparison.forward_study import ForwardEntry, ForwardStudy, forward_study

__all__ = [
    "Agreement",
    "AgreementInterval",
    "ForwardEntry",
    "ForwardReport",
    "ForwardStudy",
    "LabelMatch",
    "compare_partitions",
    "crosswalk",
    "disagreements",
    "forward_study",
    "forward_validity",
]
