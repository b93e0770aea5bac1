"""Letters that are written from the right, and marks that turn the direction of a text."""

import re

#: Marks that reorder whatever follows them; no name needs them.
OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")

_LETTERS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"

#: A run of letters from the right, with the blanks and signs between them.
FROM_THE_RIGHT = re.compile(f"[{_LETTERS}](?:[^'\"();:.,]*[{_LETTERS}])?")
