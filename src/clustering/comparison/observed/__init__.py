"""What happened to the groups of every labelling after the as-of date."""
