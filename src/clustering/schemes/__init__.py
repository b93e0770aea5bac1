"""Rule-based segmentations, each a partition of the same accounts at the same date."""

from clustering.schemes.axes import Axes, compute_axes
from clustering.schemes.registry import CONTROLS, SCHEMES, assign_all
from clustering.schemes.stages import lifecycle_stage
from clustering.schemes.types import Labelling, SchemeAbsentError, SchemeKind

__all__ = [
    "CONTROLS",
    "SCHEMES",
    "Axes",
    "Labelling",
    "SchemeAbsentError",
    "SchemeKind",
    "assign_all",
    "compute_axes",
    "lifecycle_stage",
]
