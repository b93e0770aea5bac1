"""Is there structure, how many groups, how stable: criteria, stability, nulls and the verdict."""
