"""The tables that a mapping names: of its own WITH clauses, or of the attached database."""

from collections.abc import Iterator
from typing import Any

from clustering.errors import near_names
from clustering.tables.reading.files import SUFFIXES
from clustering.tables.session import ATTACHED, Session

#: Beginnings of the names of tables about the database itself, and of their schemas.
_SYSTEM_TABLES = ("duckdb_", "pragma_", "sqlite_", "pg_")
_SYSTEM_SCHEMAS = ("pg_", "information_schema")


def table_breaches(session: Session, tree: Any, *, but_schema: str = "") -> list[str]:
    """Names after FROM that are no file, no WITH clause and no table of the database, in words.

    Parameters
    ----------
    tree : a statement as `clustering.sql.parse_select` gives it
    but_schema : a schema whose tables are let pass
    """
    found = []
    for table, known in _tables(tree, frozenset()):
        catalog, schema = str(table["catalog_name"]), str(table["schema_name"])
        if but_schema and schema == but_schema and not catalog:
            continue
        name = str(table["table_name"])
        found.append(_breach(session, catalog.lower(), schema.lower(), name.lower(), known))
    return list(dict.fromkeys(breach for breach in found if breach is not None))


def _tables(tree: Any, known: frozenset[str]) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """Every table after FROM, with the names of the WITH clauses that can be seen from there."""
    waiting = [(tree, known)]
    while waiting:
        part, seen = waiting.pop()
        if isinstance(part, dict):
            entries = part["cte_map"]["map"] if "cte_map" in part else []
            seen = seen.union(str(entry["key"]).lower() for entry in entries)
            if part.get("cte_name"):
                seen = seen.union([part["cte_name"].lower()])
            if part.get("type") == "BASE_TABLE":
                yield part, seen
            waiting += [(inner, seen) for inner in reversed(part.values())]
        elif isinstance(part, list):
            waiting += [(inner, seen) for inner in reversed(part)]


def _breach(
    session: Session, catalog: str, schema: str, table: str, known: frozenset[str]
) -> str | None:
    whole = ".".join(name for name in (catalog, schema, table) if name)
    about_itself = table.startswith(_SYSTEM_TABLES) or schema.startswith(_SYSTEM_SCHEMAS)
    if about_itself or catalog not in ("", ATTACHED):
        return f"the table {whole}, which is about the database itself or outside of the source"
    if not schema and not catalog:
        return _unqualified(session, table, known)
    if catalog == "" and schema == ATTACHED:
        schema = ""
    if not session.has_database:
        return f"the table {whole}, since source.database is not given"
    if schema and schema not in session.attached_schemas():
        return f"the table {whole}, whose schema the database does not have"
    return None


def _unqualified(session: Session, table: str, known: frozenset[str]) -> str | None:
    if table.endswith(SUFFIXES) or table in known:
        return None
    present = [name.lower() for name in session.attached_tables()] if session.has_database else []
    if table in present:
        return None
    near = near_names(table, [*known, *present])
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return (
        f"'{table}' after FROM, which is no WITH clause, no table of source.database and no file "
        f"ending in {', '.join(SUFFIXES)}{hint}"
    )
