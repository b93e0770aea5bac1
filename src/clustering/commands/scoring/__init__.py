"""What `clustering score` reads, how it scores it, and what it says."""
