"""From what a run computed to the document and the tables of a study folder."""

import importlib.metadata
import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from clustering.columns import ACCOUNT_ID, ARR, NAME, SEGMENT
from clustering.comparison.agreement.pairwise import agreement_table
from clustering.comparison.hypotheses import side_by_side
from clustering.comparison.leakage.entries import Leakage
from clustering.comparison.scorecard import score_table
from clustering.comparison.scorecard_entries import Scorecard
from clustering.config import StudyConfig
from clustering.features import Horizon
from clustering.features.types import Feature
from clustering.profiles.separation import separation_shares
from clustering.results.document import (
    FeatureEntry,
    InputEntry,
    LabellingEntry,
    Outcomes,
    Provenance,
    SegmentEntry,
    StudyDocument,
    TablesEntry,
)
from clustering.schemes import lifecycle_stage
from clustering.schemes.table import scheme_table
from clustering.scorer.answers.scores import ACCOUNT_REASONS
from clustering.structure.criteria.silhouette import silhouettes
from clustering.wording import named

if TYPE_CHECKING:
    from clustering.study.run import Run

#: Libraries whose version may change a number of the study.
_COMPUTING = ("clustering", "numpy", "pandas", "scipy", "scikit-learn", "duckdb", "numba")
_ATTRIBUTES = ("started_on", "industry", "region", "csm")
_ASSIGNED = ["held_segment", "assigned_segment", "assigned_by"]


def assemble(run: "Run") -> tuple[StudyDocument, dict[str, pd.DataFrame]]:
    """The document and the tables of the study folder."""
    stage = lifecycle_stage(run.snapshot, run.axes, run.config.schemes.axes.stages)
    accounts = _accounts(run, stage)
    scorecard = _scorecard(run)
    document = _document(run, accounts, scorecard)
    frames = {
        "accounts": accounts,
        "reasons": _reasons(run),
        "schemes": scheme_table(run.ids, run.labellings, run.axes, stage),
        "candidates": run.evidence.table(),
        "agreements": agreement_table(run.comparison.agreements),
        "crosswalk": run.comparison.crosswalk,
        "profiles": run.profiles.features,
        "disagreements": run.comparison.disagreements,
        "typical": run.profiles.typical,
        "rates": run.comparison.happened.rates,
        "retention": run.comparison.happened.retention,
        "renewals": run.comparison.happened.renewals,
        "differences": run.comparison.difference_tests,
        **run.pictures,
        **run.plan.tables,
        **run.next_steps.tables,
        "scorecard": score_table(scorecard.scores),
        **run.over_time.frames,
        **run.succession.frames,
    }
    if NAME in run.snapshot.attributes:
        names = run.snapshot.attributes[NAME].reindex(run.ids)
        frames["names"] = names.astype("str").rename_axis(ACCOUNT_ID).reset_index()
    return document, frames


def _accounts(run: "Run", stage: "pd.Series[str]") -> pd.DataFrame:
    ids = run.ids
    attributes = run.snapshot.attributes.reindex(ids)
    labels = run.evidence.chosen.labels
    silhouette = np.full(len(ids), np.nan)
    if labels.max() > 0:  # one segment has no neighbour to be closer to
        (found,) = silhouettes(run.matrix.values, [labels], seed=run.config.seed)
        silhouette[found.rows] = found.values
    extra = [column for column in _ATTRIBUTES if column in attributes]
    features = run.snapshot.frame.reindex(ids)
    scores = run.scores.reindex(ids)
    axes = run.axes.frame.reindex(ids)
    columns: dict[str, Any] = {
        **{str(name): features[name] for name in features},
        **{name: attributes[name] for name in extra if name not in features},
        ARR: attributes.get(ARR, np.nan),
        SEGMENT: labels,
        "segment_id": scores["segment_id"].astype("str"),
        "segment_name": scores["segment_name"].astype("str"),
        **{name: run.over_time.assignment[name].reindex(ids) for name in _ASSIGNED},
        "probability": scores["probability"],
        "runner_up": scores["runner_up"].astype("str"),
        "margin": scores["margin"],
        "stability": run.evidence.account_stability,
        "silhouette": silhouette,
        "set_aside": ~run.evidence.chosen.fitted,
        "map_1": run.places[:, 0],
        "map_2": run.places[:, 1],
        **{str(name): axes[name] for name in axes if axes[name].notna().any()},
        "lifecycle_stage": stage.reindex(ids),
        **{labelling.name: labelling.labels.reindex(ids) for labelling in run.labellings},
    }
    frame = pd.DataFrame(columns, index=pd.Index(ids, name=ACCOUNT_ID, dtype="str"))
    return frame.reset_index()


def _reasons(run: "Run") -> pd.DataFrame:
    table = run.scores.reindex(run.ids).reset_index()
    return table[[column.name for column in ACCOUNT_REASONS.columns]]


def _document(run: "Run", accounts: pd.DataFrame, scorecard: Scorecard) -> StudyDocument:
    config, evidence, forward = run.settings, run.evidence, run.comparison.forward
    movement = run.over_time.movement
    return StudyDocument(
        **_about(run.settings),
        provenance=_provenance(run),
        tables=TablesEntry(present=sorted(run.tables.frames), absent=sorted(run.tables.absent)),
        n_accounts=len(accounts),
        commercial_in_matrix="commercial" in run.matrix.families,
        verdict=evidence.verdict,
        n_clusters=evidence.n_clusters,
        reasons=list(evidence.reasons),
        chosen=evidence.offered,
        group_word=run.group_word,
        segments_return=evidence.segments_return,
        features=_features(run),
        not_computed=dict(run.snapshot.not_computed),
        segments=_segments(run, accounts),
        labellings=_labellings(run),
        labellings_absent={name: why.removesuffix(".") for name, why in run.absent.items()},
        agreements=list(run.comparison.agreements),
        within_tiers=run.comparison.within,
        leakage=_leakage(run.comparison.leakage, config.amount_name),
        forward=list(forward.entries),
        forward_rivals=list(forward.rivals),
        forward_split=forward.split,
        forward_secondary=list(forward.secondary),
        forward_folds=list(forward.folds),
        afterwards=run.comparison.happened.told,
        differences=run.comparison.differences,
        multiplicity=forward.multiplicity,
        evidence=evidence.findings(),
        recommendation=run.recommendation,
        plan=run.plan.entry,
        next_steps=run.next_steps.entry,
        scorecard=scorecard,
        movement=None if isinstance(movement, str) else movement.summary,
        movement_absent=movement if isinstance(movement, str) else "",
        assignment=run.over_time.decided,
        succession=run.succession.entry,
        outcomes=_outcomes(run.horizon, config.amount_name),
        ruled_out=list(evidence.ruled_out),
        warnings=[
            named(note, config.amount_name)
            for note in (
                *run.comparison.leaks,
                *run.tables.notes,
                *run.snapshot.notes,
                *run.matrix.notes,
                *filter(None, [run.scorer.exceptions.in_words]),
            )
        ],
    )


def _about(config: StudyConfig) -> dict[str, Any]:
    """What a study is called and was asked for."""
    return {
        "schema_version": 1,
        "name": config.name,
        "title": config.title or config.name,
        "as_of": config.as_of.isoformat(),
        "horizon_days": config.horizon_days,
        "currency": config.currency,
        "amount_name": config.amount_name,
        "note": config.note,
        "seed": config.seed,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "configuration": config.model_dump(mode="json"),
    }


def _scorecard(run: "Run") -> Scorecard:
    costs = run.plan.schemes.set_index("labelling")["cost_share"].dropna()
    return side_by_side(
        run.comparison.scores,
        outcome=run.config.comparison.primary_outcome,
        held=run.evidence.segments_return,
        cost_shares={str(name): float(share) for name, share in costs.items()},
    )


def _provenance(run: "Run") -> Provenance:
    versions = {library: importlib.metadata.version(library) for library in _COMPUTING}
    inputs = {
        table: InputEntry(
            fingerprint=run.tables.fingerprints[table], rows=run.tables.row_counts[table]
        )
        for table in sorted(run.tables.frames)
    }
    return Provenance(
        config_hash=run.config.hash,
        inputs=inputs,
        versions={"python": platform.python_version(), **versions},
    )


def _features(run: "Run") -> list[FeatureEntry]:
    shares = separation_shares(run.matrix.values, run.evidence.chosen.labels)
    names = run.matrix.feature_names
    carried = {} if shares is None else dict(zip(names, shares.tolist(), strict=True))
    return [_feature(run, feature, carried.get(feature.name)) for feature in run.snapshot.features]


def _feature(run: "Run", feature: Feature, separation_share: float | None) -> FeatureEntry:
    included = feature.name in run.matrix.feature_names
    reason = run.snapshot.withheld.get(feature.name) or run.matrix.excluded.get(feature.name)
    return FeatureEntry(
        name=feature.name,
        family=feature.family,
        unit=feature.unit,
        meaning=feature.meaning,
        null_means=feature.null_means,
        included=included,
        reason=None if included or reason is None else named(reason, run.config.amount_name),
        missing_share=float(run.snapshot.frame[feature.name].isna().mean()),
        words=[named(word, run.config.amount_name) for word in feature.words],
        separation_share=separation_share,
    )


def _segments(run: "Run", accounts: pd.DataFrame) -> list[SegmentEntry]:
    jaccard = run.evidence.segment_jaccard
    means = accounts.groupby(SEGMENT)[["probability", "stability"]].mean()
    return [
        SegmentEntry(
            **dict(segment),
            segment_id=run.scorer.segment_ids[segment.segment],
            mean_probability=means["probability"][segment.segment],
            mean_stability=means["stability"][segment.segment],
            jaccard=jaccard[segment.segment] if len(jaccard) > 1 else None,
        )
        for segment in run.profiles.segments
    ]


def _labellings(run: "Run") -> list[LabellingEntry]:
    word = run.group_word
    learned = LabellingEntry(
        name=SEGMENT,
        title=f"Segments ({word.plural} of this study)",
        kind="learned",
        levels=list(run.profiles.names),
        n_accounts=len(run.ids),
        rule=run.evidence.chosen.spec.name,
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
        for labelling in run.labellings
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
