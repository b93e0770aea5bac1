"""The state of the data, for whoever keeps it."""
