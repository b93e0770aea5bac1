"""What the parts of the protocol share: its settings, and the matrix that is assessed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.config import EvidenceConfig, ModelsConfig
from clustering.progress import SILENT, Progress
from clustering.structure.findings import Scale

#: Turns raw columns into the matrix that is clustered.
Prepare = Callable[[Floats], Floats]

#: Above so many accounts everything but k-means itself is measured on a random sample of them.
ALL_ROWS = 20_000
SAMPLE_ROWS = 10_000


@dataclass(frozen=True)
class ProtocolSettings:
    """How a matrix is assessed.

    Attributes
    ----------
    seed : every draw follows from it
    scale : "zscore" scales the columns first (divisor n-1)
    config : the statistical protocol, and the limits that the business sets
    models : the grid of candidates
    complete : whether descriptions that decide nothing are measured too (Hopkins' statistic, dips,
        Calinski-Harabasz, Davies-Bouldin, the gap in the box of the columns, three more schemes of
        resampling); they are None where not
    """

    seed: int
    scale: Scale = "none"
    config: EvidenceConfig = field(default_factory=EvidenceConfig)
    models: ModelsConfig = field(default_factory=ModelsConfig)
    complete: bool = True
    progress: Progress = SILENT


@dataclass(frozen=True, eq=False)
class Matrix:
    """The matrix that is assessed, its rows in canonical order.

    Attributes
    ----------
    values : (n, d), scaled
    raw : (n, d_raw), to which the nulls are fitted
    prepare : what turns such raw columns into `values`
    rescale : what scales columns that are prepared
    columns : names of the columns, for the reasons
    rows : (m,) ascending, the accounts on which everything but k-means itself is measured
    """

    values: Floats
    raw: Floats
    prepare: Prepare
    rescale: Prepare
    columns: Sequence[str] | None
    rows: Ints

    @property
    def whole(self) -> bool:
        """Whether every account is measured."""
        return len(self.rows) == len(self.values)

    @property
    def sample(self) -> Floats:
        """`values` of the accounts that are measured, (m, d)."""
        return np.ascontiguousarray(self.values[self.rows])

    @property
    def raw_sample(self) -> Floats:
        """`raw` of the accounts that are measured, (m, d_raw)."""
        return self.raw[self.rows]


def measured_rows(n: int, seed: int) -> Ints:
    """All rows, or a random sample of them where they are too many.

    Examples
    --------
    >>> len(measured_rows(100, seed=1)), len(measured_rows(30_000, seed=1))
    (100, 10000)
    """
    if n <= ALL_ROWS:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, n]).choice(n, SAMPLE_ROWS, replace=False))
