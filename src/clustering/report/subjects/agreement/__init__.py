"""How the segments agree with other labellings."""
