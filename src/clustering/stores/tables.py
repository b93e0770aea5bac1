"""Tables of scores in a database, whichever it is: made, checked, read and filled.

Both DuckDB and PostgreSQL are written through DuckDB, PostgreSQL by the extension that also reads
the user's tables.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from clustering.errors import StoreError, breaches_message
from clustering.stores.history import HISTORY_COLUMNS, History, dates_before, keep_history
from clustering.stores.rows import (
    AS_OF,
    MODEL_VERSION,
    Run,
    column_breaches,
    scheme_columns,
    sql_columns,
    table_parts,
)
from clustering.stores.store import failed
from clustering.tables.session import Session, first_line, quoted_name, quoted_text

#: What the database is called within a session.
STORE = "store"
ROWS = "rows.parquet"
#: Seconds between two looks at what another run holds.
AGAIN_S = 0.2


def quoted_table(table: str, default: str) -> str:
    """Schema and table, quoted."""
    schema, name = table_parts(table)
    return f"{quoted_name(schema or default)}.{quoted_name(name)}"


def full_name(table: str, default: str = "main") -> str:
    """Full SQL name of the table within the session."""
    return f"{STORE}.{quoted_table(table, default)}"


def rows_of(run: Run) -> str:
    """The rows of a run, as a condition."""
    return f"{AS_OF} = DATE '{run.as_of}' AND {MODEL_VERSION} = {quoted_text(run.model_version)}"


def _found(session: Session, table: str) -> dict[str, str]:
    """Type of every column of the table; nothing where it does not exist."""
    schema, name = table_parts(table)
    rows = session.execute(
        f"SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = '{STORE}' "
        f"AND table_name = {quoted_text(name)} AND schema_name "
        + (f"= {quoted_text(schema)}" if schema else "IN ('main', 'public')")
    ).fetchall()
    return {str(column): str(kind) for column, kind in rows}


def check_table(session: Session, table: str, place: str) -> None:
    """Refuse a table that cannot take the rows."""
    found = _found(session, table)
    breaches = column_breaches(found) if found else []
    if breaches:
        raise StoreError(
            breaches_message(f"{place} cannot take scores", breaches)
            + "\nNothing was written; name another table with --table, or rename this one."
        )


@contextmanager
def said(place: str, what: str = "cannot be written") -> Iterator[None]:
    """Errors of the database in words."""
    try:
        yield
    except duckdb.Error as error:
        raise failed(place, what, first_line(error)) from None


def history_before(session: Session, name: str, table: str, run: Run, place: Path) -> History:
    """The last states before the date, in a file of their own."""
    if not _found(session, table):
        return History(run)
    days = session.execute(dates_before(name, run)).fetchall()
    if not days:
        return History(run)
    listed = ", ".join(f"DATE '{day}'" for (day,) in days)
    rows = f"SELECT {', '.join(HISTORY_COLUMNS)} FROM {name} WHERE {AS_OF} IN ({listed})"
    return keep_history(session, rows, run, place)


def prepare(
    session: Session,
    table: str,
    rows: Path,
    keys: tuple[str, ...] = (),
    schema: str = "main",
) -> None:
    """Make the table, or the columns of schemes that it lacks."""
    wanted = sql_columns(scheme_columns(pq.read_schema(rows).names))
    found = _found(session, table)
    name = full_name(table, schema)
    if not found:
        columns = [f"{quoted_name(one)} {kind}" for one, kind in wanted.items()]
        key = [f"PRIMARY KEY ({', '.join(keys)})"] if keys else []
        session.execute(f"CREATE TABLE {name} ({', '.join([*columns, *key])})")
        return
    for one in wanted:
        if one not in found:
            session.execute(f"ALTER TABLE {name} ADD COLUMN {quoted_name(one)} {wanted[one]}")


def insert(session: Session, table: str, rows: Path, schema: str = "main") -> None:
    """Add the rows of a file."""
    source = f"read_parquet({quoted_text(str(rows))})"
    session.execute(f"INSERT INTO {full_name(table, schema)} BY NAME SELECT * FROM {source}")
