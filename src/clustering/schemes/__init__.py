"""Rule-based segmentations, each a partition of the same accounts at the same date."""

from clustering.schemes.axes import Axes, compute_axes
from clustering.schemes.families.csm_books import csm_book
from clustering.schemes.families.expansion import expansion_trigger
from clustering.schemes.families.given_columns import current_segment, needs_segment
from clustering.schemes.families.guidance import guidance_needed
from clustering.schemes.families.quadrants import (
    growth_revenue_at_risk,
    growth_risk,
    health_profitability,
)
from clustering.schemes.families.tiers import arr_tiers, employee_bands
from clustering.schemes.families.touch import (
    expansion_touch,
    lifecycle_touch,
    strategic_enterprise_smb,
)
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
    "arr_tiers",
    "assign_all",
    "compute_axes",
    "csm_book",
    "current_segment",
    "employee_bands",
    "expansion_touch",
    "expansion_trigger",
    "growth_revenue_at_risk",
    "growth_risk",
    "guidance_needed",
    "health_profitability",
    "lifecycle_stage",
    "lifecycle_touch",
    "needs_segment",
    "strategic_enterprise_smb",
]
