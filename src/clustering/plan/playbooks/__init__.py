"""What an account of a segment gets in a year, and what runs beside it."""
