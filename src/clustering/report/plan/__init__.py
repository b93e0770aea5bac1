"""What the page "What to do on Monday" says: sentences and tables of the plan.

Each part of the page has a file of its own here, and its figures in `clustering.report.figures`.
"""

from clustering.report.plan.tables import (
    audited,
    costs,
    coverage_plan,
    playbooks,
    segment_values,
)
from clustering.report.plan.words import (
    answer,
    assumptions,
    books,
    coverage,
    delivery,
    levers,
    not_computed,
    running,
    staffing,
    value,
)

__all__ = [
    "answer",
    "assumptions",
    "audited",
    "books",
    "costs",
    "coverage",
    "coverage_plan",
    "delivery",
    "levers",
    "not_computed",
    "playbooks",
    "running",
    "segment_values",
    "staffing",
    "value",
]
