"""What the protocol finds in simulated books, counted beforehand."""
