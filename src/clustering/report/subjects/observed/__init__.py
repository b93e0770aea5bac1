"""What happened next, in words and tables: how it was judged, by group, and inside the tiers."""

from clustering.report.subjects.observed.tables import (
    differences_table,
    rates_table,
    renewals_table,
    retention_table,
    secondary_table,
)
from clustering.report.subjects.observed.words import (
    differences,
    how_judged,
    inside_tiers,
    multiplicity,
    what_happened,
)

__all__ = [
    "differences",
    "differences_table",
    "how_judged",
    "inside_tiers",
    "multiplicity",
    "rates_table",
    "renewals_table",
    "retention_table",
    "secondary_table",
    "what_happened",
]
