"""Mixtures beside k-means: all of the grid, and the best one before the same judges."""
