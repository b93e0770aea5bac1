"""Do the accounts fall into groups, and into which."""
