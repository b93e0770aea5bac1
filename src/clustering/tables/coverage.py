"""How far each table tells what happened: every extract ends somewhere, each table for itself.

A table of events (usage, tickets, ...) reaches to its last row. Contracts are another matter: ends
lie ahead from the first day on, renewals are signed early, and in a quiet month nothing begins.
They are taken to reach as far as the events of the other tables, unless their own rows speak
against it: terms end, and suddenly hardly one is followed by another; or contracts ended all the
time, and then nothing begins or ends for much longer than ever before. The setting
`subscriptions.complete_to` overrides what is found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Floats, Ints
from clustering.tables.table_quality import spaced
from clustering.wording import share_in_words

#: A weekly extract dates its rows by the first day of the week: up to six days before its end.
EXTRACT_SLACK_DAYS = 6

#: What dates a row that cannot be a plan. Milestones are left out: they are also typed in ahead.
_EVENTS = {
    "usage": "used_on",
    "outcomes": "measured_on",
    "opportunities": "opened_on",
    "engagements": "held_on",
    "tickets": "opened_on",
    "surveys": "answered_on",
}

#: A pause is unusual if it is longer than so many times the longest one before, ...
_UNUSUAL_PAUSE = 2
#: ... where at least so many dates tell what is usual.
_FEWEST_DATES = 10
#: Pauses further back than this tell little of how the table is kept today.
_RECENT_DAYS = 730

#: A stretch without a row is a hole in the extract, not a pause, if it takes so many days and is
#: so many times as long as any that is none.
_FEWEST_DAYS_OF_HOLE = 21
_LONGER_THAN_PAUSES = 4
#: More of them are how the table is kept, and fewer dates do not tell.
_MOST_HOLES, _FEWEST_DATES_FOR_HOLES = 6, 30

#: A term is followed by another that begins within so many days of its end.
_FOLLOWED_WITHIN_DAYS = 7
#: Fewer terms that ended tell nothing about a sudden stop.
_FEWEST_ENDS = 30
#: Of the last terms less than this part of the usual share is followed: no wave of churn does it.
_SUDDEN_DROP = 0.25
#: Twice the log-likelihood that the drop gains, about one in a thousand by chance.
_DROP_EVIDENCE = 12.0

#: Contracts that begin after all other rows are more than renewals signed early if they are so
#: many, and at least half as many as in a stretch of the same length before.
_FEWEST_STARTS = 10
_AS_MANY_STARTS = 0.5


@dataclass(frozen=True)
class Coverage:
    """How far a table reaches.

    Attributes
    ----------
    to : what happened up to this day stands in the table (a week more where rows are weekly)
    longest_pause : days from one date with rows to the next, at most, holes left out; None where
        too few dates tell what is usual
    holes : first and last day of every stretch without a row that is no pause as others are
    assumed : how `to` was found, where it is more than the date of the last row
    cut_short : the rows, or the setting, say that more happened after `to`
    """

    to: date
    longest_pause: int | None = None
    assumed: str = ""
    cut_short: bool = False
    holes: tuple[tuple[date, date], ...] = ()

    def reaches(self, day: date) -> bool:
        """Whether the table tells what happened up to a day.

        Examples
        --------
        >>> weekly = Coverage(date(2025, 6, 23))
        >>> weekly.reaches(date(2025, 6, 29)), weekly.reaches(date(2025, 6, 30))
        (True, False)
        """
        return self.to + timedelta(days=EXTRACT_SLACK_DAYS) >= day

    def breaks_off(self, day: date, slack_days: int) -> bool:
        """Whether the stretch without rows before a day is the end of the table, not a pause.

        Only a table that never paused for longer than `slack_days` can be told to break off.

        Examples
        --------
        >>> Coverage(date(2025, 6, 30), 7).breaks_off(date(2025, 12, 31), 31)
        True
        >>> Coverage(date(2025, 6, 30), 150).breaks_off(date(2025, 12, 31), 31)
        False
        """
        gap = (day - self.to).days
        if self.longest_pause is None or self.longest_pause > slack_days:
            return False
        return gap > slack_days and gap > _UNUSUAL_PAUSE * self.longest_pause


def find_coverage(
    frames: Mapping[str, nw.LazyFrame[Any]], complete_to: date | None = None
) -> dict[str, Coverage]:
    """The coverage of the tables of events, and of the contracts.

    Parameters
    ----------
    frames : lazy frames by table, with the contract's names
    complete_to : day up to which the contracts are complete, where somebody says so
    """
    found = {}
    for table, column in _EVENTS.items():
        days = _distinct_days(frames[table], column) if table in frames else np.empty(0, np.int64)
        if days.size:
            pause, holes = _pauses(days)
            found[table] = Coverage(_date(days[-1]), pause, holes=holes)
    if "subscriptions" in frames:
        contracts = _contracts(frames["subscriptions"], found, complete_to)
        if contracts is not None:
            found["subscriptions"] = contracts
    return found


def _contracts(
    frame: nw.LazyFrame[Any], events: Mapping[str, Coverage], complete_to: date | None
) -> Coverage | None:
    if complete_to is not None:
        return Coverage(complete_to, assumed="subscriptions.complete_to says so", cut_short=True)
    accounts, starts, ends = _periods(frame)
    if not starts.size:
        return None
    limit, why = _limit(starts, events)
    broken = _stops(accounts, starts, ends, limit) or _falls_silent(starts, ends, limit)
    if broken is None:
        return Coverage(_date(limit), assumed=why)
    to, words = broken
    return Coverage(_date(to), assumed=f"{words}, though {why}", cut_short=True)


def _limit(starts: Ints, events: Mapping[str, Coverage]) -> tuple[int, str]:
    """How far contracts can reach: to the last event, or further where they go on as before."""
    newest = max(events, key=lambda name: events[name].to, default=None)
    if newest is None:
        return int(starts.max()), "the last contract begins then, and no other table has events"
    last = events[newest].to.toordinal()
    ordered = np.sort(starts)
    beyond = ordered[ordered > last + EXTRACT_SLACK_DAYS]
    after = np.searchsorted(ordered, beyond, "right") - np.searchsorted(ordered, last, "right")
    same_stretch = 2 * last - beyond
    before = np.searchsorted(ordered, last, "right") - np.searchsorted(
        ordered, same_stretch, "right"
    )
    goes_on = (after >= _FEWEST_STARTS) & (after >= _AS_MANY_STARTS * before)
    if goes_on.any():
        return int(beyond[goes_on].max()), "contracts go on to begin up to then"
    return last, f"the last row of '{newest}' is of {_date(last)}"


def _stops(accounts: Ints, starts: Ints, ends: Ints, limit: int) -> tuple[int, str] | None:
    """Whether terms are hardly followed by another from some day on; the last day before it.

    A likelihood ratio over all days on which the share that is followed could have changed.
    """
    # What follows the last terms may lie beyond the limit: they say nothing yet.
    told = (ends > 0) & (ends <= limit - _FOLLOWED_WITHIN_DAYS)
    due = np.unique(np.stack([accounts, ends])[:, told], axis=1)
    if due.shape[1] < _FEWEST_ENDS:
        return None
    account, day = due[:, np.argsort(due[1], kind="stable")]
    span = int(max(starts.max(), day.max())) + 366
    begun = np.sort(accounts * span + starts)
    first = np.searchsorted(begun, account * span + day - _FOLLOWED_WITHIN_DAYS)
    last = np.searchsorted(begun, account * span + day + _FOLLOWED_WITHIN_DAYS, "right")
    # The contract that ends may itself have begun in these days: it does not follow itself.
    itself = np.isin(account * span + day, _short_terms(accounts, starts, ends, span))
    followed = (last - first > itself).astype(np.int64)
    total, n_followed = day.size, int(followed.sum())
    head = np.flatnonzero(np.diff(day)) + 1  # a split lies between two days
    head = head[head >= _FEWEST_ENDS]
    in_head = np.cumsum(followed)[head - 1]
    tail, in_tail = total - head, n_followed - in_head
    gain = 2 * (
        _log_likelihood(in_head, head)
        + _log_likelihood(in_tail, tail)
        - _log_likelihood(np.array(n_followed), np.array(total))
    )
    drops = (in_tail / np.maximum(tail, 1) <= _SUDDEN_DROP * in_head / head) & (
        gain >= _DROP_EVIDENCE
    )
    if not drops.any():
        return None
    split = int(np.argmax(np.where(drops, gain, -np.inf)))
    n, k = int(tail[split]), int(in_tail[split])
    share = in_head[split] / head[split]
    return int(day[head[split] - 1]), (
        f"of the {spaced(n)} terms that end later {'none is' if k == 0 else f'only {k} are'} "
        f"followed by another, against {share_in_words(share)} before"
    )


def _short_terms(accounts: Ints, starts: Ints, ends: Ints, span: int) -> Ints:
    short = (ends > 0) & (ends - starts <= _FOLLOWED_WITHIN_DAYS)
    return np.asarray(accounts[short] * span + ends[short])


def _log_likelihood(hits: NDArray[Any], of: NDArray[Any]) -> Floats:
    """Of `hits` successes in `of` trials, at their own share."""
    share = hits / np.maximum(of, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = hits * np.log(share) + (of - hits) * np.log1p(-share)
    return np.asarray(np.where((hits == 0) | (hits == of), 0.0, value))


def _falls_silent(starts: Ints, ends: Ints, limit: int) -> tuple[int, str] | None:
    """Whether nothing begins or ends for much longer than ever before; the last day before it.

    Where contracts hardly ever end, a long time without an end says nothing.
    """
    ended = np.unique(ends[(ends > 0) & (ends <= limit)])
    days = np.union1d(starts[starts <= limit], ended)
    pause, _ = _pauses(days)
    if pause is None or ended.size < _FEWEST_DATES:
        return None
    gap = limit - int(days[-1])
    if gap <= max(EXTRACT_SLACK_DAYS, _UNUSUAL_PAUSE * pause):
        return None
    return int(days[-1]), (
        f"no contract begins or ends in the {gap} days after it, and never for more than {pause} "
        "days before"
    )


def _pauses(days: Ints) -> tuple[int | None, tuple[tuple[date, date], ...]]:
    """The longest gap between dates of the last two years, and the holes, which are no such gaps.

    The gap is None where too few dates tell what is usual.
    """
    recent = days[days >= days[-1] - _RECENT_DAYS] if days.size else days
    if recent.size < _FEWEST_DATES:
        return None, ()
    gaps = np.diff(recent)
    longest = np.sort(gaps)[::-1][: _MOST_HOLES + 1]
    apart = (longest[:-1] >= _LONGER_THAN_PAUSES * longest[1:]) & (
        longest[:-1] > _FEWEST_DAYS_OF_HOLE
    )
    if recent.size < _FEWEST_DATES_FOR_HOLES or not apart.any():
        return int(longest[0]), ()
    n_holes = int(np.flatnonzero(apart)[0]) + 1
    before = np.flatnonzero(gaps >= longest[n_holes - 1])
    holes = tuple((_date(recent[i] + 1), _date(recent[i + 1] - 1)) for i in before)
    return int(longest[n_holes]), holes


def _distinct_days(frame: nw.LazyFrame[Any], column: str) -> Ints:
    found = frame.select(nw.col(column)).unique().collect("pandas").to_native()[column]
    return np.sort(_ordinals(found.dropna()))


def _periods(frame: nw.LazyFrame[Any]) -> tuple[Ints, Ints, Ints]:
    """Account codes, starts and ends (0: open) of all lines with an amount."""
    has_end = "ended_on" in frame.collect_schema().names()
    columns = ["account_id", "started_on", *(["ended_on"] if has_end else [])]
    rows = frame.filter(nw.col("arr") > 0).select(columns).collect("pandas").to_native()
    rows = rows.dropna(subset=["started_on"])
    accounts = pd.factorize(rows["account_id"])[0].astype(np.int64)
    starts = _ordinals(rows["started_on"])
    ends = _ordinals(rows["ended_on"]) if has_end else np.zeros(len(rows), np.int64)
    return accounts, starts, ends


def _ordinals(dates: "pd.Series[Any]") -> Ints:
    """Proleptic ordinals as `date.toordinal`; 0 where there is no date."""
    days = pd.to_datetime(dates).to_numpy(dtype="datetime64[D]")
    missing = np.isnat(days)
    numbers = days.astype(np.int64) + date(1970, 1, 1).toordinal()
    return np.where(missing, 0, numbers).astype(np.int64)


def _date(ordinal: int) -> date:
    return date.fromordinal(int(ordinal))
