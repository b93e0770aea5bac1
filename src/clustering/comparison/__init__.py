"""What segments say beside the tiers: agreement, what happened next, and what is circular.

The last names below are imported when they are first used: they need scikit-learn, which the
commands `agree` and `forward` do not wait for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from clustering.comparison.agreement import (
    Agreement,
    AgreementInterval,
    LabelMatch,
    compare_partitions,
)
from clustering.comparison.crosswalk import crosswalk, disagreements
from clustering.comparison.forward import forward_validity
from clustering.comparison.forward_report import ForwardReport
from clustering.comparison.refits import agreement_of_refits
from clustering.comparison.within_tiers import heterogeneity_within_tiers

if TYPE_CHECKING:
    from clustering.comparison.leakage import ablation, detect_circularity, leakage_index
    from clustering.comparison.study_forward import ForwardEntry, ForwardStudy, forward_study

__all__ = [
    "Agreement",
    "AgreementInterval",
    "ForwardEntry",
    "ForwardReport",
    "ForwardStudy",
    "LabelMatch",
    "ablation",
    "agreement_of_refits",
    "compare_partitions",
    "crosswalk",
    "detect_circularity",
    "disagreements",
    "forward_study",
    "forward_validity",
    "heterogeneity_within_tiers",
    "leakage_index",
]

_LATER = {
    "ForwardEntry": "study_forward",
    "ForwardStudy": "study_forward",
    "ablation": "leakage",
    "detect_circularity": "leakage",
    "forward_study": "study_forward",
    "leakage_index": "leakage",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'clustering.comparison' has no attribute '{name}'")
    return getattr(importlib.import_module(f"clustering.comparison.{_LATER[name]}"), name)
