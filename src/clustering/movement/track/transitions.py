"""From where to where accounts go, and how far labels differ by distance in time."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from clustering.arrays import Ints
from clustering.comparison.base.rates import wilson
from clustering.movement.track.history import History
from clustering.movement.track.hysteresis import ABSENT, UNKNOWN
from clustering.schema import TableSpec, column

ENTERED = "(entered)"
LEFT = "(left)"
NO_SEGMENT = "(no segment)"

TRANSITIONS = TableSpec(
    "transitions",
    "Accounts by where they were and where they are: every step, and the whole window.",
    (
        column("rule", "text", "none, or hysteresis."),
        column(
            "span",
            "text",
            "step; window; or followed: the window, of the accounts with a segment at every date.",
        ),
        column("from_date", "text", "Date."),
        column("to_date", "text", "Date."),
        column("from_segment", "text", "Segment, (entered) or (no segment)."),
        column("to_segment", "text", "Segment, (left) or (no segment)."),
        column("n_accounts", "integer", "Accounts."),
        column("share_of_from", "number", "Share of those that were there."),
        column("low", "number", "95 % Wilson interval."),
        column("high", "number", "95 % Wilson interval."),
    ),
    optional=True,
)

SEGMENT_MIX = TableSpec(
    "segment_mix",
    "Share of every segment at every snapshot.",
    (
        column("snapshot", "text", "Date."),
        column("segment_name", "text", "Segment."),
        column("n_accounts", "integer", "Accounts."),
        column("share", "number", "Share of the accounts with a segment."),
        column("low", "number", "95 % Wilson interval."),
        column("high", "number", "95 % Wilson interval."),
    ),
    optional=True,
)


def state_names(names: Sequence[str]) -> "pd.Series[str]":
    """Names of every state by its code: segments, no segment."""
    return pd.Series([NO_SEGMENT, *names], index=range(UNKNOWN, len(names)), dtype="str")


def transition_table(history: History, held: Ints) -> pd.DataFrame:
    """Accounts by where they were and where they are, for every step and for the whole window.

    Parameters
    ----------
    history : labels without hysteresis
    held : int64 array of the same shape, labels with hysteresis

    Returns
    -------
    DataFrame
        The columns of `TRANSITIONS`. In steps and the window accounts that come and go are counted
        from "(entered)" and to "(left)", and every account that is active at either date is in
        one row.
    """
    n_dates = len(history.dates)
    pairs = [(t, t + 1, "step") for t in range(n_dates - 1)]
    if n_dates > 1:
        pairs += [(0, n_dates - 1, "window"), (0, n_dates - 1, "followed")]
    parts = [
        _transitions(rule, span, history, labels, (start, end))
        for rule, labels in (("none", history.labels), ("hysteresis", held))
        for start, end, span in pairs
    ]
    return pd.concat([TRANSITIONS.from_rows([]), *parts], ignore_index=True)


def _transitions(
    rule: str, span: str, history: History, labels: Ints, steps: tuple[int, int]
) -> pd.DataFrame:
    told = labels[history.followed] if span == "followed" else labels
    first, last = told[:, steps[0]], told[:, steps[1]]
    k = len(history.names)
    # Codes from ABSENT (-2) to k - 1 become rows and columns of one table of counts.
    counts = np.bincount((first - ABSENT) * (k + 2) + last - ABSENT, minlength=(k + 2) ** 2)
    rows, columns = np.nonzero(counts.reshape(k + 2, k + 2))
    n = counts.reshape(k + 2, k + 2)[rows, columns]
    there = (rows > 0) | (columns > 0)  # absent at both dates: not part of this step
    rows, columns, n = rows[there], columns[there], n[there]
    names = list(state_names(history.names))
    totals = np.bincount(rows, weights=n, minlength=k + 2)[rows]
    bounds = [wilson(float(a), float(b)) for a, b in zip(n, totals, strict=True)]
    return pd.DataFrame(
        {
            "rule": rule,
            "span": span,
            "from_date": history.dates[steps[0]].isoformat(),
            "to_date": history.dates[steps[1]].isoformat(),
            "from_segment": np.array([ENTERED, *names], dtype=object)[rows],
            "to_segment": np.array([LEFT, *names], dtype=object)[columns],
            "n_accounts": n.astype(np.int64),
            "share_of_from": n / totals,
            "low": [low for low, _ in bounds],
            "high": [high for _, high in bounds],
        }
    ).astype({"from_segment": "str", "to_segment": "str"})


def mix_table(history: History) -> pd.DataFrame:
    """Share of every segment at every date, with its 95 % Wilson interval."""
    rows = []
    for t, day in enumerate(history.dates):
        known = history.labels[:, t][history.labels[:, t] >= 0]
        counts = np.bincount(known, minlength=len(history.names))
        for name, n in zip(history.names, counts, strict=True):
            low, high = wilson(float(n), float(known.size)) if known.size else (np.nan, np.nan)
            rows.append((day.isoformat(), name, int(n), n / max(1, known.size), low, high))
    return SEGMENT_MIX.from_rows(rows)


def by_distance(labels: Ints, dates: Sequence[date]) -> pd.DataFrame:
    """How many accounts have another label, by how far apart two dates are.

    Labels that only waver differ as often after a year as after a quarter; labels that follow
    accounts which really move differ more, the further apart the dates are.

    Parameters
    ----------
    labels : int64 array (n_accounts, n_dates); below 0 there is no label
    dates : of the columns, oldest first

    Returns
    -------
    DataFrame
        ``days`` (mean distance), ``n_accounts`` (with both labels at some pair of dates),
        ``differ`` (share over all pairs of dates so far apart), ``low``, ``high`` (95 % Wilson
        interval with the accounts, not the pairs, as its number: several pairs of one account
        say less than so many accounts).

    Examples
    --------
    >>> labels = np.array([[0, 0, 1], [1, 1, 1]])
    >>> table = by_distance(labels, [date(2025, 1, 1), date(2025, 4, 2), date(2025, 7, 2)])
    >>> table[["days", "differ"]].to_dict("list")
    {'days': [91.0, 182.0], 'differ': [0.25, 0.5]}
    """
    rows = []
    n_dates = len(dates)
    for steps in range(1, n_dates):
        first, last = labels[:, : n_dates - steps], labels[:, steps:]
        both = (first >= 0) & (last >= 0)
        n_pairs, n_accounts = int(both.sum()), int(both.any(axis=1).sum())
        if not n_pairs:
            continue
        differ = float(((first != last) & both).sum() / n_pairs)
        low, high = wilson(differ * n_accounts, float(n_accounts))
        days = [(b - a).days for a, b in zip(dates, dates[steps:], strict=False)]
        rows.append((float(np.mean(days)), n_accounts, differ, low, high))
    return pd.DataFrame(rows, columns=["days", "n_accounts", "differ", "low", "high"])
