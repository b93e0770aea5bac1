"""Everything that a study compares, on one set of accounts and from one seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Floats, Ints
from clustering.columns import ARR_TIERS, NEEDS_SEGMENT, SEGMENT
from clustering.comparison.agreement.crosswalk import UnlikeWords
from clustering.comparison.agreement.pairwise import Agreements, compare_labellings
from clustering.comparison.agreement.refits import Refit, RefittedAgreement, agreement_of_refits
from clustering.comparison.forward.study import ForwardStudy, forward_study
from clustering.comparison.forward.time_split import EarlierDates
from clustering.comparison.leakage.outcome_leakage import (
    leaking_labellings,
    refuse_outcomes_in_features,
)
from clustering.comparison.leakage.size_leakage import (
    Ablation,
    Circularity,
    LeakageIndex,
    ablation,
    detect_circularity,
    leakage_index,
)
from clustering.comparison.observed.differences import Differences, segment_differences
from clustering.comparison.observed.group_outcomes import GroupOutcomes, group_outcomes
from clustering.comparison.observed.within_tiers import WithinTiers, heterogeneity_within_tiers
from clustering.comparison.scorecard import Score, scorecard
from clustering.config import ComparisonConfig
from clustering.features.horizon import CONTRACT_OUTCOMES
from clustering.progress import SILENT, Progress

#: What may happen to an account in the window; one of them is the primary outcome.
OUTCOMES = (*CONTRACT_OUTCOMES, "dormant")

#: Fewer accounts with an amount give no index of leakage.
_FEWEST_AMOUNTS = 50


@dataclass(frozen=True, eq=False)
class ComparisonInputs:
    """What is compared; every part is aligned with `accounts`.

    Attributes
    ----------
    accounts : Index of shape (n_accounts,)
    labels : Series of labels by name: `segment`, then the schemes
    titles : what the labellings are called in sentences
    probability : float64 array of shape (n_accounts,), of the membership in the segment
    arr : Series of yearly amounts; NaN where it is not known
    features : DataFrame (n_accounts, n_features), the features of the matrix in their own units
    values : float64 array of shape (n_accounts, n_features), the matrix
    size_proxies : float64 array of shape (n_accounts, n_proxies), standardised; withheld features
    tenure : float64 array of shape (n_accounts,), in days; None if not known for all
    outcomes : DataFrame as in `Horizon.frame`, aligned
    as_of, days : the window of the outcomes
    cluster : fits the chosen kind of segments to a matrix, with a seed
    refit : fits the whole pipeline on some rows and labels all accounts
    earlier : the accounts on earlier dates, or the reason why there are none
    responsibilities : float64 array of shape (n_accounts, k), probabilities of membership
    segment_names : k names, in the order of the columns
    timing : DataFrame as in `Horizon.timing`, aligned
    counts : features that count something, by name
    undated : labellings of the company's own, whose column may have been filled in afterwards
    before : DataFrame as in `Horizon.before`, aligned
    sources : the tables that a feature comes from, by its name
    unlike : in what an account is unlike a group of accounts, in words
    """

    accounts: pd.Index
    labels: Mapping[str, "pd.Series[str]"]
    titles: Mapping[str, str]
    probability: Floats
    arr: "pd.Series[float]"
    features: pd.DataFrame
    values: Floats
    size_proxies: Floats
    tenure: Floats | None
    outcomes: pd.DataFrame
    as_of: date
    days: int
    cluster: Callable[[Floats, int], Ints]
    refit: Refit
    earlier: EarlierDates | str
    responsibilities: Floats
    segment_names: tuple[str, ...]
    timing: pd.DataFrame
    counts: tuple[str, ...]
    before: pd.DataFrame
    sources: Mapping[str, tuple[str, ...]]
    undated: tuple[str, ...]
    unlike: UnlikeWords | None = None


@dataclass(frozen=True)
class Leakage:
    """How far ARR is hidden in the features, and labellings in each other."""

    ablations: tuple[Ablation, ...]
    index: LeakageIndex | None
    needs: Circularity | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """What the study found beside its segments; None where the tables do not allow it.

    `leaks` names the labellings that know an outcome almost without error; they are not judged.
    """

    agreements: Agreements
    refitted: Mapping[str, RefittedAgreement]
    within: WithinTiers | None
    leakage: Leakage
    forward: ForwardStudy
    happened: GroupOutcomes
    differences: Differences
    scores: tuple[Score, ...]
    leaks: tuple[str, ...]


def compare(
    material: ComparisonInputs, config: ComparisonConfig, seed: int, progress: Progress = SILENT
) -> Comparison:
    """Agreement, ceiling, variation inside the tiers, leakage, and what came later.

    Parameters
    ----------
    material : ComparisonInputs
    config : draws, refits and the one outcome that decides
    seed, progress : of all of it

    Raises
    ------
    FutureDataError
        A feature tells an outcome of the window without error.
    """
    refuse_outcomes_in_features(
        material.features, material.outcomes, material.before, material.sources
    )
    agreements = compare_labellings(
        material.labels,
        material.titles,
        material.arr,
        material.probability,
        config,
        seed,
        progress,
        material.unlike,
    )
    leaking = leaking_labellings(
        {name: material.labels[name] for name in material.undated}, material.outcomes
    )
    judged = {name: one for name, one in material.labels.items() if name not in leaking}
    refitted = _refits(material, config, seed, progress)
    forward = forward_study(
        material.features,
        judged,
        material.outcomes,
        outcome=config.primary_outcome,
        secondary=OUTCOMES,
        earlier=material.earlier,
        as_of=material.as_of,
        days=material.days,
        titles=material.titles,
        arr=material.arr,
        n_bootstrap=config.bootstrap,
        seed=seed,
        progress=progress,
    )
    return Comparison(
        agreements=agreements,
        refitted=refitted,
        within=_within(material, seed),
        leakage=_leakage(material, config, seed, progress),
        forward=forward,
        happened=_happened(material, config, seed, progress),
        differences=_differences(material, seed, progress),
        scores=scorecard(
            material.labels,
            material.values,
            agreements.pairs,
            refitted=refitted,
            entries=forward.entries,
            rivals=forward.rivals,
            earlier=material.earlier,
            seed=seed,
            progress=progress,
        ),
        leaks=tuple(leaking.values()),
    )


def _refits(
    material: ComparisonInputs, config: ComparisonConfig, seed: int, progress: Progress
) -> dict[str, RefittedAgreement]:
    others = [name for name in (ARR_TIERS, NEEDS_SEGMENT) if name in material.labels]
    if not config.refits or material.labels[SEGMENT].nunique() < 2:
        return {}
    refit = _remembered(material.refit)
    return {
        name: agreement_of_refits(
            material.labels[SEGMENT],
            material.labels[name],
            refit,
            n_refits=config.refits,
            seed=seed,
            progress=progress,
        )
        for name in others
    }


def _remembered(refit: Refit) -> Refit:
    """Each refit is made once: every labelling is compared with the same ones."""
    made: dict[int, ArrayLike] = {}

    def once(rows: Ints, seed: int) -> ArrayLike:
        if seed not in made:
            made[seed] = refit(rows, seed)
        return made[seed]

    return once


def _happened(
    material: ComparisonInputs, config: ComparisonConfig, seed: int, progress: Progress
) -> GroupOutcomes:
    names = (config.primary_outcome, *(n for n in OUTCOMES if n != config.primary_outcome))
    with progress.step("Counting what happened by group"):
        return group_outcomes(
            material.labels,
            material.outcomes,
            material.timing,
            material.arr,
            material.responsibilities,
            material.segment_names,
            names=names,
            n_bootstrap=config.bootstrap,
            seed=seed,
        )


def _differences(material: ComparisonInputs, seed: int, progress: Progress) -> Differences:
    codes = pd.Index(material.segment_names).get_indexer(pd.Index(material.labels[SEGMENT]))
    with progress.step("Testing in what the segments differ"):
        return segment_differences(
            material.values,
            codes.astype(np.int64),
            material.segment_names,
            material.features,
            material.counts,
            seed=seed,
        )


def _within(material: ComparisonInputs, seed: int) -> WithinTiers | None:
    if ARR_TIERS not in material.labels:
        return None
    return heterogeneity_within_tiers(
        material.labels[ARR_TIERS],
        material.labels[SEGMENT],
        material.values,
        made_segments=True,
        seed=seed,
    )


def _leakage(
    material: ComparisonInputs, config: ComparisonConfig, seed: int, progress: Progress
) -> Leakage:
    with progress.step("Looking for ARR in the features"):
        return Leakage(
            ablations=_ablations(material, config, seed),
            index=_index(material, seed),
            needs=_circularity(material, seed),
        )


def _ablations(
    material: ComparisonInputs, config: ComparisonConfig, seed: int
) -> tuple[Ablation, ...]:
    known = material.arr.notna().to_numpy()
    if ARR_TIERS not in material.labels or known.sum() < _FEWEST_AMOUNTS:
        return ()
    return ablation(
        material.values[known],
        material.labels[ARR_TIERS][known],
        np.log1p(material.arr[known].to_numpy(dtype=np.float64)),
        material.cluster,
        size_proxies=material.size_proxies[known],
        tenure=None if material.tenure is None else material.tenure[known],
        n_bootstrap=config.bootstrap,
        seed=seed,
    )


def _index(material: ComparisonInputs, seed: int) -> LeakageIndex | None:
    log_arr = np.log1p(material.arr.to_numpy(dtype=np.float64))
    known = np.isfinite(log_arr)
    if known.sum() < _FEWEST_AMOUNTS or np.ptp(log_arr[known]) == 0:
        return None
    return leakage_index(material.features, log_arr, seed=seed)


def _circularity(material: ComparisonInputs, seed: int) -> Circularity | None:
    if NEEDS_SEGMENT not in material.labels:
        return None
    return detect_circularity(
        material.labels[NEEDS_SEGMENT],
        material.features,
        name=material.titles[NEEDS_SEGMENT],
        seed=seed,
    )
