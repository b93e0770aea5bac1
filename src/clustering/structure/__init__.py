"""Is there structure, how many groups, how stable: criteria, stability, nulls and the verdict."""

from clustering.structure.evidence import Evidence, judge

__all__ = ["Evidence", "judge"]
