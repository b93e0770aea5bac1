"""Rows without any value, which spreadsheets leave below and between the others."""

from collections.abc import Iterable

from clustering.tables.reading.cells import trimmed
from clustering.tables.session import Session, quoted_name
from clustering.tables.table_quality import spaced


def drop_empty_rows(session: Session, table: str, columns: Iterable[str]) -> int:
    """Remove the rows without any value.

    Parameters
    ----------
    table : SQL of a table of the session

    Returns
    -------
    How many there were.
    """
    empty = " AND ".join(
        f"{trimmed(f'CAST({quoted_name(name)} AS VARCHAR)')} IS NULL" for name in columns
    )
    (count,) = session.row(f"DELETE FROM {table} WHERE {empty}")
    return int(count)


def empty_rows(count: int) -> str:
    """Say how many rows without any value there were.

    Examples
    --------
    >>> empty_rows(1)
    '1 row without any value was skipped.'
    """
    rows = "row without any value was" if count == 1 else "rows without any value were"
    return f"{spaced(count)} {rows} skipped."
