"""Features of accounts as known at a date."""
