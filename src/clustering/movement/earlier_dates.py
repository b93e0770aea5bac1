"""The study's accounts on earlier dates: what a split in time is fitted on.

Segments are made anew as somebody would have made them on the newest of the earlier dates, from
what was known by then: standardisation and model are fitted there, frozen, and applied to all
dates, the as-of date included. Rules are applied at every date to what was known on it.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from clustering.columns import ARR, SEGMENT
from clustering.comparison.agreement.indices import adjusted_mutual_information
from clustering.comparison.base.labellings import encode, pair
from clustering.comparison.forward.time_split import DatedAccounts, EarlierDates
from clustering.config import StudyConfig
from clustering.errors import BadInputError
from clustering.features import Horizon, Snapshot
from clustering.features.horizon import build_horizon, horizon_end
from clustering.features.types import Feature
from clustering.models.refit import refit
from clustering.models.types import CandidateSpec
from clustering.movement.drift.refits import FrozenModel
from clustering.movement.past import Past, unreached
from clustering.schemes import Labelling
from clustering.structure.unrelated import standardise_related


def earlier_dates(
    as_of: date, horizon_days: int, n_dates: int, step_days: int | None
) -> list[date]:
    """Dates to fit on, newest first: the windows after all of them have closed by `as_of`.

    Examples
    --------
    >>> [str(day) for day in earlier_dates(date(2025, 6, 30), 181, 2, None)]
    ['2024-12-31', '2024-07-03']
    >>> [str(day) for day in earlier_dates(date(2025, 6, 30), 365, 2, None)]
    ['2024-06-30', '2023-06-30']
    """
    step = horizon_days if step_days is None else step_days
    return [horizon_end(as_of, -(horizon_days + step * index)) for index in range(n_dates)]


def earlier_accounts(
    past: Past, horizon: Horizon, spec: CandidateSpec, segments: "pd.Series[str]"
) -> EarlierDates | str:
    """The accounts on earlier dates, or the reason why the tables do not allow it.

    Parameters
    ----------
    past : the accounts of the study on any date
    horizon : of its as-of date
    spec : the kind and number of segments of the study, which are used again
    segments : the study's segments, to say how far those of the earlier date are the same
    """
    config, latest = past.config, past.latest
    asked = config.comparison
    if asked.earlier_dates == 0:
        return "comparison.earlier_dates is 0"
    used = [f for f in latest.features if f.name not in latest.withheld]
    wanted = earlier_dates(
        config.as_of, config.horizon_days, asked.earlier_dates, asked.earlier_step_days
    )
    problems = {day: _problems(past, used, day) for day in wanted}
    reached = [day for day in wanted if not problems[day]]
    if not reached:
        return (
            f"the tables do not reach back to an earlier date whose window of "
            f"{config.horizon_days} days had closed by {config.as_of}: {problems[wanted[0]]}"
        )
    try:
        snapshots = [past.snapshot(day) for day in reached]
        model = _frozen(snapshots[0], config, spec)
    except BadInputError as error:
        return f"no segments could be made on {reached[0]}: {error}"
    absent = [name for name in model.standardiser.feature_names if name not in latest.frame]
    if absent:
        return f"features of {reached[0]} cannot be computed on {config.as_of}: {', '.join(absent)}"
    train = tuple(
        _dated(past, part, build_horizon(past.tables, part.as_of, config.horizon_days), model)
        for part in snapshots
    )
    test = _dated(past, latest, horizon, model)
    return EarlierDates(
        train=train,
        test=test,
        undated=_undated(past.assigned, (test, *train)),
        agreement=_agreement(test.labels[SEGMENT], segments),
        notes=tuple(
            f"The earlier date {day} is not used: {words}."
            for day, words in problems.items()
            if words
        ),
    )


def _problems(past: Past, features: Sequence[Feature], day: date) -> str:
    """Why the tables do not reach back to a date; empty where they do."""
    found = unreached(past.tables.date_ranges, features, day, past.config.features.window_days)
    return "; ".join(
        f"'{one.table}' begins on {one.begins}, and features of {day} need it from "
        f"{one.needed_from}"
        for one in found
    )


def _frozen(snapshot: Snapshot, config: StudyConfig, spec: CandidateSpec) -> FrozenModel:
    """Standardisation and model of the study's kind, fitted to what was known on the date."""
    matrix, standardiser = standardise_related(snapshot, config.matrix, seed=config.seed)
    k = spec.n_clusters
    if len(matrix.account_ids) < k * config.evidence.smallest_segment:
        raise BadInputError(
            f"{len(matrix.account_ids)} accounts were active, too few for {k} segments of "
            f"{config.evidence.smallest_segment}"
        )
    n_init = min(config.models.n_init, 10)
    fitted = refit(spec, matrix.values, n_init=n_init, seed=config.seed)
    return FrozenModel(standardiser, fitted.model)


def _dated(past: Past, snapshot: Snapshot, horizon: Horizon, model: FrozenModel) -> DatedAccounts:
    ids = snapshot.frame.index
    codes = model.labels(snapshot)
    known = np.flatnonzero(codes >= 0)
    segment = pd.Series(None, index=ids, dtype="str")
    segment.iloc[known] = [f"segment {code}" for code in codes[known]]
    labels = {one.name: one.labels for one in past.labellings(snapshot) if one.kind == "rule"}
    return DatedAccounts(
        as_of=snapshot.as_of,
        labels={SEGMENT: segment.rename(SEGMENT), **labels},
        features=snapshot.frame[list(model.standardiser.feature_names)],
        arr=snapshot.attributes.get(ARR, pd.Series(float("nan"), index=ids)),
        outcomes=horizon.frame.reindex(ids),
    )


def _undated(labellings: Sequence[Labelling], dated: tuple[DatedAccounts, ...]) -> dict[str, str]:
    """Labellings of the as-of date that an earlier date lacks, with the reason."""
    reasons = {}
    for labelling in labellings:
        missing = [str(part.as_of) for part in dated if labelling.name not in part.labels]
        if labelling.kind == "own":
            reasons[labelling.name] = (
                f"'{labelling.title}' is judged over five folds: the column is not dated, so what "
                "it said earlier is not known."
            )
        elif missing:
            reasons[labelling.name] = (
                f"'{labelling.title}' is judged over five folds: it could not be told on "
                f"{', '.join(missing)}."
            )
    return reasons


def _agreement(frozen: "pd.Series[str]", segments: "pd.Series[str]") -> float | None:
    both = pair(encode(frozen.reindex(segments.index), "frozen"), encode(segments, "segments"))
    if min(both.contingency.shape) < 2:
        return None
    return float(adjusted_mutual_information(both.contingency))
