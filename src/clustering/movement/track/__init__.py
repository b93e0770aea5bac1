"""The segment of every account at every date."""
