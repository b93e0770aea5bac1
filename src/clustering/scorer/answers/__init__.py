"""What the scorer answers: segments and probabilities, oddities, and the reasons in words."""
