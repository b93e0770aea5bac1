"""Checks on the typed tables: keys, order of dates, accounts that exist, dates around `as_of`.

A *breach* would make features wrong or meaningless, and stops. A *note* is something that real
extracts often have and that leaves every feature computed as documented; it is counted and goes
into the report. Among the notes: rows before the account's start, rows that are equal in every
column (both are kept, since two equal rows can both be true), and rows after `as_of`, which no
feature sees and which serve the horizon.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from clustering.tables.contract import AS_OF_SLACK_DAYS, BEHAVIOUR_TABLES, COUNTED_TABLES, Table
from clustering.tables.coverage import Coverage
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


def check_table(
    session: Session,
    table: Table,
    columns: tuple[str, ...],
    n_rows: int,
    account_columns: tuple[str, ...],
) -> Findings:
    """Check a typed table of the session against itself and against the accounts.

    Parameters
    ----------
    columns, account_columns : columns that the table and the accounts have
    """
    breaches = _order_breaches(session, table, columns, n_rows)
    notes: tuple[str, ...] = ()
    if table.key and set(table.key) <= set(columns):
        breaches += _key_breaches(session, table, n_rows)
    if table.repeats_noted and columns:
        notes += _repeat_notes(session, table, columns, n_rows)
    if table.name == "milestones" and {"recorded_on", "achieved_on"} <= set(columns):
        notes += _record_notes(session, table)
    findings = Findings(tuple(breaches), notes)
    if table.name != "accounts" and "account_id" in columns and "account_id" in account_columns:
        findings += _against_accounts(session, table, columns, n_rows, account_columns)
    return findings


def first_ids(session: Session, source: str, where: str = "true") -> str:
    """The first account ids of the rows for which an SQL predicate holds."""
    rows = session.execute(
        f"SELECT DISTINCT account_id FROM {source} WHERE {where} ORDER BY 1 LIMIT 3"
    ).fetchall()
    return ", ".join(str(row[0]) for row in rows)


def _order_breaches(
    session: Session, table: Table, columns: tuple[str, ...], n_rows: int
) -> list[str]:
    rules = [
        (f"{then} < {first}", f"{first} after {then}")
        for first, then in table.in_order
        if {first, then} <= set(columns)
    ]
    rules += [
        (rule.broken, rule.words) for rule in table.rules if set(rule.columns) <= set(columns)
    ]
    breaches = []
    source = session.own(table.name)
    for where, words in rules:
        (count,) = session.row(f"SELECT count(*) FROM {source} WHERE {where}")
        if count:
            ids = first_ids(session, source, where)
            breaches.append(
                f"{spaced(count)} of {spaced(n_rows)} rows have {words}; first account_id: {ids}. "
                "Correct them, or leave them out in the mapping."
            )
    return breaches


def _key_breaches(session: Session, table: Table, n_rows: int) -> list[str]:
    key = ", ".join(table.key)
    repeated = (
        f"SELECT account_id, count(*) AS n FROM {session.own(table.name)} "
        f"WHERE account_id IS NOT NULL GROUP BY {key} HAVING count(*) > 1"
    )
    keys, rows = session.row(f"SELECT count(*), coalesce(sum(n), 0) FROM ({repeated})")
    if not keys:
        return []
    ids = first_ids(session, f"({repeated})", "true")
    what = f"'{key}' is" if len(table.key) == 1 else f"the key ({key}) is"
    return [
        f"{what} not unique: {spaced(keys)} of them stand in {spaced(int(rows))} of "
        f"{spaced(n_rows)} rows; first account_id: {ids}. Keep one row of each in the extract or "
        "the mapping."
    ]


def _repeat_notes(
    session: Session, table: Table, columns: tuple[str, ...], n_rows: int
) -> tuple[str, ...]:
    source = session.own(table.name)
    row = ", ".join(quoted_name(name) for name in columns)
    (distinct,) = session.row(f"SELECT count(DISTINCT hash({row})) FROM {source}")
    repeats = n_rows - distinct
    if not repeats:
        return ()
    repeated = f"(SELECT account_id FROM {source} GROUP BY {row} HAVING count(*) > 1)"
    ids = first_ids(session, repeated) if "account_id" in columns else ""
    return (
        f"{table.name}: {spaced(repeats)} of {spaced(n_rows)} rows ({_share(repeats, n_rows)}) "
        f"repeat an earlier row in every column; first account_id: {ids}. They are counted as they "
        "stand. If the extract was loaded twice, remove them.",
    )


def _record_notes(session: Session, table: Table) -> tuple[str, ...]:
    """A `recorded_on` that is filled in when a milestone is reached hides its plan until then."""
    recorded, like_reached = session.row(
        "SELECT count(recorded_on), count(*) FILTER (WHERE recorded_on >= achieved_on) "
        f"FROM {session.own(table.name)}"
    )
    if recorded < _FEWEST_RECORDS or like_reached < recorded:
        return ()
    return (
        f"{table.name}: in all {spaced(recorded)} rows with recorded_on it is on or after "
        "achieved_on, and no row that was not reached has one. recorded_on hides the whole row "
        "before it, the plan too. If it is when reaching was entered, call it "
        "achieved_recorded_on.",
    )


def _against_accounts(
    session: Session,
    table: Table,
    columns: tuple[str, ...],
    n_rows: int,
    account_columns: tuple[str, ...],
) -> Findings:
    source, accounts = session.own(table.name), session.own("accounts")
    since = table.behaviour_since
    started = "started_on" if "started_on" in account_columns else "NULL::DATE"
    early = f"t.{since} < a.started_on" if since in columns else "false"
    unknown, before = session.row(
        f"SELECT count(*) FILTER (WHERE t.account_id IS NOT NULL AND a.account_id IS NULL), "
        f"count(*) FILTER (WHERE {early}) "
        f"FROM {source} t LEFT JOIN (SELECT account_id, min({started}) AS started_on "
        f"FROM {accounts} GROUP BY account_id) a ON a.account_id = t.account_id"
    )
    findings = Findings()
    if unknown:
        findings += breach(_unknown_breach(session, table, unknown, n_rows))
    if before:
        findings += note(
            f"{table.name}: {spaced(before)} of {spaced(n_rows)} rows "
            f"({_share(before, n_rows)}) have {since} before the account's started_on; they "
            "are used as they stand."
        )
    return findings


def _unknown_breach(session: Session, table: Table, unknown: int, n_rows: int) -> str:
    source, accounts = session.own(table.name), session.own("accounts")
    where = f"account_id NOT IN (SELECT account_id FROM {accounts} WHERE account_id IS NOT NULL)"
    ids = first_ids(session, source, where)
    hint = _id_hint(session, f"(SELECT account_id FROM {source} WHERE {where})", accounts)
    return (
        f"{spaced(unknown)} of {spaced(n_rows)} rows are of accounts that 'accounts' does not "
        f"have; first account_id: {ids}. {hint}"
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


def dates_of(
    session: Session, table: Table, columns: tuple[str, ...], as_of: date | None
) -> tuple[tuple[date, date] | None, int]:
    """First and last date of the table's rows (None: no row is dated), and rows after `as_of`."""
    if table.dated_by not in columns:
        return None, 0
    later = "false" if as_of is None else f"{table.dated_by} > DATE '{as_of}'"
    first, last, n_later = session.row(
        f"SELECT min({table.dated_by}), max({table.dated_by}), "
        f"count(*) FILTER (WHERE {later}) "
        f"FROM {session.own(table.name)}"
    )
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
