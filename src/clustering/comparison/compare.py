"""Everything that a study compares, on one set of accounts and from one seed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Ints
from clustering.columns import ARR_TIERS, NEEDS_SEGMENT, OUTCOME_NAMES, SEGMENT
from clustering.comparison.agreement.entries import StudyAgreement
from clustering.comparison.agreement.pairwise import compare_labellings, study_agreement
from clustering.comparison.agreement.refits import Refit, RefittedAgreement, agreement_of_refits
from clustering.comparison.forward.study import ForwardStudy, Question, forward_study
from clustering.comparison.forward.time_split import DatedAccounts
from clustering.comparison.inputs import ComparisonInputs
from clustering.comparison.leakage.entries import Ablation, Circularity, Leakage, LeakageIndex
from clustering.comparison.leakage.outcome_leakage import (
    leaking_labellings,
    refuse_outcomes_in_features,
)
from clustering.comparison.leakage.size_leakage import ablation, detect_circularity, leakage_index
from clustering.comparison.observed.differences import segment_differences
from clustering.comparison.observed.entries import Differences, WithinTiers
from clustering.comparison.observed.group_outcomes import GroupOutcomes, Observed, group_outcomes
from clustering.comparison.observed.within_tiers import heterogeneity_within_tiers
from clustering.comparison.scorecard import Gains, scorecard
from clustering.comparison.scorecard_entries import Score
from clustering.config import ComparisonConfig
from clustering.matrix.size import FEWEST_ACCOUNTS, of_known_size
from clustering.progress import SILENT, Progress


@dataclass(frozen=True, eq=False)
class Comparison:
    """What the study found beside its segments; None where the tables do not allow it.

    `leaks` says which labellings know an outcome almost without error; they are not judged.
    """

    agreements: tuple[StudyAgreement, ...]
    crosswalk: pd.DataFrame
    disagreements: pd.DataFrame
    within: WithinTiers | None
    leakage: Leakage
    forward: ForwardStudy
    happened: GroupOutcomes
    differences: Differences
    difference_tests: pd.DataFrame
    scores: tuple[Score, ...]
    leaks: tuple[str, ...]


def compare(
    inputs: ComparisonInputs, config: ComparisonConfig, seed: int, progress: Progress = SILENT
) -> Comparison:
    """Agreement, ceiling, variation inside the tiers, leakage, and what came later.

    Parameters
    ----------
    inputs : ComparisonInputs
    config : draws, refits and the one outcome that decides
    seed, progress : of all of it

    Raises
    ------
    FutureDataError
        A feature tells an outcome of the window without error.
    """
    task = _Task(inputs, config, seed, progress)
    labels, features, outcomes = inputs.labels, inputs.features, inputs.outcomes
    refuse_outcomes_in_features(features.frame, outcomes.frame, outcomes.before, features.sources)
    agreements = compare_labellings(
        labels.by_name,
        labels.titles,
        inputs.arr,
        labels.probability,
        config,
        seed,
        progress,
        inputs.unlike,
    )
    undated = {name: labels.by_name[name] for name in labels.undated}
    leaking = leaking_labellings(undated, outcomes.frame)
    refitted = task.refits()
    forward = task.forward(leaking)
    differences, tests = task.differences()
    return Comparison(
        agreements=tuple(
            study_agreement(pair, refitted.get(pair.second) if pair.first == SEGMENT else None)
            for pair in agreements.pairs
        ),
        crosswalk=agreements.crosswalk,
        disagreements=agreements.disagreements,
        within=task.within(),
        leakage=task.leakage(),
        forward=forward,
        happened=task.happened(),
        differences=differences,
        difference_tests=tests,
        scores=tuple(
            scorecard(
                labels.by_name,
                features.values,
                agreements.pairs,
                refitted=refitted,
                gains=Gains(forward.entries, forward.rivals),
                earlier=outcomes.earlier,
                seed=seed,
                progress=progress,
            )
        ),
        leaks=tuple(leaking.values()),
    )


@dataclass(frozen=True, eq=False)
class _Task:
    """The parts of the comparison, each on what it needs of the inputs."""

    inputs: ComparisonInputs
    config: ComparisonConfig
    seed: int
    progress: Progress

    @property
    def labels(self) -> Mapping[str, "pd.Series[str]"]:
        return self.inputs.labels.by_name

    def refits(self) -> dict[str, RefittedAgreement]:
        if not self.config.refits or self.labels[SEGMENT].nunique() < 2:
            return {}
        refit = _remembered(self.inputs.refit)
        return {
            name: agreement_of_refits(
                self.labels[SEGMENT],
                self.labels[name],
                refit,
                n_refits=self.config.refits,
                seed=self.seed,
                progress=self.progress,
            )
            for name in (ARR_TIERS, NEEDS_SEGMENT)
            if name in self.labels
        }

    def forward(self, leaking: Mapping[str, str]) -> ForwardStudy:
        outcomes = self.inputs.outcomes
        judged = {name: one for name, one in self.labels.items() if name not in leaking}
        return forward_study(
            DatedAccounts(
                outcomes.as_of,
                judged,
                self.inputs.features.frame,
                self.inputs.arr,
                outcomes.frame,
            ),
            Question(
                self.config.primary_outcome, outcomes.days, OUTCOME_NAMES, self.inputs.labels.titles
            ),
            earlier=outcomes.earlier,
            n_bootstrap=self.config.bootstrap,
            n_foldings=self.config.foldings,
            company=self.inputs.company,
            seed=self.seed,
            progress=self.progress,
        )

    def happened(self) -> GroupOutcomes:
        outcomes, primary = self.inputs.outcomes, self.config.primary_outcome
        with self.progress.step("Counting what happened by group"):
            return group_outcomes(
                self.labels,
                self.inputs.labels.membership,
                Observed(outcomes.frame, outcomes.timing, self.inputs.arr, self.inputs.company),
                names=(primary, *(name for name in OUTCOME_NAMES if name != primary)),
                n_bootstrap=self.config.bootstrap,
                seed=self.seed,
            )

    def differences(self) -> tuple[Differences, pd.DataFrame]:
        features, names = self.inputs.features, self.inputs.labels.membership.names
        codes = pd.Index(names).get_indexer(pd.Index(self.labels[SEGMENT]))
        with self.progress.step("Testing in what the segments differ"):
            return segment_differences(
                features.values,
                codes.astype(np.int64),
                names,
                features.frame,
                features.counts,
                seed=self.seed,
            )

    def within(self) -> WithinTiers | None:
        if ARR_TIERS not in self.labels:
            return None
        return heterogeneity_within_tiers(
            self.labels[ARR_TIERS],
            self.labels[SEGMENT],
            self.inputs.features.values,
            made_segments=True,
            seed=self.seed,
        )

    def leakage(self) -> Leakage:
        with self.progress.step("Looking for ARR in the features"):
            return Leakage(
                ablations=self._ablations(), index=self._index(), needs=self._circularity()
            )

    def _ablations(self) -> list[Ablation]:
        arr, features = self.inputs.arr, self.inputs.features
        known = arr.notna().to_numpy()
        if ARR_TIERS not in self.labels or known.sum() < FEWEST_ACCOUNTS:
            return []
        return ablation(
            features.values[known],
            self.labels[ARR_TIERS][known],
            np.log1p(arr[known].to_numpy(dtype=np.float64)),
            self.inputs.cluster,
            size_proxies=features.size_proxies[known],
            tenure=None if features.tenure is None else features.tenure[known],
            n_bootstrap=self.config.bootstrap,
            seed=self.seed,
        )

    def _index(self) -> LeakageIndex | None:
        log_arr = np.log1p(self.inputs.arr.to_numpy(dtype=np.float64))
        if not of_known_size(log_arr).size:
            return None
        return leakage_index(self.inputs.features.frame, log_arr, seed=self.seed)

    def _circularity(self) -> Circularity | None:
        if NEEDS_SEGMENT not in self.labels:
            return None
        return detect_circularity(
            self.labels[NEEDS_SEGMENT],
            self.inputs.features.frame,
            name=self.inputs.labels.titles[NEEDS_SEGMENT],
            seed=self.seed,
        )


def _remembered(refit: Refit) -> Refit:
    """Each refit is made once: every labelling is compared with the same ones."""
    made: dict[int, ArrayLike] = {}

    def once(rows: Ints, seed: int) -> ArrayLike:
        if seed not in made:
            made[seed] = refit(rows, seed)
        return made[seed]

    return once
