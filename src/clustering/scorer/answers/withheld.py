"""Accounts that get no segment, because too little is known of them yet, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from clustering.arrays import Flags, Floats, Ints

_NOTHING_KNOWN = "none of the features is known: no segment"


@dataclass(frozen=True)
class Requirements:
    """What must be known of an account before it gets a segment.

    Attributes
    ----------
    n_features : of the model
    n_known : least number of known features
    age_days : least age of the account; one whose age is not known is old enough
    """

    n_features: int
    n_known: int
    age_days: int

    @classmethod
    def of(cls, n_features: int, least_known_share: float, age_days: int) -> "Requirements":
        """From the least share of known features; of nothing known there never is a segment."""
        # A share such as 0.3 of 10 features must not become 4 by a last digit.
        n_known = max(1, math.ceil(least_known_share * n_features - 1e-9))
        return cls(n_features, n_known, age_days)

    def too_little(self, n_known: Ints) -> Flags:
        """Which accounts (n,) too few features are known of."""
        return np.asarray(n_known < self.n_known)

    def too_young(self, age_days: Floats) -> Flags:
        """Which accounts (n,) are younger than their features look back; NaN is not known."""
        return np.asarray(age_days < self.age_days)

    def reasons(
        self, n_known: Ints, age_days: Floats, as_of: date | None
    ) -> tuple[Sequence[str], Ints]:
        """Why accounts get no segment: the texts, and (n,) the number of the text, -1 for none.

        Examples
        --------
        >>> needed = Requirements.of(20, 0.25, 90)
        >>> texts, code = needed.reasons(
        ...     np.array([20, 3, 20, 0]), np.array([400.0, np.nan, 12.0, 5.0]), date(2025, 6, 30))
        >>> for number in code.tolist():
        ...     print(texts[number] if number >= 0 else "has a segment")
        has a segment
        3 of 20 features are known, at least 5 are needed: no segment
        younger than the 90 days that its features look back: no segment before 2025-09-16
        none of the features is known: no segment
        """
        codes = np.full(n_known.size, -1)
        texts: list[str] = []
        young = self.too_young(age_days) & (n_known > 0)
        little = self.too_little(n_known) & ~young
        days = np.ceil(self.age_days - age_days[young])
        for which, values, words in (
            (little, n_known[little], self.little_in_words),
            (young, days, lambda remaining: self.young_in_words(_when(int(remaining), as_of))),
        ):
            distinct, inverse = np.unique(values, return_inverse=True)
            codes[which] = inverse + len(texts)
            texts += [words(value) for value in distinct.tolist()]
        return texts, codes

    def little_in_words(self, n_known: int | str) -> str:
        """Why so few known features give no segment; a text may stand in for the number."""
        if n_known == 0:
            return _NOTHING_KNOWN
        return (
            f"{n_known} of {self.n_features} features "
            f"{'is' if n_known == 1 else 'are'} known, at least {self.n_known} are needed: "
            "no segment"
        )

    def young_in_words(self, when: str) -> str:
        """Why a young account gets no segment, and when it will (`for_days`, or before a date)."""
        return (
            f"younger than the {self.age_days} days that its features look back: no segment {when}"
        )


def for_days(remaining: int | str) -> str:
    """As in "for another 3 days"; a text may stand in for the number."""
    return f"for another {remaining} day{'' if remaining == 1 else 's'}"


def _when(remaining: int, as_of: date | None) -> str:
    return for_days(remaining) if as_of is None else f"before {as_of + timedelta(days=remaining)}"
