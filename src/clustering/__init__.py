"""Account segmentation with evidence: do clusters serve better than ARR tiers?

The names below are imported when they are first used, so that `import clustering` is quick.

Examples
--------
>>> import clustering
>>> sorted(clustering.__all__)[:3]
['Scorer', 'SegmentClusterer', 'StudyConfig']
"""

import importlib
from typing import Any

_HOMES = {
    "StudyConfig": "clustering.config",
    "load_config": "clustering.config",
    "simulate": "clustering.simulation",
    "open_tables": "clustering.tables",
    "build_snapshot": "clustering.features",
    "build_horizon": "clustering.features.horizon",
    "standardise": "clustering.matrix",
    "assess_structure": "clustering.structure.evidence",
    "compare_partitions": "clustering.comparison",
    "run_study": "clustering.study",
    "read": "clustering.results",
    "Scorer": "clustering.scorer",
    "SegmentClusterer": "clustering.estimator",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'clustering' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
