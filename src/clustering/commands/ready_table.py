"""Reading a ready table (one row an account or observation) for the commands that take a FILE."""

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustering.errors import BadInputError, breaches_message
from clustering.outputs import check_file, whole_file

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MISSING_TEXTS", "check_json", "read_columns", "write_json"]

#: What counts as missing in a text file. "None" and "-" may be labels, so they do not.
MISSING_TEXTS = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "<NA>")

_FORMATS = ".csv, .tsv, .parquet, .json or .xlsx"


def read_columns(path: Path, columns: Sequence[str]) -> "pd.DataFrame":
    """Read the named columns of a CSV, TSV, Parquet, JSON (records) or Excel file.

    Text files give text: leading zeros of labels stay, and only `MISSING_TEXTS` are missing.

    Raises
    ------
    BadInputError
        There is no such file, it is of another format or cannot be read, it has no rows, or a
        column is missing; all missing columns at once, each with the nearest that exists.
    """
    if not path.is_file():
        raise BadInputError(f"there is no file '{path}'.")
    frame = _read(path)
    absent = [name for name in dict.fromkeys(columns) if name not in frame.columns]
    if absent:
        found = [str(name) for name in frame.columns]
        breaches = [_missing_column(name, found) for name in absent]
        raise BadInputError(breaches_message(f"'{path}' lacks columns", breaches))
    twice = sorted({name for name in columns if (frame.columns == name).sum() > 1})
    if twice:
        raise BadInputError(f"'{path}' has column {', '.join(map(repr, twice))} more than once.")
    if frame.empty:
        raise BadInputError(f"'{path}' has no rows.")
    return frame[list(dict.fromkeys(columns))]


def check_json(out: Path | None, read: Path) -> None:
    """Refuse an `--json` that cannot be written or is the file that is read.

    Raises
    ------
    OutputError
        As for `clustering.outputs.check_file`.
    """
    if out is not None:
        check_file(out, [read], option="--json")


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write whole or not at all; numbers that are not finite are refused, not written as NaN.

    Raises
    ------
    OutputError
        The folder does not exist or may not be written.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with whole_file(path) as stage:
        stage.write_text(text, encoding="utf-8")


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd
    from pyarrow.lib import ArrowInvalid

    kind = path.suffix.lower()
    try:
        if kind in (".csv", ".tsv"):
            return pd.read_csv(
                path,
                sep="\t" if kind == ".tsv" else ",",
                dtype=str,
                keep_default_na=False,
                na_values=list(MISSING_TEXTS),
                encoding="utf-8-sig",
            )
        if kind in (".parquet", ".pq"):
            frame = pd.read_parquet(path)
            return frame.reset_index() if frame.index.name else frame
        if kind == ".json":
            return pd.DataFrame(_records(path))
        if kind == ".xlsx":
            return _read_excel(path)
    except UnicodeDecodeError:
        raise BadInputError(f"'{path}' is not UTF-8 text; save it as UTF-8.") from None
    except (ValueError, ArrowInvalid, OSError) as error:
        raise BadInputError(f"'{path}' cannot be read as {kind}: {error}.") from None
    raise BadInputError(f"'{path}' has ending '{kind}'; expected {_FORMATS}.")


def _read_excel(path: Path) -> "pd.DataFrame":
    import importlib.resources

    import duckdb

    version = f"v{duckdb.__version__}"
    package = importlib.resources.files("duckdb_extension_excel")
    extension = package / "extensions" / version / "excel.duckdb_extension"
    query = "SELECT * FROM read_xlsx(?, all_varchar = true, header = true)"
    with duckdb.connect() as connection:
        connection.execute(f"LOAD '{extension}'")
        try:
            return connection.execute(query, [str(path)]).df()
        except duckdb.Error as error:
            raise ValueError(str(error).splitlines()[0]) from None


def _records(path: Path) -> list[dict[str, Any]]:
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise ValueError("expected a list of records")
    return content


def _missing_column(name: str, found: list[str]) -> str:
    near = difflib.get_close_matches(name, found, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"found: {', '.join(found[:12])}"
    more = ", ..." if not near and len(found) > 12 else ""
    return f"column '{name}' is missing; {hint}{more}"
