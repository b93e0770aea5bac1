"""Criteria over the number of groups, and how well the groups come back."""
