"""Which store an address names."""

import re
from collections.abc import Iterable
from pathlib import Path

from clustering.errors import OutputError
from clustering.scorer.files import SCORE_FILES
from clustering.stores import PATIENCE_S
from clustering.stores.store import ScoreStore

_DUCKDB_ADDRESS, _DUCKDB_FILE = "duckdb:///", ".duckdb"
_POSTGRES = ("postgresql://", "postgres://")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):/", re.IGNORECASE)


def open_store(
    address: str,
    *,
    table: str,
    inputs: Iterable[Path] = (),
    closed: Iterable[Path] = (),
    patience_s: float = PATIENCE_S,
) -> ScoreStore:
    """The store that an address names; nothing is opened yet.

    Parameters
    ----------
    address : a .csv or .parquet file, a folder, a .duckdb file, duckdb:///FILE or postgresql://...
    table : its name in a database
    inputs, closed : what may not be written over, see `targets.check_file`
    patience_s : seconds to wait for another run

    Raises
    ------
    OutputError
        It names no store that is known.

    Examples
    --------
    >>> open_store("scores/", table="account_scores").place
    'scores'
    >>> open_store("duckdb:///cs.duckdb", table="account_scores").place
    'table account_scores of cs.duckdb'
    """
    from clustering.stores.files import FileStore, FolderStore

    read, shut = tuple(inputs), tuple(closed)
    path = Path(address.removeprefix(_DUCKDB_ADDRESS))
    in_duckdb = address.startswith(_DUCKDB_ADDRESS) or path.suffix.lower() == _DUCKDB_FILE
    if in_duckdb or address.startswith(_POSTGRES):
        from clustering.stores.duckdb_file import DuckDBStore
        from clustering.stores.postgres import PostgresStore

        if in_duckdb:
            return DuckDBStore(path, table, read, shut, patience_s)
        return PostgresStore(address, table, patience_s)
    if scheme := _SCHEME.match(address):
        raise OutputError(
            f"--out: addresses '{scheme[1]}:' are not known; expected duckdb:///FILE or "
            "postgresql://USER@HOST/DATABASE, a folder, or a file."
        )
    if path.suffix.lower() in SCORE_FILES and not address.endswith("/"):
        return FileStore(path, read, shut)
    if path.is_dir() or not path.suffix or address.endswith("/"):
        return FolderStore(path, read, shut, patience_s)
    raise OutputError(
        f"'{path}' has ending '{path.suffix}'; expected {' or '.join(SCORE_FILES)}, "
        f"{_DUCKDB_FILE}, or a folder, whose name ends in / where there is none yet."
    )
