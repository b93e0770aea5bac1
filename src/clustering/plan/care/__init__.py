"""Care needed, care delivered, and what both cost and give back."""
