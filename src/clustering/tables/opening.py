"""Opening the source tables: read, cast, check, and hand over as lazy frames.

Typed files (Parquet) stay lazy. What must be parsed (text, a mapping, a database) is read once
into typed tables of a scratch file on disk, so that no feature parses it again and no large
table is held in memory.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import narwhals as nw

from clustering.config import (
    AccountsConfig,
    FeaturesConfig,
    ReadingConfig,
    SourceConfig,
    StudyConfig,
    SubscriptionsConfig,
)
from clustering.errors import OutputError, TableContractError, breaches_message
from clustering.inputs import check_inputs
from clustering.progress import SILENT, Progress
from clustering.tables.checks import (
    Findings,
    Present,
    as_of_findings,
    breach,
    check_table,
    dates_of,
    later_note,
    note,
    presence_breaches,
)
from clustering.tables.chosen import Chosen
from clustering.tables.contract import TABLES, own_columns, own_texts, with_columns
from clustering.tables.contracts_check import contract_findings, currency_breaches
from clustering.tables.coverage import find_coverage
from clustering.tables.declared import Table
from clustering.tables.reading.cells import Cells
from clustering.tables.reading.empty_rows import drop_empty_rows, empty_rows
from clustering.tables.reading.files import Relation, duckdb_words, reading_error
from clustering.tables.session import Session, quoted_name
from clustering.tables.sources import Sources, find_sources
from clustering.tables.table_quality import (
    Profile,
    Raw,
    column_breaches,
    match_columns,
    profile,
)
from clustering.tables.types import SourceTables


@dataclass(frozen=True)
class _Wanted:
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
class _Opened:
    """A table of the contract in the session, with what was found in its rows."""

    found: Present
    findings: Findings


def open_tables(config: StudyConfig, progress: Progress = SILENT) -> SourceTables:
    """Open and check the source tables of a study.

    Parameters
    ----------
    progress : is told of every table that is read

    Raises
    ------
    TableContractError
        Tables break the contract; every breach of every table is in the message.
    BadInputError
        The folder, mapping or database cannot be opened at all.
    OutputError
        There is no room for the scratch files.
    """
    check_inputs(config)
    only = config.accounts.only
    chosen = None if only is None else Chosen.by(only)
    texts = [scheme.column for scheme in config.schemes.own if scheme.column is not None]
    texts += [] if chosen is None else chosen.expression.columns
    own = [*own_columns(config.features), *own_texts(texts)]
    wanted = _Wanted(
        config.source,
        with_columns(TABLES, "accounts", own),
        config.as_of,
        config.currency,
        config.subscriptions,
        config.accounts,
        chosen,
    )
    return _open(config.source, wanted, progress)


def open_folder(
    folder: Path | SourceConfig, features: FeaturesConfig | None = None
) -> SourceTables:
    """Open a folder whose files have the contract's own names, without a study.

    One account is enough here, and a table may be empty: new accounts are scored so.

    Parameters
    ----------
    folder : the folder, or a source that says besides what the cells mean
    features : of the model that is to score the tables: what it reads beside the contract

    Raises
    ------
    TableContractError, BadInputError, OutputError
        As for `open_tables`.
    """
    source = folder if isinstance(folder, SourceConfig) else SourceConfig(folder=folder)
    own = () if features is None else own_columns(features)
    contract = with_columns(TABLES, "accounts", own)
    return _open(source, _Wanted(cells=source, contract=contract), SILENT)


def _open(source: SourceConfig, wanted: _Wanted, progress: Progress) -> SourceTables:
    session = Session(source.time_zone, time_limit_s=source.time_limit_s)
    try:
        return _checked(session, find_sources(session, source), wanted, progress)
    except duckdb.Error as error:
        session.close()
        if storage_failed(error):
            raise OutputError(
                f"there is no room for the tables: {duckdb_words(error)}. Set TMPDIR to a folder "
                "with more room."
            ) from None
        raise
    except BaseException:
        session.close()
        raise


def _checked(
    session: Session, sources: Sources, wanted: _Wanted, progress: Progress
) -> SourceTables:
    as_of = wanted.as_of
    opened = {}
    for table in [table for table in wanted.contract if table.name in sources.origins]:
        with progress.step(f"Reading {table.name}"):
            opened[table.name] = _open_table(session, table, sources, wanted)
    if wanted.chosen is not None and "accounts" in opened:
        opened = _of_chosen(wanted.chosen, session, opened)
    accounts = opened["accounts"].found if "accounts" in opened else None
    known = accounts if accounts is not None and accounts.n_rows else None
    for name, one in opened.items():
        with progress.step(f"Checking {name}"):
            related = check_table(one.found, known)
            related += Findings(currency_breaches(one.found, wanted.currency))
        opened[name] = replace(one, findings=one.findings + related)
    dates = {name: dates_of(one.found, as_of) for name, one in opened.items()}
    ranges = {name: table_range for name, (table_range, _) in dates.items()}
    later = {name: n_later for name, (_, n_later) in dates.items()}
    together = Findings(tuple(presence_breaches(opened)))
    readable = {
        name: _frame(session, name) for name, one in opened.items() if not one.findings.breaches
    }
    coverage = find_coverage(readable, wanted.subscriptions.complete_to)
    if "subscriptions" in readable:
        one, end_is = opened["subscriptions"], wanted.subscriptions.end_is
        contracts = contract_findings(one.found, coverage, end_is=end_is, as_of=as_of)
        opened["subscriptions"] = replace(one, findings=one.findings + contracts)
    if as_of is not None:
        together += as_of_findings(as_of, ranges, coverage)
        together += Findings(notes=later_note(as_of, later))
    _stop_at_breaches(opened, sources, together)
    in_tables = (said for one in opened.values() for said in one.findings.notes)
    return SourceTables(
        frames=readable,
        absent=tuple(table.name for table in TABLES if table.name not in opened),
        fingerprints={name: _fingerprint(one.found) for name, one in opened.items()},
        row_counts={name: one.found.n_rows for name, one in opened.items()},
        date_ranges=ranges,
        later_row_counts=later,
        coverage=coverage,
        account_rules=wanted.accounts,
        notes=(*sources.notes, *in_tables, *together.notes),
        session=session,
    )


def _of_chosen(chosen: Chosen, session: Session, opened: dict[str, _Opened]) -> dict[str, _Opened]:
    """The tables of the chosen accounts alone."""
    accounts = opened["accounts"]
    if accounts.findings.breaches:
        return opened
    kept, said = chosen.leave_out(session, accounts.found)
    if said.breaches:
        return opened | {"accounts": replace(accounts, findings=accounts.findings + said)}
    others = {
        name: replace(one, found=chosen.without(session, one.found))
        for name, one in opened.items()
        if name != "accounts"
    }
    return others | {"accounts": _Opened(kept, accounts.findings + said)}


def _stop_at_breaches(opened: dict[str, _Opened], sources: Sources, together: Findings) -> None:
    parts = [
        breaches_message(
            f"table '{name}' ({sources.origins[name]}) does not meet its contract",
            found.findings.breaches,
        )
        for name, found in opened.items()
        if found.findings.breaches
    ]
    if together.breaches:
        parts.append(breaches_message("the tables together", together.breaches))
    if parts:
        raise TableContractError("\n".join(parts))


def _open_table(session: Session, table: Table, sources: Sources, wanted: _Wanted) -> _Opened:
    nothing = Present(session, table, (), 0)
    if table.name in sources.breaches:
        return _Opened(nothing, breach(sources.breaches[table.name]))
    relation = sources.relations[table.name]
    try:
        types, n_empty, found = _read(session, table, relation, wanted)
    except duckdb.Error as error:
        if storage_failed(error):
            raise
        return _Opened(nothing, breach(reading_error(session, error, relation)))
    in_rows = Findings((*column_breaches(table, list(types)), *found.breaches), found.notes)
    size = _size_findings(table, found.n_rows, n_empty, for_study=wanted.as_of is not None)
    typed = Present(session, table, tuple(found.expressions), found.n_rows)
    return _Opened(typed, in_rows + size)


def _read(
    session: Session, table: Table, relation: Relation, wanted: _Wanted
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


def _frame(session: Session, name: str) -> "nw.LazyFrame[duckdb.DuckDBPyRelation]":
    return nw.from_native(session.connection.sql(f"SELECT * FROM {session.own(name)}"))


def _fingerprint(found: Present) -> str:
    """SHA-256 over the sum and the exclusive or of the hashes of the rows: any order will do."""
    row = ", ".join(quoted_name(name) for name in found.columns)
    total, mixed = found.row(f"sum(hash({row})), bit_xor(hash({row}))")
    content = [found.table.name, found.columns, found.n_rows, str(total), str(mixed)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
