"""Energy distance between the accounts of two dates, beside what exchanging the dates gives."""

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.spatial.distance import cdist

from clustering.arrays import Flags, Floats, Ints
from clustering.schema import Entry

#: Distances are of the size of 1 in a standardised matrix; less than this is no distance.
_ROUNDING = 1e-12
#: A segment of fewer accounts at either date is not compared.
_FEWEST = 10


class EnergyTest(Entry):
    """How far two sets of accounts are distributed differently, all features together."""

    value: float = Field(description="Energy distance in the standardised matrix.")
    expected: float = Field(description="Its mean when the dates are exchanged.")
    z: float = Field(description="Standard errors of the exchanges that it lies above their mean.")
    p: float = Field(description="Share of the exchanges with at least this distance.")
    n_first: int = Field(description="Accounts of the first date that were compared.")
    n_last: int = Field(description="Accounts of the last date that were compared.")


@dataclass(frozen=True, eq=False)
class Placed:
    """Accounts of one date in the matrix of the model.

    Attributes
    ----------
    ids : account ids (n,)
    values : float64 array (n, n_features), complete
    segments : int64 array (n,)
    """

    ids: pd.Index
    values: Floats
    segments: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, rows: Ints | Flags) -> "Placed":
        """Some of them."""
        return Placed(self.ids[rows], self.values[rows], self.segments[rows])

    def sample(self, n: int) -> "Placed":
        """At most `n`, by a hash of their id: of two dates mostly the same accounts."""
        if len(self) <= n:
            return self
        hashes = np.array([zlib.crc32(str(account).encode()) for account in self.ids])
        return self.of(np.sort(np.argsort(hashes, kind="stable")[:n]))


def energy_test(first: Placed, last: Placed, *, n_draws: int, seed: int) -> EnergyTest:
    """Whether the accounts of two dates are distributed differently.

    The energy distance is ``2 E|X - Y| - E|X - X'| - E|Y - Y'|``, 0 for equal distributions
    alone. Under the null an account's two rows could as well have come in the other order, and a
    row of one date alone could be of the other: the dates are exchanged within accounts, and what
    is known at one date alone is dealt anew. So accounts that are much like themselves do not
    hide a change, and accounts that changed places are none.

    Parameters
    ----------
    first, last : accounts of the two dates, at least one of each
    n_draws, seed : of the exchanges

    References
    ----------
    Szekely and Rizzo (2013), Energy statistics, J. Stat. Plan. Inference 143; exchange within
    pairs as for `movement.drift.population.feature_drift`.

    Examples
    --------
    >>> ids, rng = pd.Index([str(i) for i in range(60)]), np.random.default_rng(0)
    >>> values, segments = rng.normal(size=(60, 2)), np.zeros(60, np.int64)
    >>> then, now = Placed(ids, values, segments), Placed(ids, values + 1, segments)
    >>> energy_test(then, now, n_draws=99, seed=0).z > 6
    True
    """
    draws = _distances(first, last, n_draws, np.random.default_rng(seed))
    return _as_test(draws, len(first), len(last))


def energy_within(first: Placed, last: Placed, *, n_draws: int, seed: int) -> EnergyTest | None:
    """The same within segments, weighted by their size at the first date.

    Another mix of the same segments is no difference here. None where no segment has ten accounts
    at both dates.
    """
    rng = np.random.default_rng(seed)
    total, n_first, n_last = np.zeros(n_draws + 1), 0, 0
    for segment in np.unique(first.segments):
        then = first.of(first.segments == segment)
        now = last.of(last.segments == segment)
        if min(len(then), len(now)) >= _FEWEST:
            total += len(then) / len(first) * _distances(then, now, n_draws, rng)
            n_first, n_last = n_first + len(then), n_last + len(now)
    return _as_test(total, n_first, n_last) if n_first else None


def _as_test(draws: Floats, n_first: int, n_last: int) -> EnergyTest:
    """The first is the distance found, the others are those of the exchanges."""
    found, null = float(draws[0]), draws[1:]
    return EnergyTest(
        value=found,
        expected=float(null.mean()),
        z=(found - float(null.mean())) / max(float(null.std()), _ROUNDING),
        p=(1 + int((null >= found - _ROUNDING).sum())) / draws.size,
        n_first=n_first,
        n_last=n_last,
    )


def _distances(first: Placed, last: Placed, n_draws: int, rng: np.random.Generator) -> Floats:
    """The distance found and those of the exchanges, shape (n_draws + 1,)."""
    values = np.vstack([first.values, last.values])
    at_first = _exchanged(first.ids, last.ids, n_draws, rng)
    sizes = at_first.sum(axis=1, keepdims=True)
    # One weight a row, 1 / n of the first date and -1 / m of the last: the distance is -w' D w.
    weights = np.where(at_first, 1.0 / sizes, -1.0 / (len(values) - sizes))
    return np.asarray(-np.einsum("dn,dn->d", weights @ cdist(values, values), weights))


def _exchanged(first: pd.Index, last: pd.Index, n_draws: int, rng: np.random.Generator) -> Flags:
    """Which rows count as of the first date: as it was, and once an exchange."""
    n, total = len(first), len(first) + len(last)
    at_first = np.zeros((n_draws + 1, total), dtype=bool)
    at_first[0, :n] = True
    place = last.get_indexer(first)
    one = np.flatnonzero(place >= 0)
    other = n + place[one]
    swapped = rng.random((n_draws, one.size)) < 0.5
    at_first[1:, one], at_first[1:, other] = ~swapped, swapped
    alone = np.setdiff1d(np.arange(total), np.concatenate([one, other]))
    n_alone = int((alone < n).sum())
    for draw in at_first[1:]:
        draw[rng.permutation(alone)[:n_alone]] = True
    return at_first
