"""Lasting ids of segments: what a segment is known by when its number and its name have changed."""

import hashlib
import re
from collections.abc import Collection, Mapping
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


@dataclass(frozen=True)
class SegmentNames:
    """What the segments of a model are called, and what segments were called before.

    People name a segment by its id, by its name of today or by one that it had; an id may be
    followed by words for readers, as in ``S-7K3QXM late on milestones``.

    Attributes
    ----------
    ids, names : of the segments of today
    former : names of earlier studies

    Examples
    --------
    >>> former = (FormerName("S-7K3QXM", "late", "q1", date(2025, 3, 31)),)
    >>> called = SegmentNames(("S-7K3QXM",), ("overdue",), former)
    >>> [called.name_of(one) for one in ("overdue", "late", "S-7K3QXM late", "S-7K3QXM", "lost")]
    ['overdue', 'overdue', 'overdue', 'overdue', None]
    """

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    former: tuple[FormerName, ...] = ()

    @property
    def by_id(self) -> dict[str, str]:
        """Today's names by the ids of their segments."""
        return dict(zip(self.ids, self.names, strict=True))

    def id_of(self, wanted: str) -> str | None:
        """The id that is meant, also of a segment that is gone; None where none is known."""
        if wanted in self.names:
            return self.ids[self.names.index(wanted)]
        match = SEGMENT_ID.match(wanted)
        if match is not None and wanted[match.end() :][:1] in ("", " "):
            known = match[0] in self.ids or any(one.segment_id == match[0] for one in self.former)
            return match[0] if known else None
        return next((one.segment_id for one in self.former if one.name == wanted), None)

    def name_of(self, wanted: str) -> str | None:
        """Today's name of the segment that is meant; None where it is not known or is gone."""
        found = self.id_of(wanted)
        return self.names[self.ids.index(found)] if found in self.ids else None

    def gone(self, wanted: str) -> FormerName | None:
        """What is known of a segment that was meant and is gone; None of any other."""
        found = self.id_of(wanted)
        if found is None or found in self.ids:
            return None
        return next(one for one in reversed(self.former) if one.segment_id == found)

    def unknown(self, wanted: str) -> str:
        """That no segment of today is meant, what became of it, and which there are."""
        gone = self.gone(wanted)
        became = (
            ""
            if gone is None
            else f" any more: {gone.segment_id} was last in study '{gone.study}' as of {gone.as_of}"
        )
        listed = "; ".join(f"'{name}' ({one})" for one, name in self.by_id.items())
        return f"there is no segment '{wanted}'{became}. The segments are {listed}."

    def with_names(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """The same mapping with today's names as keys, where a key is an id or a former name."""
        named = {self.name_of(key): value for key, value in given.items() if key not in self.names}
        return {**{key: value for key, value in named.items() if key is not None}, **given}


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
