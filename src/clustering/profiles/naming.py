"""Names of segments in plain words, always the same for the same segments."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from clustering.arrays import Floats
from clustering.features.types import Feature

#: Smaller differences, in standard deviations, do not describe a segment.
LEAST_DIFFERENCE = 0.5

_MIDDLE = "near the middle in everything"
#: What `_degrees`, or a date, adds to the end of a name.
_DEGREE = re.compile(r"( \([^()]*\))+$")


def name_segments(differences: Floats, features: Sequence[Feature]) -> tuple[str, ...]:
    """Name every segment by what sets it apart from the others.

    1. The phrase of the feature with the largest difference, then that of the largest difference
       in another family (of the same family, if no other one differs enough). Equal differences:
       the feature that comes first in the matrix.
    2. Segments that share a name so far take a third phrase each.
    3. Segments that still share one go back to two phrases and say who is it more and who less.

    A segment without a difference of half a standard deviation is near the middle in everything.

    Parameters
    ----------
    differences : float64 array of shape (k, n_features)
        Mean of the segment minus mean of all other accounts, in standard deviations; 0 where the
        difference does not describe the segment.
    features : sequence of Feature
        One per column, with its `words` for (low, high).

    Returns
    -------
    tuple of str
        k different names.

    Examples
    --------
    >>> import numpy as np
    >>> usage = Feature("breadth", "usage", "features", "", "", (), "count", True,
    ...                 ("low breadth", "high breadth"))
    >>> late = Feature("days_late", "milestones", "days", "", "", (), "signed", False,
    ...                ("early on milestones", "late on milestones"))
    >>> name_segments(np.array([[1.8, -0.9], [-1.8, 0.2], [0.1, 0.3]]), [late, usage])
    ('late on milestones, low breadth', 'early on milestones', 'near the middle in everything')
    """
    k = len(differences)
    if k == 1:
        return ("all accounts",)
    ranked = [_ranked(row, features) for row in differences]
    short = [_name(phrases, 2) for phrases in ranked]
    names = [
        _name(ranked[segment], 3) if count > 1 else short[segment]
        for segment, count in enumerate(_shared(short))
    ]
    names = [
        short[segment] if count > 1 else names[segment]
        for segment, count in enumerate(_shared(names))
    ]
    return _graded(names, [_strength(phrases) for phrases in ranked])


_Phrase = tuple[str, str, float]
"""Phrase, family of its feature, size of the difference."""


def _ranked(row: Floats, features: Sequence[Feature]) -> list[_Phrase]:
    # Rounded, so that a last digit never decides between two features.
    order = sorted(range(len(row)), key=lambda column: (-round(abs(float(row[column])), 9), column))
    phrases: dict[str, _Phrase] = {}
    for column in order:
        phrase = _phrase(features[column], bool(row[column] > 0))
        phrases.setdefault(phrase, (phrase, features[column].family, abs(float(row[column]))))
    return list(phrases.values())


def _phrase(feature: Feature, high: bool) -> str:
    words = feature.words[1 if high else 0].strip()
    return words or f"{'high' if high else 'low'} {feature.name.replace('_', ' ')}"


def _name(phrases: Sequence[_Phrase], n_phrases: int) -> str:
    telling = [phrase for phrase in phrases if phrase[2] >= LEAST_DIFFERENCE]
    if not telling:
        if n_phrases <= 2 or not phrases or phrases[0][2] == 0:
            return _MIDDLE
        return f"near the middle, if anything {phrases[0][0]}"
    chosen = telling[:1]
    while len(chosen) < min(n_phrases, len(telling)):
        families = {family for _, family, _ in chosen}
        rest = [phrase for phrase in telling if phrase not in chosen]
        chosen.append(next((p for p in rest if p[1] not in families), rest[0]))
    return ", ".join(phrase for phrase, _, _ in chosen)


def _strength(phrases: Sequence[_Phrase]) -> float:
    return sum(size for _, _, size in phrases[:2])


def _shared(names: Sequence[str]) -> list[int]:
    """How many segments have each segment's name."""
    counts = Counter(names)
    return [counts[name] for name in names]


def with_given_names(
    automatic: Sequence[str], given: Sequence[str | None], taken: Collection[str], mark: str
) -> tuple[str, ...]:
    """Names that segments have already, and automatic ones for the others.

    Parameters
    ----------
    automatic : of all segments, from `name_segments`
    given : the name that a segment has already; None where it has none
    taken : names of other segments, which no segment of today may get
    mark : what tells an automatic name that stands for another segment from that one

    Examples
    --------
    >>> with_given_names(["late", "early"], [None, "late"], ["lost"], "2025-06-30")
    ('late (2025-06-30)', 'late')
    """
    names = list(given)
    for segment, name in enumerate(automatic):
        if names[segment] is None:
            others = {*taken, *filter(None, names)}
            marked = (name, f"{name} ({mark})", *(f"{name} ({mark}, {n})" for n in range(2, 99)))
            names[segment] = next(one for one in marked if one not in others)
    return tuple(str(name) for name in names)


def words_that_fail(name: str, differences: Floats, features: Sequence[Feature]) -> tuple[str, ...]:
    """Phrases of a name that do not set the segment apart.

    Parameters
    ----------
    name : an automatic one, perhaps of an earlier study; what is no phrase of a feature, as in a
        name that a person gave, is not judged
    differences : float64 array of shape (n_features,), as in `name_segments`
    features : one per column

    Examples
    --------
    >>> import numpy as np
    >>> late = Feature("days_late", "milestones", "days", "", "", (), "signed", False,
    ...                ("early on milestones", "late on milestones"))
    >>> words_that_fail("late on milestones", np.array([0.1]), [late])
    ('late on milestones',)
    >>> words_that_fail("our best", np.array([0.1]), [late])
    ()
    """
    if name == _MIDDLE:
        return (name,) if (np.abs(differences) >= LEAST_DIFFERENCE).any() else ()
    known, holds = set(), set()
    for column, feature in enumerate(features):
        for high in (False, True):
            phrase = _phrase(feature, high)
            known.add(phrase)
            if (differences[column] if high else -differences[column]) >= LEAST_DIFFERENCE:
                holds.add(phrase)
    return tuple(part for part in _DEGREE.sub("", name).split(", ") if part in known - holds)


def _graded(names: Sequence[str], strengths: Sequence[float]) -> tuple[str, ...]:
    """Names with a degree where several segments share one; strongest first."""
    graded = list(names)
    for name, count in Counter(names).items():
        alike = [segment for segment, other in enumerate(names) if other == name]
        alike.sort(key=lambda segment: (-round(strengths[segment], 9), segment))
        for segment, degree in zip(alike, _degrees(count), strict=True):
            graded[segment] = name + degree
    return tuple(graded)


def _degrees(count: int) -> tuple[str, ...]:
    if count == 1:
        return ("",)
    if count == 2:
        return (" (more so)", " (less so)")
    if count == 3:
        return (" (most)", " (in between)", " (least)")
    return tuple(f" ({place} of {count}, from most to least)" for place in range(1, count + 1))
