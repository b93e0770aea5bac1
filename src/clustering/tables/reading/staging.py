"""From a relation to a typed table of the session: staged as it is, profiled, and kept."""

from dataclasses import dataclass, field, replace
from datetime import date

import duckdb

from clustering.config import AccountsConfig, ReadingConfig, SubscriptionsConfig
from clustering.tables.checks import Findings, Present, breach, note
from clustering.tables.chosen import Chosen
from clustering.tables.contract import TABLES
from clustering.tables.declared import Table
from clustering.tables.reading.cells import Cells
from clustering.tables.reading.empty_rows import drop_empty_rows, empty_rows
from clustering.tables.reading.files import Relation, reading_error
from clustering.tables.session import Session, quoted_name
from clustering.tables.sources import Sources
from clustering.tables.table_quality import (
    Profile,
    Raw,
    column_breaches,
    match_columns,
    profile,
)


@dataclass(frozen=True)
class Wanted:
    """What a study wants of its tables; without a study there is no date and no currency."""

    cells: ReadingConfig
    contract: tuple[Table, ...] = TABLES
    as_of: date | None = None
    currency: str | None = None
    subscriptions: SubscriptionsConfig = field(default_factory=SubscriptionsConfig)
    accounts: AccountsConfig = field(default_factory=AccountsConfig)
    chosen: Chosen | None = None

    def ends_on_last_day(self, table: str) -> bool:
        """Whether `ended_on` of a table is the last day of what ends."""
        end_is = {"subscriptions": self.subscriptions.end_is, "accounts": self.accounts.end_is}
        return end_is.get(table) == "last_day"


@dataclass(frozen=True)
class Opened:
    """A table of the contract in the session, with what was found in its rows."""

    found: Present
    findings: Findings


def open_table(session: Session, table: Table, sources: Sources, wanted: Wanted) -> Opened:
    """Read a table of the contract into the session, and count what is wrong within its rows."""
    nothing = Present(session, table, (), 0)
    if table.name in sources.breaches:
        return Opened(nothing, breach(sources.breaches[table.name]))
    relation = sources.relations[table.name]
    try:
        types, n_empty, found = _read(session, table, relation, wanted)
    except duckdb.Error as error:
        if storage_failed(error):
            raise
        return Opened(nothing, breach(reading_error(session, error, relation)))
    in_rows = Findings((*column_breaches(table, list(types)), *found.breaches), found.notes)
    size = _size_findings(table, found.n_rows, n_empty, for_study=wanted.as_of is not None)
    typed = Present(session, table, tuple(found.expressions), found.n_rows)
    return Opened(typed, in_rows + size)


def _read(
    session: Session, table: Table, relation: Relation, wanted: Wanted
) -> tuple[dict[str, str], int, Profile]:
    types = _stage(session, table, relation)
    n_empty = 0 if relation.typed else drop_empty_rows(session, _raw(session, table), types)
    raw = Raw(session, _raw(session, table), types, match_columns(table, list(types)))
    cells = Cells(wanted.cells, relation.day_zero)
    found = profile(table.columns, raw, cells, title=f"{table.name}: ")
    if wanted.ends_on_last_day(table.name) and "ended_on" in found.expressions:
        # From here on every end is the first day without: no reader has to know the setting.
        day_after = f"CAST({found.expressions['ended_on']} + INTERVAL 1 DAY AS DATE)"
        found = replace(found, expressions={**found.expressions, "ended_on": day_after})
    _keep(session, table, relation, found)
    return types, n_empty, found


def storage_failed(error: duckdb.Error) -> bool:
    """Whether the scratch files, not the tables, are at fault: a full disk or a quota."""
    words = str(error).lower()
    full = any(phrase in words for phrase in ("no space left", "could not write file"))
    return full or isinstance(error, duckdb.OutOfMemoryException)


def _raw(session: Session, table: Table) -> str:
    return session.own(f"raw {table.name}")


def _stage(session: Session, table: Table, relation: Relation) -> dict[str, str]:
    """Put the source under a name of the session; give its columns and their types."""
    kind = "VIEW" if relation.typed else "TABLE"
    raw = _raw(session, table)
    session.execute(f"CREATE {kind} {raw} AS SELECT * FROM (\n{relation.sql}\n)")
    return {row[0]: row[1] for row in session.execute(f"DESCRIBE {raw}").fetchall()}


def _keep(session: Session, table: Table, relation: Relation, found: Profile) -> None:
    """Make the typed table: a view where casting costs nothing, else rows on disk."""
    columns = ", ".join(
        f"{expression} AS {quoted_name(name)}" for name, expression in found.expressions.items()
    )
    lazy = relation.typed and found.cheap
    kind = "VIEW" if lazy else "TABLE"
    raw = _raw(session, table)
    session.execute(
        f"CREATE {kind} {session.own(table.name)} AS SELECT {columns or 'NULL'} FROM {raw}"
    )
    if not relation.typed:
        session.execute(f"DROP TABLE {raw}")


def _size_findings(table: Table, n_rows: int, n_empty: int, *, for_study: bool) -> Findings:
    findings = Findings()
    if n_empty:
        findings += note(f"{table.name}: {empty_rows(n_empty)}")
    # Overrides may all have been cleared; what else is there and empty is a mistake.
    if n_rows == 0 and (for_study or table.name == "accounts") and table.name != "overrides":
        findings += breach("it has no rows. Leave the table out if there is nothing to say.")
    elif n_rows == 0:
        findings += note(f"{table.name}: the table has no rows.")
    if n_rows == 1 and table.name == "accounts" and for_study:
        findings += breach("it has one account; a study compares accounts with one another.")
    return findings
