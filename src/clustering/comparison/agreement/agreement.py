"""Agreement between two labellings of the same accounts, with its uncertainty."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import random_table

from clustering.arrays import Ints
from clustering.comparison.agreement.entries import (
    Agreement,
    AgreementInterval,
    LabelMatch,
    Labels,
)
from clustering.comparison.agreement.indices import (
    adjusted_mutual_information,
    adjusted_rand_index,
    entropy,
    expected_mutual_information,
    mutual_information,
)
from clustering.comparison.agreement.interval import (
    agreement_interval,
    batches,
    percentile_range,
)
from clustering.comparison.agreement.ordinal import ordinal_agreement
from clustering.comparison.base.labellings import Labelling, LabelPair, pair


def compare_partitions(
    first: ArrayLike | pd.Series | Labelling,
    second: ArrayLike | pd.Series | Labelling,
    *,
    order: Sequence[str] | None = None,
    n_permutations: int = 999,
    n_bootstrap: int = 2000,
    seed: int,
) -> Agreement:
    """Agreement between two labellings of the same accounts.

    Adjusted mutual information (AMI) comes first: ARR tiers are unbalanced, and AMI suits small
    groups better than the adjusted Rand index (ARI), which large groups dominate (Romano et al.
    2016). Both are 0 on average for random labels and 1 for identical groups. Normalised mutual
    information, homogeneity, completeness and V are not corrected for chance and grow with the
    number of groups: they describe, and prove nothing.

    Parameters
    ----------
    first, second : array-like of shape (n_accounts,)
        One label per account, in the same order. Accounts that lack either label are left out
        and counted. `first` is the reference: homogeneity is 1 where each group of `second`
        holds one label of `first`.
    order : sequence of str, optional
        Levels from lowest to highest, of one labelling or of both: asks for ordinal agreement.
    n_permutations : int
        Permuted labellings, drawn as tables with the same margins, for the p-value
        (1 + #{AMI* >= AMI}) / (n_permutations + 1) and the band that chance gives.
    n_bootstrap : int
        Resampled tables, labels fixed, for the 95 % intervals of `agreement_interval`. 0 for none.
    seed : int
        Seed of both.

    Returns
    -------
    Agreement

    Raises
    ------
    BadInputError
        Lengths differ, no account has both labels, a labelling has too many labels, or the
        order does not fit.

    References
    ----------
    Vinh, Epps and Bailey (2010), JMLR 11:2837 (arithmetic mean of the entropies, as in
    scikit-learn). Hubert and Arabie (1985), J. Classification 2:193. Rosenberg and Hirschberg
    (2007), EMNLP. Meila (2007), J. Multivariate Analysis 98:873. Romano, Vinh, Bailey and
    Verspoor (2016), JMLR 17(134).

    Examples
    --------
    >>> tiers = ["enterprise"] * 4 + ["growth"] * 4
    >>> clusters = [0, 0, 0, 1, 1, 1, 2, 2]
    >>> agreement = compare_partitions(tiers, clusters, seed=1)
    >>> agreement.contingency
    [[3, 1, 0], [0, 2, 2]]
    >>> round(agreement.ari, 3), round(agreement.ami, 3)
    (0.308, 0.384)
    """
    both = pair(first, second)
    table = both.contingency
    bootstrap_seed, permutation_seed = np.random.SeedSequence(seed).spawn(2)
    information = float(mutual_information(table))
    first_entropy, second_entropy = float(entropy(table.sum(axis=1))), float(entropy(table.sum(0)))
    homogeneity = _share(information, first_entropy)
    completeness = _share(information, second_entropy)
    permutation_p, null_band = _permutation_test(table, n_permutations, permutation_seed)
    return Agreement(
        first=both.first.name,
        second=both.second.name,
        labels=Labels(first=list(both.first.levels), second=list(both.second.levels)),
        contingency=table.tolist(),
        n=both.n_accounts,
        n_left_out=both.n_left_out,
        ami=adjusted_mutual_information(table).item(),
        ari=adjusted_rand_index(table).item(),
        nmi=_share(information, (first_entropy + second_entropy) / 2),
        homogeneity=homogeneity,
        completeness=completeness,
        v_measure=_share(2 * homogeneity * completeness, homogeneity + completeness, empty=0.0),
        vi_nats=max(0.0, first_entropy + second_entropy - 2 * information),
        interval=_interval(table, n_bootstrap, bootstrap_seed),
        permutation_p=permutation_p,
        null_band=null_band,
        per_label=_best_matches(table, both.first.levels, both.second.levels),
        per_label_second=_best_matches(table.T, both.second.levels, both.first.levels),
        ordinal=ordinal_agreement(both, order) if order is not None else None,
        n_bootstrap=n_bootstrap,
        n_permutations=n_permutations,
        seed=seed,
        notes=_notes(both),
    )


def _interval(
    table: Ints, n_bootstrap: int, seed: np.random.SeedSequence
) -> AgreementInterval | None:
    if n_bootstrap == 0 or 1 in table.shape:
        return None
    return agreement_interval(table, n_bootstrap, seed)


def _permutation_test(
    table: Ints, n_permutations: int, seed: np.random.SeedSequence
) -> tuple[float, AgreementInterval]:
    """p-value of the mutual information and the middle 95 % of both indices under permutation.

    Permuting labels keeps the margins, so the tables are drawn directly; the expectation and
    the entropies are the same for all, and AMI and MI order the tables alike.
    """
    if 1 in table.shape:  # every permutation gives the same table
        index = float(adjusted_rand_index(table))
        return 1.0, AgreementInterval(ami=(index, index), ari=(index, index))
    generator = np.random.default_rng(seed)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    permuted = random_table(rows, columns, seed=generator)
    information, ari = [], []
    for size in batches(n_permutations, table.size):
        tables = permuted.rvs(size=size).astype(np.int64)
        information.append(mutual_information(tables))
        ari.append(adjusted_rand_index(tables))
    drawn = np.concatenate(information)
    observed = float(mutual_information(table))
    # Tables that are equal but for the order of summation must count as ties.
    reached = int((drawn >= observed - 1e-12).sum())
    expected = expected_mutual_information(rows, columns)
    scale = (float(entropy(rows)) + float(entropy(columns))) / 2 - expected
    ami = (drawn - expected) / scale if scale > 1e-12 else np.zeros_like(drawn)
    band = AgreementInterval(ami=percentile_range(ami), ari=percentile_range(np.concatenate(ari)))
    return (1 + reached) / (n_permutations + 1), band


def _best_matches(
    table: Ints, levels: tuple[str, ...], others: tuple[str, ...]
) -> list[LabelMatch]:
    sizes, other_sizes = table.sum(axis=1), table.sum(axis=0)
    jaccard = table / (sizes[:, None] + other_sizes[None, :] - table)
    matches = []
    for row, level in enumerate(levels):
        best = int(np.argmax(jaccard[row]))
        shared = int(table[row, best])
        matches.append(
            LabelMatch(
                label=level,
                n_accounts=int(sizes[row]),
                best_match=others[best],
                precision=shared / int(other_sizes[best]),
                recall=shared / int(sizes[row]),
                jaccard=float(jaccard[row, best]),
            )
        )
    return matches


def _share(part: float, whole: float, empty: float = 1.0) -> float:
    """part / whole; `empty` where the whole is nothing (one group has nothing to explain)."""
    return min(part / whole, 1.0) if whole > 0 else empty


def _notes(both: LabelPair) -> list[str]:
    notes = []
    if both.n_left_out:
        left_out = "1 account" if both.n_left_out == 1 else f"{both.n_left_out} accounts"
        notes.append(f"{left_out} without a label in both left out.")
    for labelling in (both.first, both.second):
        if len(labelling.levels) == 1:
            notes.append(
                f"{labelling.name} puts all accounts into one group: it cannot agree or disagree."
            )
        elif len(labelling.levels) == both.n_accounts:
            notes.append(
                f"{labelling.name} has a group for every account: agreement cannot be separated "
                "from chance."
            )
    return notes
