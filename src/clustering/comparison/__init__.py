"""What segments say beside the tiers: agreement, what happened next, and what is circular.

The last names below are imported when they are first used: they need scikit-learn, which the
commands `agree` and `forward` do not wait for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from clustering.comparison.agreement.agreement import compare_partitions
from clustering.comparison.agreement.crosswalk import crosswalk, disagreements
from clustering.comparison.agreement.refits import agreement_of_refits
from clustering.comparison.agreement.report import Agreement, AgreementInterval, LabelMatch
from clustering.comparison.forward.report import ForwardReport
from clustering.comparison.forward.validity import forward_validity
from clustering.comparison.observed.within_tiers import heterogeneity_within_tiers

if TYPE_CHECKING:
    from clustering.comparison.forward.evaluate import ForwardEntry
    from clustering.comparison.forward.study import ForwardStudy, forward_study
    from clustering.comparison.leakage.size_leakage import (
        ablation,
        detect_circularity,
        leakage_index,
    )

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
    "ForwardEntry": "forward.study",
    "ForwardStudy": "forward.study",
    "ablation": "leakage.size_leakage",
    "detect_circularity": "leakage.size_leakage",
    "forward_study": "forward.study",
    "leakage_index": "leakage.size_leakage",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'clustering.comparison' has no attribute '{name}'")
    return getattr(importlib.import_module(f"clustering.comparison.{_LATER[name]}"), name)
