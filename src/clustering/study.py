"""The straight line: from source tables to a study folder, one step after the other.

Nothing here computes; every step is a function of its room and can be run by hand in a notebook.
The report and the tracking start from the folder and are called by the command.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from clustering import results
from clustering.arrays import Floats, Ints
from clustering.columns import ARR, ARR_TIERS, SEGMENT
from clustering.comparison.compare import Comparison, compare
from clustering.comparison.forward.time_split import EarlierDates
from clustering.comparison.inputs import (
    ComparedFeatures,
    ComparedLabels,
    ComparedOutcomes,
    ComparisonInputs,
)
from clustering.comparison.observed.group_rates import Membership
from clustering.comparison.recommendation import recommend
from clustering.comparison.scorecard_entries import Recommendation
from clustering.config import StudyConfig
from clustering.errors import BadInputError
from clustering.features import Horizon, Snapshot, build_snapshot
from clustering.features.horizon import build_horizon
from clustering.inputs import check_inputs, too_few
from clustering.matrix import FeatureMatrix, Standardiser, standardise
from clustering.models.refit import refit
from clustering.models.types import Clustering
from clustering.movement.earlier_dates import earlier_accounts
from clustering.movement.overrides.active import ASSIGNED, study_overrides
from clustering.movement.overrides.reconfirmation import served_otherwise
from clustering.movement.past import Past
from clustering.movement.run import run_movement
from clustering.plan.accounts.discovery import discovery_sheet
from clustering.plan.inputs import PlanInputs, Planned
from clustering.plan.make import Plan, check_settings, make_plan
from clustering.plan.next_steps import Segmented, find_next_steps
from clustering.profiles import Profiles, map_accounts, profile
from clustering.profiles.unlike import Unlike
from clustering.progress import SILENT, Progress
from clustering.results.assemble import Study, assemble, group_word
from clustering.results.spreadsheet import write_spreadsheet
from clustering.schemes import Axes, Labelling, assign_all, compute_axes
from clustering.schemes.types import under_amount_name
from clustering.scorer import Scorer, Training
from clustering.structure.evidence import assess_structure
from clustering.structure.pictures import picture_tables
from clustering.structure.protocol import Evidence
from clustering.structure.settings import ProtocolSettings
from clustering.tables import SourceTables, open_tables

#: Starts of each refit for the ceiling and the ablation: many refits, so few starts each.
REFIT_STARTS = 5


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
        sheet = discovery_sheet(study.next_steps.discovery, study.snapshot.attributes)
        write_spreadsheet(sheet, folder, "discovery")
        study.scorer.save(folder / "scorer")
    return results.read(folder)


def compute(config: StudyConfig, progress: Progress = SILENT) -> Study:
    """Every step of the study, in memory."""
    check_inputs(config)
    check_settings(config.engagement, config.schemes)
    with progress.step("Checking the tables"):
        tables = open_tables(config)
        overrides = study_overrides(config, tables)
    with progress.step("Computing the features"):
        snapshot = build_snapshot(tables, config.as_of, config.features)
        horizon = build_horizon(tables, config.as_of, config.horizon_days)
        # Before anything is fitted: a mistake in a scheme of the company's own is told at once.
        axes = compute_axes(snapshot, config.schemes.axes)
        assigned, not_assigned = assign_all(snapshot, config.schemes, axes)
        labellings, absent = under_amount_name(assigned, not_assigned, config.amount_name)
    with progress.step("Standardising"):
        matrix, standardiser = standardise(snapshot, config.matrix)
        if words := too_few(config, len(matrix.account_ids)):
            raise BadInputError(words)
    evidence = _assess(config, snapshot, matrix, standardiser, progress)
    places = map_accounts(matrix.values)
    pictures = picture_tables(
        *(matrix.values, evidence, places[:, 0], matrix.account_ids),
        seed=config.seed,
        progress=progress,
    )
    with progress.step("Describing the segments"):
        profiles = profile(snapshot, matrix, evidence.chosen, amount_name=config.amount_name)
        scorer = _scorer(config, standardiser, matrix, evidence, profiles)
        scores = scorer.score_features(snapshot.frame.loc[list(matrix.account_ids)])
    past = Past(tables, config, snapshot, assigned)
    spec = evidence.chosen.spec
    over_time = run_movement(past, scorer, spec, scores, overrides, progress)
    with progress.step("Looking at earlier dates"):
        earlier = earlier_accounts(past, horizon, spec, scores["segment_name"])
    material = _material(
        snapshot,
        horizon,
        matrix,
        scorer,
        evidence.chosen,
        scores,
        labellings,
        earlier,
        group_word(evidence).plural,
    )
    comparison = compare(material, config.comparison, config.seed, progress)
    recommendation = _recommendation(evidence, comparison)
    with progress.step("Planning the care"):
        served = over_time.assignment
        plan = _plan(
            config,
            tables,
            snapshot,
            horizon,
            axes,
            labellings,
            profiles,
            served,
            recommendation,
            group_word(evidence).plural,
        )
    with progress.step("Finding whom to talk to, and what to doubt"):
        segmented = Segmented(
            snapshot, matrix, evidence.chosen, profiles, scores, axes, labellings, absent
        )
        next_steps = find_next_steps(config, segmented, plan)
    return Study(
        config=config,
        tables=tables,
        snapshot=snapshot,
        horizon=horizon,
        matrix=matrix,
        places=places,
        evidence=evidence,
        pictures=pictures,
        axes=axes,
        labellings=labellings,
        absent=absent,
        profiles=profiles,
        scorer=scorer,
        scores=scores,
        comparison=comparison,
        recommendation=recommendation,
        plan=plan,
        next_steps=next_steps,
        over_time=over_time,
    )


def _assess(
    config: StudyConfig,
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    standardiser: Standardiser,
    progress: Progress,
) -> Evidence:
    known = snapshot.frame.loc[list(matrix.account_ids)]
    settings = ProtocolSettings(
        seed=config.seed,
        config=config.evidence,
        models=config.models,
        complete=False,
        progress=progress,
    )
    return assess_structure(
        matrix.values,
        settings,
        raw=standardiser.complete_raw(known),
        prepare=standardiser.refit,
        columns=matrix.feature_names,
        accounts=matrix.account_ids,
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
        Training(config.as_of, evidence.verdict, evidence.are_clusters, config.name, config.hash),
    )


def _recommendation(evidence: Evidence, comparison: Comparison) -> Recommendation:
    """What the evidence of groups and the scores of the labellings recommend to plan for."""
    scores = {score.labelling: score for score in comparison.scores}
    with_tiers = scores[SEGMENT].with_tiers if ARR_TIERS in scores else None
    return recommend(
        n_segments=evidence.offered.k,
        are_clusters=evidence.are_clusters,
        gains=scores[SEGMENT].gains,
        tiers_agreement=None if with_tiers is None else with_tiers.interval,
        labellings=scores,
    )


def _plan(
    config: StudyConfig,
    tables: SourceTables,
    snapshot: Snapshot,
    horizon: Horizon,
    axes: Axes,
    labellings: tuple[Labelling, ...],
    profiles: Profiles,
    served: pd.DataFrame,
    recommendation: Recommendation,
    called: str,
) -> Plan:
    """The plan on what is recommended or configured, for the accounts of the matrix."""
    segments = Planned(
        SEGMENT, f"the {called}", served[ASSIGNED], profiles.names, served_otherwise(served)
    )
    given = PlanInputs(
        hour_cost=config.schemes.axes.cost.hour,
        tables=tables,
        snapshot=snapshot,
        horizon=horizon,
        axes=axes,
        segments=segments,
        labellings=labellings,
        recommended=recommendation.labelling,
    )
    return make_plan(config.engagement, given)


def _material(
    snapshot: Snapshot,
    horizon: Horizon,
    matrix: FeatureMatrix,
    scorer: Scorer,
    chosen: Clustering,
    scores: pd.DataFrame,
    labellings: tuple[Labelling, ...],
    earlier: EarlierDates | str,
    called: str,
) -> ComparisonInputs:
    """Bring everything that is compared to the accounts of the matrix."""
    standardiser = scorer.standardiser
    ids = pd.Index(matrix.account_ids, name=snapshot.frame.index.name)
    frame, attributes = snapshot.frame.loc[ids], snapshot.attributes.loc[ids]
    proxies = [f.name for f in snapshot.features if f.size_proxy and f.family != "commercial"]

    def cluster(values: Floats, seed: int) -> Ints:
        return labels_of(values, values, seed)

    def pipeline(rows: Ints, seed: int) -> Ints:
        values = standardiser.refitted(raw[rows]).transform_columns([*raw.T]).T
        return labels_of(values[rows], values, seed)

    def labels_of(fitted: Floats, values: Floats, seed: int) -> Ints:
        again = refit(chosen.spec, fitted, n_init=REFIT_STARTS, seed=seed, quick=True)
        return again.model.labels(values)

    raw = standardiser.complete_raw(frame)
    labels = {labelling.name: labelling.labels.reindex(ids) for labelling in labellings}
    tenure = frame["tenure_days"].to_numpy() if "tenure_days" in frame else None
    return ComparisonInputs(
        arr=attributes.get(ARR, pd.Series(np.nan, index=ids)),
        labels=ComparedLabels(
            by_name={SEGMENT: scores["segment_name"], **labels},
            titles={SEGMENT: f"the {called}", **{one.name: one.title for one in labellings}},
            undated=tuple(one.name for one in labellings if one.kind == "own"),
            membership=Membership(
                scorer.model.probabilities(matrix.values), tuple(scorer.segment_names)
            ),
            probability=scores["probability"].to_numpy(),
        ),
        features=ComparedFeatures(
            frame=frame[list(matrix.feature_names)],
            values=matrix.values,
            size_proxies=_standardised(frame[proxies]),
            tenure=None if tenure is None or np.isnan(tenure).any() else tenure,
            counts=tuple(one.name for one in snapshot.features if one.scale == "count"),
            sources={feature.name: feature.tables for feature in snapshot.features},
        ),
        outcomes=ComparedOutcomes(
            frame=horizon.frame.reindex(ids),
            before=horizon.before.reindex(ids),
            timing=horizon.timing.reindex(ids),
            as_of=snapshot.as_of,
            days=horizon.days,
            earlier=earlier,
        ),
        cluster=cluster,
        refit=pipeline,
        unlike=Unlike.of(snapshot, matrix).words,
    )


def _standardised(proxies: pd.DataFrame) -> Floats:
    """Log-scaled z-scores of the proxies of size that every account has."""
    known = proxies.loc[:, proxies.notna().all() & (proxies.nunique() > 1)]
    logged = np.log1p(known.to_numpy(dtype=np.float64))
    spread = logged.std(axis=0)
    return np.asarray((logged - logged.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
