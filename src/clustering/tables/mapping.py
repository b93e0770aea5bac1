"""A mapping: one SQL SELECT per table, from a user's own files or database to the contract.

A SELECT may name files of the source folder by their relative names. DuckDB would look for them
in the working directory first, so that a file of the same name there would be read in silence;
the names are therefore completed before the statement runs. `FROM 'file.csv'` reads the file as
text, with the same reader as a folder without a mapping: DuckDB's own guesses at types, quotes
and delimiters depend on the first rows. Whoever wants those writes `read_csv('file.csv')`.

A mapping may come from somebody else, so it is held against the list of what it may do
(`clustering.sql`) before any of it runs, and once more when its files have their full names.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from clustering.errors import BadInputError, near_names
from clustering.sql import MAPPING, READERS, parse_select, parts, refusals
from clustering.tables.contract import TABLES_BY_NAME, UNMATCHED
from clustering.tables.reading.files import SUFFIXES, Relation, read_file
from clustering.tables.reading.source_files import files_named, is_remote
from clustering.tables.reading.tables_named import table_breaches
from clustering.tables.reading.workbooks import look_into
from clustering.tables.session import AS_OF, Session, one_path, quoted_text

#: Comments, texts and quoted names: the parts of SQL in which a quote means something.
_TOKENS = re.compile(
    r"--[^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"",
    re.DOTALL,
)
_NOTHING_ELSE = "a mapping is one SELECT and nothing else (no CREATE, COPY, DELETE, SET, ATTACH)."
#: Stands for the files after FROM while the statement is looked at once more.
_PLACES = "files of the mapping"
_SUBJECT = "a mapping may read files below source.folder and tables of source.database, and compute"


@dataclass(frozen=True)
class _File:
    """A file that a statement names.

    Attributes
    ----------
    offset : where it stands in the text, in bytes
    as_table : after FROM, and not in the brackets of a reader
    in_list : among others in square brackets
    """

    offset: int
    name: str
    as_table: bool = False
    in_list: bool = False


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
        if name not in (*TABLES_BY_NAME, UNMATCHED.name):
            near = near_names(name, TABLES_BY_NAME, cutoff=0.5)
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
        The text is not UTF-8, not exactly one SELECT, does what no mapping may, or names a file
        that is not there or not below the folder; all that it may not do at once.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"the mapping cannot be read as UTF-8 text: {error}.") from None
    tree = _one_select(session, text)
    _refuse(
        [
            *refusals(tree, MAPPING),
            *_misused_readers(tree),
            *_other_variables(session, tree),
            *table_breaches(session, tree),
        ]
    )
    every = list(_files(tree))
    remote = {one.name for one in every if is_remote(session, one.name)}
    _refuse(
        [
            f"FROM '{one.name}': write read_parquet('{one.name}') or read_csv('{one.name}')"
            for one in every
            if one.as_table and one.name in remote
        ]
    )
    named = [one for one in every if one.name not in remote]
    paths = {one.name: files_named(session, one.name, folder) for one in named}
    tables = {
        one.offset: _read_table(session, one.name, paths[one.name]) for one in named if one.as_table
    }
    inside = {
        one.offset: _literals(paths[one.name], in_list=one.in_list) + _whole_sheet(one, text)
        for one in named
        if not one.as_table
    }
    places = {offset: f'"{_PLACES}"."{number}"' for number, offset in enumerate(tables)}
    complete = {*remote, *(str(path) for found in paths.values() for path in found)}
    _look_again(session, _rewritten(text, {**inside, **places}), len(places), complete)
    sql = _rewritten(text, inside | {at: f"({table.sql})" for at, table in tables.items()})
    workbooks = [path for one in named if _is_workbook(one.name) for path in paths[one.name]]
    if workbooks:
        session.load_extension("excel")
    return Relation(
        sql,
        f"mapping {file.name}",
        day_zero=_day_zero(tables.values(), workbooks),
        texts=tuple(text for table in tables.values() for text in table.texts),
        notes=tuple(note for table in tables.values() for note in table.notes),
    )


def _is_workbook(name: str) -> bool:
    return name.lower().endswith(".xlsx")


def _whole_sheet(file: _File, text: str) -> str:
    """A blank row between two others is no end of a sheet, unless the mapping says so."""
    plain = _is_workbook(file.name) and not file.in_list and "stop_at_empty" not in text
    return ", stop_at_empty = false" if plain else ""


def _day_zero(tables: Iterable[Relation], workbooks: Iterable[Path]) -> date | None:
    """The day that numbers count from where they stand for dates.

    Raises
    ------
    BadInputError
        Two workbooks count from different days.
    """
    found = {table.day_zero for table in tables if table.day_zero is not None}
    found |= {look_into(path).day_zero for path in workbooks}
    if len(found) > 1:
        raise BadInputError(
            "it reads two workbooks whose dates count from different days (1900 and 1904). Save "
            "one of them with the other's calendar, or map them apart."
        )
    return next(iter(found), None)


def _one_select(session: Session, text: str) -> Any:
    statements = parse_select(session.connection, text, nothing_else=_NOTHING_ELSE)
    if len(statements) != 1:
        raise BadInputError(f"a mapping is one SELECT; this file has {len(statements)} statements.")
    return statements[0]


def _refuse(breaches: Sequence[str]) -> None:
    if breaches:
        listed = "; ".join(breach.removesuffix(".") for breach in breaches)
        raise BadInputError(f"not allowed: {listed}. {_SUBJECT[0].upper()}{_SUBJECT[1:]}.")


def _misused_readers(tree: Any) -> Iterator[str]:
    """Readers whose file is not written as a text, or with an option that is not listed."""
    for function in _readers(tree):
        name = function["function_name"].lower()
        first, options = function["children"][:1], function["children"][1:]
        if not first or not all(_is_text(one) for one in _listed(first[0])):
            yield f"{name}() of anything but the names of files, written as texts"
        for option in options:
            called = _option(option)
            if called not in READERS[name]:
                near = near_names(called, READERS[name], cutoff=0.8)
                hint = f" (did you mean '{near[0]}'?)" if near else ""
                yield f"the option '{called}' of {name}(){hint}"


def _other_variables(session: Session, tree: Any) -> Iterator[str]:
    """Variables other than the date of the study, or that one where there is no study."""
    for part in parts(tree):
        if str(part.get("function_name", "")).lower() != "getvariable":
            continue
        asked = part["children"][0] if part["children"] else {}
        name = asked["value"].get("value") if _is_text(asked) else None
        if name != AS_OF:
            yield f"getvariable() of anything but '{AS_OF}', the date of the study"
        elif not session.has_as_of:
            yield f"getvariable('{AS_OF}'), since there is no study here that has a date"


def _option(argument: Any) -> str:
    """The name of an argument, as in `header = true`, `header := true` and `header => true`."""
    if argument.get("type") == "COMPARE_EQUAL" and argument["left"]["class"] == "COLUMN_REF":
        return str(argument["left"]["column_names"][-1]).lower()
    return str(argument.get("alias") or "without a name").lower()


def _readers(tree: Any) -> Iterator[dict[str, Any]]:
    for part in parts(tree):
        if part.get("type") == "TABLE_FUNCTION":
            function = part["function"]
            if str(function.get("function_name", "")).lower() in READERS:
                yield function


def _listed(argument: Any) -> list[Any]:
    """One argument, or what stands in its square brackets."""
    if argument.get("function_name") == "list_value":
        found: list[Any] = argument["children"]
        return found
    return [argument]


def _is_text(argument: Any) -> bool:
    return argument.get("class") == "CONSTANT" and isinstance(argument["value"].get("value"), str)


def _files(tree: Any) -> Iterator[_File]:
    """Find the files that stand after FROM, and those in the brackets of a reader."""
    for part in parts(tree):
        name = str(part.get("table_name", ""))
        is_table = part.get("type") == "BASE_TABLE" and not part.get("schema_name")
        if is_table and name.lower().endswith(SUFFIXES):
            yield _File(part["query_location"], name, as_table=True)
    for function in _readers(tree):
        listed = _listed(function["children"][0])
        in_list = listed != function["children"][:1]
        for text in listed:
            yield _File(text["query_location"], text["value"]["value"], in_list=in_list)


def _read_table(session: Session, name: str, files: Sequence[Path]) -> Relation:
    """Read what stands after FROM: text files as text, typed files as they are."""
    if len(files) == 1:
        try:
            return read_file(session, files[0])
        except BadInputError as error:
            raise BadInputError(f"'{name}': {error}") from None
    listed = _literals(files, in_list=False)
    if name.lower().endswith(".parquet"):
        return Relation(f"SELECT * FROM read_parquet({listed})", name)
    if _is_workbook(name):
        raise BadInputError(f"'{name}' is {len(files)} workbooks; name one of them.")
    if "json" in name.lower().rpartition("/")[2]:
        return Relation(f"SELECT * FROM read_json({listed})", name)
    options = "header = true, all_varchar = true, union_by_name = true, quote = '\"', escape = '\"'"
    return Relation(f"SELECT * FROM read_csv({listed}, {options})", name)


def _literals(files: Sequence[Path], *, in_list: bool) -> str:
    # Only the reader of workbooks takes no patterns, so nothing is to be escaped for it.
    texts = [
        quoted_text(str(path) if _is_workbook(path.name) else one_path(path)) for path in files
    ]
    joined = ", ".join(texts)
    return joined if in_list or len(texts) == 1 else f"[{joined}]"


def _look_again(session: Session, text: str, n_tables: int, complete: Collection[str]) -> None:
    """Hold the statement against the rules once more, as it will run.

    A file in a form that was not recognised as one would be looked up in the wrong place.
    """
    tree = _one_select(session, text)
    known = {*complete, *(one_path(Path(path)) for path in complete)}
    left = [one.name for one in _files(tree) if one.as_table or one.name not in known]
    if left:
        raise BadInputError(f"write the name of the file plainly, as in FROM '{left[0]}'.")
    placed = [part for part in parts(tree) if part.get("schema_name") == _PLACES]
    breaches = [*refusals(tree, MAPPING), *_misused_readers(tree)]
    breaches += table_breaches(session, tree, but_schema=_PLACES)
    _refuse(breaches)
    if len(placed) != n_tables:
        raise BadInputError("write the comments and the names of the files plainly.")


def _rewritten(text: str, at: Mapping[int, str]) -> str:
    """Put other texts in the place of those that begin at the given bytes."""

    # Comments go, since one at the end would swallow the bracket that closes a subquery.
    def replace(token: re.Match[str]) -> str:
        if token[0].startswith(("--", "/*")):
            return " "
        return at.get(len(text[: token.start()].encode()), token[0])

    return _TOKENS.sub(replace, text).strip().rstrip("; \n\t")
