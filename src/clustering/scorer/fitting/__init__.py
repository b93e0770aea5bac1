"""What is fitted at study time so that a scorer can answer: temperatures, limits, exceptions."""
