"""The nearest known name, for messages."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name, or with all where none is near and they are few.

    Examples
    --------
    >>> did_you_mean("meetng", ["meeting", "qbr"])
    " Did you mean 'meeting'?"
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f" Did you mean '{near[0]}'?"
    return f" Known: {', '.join(names)}." if 0 < len(names) <= 30 else ""
