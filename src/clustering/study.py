"""The straight line: from source tables to a study folder, one step after the other.

Nothing here computes; every step is a function of its room and can be run by hand in a notebook.
The report and the tracking start from the folder and are called by the command.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from clustering import results
from clustering.columns import ARR, SEGMENT
from clustering.comparison.study import Agreements, compare_labellings
from clustering.config import StudyConfig
from clustering.errors import BadInputError
from clustering.features import Snapshot, build_snapshot
from clustering.features.horizon import build_horizon
from clustering.matrix import FeatureMatrix, Standardiser, standardise
from clustering.profiles import Profiles, profile
from clustering.progress import SILENT, Progress
from clustering.results.assemble import Study, assemble
from clustering.schemes import Labelling, assign_all
from clustering.scorer import Scorer
from clustering.selection.evidence import Evidence, judge
from clustering.tables import open_tables

__all__ = ["compute", "run_study"]


def run_study(
    config: StudyConfig, folder: Path, progress: Progress = SILENT
) -> results.StudyFolder:
    """Run the study and write it, scorer included, into an existing (staging) folder.

    Parameters
    ----------
    config : StudyConfig
        As read by `load_config`.
    folder : Path
        Where to write; see `results.staged` for a folder that appears whole or not at all.
    progress : Progress
        Shows the steps.

    Returns
    -------
    StudyFolder
        The study, opened for reading.

    Raises
    ------
    ClusteringError
        The tables break their contract, or hold too little to segment.
    """
    study = compute(config, progress)
    with progress.step("Writing the study"):
        document, frames = assemble(study)
        results.write(document, frames, folder)
        study.scorer.save(folder / "scorer")
    return results.read(folder)


def compute(config: StudyConfig, progress: Progress = SILENT) -> Study:
    """Every step of the study, in memory."""
    with progress.step("Checking the tables"):
        tables = open_tables(config)
    with progress.step("Computing the features"):
        snapshot = build_snapshot(tables, config.as_of, config.features)
        horizon = build_horizon(tables, config.as_of, config.horizon_days)
    with progress.step("Standardising"):
        matrix, standardiser = standardise(snapshot, config.matrix)
        _refuse_too_few(config, matrix)
    evidence = _judge(config, snapshot, matrix, standardiser, progress)
    with progress.step("Describing the segments"):
        labellings, absent = assign_all(snapshot, config.schemes)
        profiles = profile(snapshot, matrix, evidence.chosen, amount_name=config.amount_name)
        scorer = _scorer(config, standardiser, matrix, evidence, profiles)
        scores = scorer.score_features(snapshot.frame.loc[list(matrix.account_ids)])
    agreements = _compare(config, snapshot, matrix, scores, labellings, progress)
    return Study(
        config=config,
        tables=tables,
        snapshot=snapshot,
        horizon=horizon,
        matrix=matrix,
        evidence=evidence,
        labellings=labellings,
        absent=absent,
        profiles=profiles,
        scorer=scorer,
        scores=scores,
        agreements=agreements,
    )


def _judge(
    config: StudyConfig,
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    standardiser: Standardiser,
    progress: Progress,
) -> Evidence:
    known = snapshot.frame.loc[list(matrix.account_ids)]
    return judge(
        matrix.values,
        raw=standardiser.complete_raw(known),
        prepare=standardiser.refit,
        config=config.evidence,
        models=config.models,
        seed=config.seed,
        columns=matrix.feature_names,
        progress=progress,
    )


def _scorer(
    config: StudyConfig,
    standardiser: Standardiser,
    matrix: FeatureMatrix,
    evidence: Evidence,
    profiles: Profiles,
) -> Scorer:
    return Scorer.build(
        standardiser,
        evidence.chosen,
        matrix,
        profiles.names,
        config.features,
        config.as_of,
        verdict=evidence.verdict,
        study=config.name,
        config_hash=config.hash,
    )


def _compare(
    config: StudyConfig,
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    scores: pd.DataFrame,
    labellings: tuple[Labelling, ...],
    progress: Progress,
) -> Agreements:
    ids = list(matrix.account_ids)
    arr = snapshot.attributes.get(ARR, pd.Series(np.nan, index=snapshot.frame.index))
    return compare_labellings(
        {
            SEGMENT: scores["segment_name"],
            **{labelling.name: labelling.labels.reindex(ids) for labelling in labellings},
        },
        {labelling.name: labelling.title for labelling in labellings},
        arr.reindex(ids),
        scores["probability"],
        config.comparison,
        config.seed,
        progress,
    )


def _refuse_too_few(config: StudyConfig, matrix: FeatureMatrix) -> None:
    n_accounts = len(matrix.account_ids)
    least = 2 * config.evidence.smallest_segment
    if n_accounts < least:
        raise BadInputError(
            f"{n_accounts} accounts were active on {config.as_of}; two segments of at least "
            f"evidence.smallest_segment = {config.evidence.smallest_segment} need {least}. "
            "Give more accounts, or set a smaller evidence.smallest_segment."
        )
