"""How the labellings of a study agree, each with every other; and who disagrees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.columns import ARR_TIERS, SEGMENT
from clustering.comparison.agreement.agreement import compare_partitions
from clustering.comparison.agreement.crosswalk import UnlikeWords, crosswalk, disagreements
from clustering.comparison.agreement.entries import Agreement, Indices, StudyAgreement
from clustering.comparison.agreement.refits import RefittedAgreement
from clustering.comparison.base.labellings import MOST_LEVELS, encode
from clustering.config import ComparisonConfig
from clustering.progress import SILENT, Progress

#: Draws for the agreement of two schemes with each other, which decides nothing.
_FEWER = 400


@dataclass(frozen=True, eq=False)
class Agreements:
    """How the labellings of a study agree.

    Attributes
    ----------
    pairs : one `Agreement` per pair of labellings that share accounts: the segments with every
        other, then the tiers, then all others among each other (with at most 400 draws)
    crosswalk : accounts and ARR in every combination of labels, for the segments and the tiers
        against every other labelling
    disagreements : accounts whose label is unusual for their segment, one block a labelling
    """

    pairs: tuple[Agreement, ...]
    crosswalk: pd.DataFrame
    disagreements: pd.DataFrame


def compare_labellings(
    labels: Mapping[str, "pd.Series[str]"],
    titles: Mapping[str, str],
    arr: "pd.Series[float]",
    probability: ArrayLike,
    config: ComparisonConfig,
    seed: int,
    progress: Progress = SILENT,
    unlike: UnlikeWords | None = None,
) -> Agreements:
    """Compare every labelling with every other, the segments and the ARR tiers first.

    Parameters
    ----------
    labels : Series of shape (n_accounts,) by name, on one index
        The learned segments under `segment`, by their names; then the others.
    titles : what each labelling is called in a sentence
    arr : Series of shape (n_accounts,)
        Yearly amount; NaN where it is not known.
    probability : array-like of shape (n_accounts,)
        Of the membership in the learned segment.
    config, seed : draws of bootstrap and permutations, and the seed of all
    unlike : in what an account is unlike a group of accounts, in words

    Returns
    -------
    Agreements
    """
    names = sorted(labels, key=[SEGMENT, ARR_TIERS, *labels].index)
    coded = {name: encode(labels[name], name) for name in names}
    # A labelling with a label for nearly every account is a list of accounts, not a grouping.
    groups = [name for name in names if len(coded[name].levels) <= MOST_LEVELS]
    every = [pair for pair in combinations(groups, 2) if _meet(labels, *pair)]
    couples = [pair for pair in every if pair[0] in (SEGMENT, ARR_TIERS)]
    seeds = np.random.SeedSequence(seed).generate_state(max(1, len(every)))
    pairs = []
    with progress.step("Comparing the labellings", len(every)) as advance:
        for (first, second), own_seed in zip(every, seeds, strict=False):
            n_permutations, n_bootstrap = config.permutations, config.bootstrap
            if first not in (SEGMENT, ARR_TIERS):
                n_permutations, n_bootstrap = min(n_permutations, _FEWER), min(n_bootstrap, _FEWER)
            pairs.append(
                compare_partitions(
                    coded[first],
                    coded[second],
                    n_permutations=n_permutations,
                    n_bootstrap=n_bootstrap,
                    seed=int(own_seed),
                )
            )
            advance(1)
    return Agreements(
        pairs=tuple(pairs),
        crosswalk=_stack(
            [crosswalk(coded[a], coded[b], arr, names=(a, b)) for a, b in couples],
            crosswalk(["-"], ["-"], [0.0]),
        ),
        disagreements=_stack(
            [
                disagreements(
                    coded[SEGMENT],
                    coded[name],
                    arr,
                    name=name,
                    title=titles[name],
                    probability=probability,
                    unlike=unlike,
                )
                for name in groups
                if name != SEGMENT and _meet(labels, SEGMENT, name)
            ],
            disagreements(["-"], ["-"], pd.Series([0.0], index=["-"]), name="-"),
        ),
    )


def _meet(labels: Mapping[str, "pd.Series[str]"], first: str, second: str) -> bool:
    """Whether any account has both labels; without one there is nothing to compare."""
    return bool((labels[first].notna() & labels[second].notna()).any())


def _stack(frames: Sequence[pd.DataFrame], example: pd.DataFrame) -> pd.DataFrame:
    """One frame of all that have rows; without any, an empty one with the columns' types."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else example.iloc[:0]


def study_agreement(found: Agreement, refitted: RefittedAgreement | None) -> StudyAgreement:
    """What a study stores of an agreement; `refitted` where one of the two are its segments."""
    return StudyAgreement(
        **{name: getattr(found, name) for name in Indices.model_fields},
        null_high=found.null_band.ami[1],
        ceiling=None if refitted is None else refitted.ceiling.ami,
        refitted_interval=None if refitted is None else refitted.interval,
        refits=0 if refitted is None else refitted.n_refits,
    )


def agreement_table(entries: Sequence[StudyAgreement]) -> pd.DataFrame:
    """One row a pair of labellings; intervals as columns."""
    intervals = ("interval", "refitted_interval")
    numbers = [name for name in StudyAgreement.model_fields if name not in intervals]
    bounds = {
        f"{name.removesuffix('interval')}{index}_{end}": (name, index, place)
        for name in intervals
        for index in ("ami", "ari")
        for place, end in enumerate(("low", "high"))
    }
    rows = []
    for entry in entries:
        row = {name: getattr(entry, name) for name in numbers}
        for column, (name, index, place) in bounds.items():
            interval = getattr(entry, name)
            row[column] = None if interval is None else getattr(interval, index)[place]
        rows.append(row)
    kinds = {"first": "str", "second": "str", "n": "int64", "refits": "int64"}
    frame = pd.DataFrame(rows, columns=[*numbers, *bounds])
    return frame.astype({name: kinds.get(name, "float64") for name in (*numbers, *bounds)})
