"""Whether a result was put in through the features."""
