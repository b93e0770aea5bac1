"""A mapping: one SQL SELECT per table, from a user's own files or database to the contract.

A SELECT may name files of the source folder by their relative names. DuckDB would look for them
in the working directory first, so that a file of the same name there would be read in silence;
the names are therefore completed before the statement runs. `FROM 'file.csv'` reads the file as
text, with the same reader as a folder without a mapping: DuckDB's own guesses at types, quotes
and delimiters depend on the first rows. Whoever wants those writes `read_csv('file.csv')`.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from clustering.errors import BadInputError
from clustering.tables.contract import TABLES_BY_NAME
from clustering.tables.files import SUFFIXES, Relation, one_path, read_file
from clustering.tables.session import Session, quoted_text
from clustering.tables.workbooks import look_into

__all__ = ["mapping_files", "read_mapping"]

#: Comments, texts and quoted names: the parts of SQL in which a quote means something.
_TOKENS = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?P<text>(?:[^']|'')*)'|\"(?P<name>(?:[^\"]|\"\")*)\"", re.DOTALL
)


def mapping_files(folder: Path) -> dict[str, Path]:
    """List the `.sql` files of a mapping by the table that they give.

    Raises
    ------
    BadInputError
        The folder is missing, has no `.sql` file, or one whose name is no table of the contract.
    """
    if not folder.is_dir():
        raise BadInputError(
            f"the mapping folder '{folder}' does not exist. Correct source.mapping."
        )
    files = {file.stem: file for file in sorted(folder.glob("*.sql"))}
    if not files:
        raise BadInputError(f"the mapping folder '{folder}' has no .sql file, one per table.")
    for name in files:
        if name not in TABLES_BY_NAME:
            near = difflib.get_close_matches(name, TABLES_BY_NAME, n=1, cutoff=0.5)
            hint = (
                f"Did you mean '{near[0]}.sql'?" if near else f"Known: {', '.join(TABLES_BY_NAME)}."
            )
            raise BadInputError(f"'{folder / name}.sql' is no table of the contract. {hint}")
    return files


def read_mapping(session: Session, file: Path, folder: Path | None) -> Relation:
    """Read one mapping as a relation; its SELECT is checked but not yet run.

    Parameters
    ----------
    folder : where relative file names are looked up (None: there is no source folder)

    Raises
    ------
    BadInputError
        The text is not UTF-8, not exactly one SELECT, or names a file that is not there.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"the mapping cannot be read as UTF-8 text: {error}.") from None
    tree = _one_select(session, text)
    tables = {offset: _read_table(session, name, folder) for offset, name in _table_files(tree)}
    names = set(_function_files(tree))
    paths = {name: quoted_text(_complete(name, folder)) for name in names if _is_relative(name)}
    if "stop_at_empty" not in text:  # a blank row between two others is no end of a sheet
        sheets = {name for name in paths if name.lower().endswith(".xlsx")}
        paths |= {name: f"{paths[name]}, stop_at_empty = false" for name in sheets}
    sql = _with_files(text, {offset: table.sql for offset, table in tables.items()}, paths)
    _refuse_relative(_one_select(session, sql))
    workbooks = sorted(name for name in names if name.lower().endswith(".xlsx"))
    if workbooks:
        session.load_extension("excel")
    return Relation(
        sql,
        f"mapping {file.name}",
        day_zero=_day_zero([*tables.values()], workbooks, folder),
        texts=tuple(text for table in tables.values() for text in table.texts),
        notes=tuple(note for table in tables.values() for note in table.notes),
    )


def _day_zero(
    tables: Sequence[Relation], workbooks: Sequence[str], folder: Path | None
) -> date | None:
    """The day that numbers count from where they stand for dates.

    Raises
    ------
    BadInputError
        Two workbooks count from different days.
    """
    found = {table.day_zero for table in tables if table.day_zero is not None}
    paths = ((folder or Path()) / name for name in workbooks)
    found |= {look_into(path).day_zero for path in paths if path.is_file()}
    if len(found) > 1:
        raise BadInputError(
            "it reads two workbooks whose dates count from different days (1900 and 1904). Save "
            "one of them with the other's calendar, or map them apart."
        )
    return next(iter(found), None)


def _read_table(session: Session, name: str, folder: Path | None) -> Relation:
    """Read what stands after FROM: one file as text, or typed files as they are."""
    full = _complete(name, folder) if _is_relative(name) else name
    path = (folder or Path()) / name
    if not path.is_file():  # a pattern of several files, or an address
        return Relation(f"SELECT * FROM {quoted_text(full)}", name)
    try:
        return read_file(session, path)
    except BadInputError as error:
        raise BadInputError(f"'{name}': {error}") from None


def _refuse_relative(tree: Any) -> None:
    """A file name in a form that was not recognised would be looked up in the wrong place."""
    names = [*(name for _, name in _table_files(tree)), *_function_files(tree)]
    left = [name for name in names if _is_relative(name)]
    if left:
        raise BadInputError(f"write the name of the file plainly, as in FROM '{left[0]}'.")


def _one_select(session: Session, text: str) -> Any:
    answer = session.connection.execute("SELECT json_serialize_sql(?)", [text]).fetchone()
    tree = json.loads(answer[0]) if answer else {}
    if tree.get("error"):
        message = str(tree.get("error_message", ""))
        if tree.get("error_type") == "not implemented":
            raise BadInputError(
                "a mapping is one SELECT and nothing else (no CREATE, COPY, DELETE, SET, ATTACH)."
            )
        raise BadInputError(f"the SQL cannot be read: {message}{_line(text, tree)}.")
    count = len(tree.get("statements", []))
    if count != 1:
        raise BadInputError(f"a mapping is one SELECT; this file has {count} statements.")
    return tree


def _line(text: str, tree: Any) -> str:
    position = str(tree.get("position", ""))
    if not position.isdigit():
        return ""
    lines = text.encode()[: int(position)].count(b"\n") + 1
    return f" (line {lines})"


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, list):
        for entry in tree:
            yield from _nodes(entry)
    elif isinstance(tree, dict):
        yield tree
        for entry in tree.values():
            yield from _nodes(entry)


def _table_files(tree: Any) -> Iterator[tuple[int, str]]:
    """Find the files that stand where a table does, as in FROM 'file', with their byte offsets."""
    for node in _nodes(tree):
        name = str(node.get("table_name", ""))
        is_table = node.get("type") == "BASE_TABLE" and not node.get("schema_name")
        if is_table and name.lower().endswith(SUFFIXES):
            yield node["query_location"], name


def _function_files(tree: Any) -> Iterator[str]:
    """Find the files that stand as texts in the first argument of read_...(...)."""
    for node in _nodes(tree):
        if node.get("type") == "TABLE_FUNCTION" and _reads_files(node["function"]):
            yield from _texts(node["function"].get("children", [])[:1])


def _reads_files(function: Any) -> bool:
    name = str(function.get("function_name", ""))
    return name.startswith("read_") or name in ("parquet_scan", "glob")


def _texts(tree: Any) -> Iterator[str]:
    for node in _nodes(tree):
        if node.get("class") == "CONSTANT" and isinstance(node["value"].get("value"), str):
            yield node["value"]["value"]


def _is_relative(name: str) -> bool:
    return "://" not in name and not Path(name).is_absolute()


def _complete(name: str, folder: Path | None) -> str:
    if folder is None:
        raise BadInputError(f"it reads the file '{name}', but source.folder is not given.")
    if (folder / name).exists():
        # Only the reader of workbooks takes no patterns, so nothing is to be escaped for it.
        return str(folder / name) if name.lower().endswith(".xlsx") else one_path(folder / name)
    if any(letter in name for letter in "*?["):
        return f"{one_path(folder)}/{name}"
    present = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    near = difflib.get_close_matches(name, present, n=1, cutoff=0.4)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise BadInputError(f"it reads the file '{name}', which is not in '{folder}'.{hint}")


def _with_files(text: str, tables: Mapping[int, str], paths: Mapping[str, str]) -> str:
    """Put the full paths in place of relative names, and readers in place of files as tables."""

    # Comments go, since one at the end would swallow the bracket that closes a subquery.
    def complete(token: re.Match[str]) -> str:
        if token[0].startswith(("--", "/*")):
            return " "
        offset = len(text[: token.start()].encode())
        if offset in tables:
            return f"({tables[offset]})"
        if token["text"] is not None:
            value = token["text"].replace("''", "'")
        else:
            value = token["name"].replace('""', '"')
        return paths.get(value, token[0])

    return _TOKENS.sub(complete, text).strip().rstrip("; \n\t")
