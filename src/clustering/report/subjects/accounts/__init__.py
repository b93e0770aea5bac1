"""The account explorer: one row an account, and what the study knows of each."""
