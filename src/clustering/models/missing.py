"""Which accounts lack which features."""

import numpy as np

from clustering.arrays import Floats, Ints

#: Bits that a float holds exactly.
_BITS = 52


def nothing_missing(values: Floats) -> Floats:
    """The array itself, with 0 where it was NaN."""
    missing = np.isnan(values)
    if missing.any():
        values[missing] = 0.0
    return values


def missing_patterns(columns: Floats) -> dict[tuple[int, ...], Ints]:
    """Rows of accounts by which features they lack; empty if none lacks any."""
    missing = np.isnan(columns)
    lacks = missing.any(axis=0)
    if not lacks.any():
        return {}
    incomplete = np.flatnonzero(lacks)
    missing = missing[:, incomplete]
    # Each combination as one number, in pieces that a float holds exactly.
    keys = [
        2.0 ** np.arange(len(piece)) @ piece
        for piece in np.split(missing, range(_BITS, len(missing), _BITS))
    ]
    order = np.lexsort(keys)
    sorted_keys = np.array(keys)[:, order]
    starts = np.flatnonzero((np.diff(sorted_keys, axis=1) != 0).any(axis=0)) + 1
    groups = np.split(order, starts)
    patterns = {tuple(np.flatnonzero(missing[:, rows[0]]).tolist()): rows for rows in groups}
    found: dict[tuple[int, ...], Ints] = {
        lacking: incomplete[rows] for lacking, rows in patterns.items()
    }
    if incomplete.size < lacks.size:
        found[()] = np.flatnonzero(~lacks)
    return found
