"""Account segmentation with evidence: do clusters serve better than ARR tiers?

The names below are imported when they are first used, so that `import clustering` is quick.

Examples
--------
>>> import clustering
>>> sorted(clustering.__all__)[:3]
['ProtocolSettings', 'Run', 'Scorer']
"""

import importlib
from typing import Any

#: Public name -> the module that defines it, and its name there where that is another.
_HOMES = {
    "ProtocolSettings": "clustering.structure.settings",
    "Run": "clustering.study",
    "Scorer": "clustering.scorer",
    "SegmentClusterer": "clustering.estimator",
    "StudyConfig": "clustering.config",
    "assess_structure": "clustering.structure.evidence",
    "build_horizon": "clustering.features.horizon",
    "build_snapshot": "clustering.features",
    "compare": "clustering.comparison.compare",
    "compare_partitions": "clustering.comparison",
    "forward_validity": "clustering.comparison",
    "load_config": "clustering.config",
    "log_study": "clustering.tracking",
    "open_tables": "clustering.tables",
    "read_study": "clustering.results:read",
    "render": "clustering.report",
    "run_study": "clustering.study",
    "simulate": "clustering.simulation",
    "standardise": "clustering.matrix",
    "write_book": "clustering.simulation",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'clustering' has no attribute '{name}'")
    module, _, there = _HOMES[name].partition(":")
    return getattr(importlib.import_module(module), there or name)


def __dir__() -> list[str]:
    return sorted(__all__)
