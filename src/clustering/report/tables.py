"""The tables of the report, whatever their subject, for the notebooks."""

from clustering.report.subjects.agreement.tables import agreements, misplaced
from clustering.report.subjects.forward.tables import forward
from clustering.report.subjects.groups.tables import (
    candidates,
    features,
    labellings,
    left_out,
    profiles,
    provenance,
    ruled_out,
    segments,
    typical,
)

__all__ = [
    "agreements",
    "candidates",
    "features",
    "forward",
    "labellings",
    "left_out",
    "misplaced",
    "profiles",
    "provenance",
    "ruled_out",
    "segments",
    "typical",
]
