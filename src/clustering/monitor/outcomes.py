"""What happened to the accounts since training, beside what the model was put in service with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from clustering.columns import OUTCOME_NAMES
from clustering.comparison.base.rates import FEWEST_ROWS, wilson
from clustering.features import Snapshot
from clustering.features.horizon import build_horizon, horizon_end
from clustering.schema import TableSpec, column
from clustering.scorer import Scorer
from clustering.tables import SourceTables

OUTCOMES_SINCE = TableSpec(
    "outcomes_since",
    "What happened to the training accounts since the training date, by segment of then.",
    (
        column("outcome", "text", "Outcome."),
        column("segment_name", "text", "Segment on the training date."),
        column("n", "integer", "Accounts for which it is known."),
        column("events", "integer", "Accounts for which it came about."),
        column("rate", "number", "events / n; empty for fewer than 20 accounts.", nullable=True),
        column("low", "number", "95 % Wilson interval.", nullable=True),
        column("high", "number", "95 % Wilson interval.", nullable=True),
        column("promised", "number", "Rate that the study showed.", nullable=True),
        column("kept", "text", "yes, no, or why it cannot be told."),
    ),
)


@dataclass(frozen=True)
class Promise:
    """Rates that a model was put in service with.

    Attributes
    ----------
    days : window of the rates
    rates : by outcome and segment name
    """

    days: int
    rates: Mapping[tuple[str, str], float] = field(default_factory=dict)


def promised_by_card(scorer: Scorer) -> Promise | None:
    """The rates that a model brings along in its card; None where it brings none."""
    if scorer.facts is None or not scorer.facts.promises:
        return None
    names = scorer.called.by_id
    promises = scorer.facts.promises
    return Promise(
        promises[0].days,
        {
            (one.outcome, names[one.segment_id]): one.rate
            for one in promises
            if one.segment_id in names
        },
    )


def outcomes_since(
    tables: SourceTables,
    segments: "pd.Series[str]",
    then: Snapshot,
    as_of: date,
    promise: Promise | None,
) -> tuple[pd.DataFrame, str]:
    """Rates of outcomes up to `as_of`, and why some are not known.

    Parameters
    ----------
    segments : segment names by account on the training date
    then : the accounts of the training date
    promise : what is compared, once its whole window has passed: then the rates are of that window

    Returns
    -------
    DataFrame with the columns of `OUTCOMES_SINCE`, and a sentence or ""
    """
    days = (as_of - then.as_of).days
    if promise is not None and horizon_end(then.as_of, promise.days) <= as_of:
        days = promise.days
    horizon = build_horizon(tables, then.as_of, days)
    rows = []
    for outcome in OUTCOME_NAMES:
        known = horizon.frame[outcome].dropna().astype(bool)
        for name in sorted(segments.dropna().unique()):
            own = known[known.index.isin(segments.index[segments == name])]
            if own.size:
                rows.append(_row(outcome, name, own.to_numpy(), days, promise))
    # Notes on outcomes that are known may name an account.
    note = "" if rows else " ".join(horizon.notes)
    return OUTCOMES_SINCE.from_rows(rows), note


def _row(
    outcome: str, name: str, happened: "np.ndarray", days: int, promise: Promise | None
) -> tuple[object, ...]:
    n, events = happened.size, int(happened.sum())
    promised = None if promise is None else promise.rates.get((outcome, name))
    if n < FEWEST_ROWS:
        kept = f"fewer than {FEWEST_ROWS} accounts"
        return outcome, name, n, events, None, None, None, promised, kept
    low, high = wilson(events, n)
    if promise is None or promised is None:
        kept = "nothing was promised"
    elif promise.days != days:
        kept = f"promised for {promise.days} days, {days} have passed"
    else:
        kept = "yes" if low <= promised <= high else "no"
    return outcome, name, n, events, events / n, low, high, promised, kept
