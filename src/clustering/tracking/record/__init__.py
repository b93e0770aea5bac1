"""What is recorded of a study: parameters, a few metrics, a description, tables; never a name."""
