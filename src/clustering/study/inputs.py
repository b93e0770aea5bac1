"""What the comparison and the plan look at, brought to the accounts of the matrix."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clustering.arrays import Floats, Ints
from clustering.columns import ARR, PARENT_ID, SEGMENT
from clustering.comparison.base.companies import companies
from clustering.comparison.inputs import (
    ComparedFeatures,
    ComparedLabels,
    ComparedOutcomes,
    ComparisonInputs,
)
from clustering.comparison.observed.group_rates import Membership
from clustering.models.refit import refit
from clustering.movement.earlier_dates import earlier_accounts
from clustering.movement.overrides.active import ASSIGNED
from clustering.movement.overrides.reconfirmation import served_otherwise
from clustering.plan.inputs import PlanInputs, Planned
from clustering.profiles.unlike import Unlike

if TYPE_CHECKING:
    from clustering.study.run import Run

#: Starts of each refit for the ceiling and the ablation: many refits, so few starts each.
REFIT_STARTS = 5


def comparison_inputs(run: "Run") -> ComparisonInputs:
    """Labels, features and outcomes of the accounts of the matrix, and how to fit again."""
    snapshot, scorer, matrix = run.snapshot, run.scorer, run.matrix
    standardiser = scorer.standardiser
    ids = pd.Index(matrix.account_ids, name=snapshot.frame.index.name)
    frame, attributes = snapshot.frame.loc[ids], snapshot.attributes.loc[ids]
    raw = standardiser.complete_raw(frame)

    def cluster(values: Floats, seed: int) -> Ints:
        return labels_of(values, values, seed)

    def pipeline(rows: Ints, seed: int) -> Ints:
        values = standardiser.refitted(raw[rows]).transform_columns([*raw.T]).T
        return labels_of(values[rows], values, seed)

    def labels_of(fitted: Floats, values: Floats, seed: int) -> Ints:
        spec = run.evidence.chosen.spec
        again = refit(spec, fitted, n_init=REFIT_STARTS, seed=seed, quick=True)
        return again.model.labels(values)

    return ComparisonInputs(
        arr=attributes.get(ARR, pd.Series(np.nan, index=ids)),
        labels=_labels(run, ids),
        features=_features(run, frame),
        outcomes=_outcomes(run, ids),
        cluster=cluster,
        refit=pipeline,
        company=companies(ids, attributes.get(PARENT_ID)),
        unlike=Unlike.of(snapshot, matrix).words,
    )


def _labels(run: "Run", ids: pd.Index) -> ComparedLabels:
    labellings, scores = run.labellings, run.scores
    titles = {one.name: one.title for one in labellings}
    return ComparedLabels(
        by_name={
            SEGMENT: scores["segment_name"],
            **{one.name: one.labels.reindex(ids) for one in labellings},
        },
        titles={SEGMENT: f"the {run.group_word.plural}", **titles},
        undated=tuple(one.name for one in labellings if one.kind == "own"),
        # Rates by segment are corrected for what the model itself mistakes (`observed.bch`), by its
        # own posterior. The scorer's probability tells something else: how often the model gives
        # the same segment once everything is known, which of complete accounts is nearly always.
        membership=Membership(
            run.scorer.model.probabilities(run.matrix.values), tuple(run.scorer.segment_names)
        ),
        probability=scores["probability"].to_numpy(),
    )


def _features(run: "Run", frame: pd.DataFrame) -> ComparedFeatures:
    features = run.snapshot.features
    proxies = [one.name for one in features if one.size_proxy and one.family != "commercial"]
    tenure = frame["tenure_days"].to_numpy() if "tenure_days" in frame else None
    return ComparedFeatures(
        frame=frame[list(run.matrix.feature_names)],
        values=run.matrix.values,
        size_proxies=_standardised(frame[proxies]),
        tenure=None if tenure is None or np.isnan(tenure).any() else tenure,
        counts=tuple(one.name for one in features if one.scale == "count"),
        sources={one.name: one.tables for one in features},
    )


def _standardised(proxies: pd.DataFrame) -> Floats:
    """Log-scaled z-scores of the proxies of size that every account has."""
    known = proxies.loc[:, proxies.notna().all() & (proxies.nunique() > 1)]
    logged = np.log1p(known.to_numpy(dtype=np.float64))
    spread = logged.std(axis=0)
    return np.asarray((logged - logged.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _outcomes(run: "Run", ids: pd.Index) -> ComparedOutcomes:
    horizon, spec = run.horizon, run.evidence.chosen.spec
    with run.progress.step("Looking at earlier dates"):
        earlier = earlier_accounts(run.past, horizon, spec, run.scores["segment_name"])
    return ComparedOutcomes(
        frame=horizon.frame.reindex(ids),
        before=horizon.before.reindex(ids),
        timing=horizon.timing.reindex(ids),
        as_of=run.snapshot.as_of,
        days=horizon.days,
        earlier=earlier,
    )


def plan_inputs(run: "Run") -> PlanInputs:
    """Whom the plan is for, and the labellings that it could be made on."""
    served = run.over_time.assignment
    segments = Planned(
        SEGMENT,
        f"the {run.group_word.plural}",
        served[ASSIGNED],
        run.profiles.names,
        served_otherwise(served),
    )
    return PlanInputs(
        hour_cost=run.config.schemes.axes.cost.hour,
        tables=run.tables,
        snapshot=run.snapshot,
        horizon=run.horizon,
        axes=run.axes,
        segments=segments,
        called=run.scorer.called,
        labellings=run.labellings,
        recommended=run.recommendation.labelling,
    )
