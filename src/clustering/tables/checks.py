"""Checks on the typed tables: keys, order of dates, accounts that exist, dates around `as_of`.

A *breach* would make features wrong or meaningless, and stops. A *note* is something that real
extracts often have and that leaves every feature computed as documented; it is counted and goes
into the report. Among the notes: rows before the account's start, rows that are equal in every
column (both are kept, since two equal rows can both be true), and rows after `as_of`, which no
feature sees and which serve the horizon.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clustering.tables.contract import AS_OF_SLACK_DAYS, BEHAVIOUR_TABLES, COUNTED_TABLES
from clustering.tables.coverage import Coverage
from clustering.tables.declared import Table
from clustering.tables.session import Session, quoted_name
from clustering.tables.table_quality import spaced

#: Fewer recorded milestones do not tell what `recorded_on` is the date of.
_FEWEST_RECORDS = 10

#: Ways in which the ids of two tables can differ while meaning the same account.
_ID_REPAIRS = (
    (
        "ltrim(account_id, '0')",
        "without leading zeros: one of the files has lost them. Export the ids as text",
    ),
    ("lower(account_id)", "in lower case. Write the ids alike, or use lower() in the mapping"),
    (
        "regexp_replace(account_id, '\\.0+$', '')",
        "without '.0': the ids of one file went through a number. Export them as text",
    ),
)


@dataclass(frozen=True)
class Findings:
    """What a check found: what stops, and what is only said."""

    breaches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(self.breaches + other.breaches, self.notes + other.notes)


def breach(sentence: str) -> Findings:
    """One breach."""
    return Findings(breaches=(sentence,))


def note(sentence: str) -> Findings:
    """One note."""
    return Findings(notes=(sentence,))


def presence_breaches(present: Collection[str]) -> list[str]:
    """Say which required table is missing among those `present`."""
    breaches = []
    if "accounts" not in present:
        breaches.append(
            "table 'accounts' is missing: one row an account, with account_id and started_on."
        )
    if not any(name in present for name in BEHAVIOUR_TABLES):
        breaches.append(
            f"none of {', '.join(BEHAVIOUR_TABLES)} is there; one of them is needed, since "
            "without behaviour there is nothing to group accounts by."
        )
    return breaches


@dataclass(frozen=True)
class Present:
    """A table of the contract that is in the session, its columns in their types.

    Attributes
    ----------
    columns : of the contract's, those that it has
    """

    session: Session
    table: Table
    columns: tuple[str, ...]
    n_rows: int

    @property
    def sql(self) -> str:
        """SQL of the table."""
        return self.session.own(self.table.name)

    def has(self, *columns: str) -> bool:
        """Whether it has all of the columns."""
        return set(columns) <= set(self.columns)

    def row(self, aggregates: str, where: str = "true") -> tuple[Any, ...]:
        """Aggregates of its rows, or of some."""
        return self.session.row(f"SELECT {aggregates} FROM {self.sql} WHERE {where}")

    def of_rows(self, count: int) -> str:
        """A count in words: of how many rows it is."""
        return f"{spaced(count)} of {spaced(self.n_rows)} rows"

    def first_ids(self, where: str = "true") -> str:
        """The first account ids of the rows for which an SQL predicate holds."""
        return first_ids(self.session, self.sql, where)


def check_table(found: Present, accounts: Present | None) -> Findings:
    """Check a typed table against itself and against the accounts.

    Parameters
    ----------
    accounts : None where there are none
    """
    table = found.table
    findings = Findings(tuple(_order_breaches(found)))
    if table.key and found.has(*table.key):
        findings += _repeated_keys(found)
    if table.repeats_noted and found.columns:
        findings += _repeated_rows(found)
    if table.name == "milestones" and found.has("recorded_on", "achieved_on"):
        findings += _records_like_reached(found)
    if accounts is None or table.name == "accounts" or not found.has("account_id"):
        return findings
    return findings + (_against(found, accounts) if accounts.has("account_id") else Findings())


def first_ids(session: Session, source: str, where: str = "true") -> str:
    """The first account ids of the rows for which an SQL predicate holds."""
    rows = session.execute(
        f"SELECT DISTINCT account_id FROM {source} WHERE {where} ORDER BY 1 LIMIT 3"
    ).fetchall()
    return ", ".join(str(row[0]) for row in rows)


def _order_breaches(found: Present) -> Iterator[str]:
    rules: list[tuple[tuple[str, ...], str, str]] = [
        ((first, then), f"{then} < {first}", f"{first} after {then}")
        for first, then in found.table.in_order
    ]
    rules += [(rule.columns, rule.broken, rule.words) for rule in found.table.rules]
    for columns, where, words in rules:
        count = found.row("count(*)", where)[0] if found.has(*columns) else 0
        if count:
            yield (
                f"{found.of_rows(count)} have {words}; first account_id: {found.first_ids(where)}. "
                "Correct them, or leave them out in the mapping."
            )


def _repeated_keys(found: Present) -> Findings:
    key = ", ".join(found.table.key)
    repeated = (
        f"SELECT account_id, count(*) AS n FROM {found.sql} "
        f"WHERE account_id IS NOT NULL GROUP BY {key} HAVING count(*) > 1"
    )
    keys, rows = found.session.row(f"SELECT count(*), coalesce(sum(n), 0) FROM ({repeated})")
    if not keys:
        return Findings()
    ids = first_ids(found.session, f"({repeated})")
    what = f"'{key}' is" if len(found.table.key) == 1 else f"the key ({key}) is"
    return breach(
        f"{what} not unique: {spaced(keys)} of them stand in {found.of_rows(int(rows))}; first "
        f"account_id: {ids}. Keep one row of each in the extract or the mapping."
    )


def _repeated_rows(found: Present) -> Findings:
    row = ", ".join(quoted_name(name) for name in found.columns)
    repeats = found.n_rows - found.row(f"count(DISTINCT hash({row}))")[0]
    if not repeats:
        return Findings()
    repeated = f"(SELECT account_id FROM {found.sql} GROUP BY {row} HAVING count(*) > 1)"
    ids = first_ids(found.session, repeated) if found.has("account_id") else ""
    return note(
        f"{found.table.name}: {found.of_rows(repeats)} ({_share(repeats, found.n_rows)}) "
        f"repeat an earlier row in every column; first account_id: {ids}. They are counted as they "
        "stand. If the extract was loaded twice, remove them."
    )


def _records_like_reached(found: Present) -> Findings:
    """A `recorded_on` that is filled in when a milestone is reached hides its plan until then."""
    like_it = "count(*) FILTER (WHERE recorded_on >= achieved_on)"
    recorded, like_reached = found.row(f"count(recorded_on), {like_it}")
    if recorded < _FEWEST_RECORDS or like_reached < recorded:
        return Findings()
    return note(
        f"{found.table.name}: in all {spaced(recorded)} rows with recorded_on it is on or after "
        "achieved_on, and no row that was not reached has one. recorded_on hides the whole row "
        "before it, the plan too. If it is when reaching was entered, call it "
        "achieved_recorded_on."
    )


def _against(found: Present, accounts: Present) -> Findings:
    since = found.table.behaviour_since
    started = "started_on" if accounts.has("started_on") else "NULL::DATE"
    early = f"t.{since} < a.started_on" if since in found.columns else "false"
    unknown, before = found.session.row(
        f"SELECT count(*) FILTER (WHERE t.account_id IS NOT NULL AND a.account_id IS NULL), "
        f"count(*) FILTER (WHERE {early}) "
        f"FROM {found.sql} t LEFT JOIN (SELECT account_id, min({started}) AS started_on "
        f"FROM {accounts.sql} GROUP BY account_id) a ON a.account_id = t.account_id"
    )
    findings = Findings()
    if unknown:
        findings += _unknown_accounts(found, accounts, unknown)
    if before:
        findings += note(
            f"{found.table.name}: {found.of_rows(before)} ({_share(before, found.n_rows)}) have "
            f"{since} before the account's started_on; they are used as they stand."
        )
    return findings


def _unknown_accounts(found: Present, accounts: Present, unknown: int) -> Findings:
    known = f"SELECT account_id FROM {accounts.sql} WHERE account_id IS NOT NULL"
    where = f"account_id NOT IN ({known})"
    orphans = f"(SELECT account_id FROM {found.sql} WHERE {where})"
    return breach(
        f"{found.of_rows(unknown)} are of accounts that 'accounts' does not have; first "
        f"account_id: {found.first_ids(where)}. {_id_hint(found.session, orphans, accounts.sql)}"
    )


def _id_hint(session: Session, orphans: str, accounts: str) -> str:
    for repair, words in _ID_REPAIRS:
        (matching,) = session.row(
            f"SELECT count(*) FROM {orphans} WHERE {repair} IN (SELECT {repair} FROM {accounts})"
        )
        if matching:
            return f"{spaced(matching)} of these rows would match {words}."
    return (
        "Add the accounts (an extract without former customers makes every survivor look "
        "typical), or leave these rows out in the mapping."
    )


def dates_of(found: Present, as_of: date | None) -> tuple[tuple[date, date] | None, int]:
    """First and last date of the table's rows (None: no row is dated), and rows after `as_of`."""
    dated = found.table.dated_by
    if not found.has(dated):
        return None, 0
    later = "false" if as_of is None else f"{dated} > DATE '{as_of}'"
    first, last, n_later = found.row(f"min({dated}), max({dated}), count(*) FILTER (WHERE {later})")
    return (None if first is None else (first, last)), int(n_later)


def later_note(as_of: date, later: Mapping[str, int]) -> tuple[str, ...]:
    """Say in one sentence how many rows lie after `as_of`."""
    counts = [f"{name} {spaced(count)}" for name, count in later.items() if count]
    if not counts:
        return (
            f"no row is dated after as_of {as_of}: nothing can be said about what happened later.",
        )
    return (
        f"rows dated after as_of {as_of}, which no feature sees and which serve the horizon: "
        f"{', '.join(counts)}.",
    )


def as_of_findings(
    as_of: date,
    ranges: Mapping[str, tuple[date, date] | None],
    coverage: Mapping[str, Coverage],
) -> Findings:
    """Compare `as_of` with the dates that the tables cover.

    It lies outside the data before the first account began, before the first row of behaviour,
    or more than `AS_OF_SLACK_DAYS` after the last one; and likewise after the end of the contracts
    or of a table that is counted over the look-back window, unless such pauses are usual in it.
    """
    behaviour = [r for name, r in ranges.items() if name in BEHAVIOUR_TABLES and r is not None]
    started = ranges.get("accounts")
    breaches, notes = [], []
    if started is not None and as_of < started[0]:
        breaches.append(f"as_of {as_of} is before the first account began ({started[0]}).")
    if behaviour:
        first, last = min(r[0] for r in behaviour), max(r[1] for r in behaviour)
        if as_of < first:
            breaches.append(
                f"as_of {as_of} is before the first row of behaviour ({first}): nothing would be "
                "visible."
            )
        if as_of > last + timedelta(days=AS_OF_SLACK_DAYS):
            breaches.append(
                _beyond(as_of, last, "the last row of behaviour", "every account would look")
            )
    breaches = breaches or _ended_before(as_of, coverage)
    for name, table_range in ranges.items():
        if table_range is not None and not breaches:
            notes += _staleness(name, table_range[1], as_of)
    if not breaches:
        notes += [_hole(name, *hole) for name, reach in coverage.items() for hole in reach.holes]
    return Findings(tuple(breaches), tuple(notes))


def _ended_before(as_of: date, coverage: Mapping[str, Coverage]) -> list[str]:
    """The tables that break off long before a date, although others go on."""
    breaches = [
        _beyond(as_of, reach.to, f"the last row of '{name}'", "accounts would look")
        for name, reach in coverage.items()
        if name in COUNTED_TABLES and reach.breaks_off(as_of, AS_OF_SLACK_DAYS)
    ]
    contracts = coverage.get("subscriptions")
    if contracts is None or not contracts.cut_short:
        return breaches
    gap = (as_of - contracts.to).days
    if gap > AS_OF_SLACK_DAYS:
        breaches.append(
            f"as_of {as_of} is {gap} days after {contracts.to}, the day up to which "
            f"'subscriptions' is taken to be complete ({contracts.assumed}); at most "
            f"{AS_OF_SLACK_DAYS} are allowed, since ARR would be of contracts that have ended. "
            "Choose an earlier as_of or a newer extract, or set subscriptions.complete_to."
        )
    return breaches


def _beyond(as_of: date, last: date, what: str, who: str) -> str:
    return (
        f"as_of {as_of} is {(as_of - last).days} days after {what} ({last}); at most "
        f"{AS_OF_SLACK_DAYS} are allowed, since {who} inactive. Choose an earlier as_of or a newer "
        "extract."
    )


def _staleness(name: str, last: date, as_of: date) -> list[str]:
    gap = (as_of - last).days
    if name in ("accounts", "subscriptions", "overrides") or gap <= AS_OF_SLACK_DAYS:
        return []
    return [
        f"{name}: the last row is of {last}, {gap} days before as_of {as_of}; features of "
        "recent days see an empty stretch."
    ]


def _hole(name: str, first: date, last: date) -> str:
    return (
        f"{name}: no row is dated {first} to {last} ({(last - first).days + 1} days), and no other "
        "stretch is nearly as empty: the extract seems to lack these days, and every account looks "
        "inactive on them. Complete it, or choose an as_of whose look-back windows leave them out."
    )


def _share(count: int, n_rows: int) -> str:
    return f"{100 * count / n_rows:.1f} %"
