"""How often clusters are found in simulated books of about so many accounts.

`small_books.csv` counts books of spherical clusters of unequal size (down to 8 %) in six columns,
drawn and judged by `benchmarks/calibration_small.py`; docs/calibration.md has the command.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TABLE = "small_books.csv"

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


@dataclass(frozen=True)
class SimulatedBooks:
    """Books of `n` accounts in `k` clusters, every pair `sd` standard deviations apart.

    Attributes
    ----------
    books, right : how many there are, and in how many `k` natural clusters were found
    """

    n: int
    k: int
    sd: int
    books: int
    right: int


@cache
def every_book() -> tuple[SimulatedBooks, ...]:
    """All that was counted."""
    text = files(__package__).joinpath(TABLE).read_text(encoding="utf-8")
    return tuple(
        SimulatedBooks(**{name: int(value) for name, value in row.items()})
        for row in csv.DictReader(text.splitlines())
    )


def about_as_large(n: int) -> tuple[SimulatedBooks, ...]:
    """The books whose number of accounts is nearest, as a ratio.

    Examples
    --------
    >>> {one.n for one in about_as_large(180)}, {one.n for one in about_as_large(40_000)}
    ({200}, {1000})
    """
    nearest = min({one.n for one in every_book()}, key=lambda size: abs(math.log(size / n)))
    return tuple(one for one in every_book() if one.n == nearest)


def seen_in_words(n: int) -> str:
    """What the protocol would have found among `n` accounts, where it found no clusters."""
    books = about_as_large(n)
    by_distance = {sd: [one for one in books if one.sd == sd] for sd in (4, 5, 3)}
    said = ", ".join(f"{_of_books(one)} with {_NUMBERS[one.k]}" for one in by_distance[4])
    return (
        f"What would have been seen: in simulated books of {books[0].n:,} accounts (6 columns), "
        f"clusters 4 standard deviations apart are found, in their right number, in {said}; at 5 "
        f"(two to five clusters) in {_listed(by_distance[5])}; at 3 in {_listed(by_distance[3])}."
    )


def seen_in_plain(n: int) -> str:
    """The same in one number, for readers who will not look at criteria."""
    books = about_as_large(n)
    one = next(one for one in books if (one.k, one.sd) == (3, 4))
    return (
        f"In simulated books of {one.n:,} accounts, three groups 4 standard deviations apart are "
        f"found in {_of_books(one)}: what lies nearer, or is smaller, may be there, unseen."
    )


def _of_books(one: SimulatedBooks) -> str:
    return f"{one.right} of {one.books}"


def _listed(books: Sequence[SimulatedBooks]) -> str:
    return ", ".join(map(_of_books, books))
