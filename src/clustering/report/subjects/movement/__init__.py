"""What the page "Over time" shows: who moved and why, what drifted, what people decided."""
