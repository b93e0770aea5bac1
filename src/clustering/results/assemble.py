"""From what the rooms computed to the document and the tables of a study folder."""

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from clustering.arrays import Floats
from clustering.columns import ACCOUNT_ID, ARR, NAME, SEGMENT
from clustering.comparison.agreement.pairwise import agreement_table
from clustering.comparison.compare import Comparison
from clustering.comparison.hypotheses import side_by_side
from clustering.comparison.leakage.entries import Leakage
from clustering.comparison.scorecard import score_table
from clustering.comparison.scorecard_entries import Recommendation, Scorecard
from clustering.config import StudyConfig
from clustering.features import Horizon, Snapshot
from clustering.matrix import FeatureMatrix
from clustering.movement.run import OverTime
from clustering.plan.make import Plan
from clustering.plan.next_steps import NextSteps
from clustering.profiles import Profiles
from clustering.results.document import (
    FeatureEntry,
    GroupWord,
    InputEntry,
    LabellingEntry,
    Outcomes,
    Provenance,
    SegmentEntry,
    StudyDocument,
    TablesEntry,
)
from clustering.schemes import Axes, Labelling, lifecycle_stage
from clustering.schemes.table import scheme_table
from clustering.scorer import Scorer
from clustering.structure.criteria.silhouette import silhouettes
from clustering.structure.protocol import Evidence
from clustering.tables import SourceTables
from clustering.wording import named

#: Libraries whose version may change a number of the study.
_COMPUTING = ("clustering", "numpy", "pandas", "scipy", "scikit-learn", "duckdb", "numba")
_ATTRIBUTES = ("started_on", "industry", "region", "csm")
_ASSIGNED = ["held_segment", "assigned_segment", "assigned_by"]


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that the rooms gave, before it is written.

    Attributes
    ----------
    scores : DataFrame of shape (n_accounts, ...), the scorer's answer on the training snapshot
    places : float64 array (n_accounts, 2), where the accounts lie on the map
    labellings, absent : the schemes that these accounts allow, and why each other is absent
    """

    config: StudyConfig
    tables: SourceTables
    snapshot: Snapshot
    horizon: Horizon
    matrix: FeatureMatrix
    places: Floats
    evidence: Evidence
    pictures: Mapping[str, pd.DataFrame]
    axes: Axes
    labellings: tuple[Labelling, ...]
    absent: Mapping[str, str]
    profiles: Profiles
    scorer: Scorer
    scores: pd.DataFrame
    comparison: Comparison
    recommendation: Recommendation
    plan: Plan
    next_steps: NextSteps
    over_time: OverTime


def group_word(evidence: Evidence) -> GroupWord:
    """What the segments may be called: clusters only where these very segments are natural."""
    if evidence.are_clusters:
        return GroupWord(singular="cluster", plural="clusters")
    return GroupWord(singular="band", plural="bands")


def assemble(study: Study) -> tuple[StudyDocument, dict[str, pd.DataFrame]]:
    """The document and the tables of the study folder."""
    stage = lifecycle_stage(study.snapshot, study.axes, study.config.schemes.axes.stages)
    accounts = _accounts(study, stage)
    scorecard = _scorecard(study)
    document = _document(study, accounts, scorecard)
    frames = {
        "accounts": accounts,
        "schemes": scheme_table(study.matrix.account_ids, study.labellings, study.axes, stage),
        "candidates": study.evidence.table(),
        "agreements": agreement_table(study.comparison.agreements),
        "crosswalk": study.comparison.crosswalk,
        "profiles": study.profiles.features,
        "disagreements": study.comparison.disagreements,
        "typical": study.profiles.typical,
        "rates": study.comparison.happened.rates,
        "retention": study.comparison.happened.retention,
        "renewals": study.comparison.happened.renewals,
        "differences": study.comparison.difference_tests,
        **study.pictures,
        **study.plan.tables,
        **study.next_steps.tables,
        "scorecard": score_table(scorecard.scores),
        **study.over_time.frames,
    }
    if NAME in study.snapshot.attributes:
        names = study.snapshot.attributes[NAME].reindex(study.matrix.account_ids)
        frames["names"] = names.astype("str").rename_axis(ACCOUNT_ID).reset_index()
    return document, frames


def _accounts(study: Study, stage: "pd.Series[str]") -> pd.DataFrame:
    ids = list(study.matrix.account_ids)
    attributes = study.snapshot.attributes.reindex(ids)
    labels = study.evidence.chosen.labels
    silhouette = np.full(len(ids), np.nan)
    if labels.max() > 0:  # one segment has no neighbour to be closer to
        (found,) = silhouettes(study.matrix.values, [labels], seed=study.config.seed)
        silhouette[found.rows] = found.values
    extra = [column for column in _ATTRIBUTES if column in attributes]
    features = study.snapshot.frame.reindex(ids)
    scores = study.scores.reindex(ids)
    axes = study.axes.frame.reindex(ids)
    columns: dict[str, Any] = {
        **{str(name): features[name] for name in features},
        **{name: attributes[name] for name in extra if name not in features},
        ARR: attributes.get(ARR, np.nan),
        SEGMENT: labels,
        "segment_name": scores["segment_name"].astype("str"),
        **{name: study.over_time.assignment[name].reindex(ids) for name in _ASSIGNED},
        "probability": scores["probability"],
        "runner_up": scores["runner_up"].astype("str"),
        "margin": scores["margin"],
        "stability": study.evidence.account_stability,
        "silhouette": silhouette,
        "map_1": study.places[:, 0],
        "map_2": study.places[:, 1],
        **{str(name): axes[name] for name in axes if axes[name].notna().any()},
        "lifecycle_stage": stage.reindex(ids),
        **{labelling.name: labelling.labels.reindex(ids) for labelling in study.labellings},
    }
    frame = pd.DataFrame(columns, index=pd.Index(ids, name=ACCOUNT_ID, dtype="str"))
    return frame.reset_index()


def _document(study: Study, accounts: pd.DataFrame, scorecard: Scorecard) -> StudyDocument:
    config, evidence, forward = study.config, study.evidence, study.comparison.forward
    movement = study.over_time.movement
    return StudyDocument(
        schema_version=1,
        name=config.name,
        title=config.title or config.name,
        as_of=config.as_of.isoformat(),
        horizon_days=config.horizon_days,
        currency=config.currency,
        amount_name=config.amount_name,
        note=config.note,
        seed=config.seed,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        configuration=config.model_dump(mode="json"),
        provenance=_provenance(study),
        tables=TablesEntry(present=sorted(study.tables.frames), absent=sorted(study.tables.absent)),
        n_accounts=len(accounts),
        commercial_in_matrix="commercial" in study.matrix.families,
        verdict=evidence.verdict,
        n_clusters=evidence.n_clusters,
        reasons=list(evidence.reasons),
        chosen=evidence.offered,
        group_word=group_word(evidence),
        segments_return=evidence.segments_return,
        features=[_feature(study, index) for index in range(len(study.snapshot.features))],
        not_computed=dict(study.snapshot.not_computed),
        segments=_segments(study, accounts),
        labellings=_labellings(study),
        labellings_absent={name: why.removesuffix(".") for name, why in study.absent.items()},
        agreements=list(study.comparison.agreements),
        within_tiers=study.comparison.within,
        leakage=_leakage(study.comparison.leakage, config.amount_name),
        forward=list(forward.entries),
        forward_rivals=list(forward.rivals),
        forward_split=forward.split,
        forward_secondary=list(forward.secondary),
        forward_folds=list(forward.folds),
        afterwards=study.comparison.happened.told,
        differences=study.comparison.differences,
        multiplicity=forward.multiplicity,
        evidence=evidence.findings(),
        recommendation=study.recommendation,
        plan=study.plan.entry,
        next_steps=study.next_steps.entry,
        scorecard=scorecard,
        movement=None if isinstance(movement, str) else movement.summary,
        movement_absent=movement if isinstance(movement, str) else "",
        assignment=study.over_time.decided,
        outcomes=_outcomes(study.horizon, config.amount_name),
        ruled_out=list(evidence.ruled_out),
        warnings=[
            named(note, config.amount_name)
            for note in (
                *study.comparison.leaks,
                *study.tables.notes,
                *study.snapshot.notes,
                *study.matrix.notes,
            )
        ],
    )


def _scorecard(study: Study) -> Scorecard:
    costs = study.plan.schemes.set_index("labelling")["cost_share"].dropna()
    return side_by_side(
        study.comparison.scores,
        outcome=study.config.comparison.primary_outcome,
        held=study.evidence.segments_return,
        cost_shares={str(name): float(share) for name, share in costs.items()},
    )


def _provenance(study: Study) -> Provenance:
    versions = {library: importlib.metadata.version(library) for library in _COMPUTING}
    inputs = {
        table: InputEntry(
            fingerprint=study.tables.fingerprints[table], rows=study.tables.row_counts[table]
        )
        for table in sorted(study.tables.frames)
    }
    return Provenance(
        config_hash=study.config.hash,
        inputs=inputs,
        versions={"python": platform.python_version(), **versions},
    )


def _feature(study: Study, index: int) -> FeatureEntry:
    feature = study.snapshot.features[index]
    included = feature.name in study.matrix.feature_names
    reason = study.snapshot.withheld.get(feature.name) or study.matrix.excluded.get(feature.name)
    return FeatureEntry(
        name=feature.name,
        family=feature.family,
        unit=feature.unit,
        meaning=feature.meaning,
        null_means=feature.null_means,
        included=included,
        reason=None if included or reason is None else named(reason, study.config.amount_name),
        missing_share=float(study.snapshot.frame[feature.name].isna().mean()),
        words=[named(word, study.config.amount_name) for word in feature.words],
    )


def _segments(study: Study, accounts: pd.DataFrame) -> list[SegmentEntry]:
    jaccard = study.evidence.segment_jaccard
    means = accounts.groupby(SEGMENT)[["probability", "stability"]].mean()
    return [
        SegmentEntry(
            **dict(segment),
            mean_probability=means["probability"][segment.segment],
            mean_stability=means["stability"][segment.segment],
            jaccard=jaccard[segment.segment] if len(jaccard) > 1 else None,
        )
        for segment in study.profiles.segments
    ]


def _labellings(study: Study) -> list[LabellingEntry]:
    word = group_word(study.evidence)
    learned = LabellingEntry(
        name=SEGMENT,
        title=f"Segments ({word.plural} of this study)",
        kind="learned",
        levels=list(study.profiles.names),
        n_accounts=len(study.matrix.account_ids),
        rule=study.evidence.chosen.spec.name,
    )
    others = [
        LabellingEntry(
            name=labelling.name,
            title=labelling.title,
            kind=labelling.kind,
            levels=list(labelling.levels),
            n_accounts=labelling.n_accounts,
            rule=labelling.rule,
        )
        for labelling in study.labellings
    ]
    return [learned, *others]


def _leakage(leakage: Leakage, amount_name: str) -> Leakage:
    """The sets of features under the name that the study gives to the amount."""
    ablations = [
        one.model_copy(update={"meaning": named(one.meaning, amount_name)})
        for one in leakage.ablations
    ]
    return leakage.model_copy(update={"ablations": ablations})


def _outcomes(horizon: Horizon, amount_name: str) -> Outcomes:
    observed, at_risk = {}, {}
    for name in horizon.frame:
        known = horizon.frame[name].dropna()
        if len(known):
            observed[str(name)] = float(known.astype("float64").mean())
            at_risk[str(name)] = len(known)
    return Outcomes(
        days=horizon.days,
        observed=observed,
        at_risk=at_risk,
        notes=[named(note, amount_name) for note in horizon.notes],
    )
