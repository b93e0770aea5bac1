"""Features of accounts as known at a date, each defined once for every engine.

`build_snapshot` gives one row per account; `FEATURES` describes every feature there is;
`computable` says which of them some tables allow. What happened after the date is in
`clustering.features.horizon`, which the rooms that fit models may not import.
"""

from clustering.features.registry import FEATURES, computable
from clustering.features.snapshot import build_snapshot
from clustering.features.types import Feature, Horizon, Snapshot

__all__ = ["FEATURES", "Feature", "Horizon", "Snapshot", "build_snapshot", "computable"]
