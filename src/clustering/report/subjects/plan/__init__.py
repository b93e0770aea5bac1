"""What the page "What to do on Monday" says: sentences and tables of the plan.

Each part of the page has a file of its own here, and its figures in `clustering.report.figures`.
"""

from clustering.report.subjects.plan.account_lists import (
    champions,
    champions_table,
    discovery,
    discovery_table,
    misjudged,
    misjudged_table,
)
from clustering.report.subjects.plan.sensitivity_words import fragile
from clustering.report.subjects.plan.tables import (
    audited,
    costs,
    coverage_plan,
    playbooks,
    segment_values,
)
from clustering.report.subjects.plan.team_words import books, staffing
from clustering.report.subjects.plan.words import (
    answer,
    assumptions,
    coverage,
    delivery,
    levers,
    not_computed,
    reasons,
    running,
    value,
)

__all__ = [
    "answer",
    "assumptions",
    "audited",
    "books",
    "champions",
    "champions_table",
    "costs",
    "coverage",
    "coverage_plan",
    "delivery",
    "discovery",
    "discovery_table",
    "fragile",
    "levers",
    "misjudged",
    "misjudged_table",
    "not_computed",
    "playbooks",
    "reasons",
    "running",
    "segment_values",
    "staffing",
    "value",
]
