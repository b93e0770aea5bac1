"""How far two labellings of the same accounts agree."""
