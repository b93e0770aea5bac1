"""What segments say beside the tiers: agreement, what happened next, and what is circular.

The names below are imported when they are first used: a study folder is read without SciPy, and
`agree` and `forward` do not wait for scikit-learn.
"""

import importlib
from typing import Any

_HOMES = {
    "Agreement": "agreement.entries",
    "AgreementInterval": "agreement.entries",
    "ForwardEntry": "forward.entries",
    "ForwardReport": "forward.entries",
    "ForwardStudy": "forward.study",
    "LabelMatch": "agreement.entries",
    "ablation": "leakage.size_leakage",
    "agreement_of_refits": "agreement.refits",
    "compare_partitions": "agreement.agreement",
    "crosswalk": "agreement.crosswalk",
    "detect_circularity": "leakage.size_leakage",
    "disagreements": "agreement.crosswalk",
    "forward_study": "forward.study",
    "forward_validity": "forward.validity",
    "heterogeneity_within_tiers": "observed.within_tiers",
    "leakage_index": "leakage.size_leakage",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'clustering.comparison' has no attribute '{name}'")
    return getattr(importlib.import_module(f"clustering.comparison.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
