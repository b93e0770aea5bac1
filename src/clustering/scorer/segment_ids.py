"""Lasting ids of segments: what a segment is known by when its number and its name have changed."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import count

from clustering.matrix.stored import STRICT

#: Crockford's digits: no I, L, O or U, which are read as others or make words.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 6

SEGMENT_ID = re.compile(f"S-[{_DIGITS}]{{{_LENGTH}}}")


@dataclass(frozen=True)
class FormerName:
    """A name that a segment does not have any more, because it was renamed or is gone.

    Neither the id nor the name is given to another segment: a decision that names one of them
    means what it meant.

    Attributes
    ----------
    segment_id : the segment's own; it may still be there under another name
    name : what it was called
    study, as_of : the last study in which it was called so, and its date
    """

    segment_id: str
    name: str
    study: str
    as_of: date

    __pydantic_config__ = STRICT


def new_ids(origin: str, k: int, taken: Collection[str] = ()) -> tuple[str, ...]:
    """Ids for the segments of a study, none of which had one before.

    Parameters
    ----------
    origin : what makes the study this one: its configuration and its input
    k : how many are wanted
    taken : ids that stand for other segments, also for those that are gone

    Returns
    -------
    tuple of str
        The same for the same arguments; all different and none of `taken`.

    Examples
    --------
    >>> new_ids("demo", 2)
    ('S-YXJ9NE', 'S-VJ7MF4')
    >>> new_ids("demo", 1, taken=["S-YXJ9NE"])
    ('S-VJ7MF4',)
    """
    ids: list[str] = []
    for number in count():
        if len(ids) == k:
            break
        one = _id(f"{origin}\n{number}")
        if one not in ids and one not in taken:
            ids.append(one)
    return tuple(ids)


def _id(text: str) -> str:
    bits = int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest(), "big")
    return "S-" + "".join(_DIGITS[bits >> 5 * place & 31] for place in range(_LENGTH))
