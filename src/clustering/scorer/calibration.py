"""How often the probabilities of a scorer came true, and how far they may be corrected."""

from dataclasses import dataclass

from clustering.matrix.stored import STRICT

#: Temperatures are looked for between the reciprocal and this.
MOST_TEMPERATURE = 50.0


@dataclass(frozen=True)
class Tenth:
    """Held-out answers whose probability lies in one tenth of 0 to 1.

    Attributes
    ----------
    share : of all answers
    said : their mean probability
    came_true : share of them that are the segment that all features give
    """

    share: float
    said: float
    came_true: float

    __pydantic_config__ = STRICT
