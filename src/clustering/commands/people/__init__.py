"""Commands that keep what people decide: segments of single accounts, and names of segments."""
