"""JSON of an API: records that hold records, read one level deep."""

from pathlib import Path

import duckdb

from clustering.tables.session import Session, one_path, quoted_name, quoted_text

#: Rows in which keys are looked for: some events have properties that most have not.
_SAMPLE_ROWS = 20_000


def flattened(session: Session, file: Path, name: str) -> tuple[str, str] | None:
    """SELECTs that give the values of nested records as columns called `outer.inner`.

    Parameters
    ----------
    name : the file as a mapping names it, as an SQL text

    Returns
    -------
    As a mapping writes it, and for this session; None where the file holds no records.
    """
    own = quoted_text(one_path(file))
    objects = f"read_json_objects({own}, format = 'auto', maximum_object_size = 67108864)"
    rows = f"(SELECT json FROM {objects} LIMIT {_SAMPLE_ROWS})"
    try:
        keys = session.execute(
            "SELECT key, bool_or(json_type(json, pointer) = 'OBJECT') FROM (SELECT json, key, "
            "'/' || replace(replace(key, '~', '~0'), '/', '~1') AS pointer "
            f"FROM (SELECT json, unnest(json_keys(json)) AS key FROM {rows}))"
            " GROUP BY key ORDER BY key"
        ).fetchall()
        inner = {
            outer: session.execute(
                f"SELECT DISTINCT unnest(json_keys(json, {_pointer(outer)})) AS key FROM {rows} "
                f"WHERE json_type(json, {_pointer(outer)}) = 'OBJECT' ORDER BY key"
            ).fetchall()
            for outer, is_nested in keys
            if is_nested
        }
    except duckdb.Error:
        return None
    if not keys:
        return None
    columns = []
    for outer, is_nested in keys:
        if not is_nested:
            columns.append(f"{quoted_name(outer)} ->> '$' AS {quoted_name(outer)}")
            continue
        columns += [
            f"{quoted_name(outer)} ->> {quoted_text(_path(key))} AS {quoted_name(f'{outer}.{key}')}"
            for (key,) in inner[outer]
        ]
    typed = ", ".join(f"{quoted_text(outer)}: 'JSON'" for outer, _ in keys)
    chosen = ", ".join(columns)
    reads, reads_here = (
        f"SELECT {chosen} FROM read_json({file_name}, columns = {{{typed}}})"
        for file_name in (name, own)
    )
    return f"({reads})", reads_here


def _pointer(key: str) -> str:
    return quoted_text("/" + key.replace("~", "~0").replace("/", "~1"))


def _path(key: str) -> str:
    return '$."' + key.replace('"', '\\"') + '"'
