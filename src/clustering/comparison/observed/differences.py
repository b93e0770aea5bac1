"""In which features the segments differ, tested validly: the features made the segments.

Two ways, each with the usual, invalid p-value beside it. The selective test starts Lloyd's
algorithm on one half of the accounts from the centres of the other half, and asks how large the
differences are among data sets that take the same path. Counts are thinned: one part makes the
groups, the other tests them, if the parts are as independent as they must be.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from clustering.arrays import Floats, Ints
from clustering.comparison.agreement.indices import adjusted_rand_index
from clustering.comparison.observed.entries import DIFFERENCES, Differences
from clustering.errors import BadInputError
from clustering.inference import check_independence, selective_feature_tests, thin_poisson
from clustering.inference.multiple_testing import holm
from clustering.models.kmeans import fit_kmeans
from clustering.wording import LEVEL, p_in_words

#: Accounts on either side of the split; more would cost time and change no conclusion.
_MOST_ACCOUNTS = 500

#: With fewer accounts a side, or more segments, nothing is tested.
_FEWEST_ACCOUNTS = 40
_MOST_SEGMENTS = 8

_STARTS = 10

CONDITIONS = (
    "The selective p-values take accounts as independent normal rows of one covariance (estimated, "
    "with the spread between segments in it, so they err on the side of no difference), and hold "
    "for k-means from the centres of the other half of the accounts. They take as given that the "
    "number of segments was chosen from all accounts, these among them, and with heavy tails too "
    "many are small. A large p is no evidence that two segments are alike."
)


@dataclass(frozen=True)
class Difference:
    """One feature of two segments: a row of `differences.parquet`, where its columns are described.

    The difference (first minus second) is in the test's own units: standard deviations of the
    matrix, or the log of the ratio of the counts' means.
    """

    method: str
    first: str
    second: str
    feature: str
    difference: float
    p: float
    p_holm: float
    p_naive: float


@dataclass(frozen=True)
class _Groups:
    """The study's segments: a number for every account, and their names."""

    labels: Ints
    names: Sequence[str]

    @property
    def k(self) -> int:
        return len(self.names)


def segment_differences(
    values: Floats,
    labels: Ints,
    names: Sequence[str],
    features: pd.DataFrame,
    counts: Sequence[str],
    *,
    seed: int,
) -> tuple[Differences, pd.DataFrame]:
    """Test every pair of segments in every feature.

    Parameters
    ----------
    values : float64 array of shape (n_accounts, n_features), the matrix
    labels : int64 array of shape (n_accounts,), the study's segments
    names : of the segments, in the order of the labels
    features : DataFrame (n_accounts, n_features), the matrix' features in their own units
    counts : names of those that count something
    seed : of the split and of the thinning

    Returns
    -------
    differences, tests : what the tests show in all, and a row a test; Holm within each method

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.integers(0, 2, 400)
    >>> values = rng.normal(size=(400, 2)) + 6.0 * labels[:, None] * np.array([1.0, 0.0])
    >>> frame = pd.DataFrame(values, columns=["breadth", "noise"])
    >>> _, tests = segment_differences(values, labels, ["low", "high"], frame, [], seed=1)
    >>> tests.set_index("feature")["p_holm"].lt(0.05).to_dict()
    {'breadth': True, 'noise': False}
    """
    notes: list[str] = []
    groups = _Groups(labels, names)
    columns = [str(name) for name in features.columns]
    selective, n, agreement = _selective(values, groups, columns, seed, notes)
    thinned, independence = _thinned(groups, features, counts, seed, notes)
    tests = [*_corrected(selective), *_corrected(thinned)]
    found = Differences(
        n_tests=len(tests),
        n_found=sum(test.p_holm <= LEVEL for test in tests),
        n_naive=sum(test.p_naive <= LEVEL for test in tests),
        n_accounts=n,
        agreement=agreement,
        conditions=CONDITIONS if selective else "",
        independence_p=independence,
        notes=notes,
    )
    return found, DIFFERENCES.from_rows([vars(test) for test in tests])


def _selective(
    values: Floats, groups: _Groups, columns: Sequence[str], seed: int, notes: list[str]
) -> tuple[list[Difference], int, float | None]:
    k = groups.k
    order = np.random.default_rng(seed).permutation(len(values))[: 2 * _MOST_ACCOUNTS]
    half, other = order[: len(order) // 2], order[len(order) // 2 :]
    if not 2 <= k <= _MOST_SEGMENTS or len(half) < _FEWEST_ACCOUNTS * k / 2:
        notes.append(
            f"Differences between {k} segments of {len(values)} accounts are not tested: it takes "
            f"2 to {_MOST_SEGMENTS} segments and {_FEWEST_ACCOUNTS} accounts for each."
        )
        return [], 0, None
    centres = fit_kmeans(values[half], k, n_init=_STARTS, seed=seed).centres
    try:
        path, tests = selective_feature_tests(
            values[other], centres, list(combinations(range(k), 2))
        )
    except BadInputError as error:
        notes.append(f"The selective test could not be made: {error}")
        return [], 0, None
    called, agreement = _matched(path.labels, groups.labels[other], groups.names)
    found = [
        Difference(
            "selective",
            called[test.clusters[0]],
            called[test.clusters[1]],
            columns[test.feature],
            test.difference,
            test.p,
            np.nan,
            test.p_naive,
        )
        for test in tests
    ]
    return found, len(other), agreement


def _thinned(
    groups: _Groups,
    features: pd.DataFrame,
    counts: Sequence[str],
    seed: int,
    notes: list[str],
) -> tuple[list[Difference], float | None]:
    chosen = [name for name in counts if name in features and _whole(features[name])]
    known = features[chosen].notna().all(axis=1).to_numpy() if chosen else np.zeros(0, dtype=bool)
    k = groups.k
    if len(chosen) < 2 or known.sum() < _FEWEST_ACCOUNTS * k or not 2 <= k <= _MOST_SEGMENTS:
        notes.append("Counts are not thinned: it takes two features that count, known for most.")
        return [], None
    raw = features.loc[known, chosen].to_numpy(dtype=np.float64)
    first, second = thin_poisson(raw, seed=seed)
    logged = np.log1p(first.astype(np.float64))
    spread = logged.std(axis=0)
    made = fit_kmeans(logged / np.where(spread > 0, spread, 1.0), k, n_init=_STARTS, seed=seed)
    check = check_independence(first, second, made.labels)
    if not check.passed:
        notes.append(
            f"Thinned counts ({', '.join(chosen)}) give no p-values: the two parts are not "
            f"independent inside the groups ({p_in_words(check.p)}), because the counts vary more "
            "than Poisson counts do or the groups are not homogeneous."
        )
        return [], check.p
    called, _ = _matched(made.labels, groups.labels[known], groups.names)
    found = []
    for one, two in combinations(range(made.n_found), 2):
        inside, outside = made.labels == one, made.labels == two
        share = float(inside.sum() / (inside.sum() + outside.sum()))
        for place, name in enumerate(chosen):
            found.append(
                Difference(
                    "thinned",
                    called[one],
                    called[two],
                    name,
                    _log_ratio(second[inside, place], second[outside, place]),
                    _binomial(second[inside, place], second[outside, place], share),
                    np.nan,
                    _binomial(first[inside, place], first[outside, place], share),
                )
            )
    return found, check.p


def _whole(column: "pd.Series[float]") -> bool:
    known = column.dropna().to_numpy(dtype=np.float64)
    return bool(known.size and (known >= 0).all() and (known % 1 == 0).all() and np.ptp(known) > 0)


def _log_ratio(first: Ints, second: Ints) -> float:
    """Of the means, each with half an event more, so that none is 0."""
    means = [(part.sum() + 0.5) / part.size for part in (first, second)]
    return float(np.log(means[0] / means[1]))


def _binomial(first: Ints, second: Ints, share: float) -> float:
    mine, other = int(first.sum()), int(second.sum())
    return float(binomtest(mine, mine + other, share).pvalue) if mine + other else 1.0


def _matched(made: Ints, labels: Ints, names: Sequence[str]) -> tuple[dict[int, str], float]:
    """Name of every group tested: that of the segment it shares most accounts with."""
    table = np.zeros((int(made.max()) + 1, len(names)), dtype=np.int64)
    np.add.at(table, (made, labels), 1)
    called: dict[int, str] = {}
    for group in range(len(table)):
        name = names[int(table[group].argmax())]
        n_before = sum(given.split(" (part ")[0] == name for given in called.values())
        called[group] = f"{name} (part {n_before + 1})" if n_before else name
    return called, float(adjusted_rand_index(table))


def _corrected(tests: list[Difference]) -> list[Difference]:
    corrected = holm([test.p for test in tests])
    return [replace(test, p_holm=p) for test, p in zip(tests, corrected, strict=True)]
