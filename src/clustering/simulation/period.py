"""The calendar of a simulated book."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from clustering.arrays import Ints

Days = NDArray[np.datetime64]

QUARTER_DAYS = 91
_DAYS_BEFORE = 3 * 365
_DAYS_AFTER = 366


@dataclass(frozen=True)
class Period:
    """From the first possible contract to the last recorded day, around a suggested `as_of`.

    Three years lie before `as_of`, so that a study can also look from an earlier date, and 366
    days after it, so that a horizon of a year is fully observed.

    Examples
    --------
    >>> period = Period.around(date(2025, 6, 30))
    >>> str(period.begin), str(period.end)
    ('2022-07-01', '2026-07-01')
    """

    begin: np.datetime64
    as_of: np.datetime64
    end: np.datetime64

    @classmethod
    def around(cls, as_of: date) -> "Period":
        """Return the period whose suggested as-of date is `as_of`."""
        centre = np.datetime64(as_of, "D")
        return cls(centre - _DAYS_BEFORE, centre, centre + _DAYS_AFTER)

    @property
    def n_days(self) -> int:
        """Days from `begin` to `end`, both counted."""
        return int((self.end - self.begin).astype(int)) + 1

    @property
    def n_quarters(self) -> int:
        """Quarters of 91 days that the period touches."""
        return -(-self.n_days // QUARTER_DAYS)

    def quarter(self, days: Days) -> Ints:
        """Index of the quarter of each day; days outside belong to the nearest quarter."""
        index = (days - self.begin).astype(np.int64) // QUARTER_DAYS
        return np.clip(index, 0, self.n_quarters - 1)
