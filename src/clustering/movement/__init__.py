"""Accounts over time: who moved and why, what only wavered, and what people decided.

Import from the modules: `overrides` must not load the comparison that `track` and `drift` use.
"""
