"""What the page "What to do on Monday" says: sentences and tables of the plan.

Each part of the page has a file of its own here, and its figures in `clustering.report.figures`.
"""

from clustering.report.plan.words import answer, assumptions

__all__ = ["answer", "assumptions"]
