"""Decisions of people about single accounts."""
