"""From what the rooms computed to the document and the tables of a study folder."""

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID, ARR, NAME, SEGMENT
from clustering.comparison.agreement.refits import RefittedAgreement
from clustering.comparison.agreement.report import Agreement
from clustering.comparison.compare import Comparison, Leakage
from clustering.comparison.observed.within_tiers import WithinTiers
from clustering.comparison.recommendation import Recommendation
from clustering.config import StudyConfig
from clustering.features import Horizon, Snapshot
from clustering.matrix import FeatureMatrix
from clustering.movement.run import OverTime
from clustering.plan.make import Plan
from clustering.plan.next_steps import NextSteps
from clustering.profiles import Profiles, map_accounts
from clustering.results.document import (
    AgreementEntry,
    FeatureEntry,
    ForwardEntry,
    GroupWord,
    InputEntry,
    LabellingEntry,
    LeakageEntry,
    MultiplicityEntry,
    Outcomes,
    Provenance,
    SegmentEntry,
    StudyDocument,
    TablesEntry,
    TimeSplitEntry,
    WithinTiersEntry,
)
from clustering.results.later import afterwards_entry, differences_entry, later_frames
from clustering.results.scorecard import scorecard_entry, scorecard_table
from clustering.results.scorecard_document import RecommendationEntry, ScorecardEntry
from clustering.schema import to_jsonable
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
    labellings, absent : the schemes that these accounts allow, and why each other is absent
    """

    config: StudyConfig
    tables: SourceTables
    snapshot: Snapshot
    horizon: Horizon
    matrix: FeatureMatrix
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
        "agreements": _agreement_table(document.agreements),
        "crosswalk": study.comparison.agreements.crosswalk,
        "profiles": study.profiles.features,
        "disagreements": study.comparison.agreements.disagreements,
        "typical": study.profiles.typical,
        **later_frames(study.comparison.happened, study.comparison.differences),
        **study.pictures,
        **study.plan.tables,
        **study.next_steps.tables,
        "scorecard": scorecard_table(scorecard),
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
    place = map_accounts(study.matrix.values)
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
        "map_1": place[:, 0],
        "map_2": place[:, 1],
        **{str(name): axes[name] for name in axes if axes[name].notna().any()},
        "lifecycle_stage": stage.reindex(ids),
        **{labelling.name: labelling.labels.reindex(ids) for labelling in study.labellings},
    }
    frame = pd.DataFrame(columns, index=pd.Index(ids, name=ACCOUNT_ID, dtype="str"))
    return frame.reset_index()


def _document(study: Study, accounts: pd.DataFrame, scorecard: ScorecardEntry) -> StudyDocument:
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
        agreements=_agreements(study),
        within_tiers=_within(study.comparison.within),
        leakage=_leakage(study.comparison.leakage, config.amount_name),
        forward=[ForwardEntry.model_validate(e.to_json()) for e in forward.entries],
        forward_rivals=[ForwardEntry.model_validate(e.to_json()) for e in forward.rivals],
        forward_split=TimeSplitEntry.model_validate(to_jsonable(asdict(forward.split))),
        forward_secondary=[ForwardEntry.model_validate(e.to_json()) for e in forward.secondary],
        forward_folds=[ForwardEntry.model_validate(e.to_json()) for e in forward.folds],
        afterwards=afterwards_entry(study.comparison.happened),
        differences=differences_entry(study.comparison.differences),
        multiplicity=MultiplicityEntry.model_validate(to_jsonable(asdict(forward.multiplicity))),
        evidence=evidence.findings(),
        recommendation=RecommendationEntry(**asdict(study.recommendation)),
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


def _scorecard(study: Study) -> ScorecardEntry:
    costs = study.plan.schemes.set_index("labelling")["cost_share"].dropna()
    return scorecard_entry(
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


def _agreements(study: Study) -> list[AgreementEntry]:
    refitted = study.comparison.refitted
    return [
        _agreement(pair, refitted.get(pair.second) if pair.first == SEGMENT else None)
        for pair in study.comparison.agreements.pairs
    ]


def _agreement(pair: Agreement, refitted: RefittedAgreement | None) -> AgreementEntry:
    entry = AgreementEntry(
        first=pair.first,
        second=pair.second,
        n=pair.n_accounts,
        ami=pair.ami,
        ari=pair.ari,
        nmi=pair.nmi,
        homogeneity=pair.homogeneity,
        completeness=pair.completeness,
        interval=None if pair.interval is None else pair.interval.to_json(),
        permutation_p=pair.permutation_p,
        null_high=pair.null_band.ami[1],
    )
    if refitted is None:
        return entry
    interval = refitted.interval
    return entry.model_copy(
        update={
            "ceiling": refitted.ceiling.ami,
            "refitted_interval": None if interval is None else interval.to_json(),
            "refits": refitted.n_refits,
        }
    )


def _agreement_table(entries: list[AgreementEntry]) -> pd.DataFrame:
    """Flat: intervals as columns."""
    rows = []
    for entry in entries:
        row = entry.model_dump(exclude={"interval", "refitted_interval"})
        for name, interval in (("", entry.interval), ("refitted_", entry.refitted_interval)):
            for index in ("ami", "ari"):
                low, high = (interval or {}).get(index, (np.nan, np.nan))
                row |= {f"{name}{index}_low": low, f"{name}{index}_high": high}
        rows.append(row)
    left_out = {"interval", "refitted_interval"}
    bounds = [f"{i}_{end}" for i in ("ami", "ari") for end in ("low", "high")]
    names = [name for name in AgreementEntry.model_fields if name not in left_out]
    frame = pd.DataFrame(rows, columns=[*names, *bounds, *(f"refitted_{b}" for b in bounds)])
    kinds = {"first": "str", "second": "str", "n": "int64", "refits": "int64"}
    return frame.astype({name: kinds.get(str(name), "float64") for name in frame.columns})


def _within(within: WithinTiers | None) -> WithinTiersEntry | None:
    return None if within is None else WithinTiersEntry.model_validate(to_jsonable(asdict(within)))


def _leakage(leakage: Leakage, amount_name: str) -> LeakageEntry:
    entry = to_jsonable(asdict(leakage))
    for ablation in entry["ablations"]:
        ablation["meaning"] = named(ablation["meaning"], amount_name)
    return LeakageEntry.model_validate(entry)


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
