"""JSON: a list of records, or one record a line, read as text and flat."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from clustering.errors import BadInputError
from clustering.tables.session import Session, one_path, quoted_text


@dataclass(frozen=True)
class Records:
    """Records that DuckDB can read.

    Attributes
    ----------
    sql : what stands after FROM
    names : keys of the records, in the order in which they first come
    columns : SQL of the text of each
    """

    sql: str
    names: tuple[str, ...]
    columns: tuple[str, ...]


def look_at_records(session: Session, file: Path) -> Records:
    """Find the keys of the records.

    Parameters
    ----------
    file : UTF-8 without a byte order mark

    Raises
    ------
    BadInputError
        It is no JSON or holds something other than records; or a record holds a key twice, or an
        object or a list in place of a value.
    """
    sql = (
        f"read_json_objects({quoted_text(one_path(file))}, format = 'auto', "
        "maximum_object_size = 67108864)"
    )
    try:
        n_rows, others = session.row(
            f"SELECT count(*), count(*) FILTER (WHERE json_type(json) <> 'OBJECT') FROM {sql}"
        )
        if others:
            raise BadInputError(
                f"{others} of {n_rows} entries are no records; expected a list of records, as in "
                '[{"account_id": "A1", ...}, ...], or one record a line.'
            )
        keys = session.execute(
            "SELECT key, max(n), count(*) FILTER (WHERE nested), min(first) FROM ("
            "  SELECT key, count(*) AS n, bool_or(json_type(json, pointer) IN ('OBJECT', 'ARRAY')) "
            "    AS nested, min(place) AS first FROM ("
            "    SELECT json, row, unnest(json_keys(json)) AS key, "
            "      generate_subscripts(json_keys(json), 1) AS place, "
            "      '/' || replace(replace(key, '~', '~0'), '/', '~1') AS pointer "
            f"    FROM (SELECT json, row_number() OVER () AS row FROM {sql})"
            "  ) GROUP BY row, key"
            ") GROUP BY key ORDER BY 4, 1"
        ).fetchall()
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0].partition("Error: ")[2]
        words = first.replace(f'in file "{file}", ', "")
        raise BadInputError(f"it is no JSON: {words} Export it again.") from None
    _refuse(keys)
    names = tuple(str(row[0]) for row in keys)
    columns = tuple(f"json ->> {quoted_text(_pointer(name))}" for name in names)
    return Records(sql, names, columns)


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _refuse(keys: list[tuple[str, int, int, int]]) -> None:
    twice = [f"'{key}'" for key, n, _, _ in keys if n > 1]
    nested = [f"'{key}' in {count}" for key, _, count, _ in keys if count]
    breaches = []
    if twice:
        breaches.append(f"a record names {', '.join(twice)} twice. Rename or remove one.")
    if nested:
        breaches.append(
            f"records hold an object or a list in place of a value ({', '.join(nested)} records): "
            "write one value, or leave the key out."
        )
    if breaches:
        raise BadInputError(" ".join(breaches))
