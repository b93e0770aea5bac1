"""Drafting a mapping for an export: guessed tables, columns and their quality."""
