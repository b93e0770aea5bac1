"""Agreement when the clustering itself is uncertain: interval and ceiling from refits.

With labels held fixed an interval says how well agreement is known for *these* segments. Refitting
the whole pipeline on resampled accounts says how well it is known for segments made this way,
and how far the segments agree with themselves: agreement of 0.4 with a ceiling of 0.5 is near
all that can be had.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Ints
from clustering.comparison.agreement.entries import AgreementInterval
from clustering.comparison.agreement.indices import adjusted_mutual_information, adjusted_rand_index
from clustering.comparison.agreement.interval import percentile_range, resampling_bias
from clustering.comparison.base.entries import Range
from clustering.comparison.base.labellings import Labelling, encode, pair
from clustering.errors import BadInputError
from clustering.progress import SILENT, Progress

#: Fits the whole pipeline on the accounts of these rows (repeated as often as drawn), with this
#: seed, and labels all accounts.
Refit = Callable[[Ints, int], ArrayLike]

#: Fewer refits than this give a range of a few values, not an interval.
FEWEST_REFITS = 20


@dataclass(frozen=True)
class Ceiling:
    """Mean agreement of the clustering with its own refits."""

    ami: float
    ari: float


@dataclass(frozen=True)
class RefittedAgreement:
    """Interval of the agreement over refits, from `n_refits` of them; and the ceiling.

    `interval` is None with fewer than 20 refits.
    """

    interval: AgreementInterval | None
    ceiling: Ceiling
    n_refits: int


def agreement_of_refits(
    labels: ArrayLike | pd.Series | Labelling,
    other: ArrayLike | pd.Series | Labelling,
    refit: Refit,
    *,
    n_refits: int = 50,
    seed: int,
    progress: Progress = SILENT,
) -> RefittedAgreement:
    """Agreement of a clustering with another labelling, the clustering refitted every time.

    Every refit sees a bootstrap sample of accounts; its agreement with `other` is taken on that
    sample, less what resampling adds by chance (`resampling_bias`), and its agreement with the
    original clustering on all accounts.

    Parameters
    ----------
    labels : array-like of shape (n_accounts,), the clustering
    other : array-like of shape (n_accounts,), what it is compared with; may lack labels
    refit : the whole pipeline, from standardising to labels (see `Refit`)
    n_refits, seed, progress : how many refits, from which seed, and who is told

    Examples
    --------
    >>> values = np.repeat([0.0, 1.0], 30)
    >>> refit = lambda rows, seed: (values > values[rows].mean()).astype(int)
    >>> found = agreement_of_refits(values, values, refit, n_refits=20, seed=1)
    >>> found.interval.ami, found.ceiling.ami
    ((1.0, 1.0), 1.0)
    """
    original = labels if isinstance(labels, Labelling) else encode(labels, "the clustering")
    reference = other if isinstance(other, Labelling) else encode(other, "the other labelling")
    if n_refits < 1:
        raise BadInputError(f"at least one refit is needed, found {n_refits}.")
    n_accounts = original.codes.size
    with_other, with_self = [], []
    with progress.step("Refitting for the interval", n_refits) as advance:
        for child in np.random.SeedSequence(seed).spawn(n_refits):
            generator = np.random.default_rng(child)
            rows = generator.integers(0, n_accounts, n_accounts)
            refitted = encode(refit(rows, int(generator.integers(2**31))), "the refit")
            with_other.append(_resampled_indices(refitted, reference, rows))
            with_self.append(_indices(refitted, original))
            advance(1)
    ceiling = np.mean(with_self, axis=0)
    interval = None
    if n_refits >= FEWEST_REFITS:
        drawn = np.asarray(with_other)
        interval = AgreementInterval(
            ami=percentile_range(drawn[:, 0]), ari=percentile_range(drawn[:, 1])
        )
    return RefittedAgreement(interval, Ceiling(float(ceiling[0]), float(ceiling[1])), n_refits)


def _resampled_indices(refitted: Labelling, reference: Labelling, rows: Ints) -> Range:
    ami, ari = _indices(_take(refitted, rows), _take(reference, rows))
    bias_ami, bias_ari = resampling_bias(pair(refitted, reference).contingency)
    return ami - bias_ami, ari - bias_ari


def _take(labelling: Labelling, rows: Ints) -> Labelling:
    return Labelling(labelling.name, labelling.codes[rows], labelling.levels, labelling.ordered)


def _indices(first: Labelling, second: Labelling) -> Range:
    table = pair(first, second).contingency
    return float(adjusted_mutual_information(table)), float(adjusted_rand_index(table))
