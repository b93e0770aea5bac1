"""Compiled loops of k-means: many resamples at once, on weighted accounts."""
