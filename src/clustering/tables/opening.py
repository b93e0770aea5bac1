"""Opening the source tables: read, cast, check, and hand over as lazy frames.

Typed files (Parquet) stay lazy. What must be parsed (text, a mapping, a database) is read once
into typed tables of a scratch file on disk, so that no feature parses it again and no large
table is held in memory.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import narwhals as nw

from clustering.config import AccountsConfig, FeaturesConfig, SourceConfig, StudyConfig
from clustering.errors import BadInputError, OutputError, TableContractError, breaches_message
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
    presence_breaches,
)
from clustering.tables.chosen import Chosen
from clustering.tables.contract import TABLES, own_columns, own_texts, with_columns
from clustering.tables.contracts_check import contract_findings, currency_breaches
from clustering.tables.coverage import Coverage, find_coverage
from clustering.tables.reading.files import duckdb_words
from clustering.tables.reading.staging import Opened, Wanted, open_table, storage_failed
from clustering.tables.session import Session, quoted_name
from clustering.tables.sources import Sources, find_sources, find_unmatched
from clustering.tables.types import SourceTables, Unmatched


@dataclass(frozen=True, eq=False)
class Examined:
    """The tables of a source, read and checked, whether they can be used or not.

    Attributes
    ----------
    opened : what was found for each table
    origins : what each was read from
    source_notes : what lies beside the tables and is not read
    together : what was found of the tables together
    ranges : first and last date of each table's rows, None where no row is dated
    later : rows per table that are dated after `as_of`
    coverage : how far the tables without a breach reach
    unmatched : accounts of one system that another has not
    """

    session: Session
    opened: Mapping[str, Opened]
    origins: Mapping[str, str]
    source_notes: tuple[str, ...]
    together: Findings
    ranges: Mapping[str, tuple[date, date] | None]
    later: Mapping[str, int]
    coverage: Mapping[str, Coverage]
    unmatched: tuple[Unmatched, ...]
    account_rules: AccountsConfig

    @property
    def breaches(self) -> tuple[str, ...]:
        """Every breach of every table, by table."""
        parts = [
            breaches_message(
                f"table '{name}' ({self.origins[name]}) does not meet its contract",
                found.findings.breaches,
            )
            for name, found in self.opened.items()
            if found.findings.breaches
        ]
        if self.together.breaches:
            parts.append(breaches_message("the tables together", self.together.breaches))
        return tuple(parts)

    @property
    def absent(self) -> tuple[str, ...]:
        """Tables of the contract that are not there, in its order."""
        return tuple(table.name for table in TABLES if table.name not in self.opened)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the input."""
        in_tables = (said for one in self.opened.values() for said in one.findings.notes)
        return (
            *self.source_notes,
            *in_tables,
            *self.together.notes,
            *(one.sentence for one in self.unmatched),
        )

    def tables(self) -> SourceTables:
        """The tables for a study.

        Raises
        ------
        TableContractError
            Tables break the contract; every breach of every table is in the message.
        """
        if self.breaches:
            raise TableContractError("\n".join(self.breaches))
        return SourceTables(
            frames={name: _frame(self.session, name) for name in self.opened},
            absent=self.absent,
            fingerprints={name: _fingerprint(one.found) for name, one in self.opened.items()},
            row_counts={name: one.found.n_rows for name, one in self.opened.items()},
            date_ranges=self.ranges,
            later_row_counts=self.later,
            coverage=self.coverage,
            account_rules=self.account_rules,
            unmatched=self.unmatched,
            notes=self.notes,
            session=self.session,
        )

    def close(self) -> None:
        """End the session; tables that were taken from it cannot be used after."""
        self.session.close()


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
    return _or_closed(examine_tables(config, progress))


def examine_tables(config: StudyConfig, progress: Progress = SILENT) -> Examined:
    """Read and check the source tables of a study, and stop at no breach.

    Parameters
    ----------
    progress : is told of every table that is read

    Raises
    ------
    BadInputError, OutputError
        As for `open_tables`.
    """
    check_inputs(config)
    only = config.accounts.only
    chosen = None if only is None else Chosen.by(only)
    texts = [scheme.column for scheme in config.schemes.own if scheme.column is not None]
    texts += [] if chosen is None else chosen.expression.columns
    own = [*own_columns(config.features), *own_texts(texts)]
    wanted = Wanted(
        config.source,
        with_columns(TABLES, "accounts", own),
        config.as_of,
        config.currency,
        config.subscriptions,
        config.accounts,
        chosen,
    )
    return _examine(config.source, wanted, progress)


def _or_closed(examined: Examined) -> SourceTables:
    try:
        return examined.tables()
    except BaseException:
        examined.close()
        raise


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
    return _or_closed(_examine(source, Wanted(cells=source, contract=contract), SILENT))


def _examine(source: SourceConfig, wanted: Wanted, progress: Progress) -> Examined:
    session = Session(source.time_zone, time_limit_s=source.time_limit_s)
    try:
        if wanted.as_of is not None:
            session.set_as_of(wanted.as_of)
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


def _checked(session: Session, sources: Sources, wanted: Wanted, progress: Progress) -> Examined:
    as_of = wanted.as_of
    opened = {}
    for table in [table for table in wanted.contract if table.name in sources.origins]:
        with progress.step(f"Reading {table.name}"):
            opened[table.name] = open_table(session, table, sources, wanted)
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
    unmatched: tuple[Unmatched, ...] = ()
    try:
        unmatched = find_unmatched(session, sources)
    except BadInputError as error:
        together += breach(str(error))
    return Examined(
        session,
        opened,
        sources.origins,
        tuple(sources.notes),
        together,
        ranges,
        later,
        coverage,
        unmatched,
        wanted.accounts,
    )


def _of_chosen(chosen: Chosen, session: Session, opened: dict[str, Opened]) -> dict[str, Opened]:
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
    return others | {"accounts": Opened(kept, accounts.findings + said)}


def _frame(session: Session, name: str) -> "nw.LazyFrame[duckdb.DuckDBPyRelation]":
    return nw.from_native(session.connection.sql(f"SELECT * FROM {session.own(name)}"))


def _fingerprint(found: Present) -> str:
    """SHA-256 over the sum and the exclusive or of the hashes of the rows: any order will do."""
    row = ", ".join(quoted_name(name) for name in found.columns)
    total, mixed = found.row(f"sum(hash({row})), bit_xor(hash({row}))")
    content = [found.table.name, found.columns, found.n_rows, str(total), str(mixed)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
