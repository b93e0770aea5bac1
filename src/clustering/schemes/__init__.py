"""Rule-based segmentations, each a partition of the same accounts at the same date."""

from clustering.schemes.own import current_segment, needs_segment
from clustering.schemes.registry import SCHEMES, assign_all
from clustering.schemes.tiers import arr_tiers, employee_bands
from clustering.schemes.types import Labelling, SchemeAbsentError, SchemeKind

__all__ = [
    "SCHEMES",
    "Labelling",
    "SchemeAbsentError",
    "SchemeKind",
    "arr_tiers",
    "assign_all",
    "current_segment",
    "employee_bands",
    "needs_segment",
]
