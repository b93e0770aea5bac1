"""Feature files in, scores out: CSV or Parquet, whole or not at all."""

import csv
import difflib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError, FutureDataError, breaches_message
from clustering.outputs import check_file, whole_file

__all__ = [
    "AS_OF",
    "FORMULA_STARTS",
    "check_output",
    "guard_cells",
    "read_features",
    "write_scores",
]

#: Column of a feature file, and of the scores, that says which date the values are of.
AS_OF = "as_of"

_CSV, _PARQUET = ".csv", ".parquet"
_MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "<NA>")

#: A spreadsheet runs a cell that begins so.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def read_features(path: Path, features: Sequence[str], as_of: date) -> pd.DataFrame:
    """Read the named features of a CSV or Parquet file, indexed by `account_id`.

    Account ids are text: leading zeros stay, an id "NA" is an id. Empty cells of features are
    missing, never zero. Other columns are ignored, but for `as_of`: a row of a later date than
    `as_of` is refused.

    Raises
    ------
    BadInputError
        The file cannot be read, a column is missing or not numeric, an id is empty or comes
        twice, or there are no rows; all that can be told at once.
    FutureDataError
        A row is dated after `as_of`.
    """
    found = _column_names(path)
    _check_names(path, found, [ACCOUNT_ID, *features])
    wanted = [ACCOUNT_ID, *features, *([AS_OF] if AS_OF in found else [])]
    frame = _read(path, wanted)
    if frame.empty:
        raise BadInputError(f"'{path}' has no rows; expected one per account.")
    frame[ACCOUNT_ID] = _account_ids(path, frame[ACCOUNT_ID])
    _check_rows(path, frame, features)
    if AS_OF in frame:
        _refuse_later(path, frame, as_of)
    numbers = {name: pd.to_numeric(frame[name]).astype("float64") for name in features}
    return pd.DataFrame(numbers).set_axis(pd.Index(frame[ACCOUNT_ID], name=ACCOUNT_ID))


def _column_names(path: Path) -> list[str]:
    kind = path.suffix.lower()
    if kind not in (_CSV, _PARQUET):
        raise BadInputError(
            f"'{path}' has ending '{kind}'; expected a folder of tables, a study's .toml, or "
            "features as .csv or .parquet."
        )
    try:
        if kind == _PARQUET:
            schema = pq.read_schema(path)
            # pandas keeps an index that counts up evenly in the metadata alone
            index = (schema.pandas_metadata or {}).get("index_columns", [])
            even = [entry["name"] for entry in index if isinstance(entry, dict)]
            return [str(name) for name in [*schema.names, *filter(None, even)]]
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except FileNotFoundError:
        raise BadInputError(f"there is no file '{path}'.") from None
    except UnicodeDecodeError:
        raise BadInputError(f"'{path}' is not UTF-8 text; save it as UTF-8.") from None
    except (OSError, pa.ArrowInvalid, csv.Error) as error:
        raise BadInputError(f"'{path}' cannot be read as {kind}: {error}.") from None


def _check_names(path: Path, found: Sequence[str], wanted: Sequence[str]) -> None:
    breaches = []
    for name in wanted:
        if name not in found:
            near = difflib.get_close_matches(name, found, n=1, cutoff=0.6)
            hint = f"; found '{near[0]}'. Rename it." if near else "."
            breaches.append(f"column '{name}' is missing{hint}")
        elif list(found).count(name) > 1:
            breaches.append(f"column '{name}' comes {list(found).count(name)} times.")
    if breaches:
        raise BadInputError(breaches_message(f"'{path}' lacks what the model needs", breaches))


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        if path.suffix.lower() == _PARQUET:
            stored = set(pq.read_schema(path).names)
            frame = pd.read_parquet(path, columns=[name for name in columns if name in stored])
            return frame.reset_index() if ACCOUNT_ID not in frame.columns else frame
        return pd.read_csv(
            path,
            usecols=list(columns),
            dtype={ACCOUNT_ID: str},
            keep_default_na=False,
            na_values={name: list(_MISSING) for name in columns if name != ACCOUNT_ID},
            encoding="utf-8-sig",
            low_memory=False,
        )
    except UnicodeDecodeError:
        raise BadInputError(f"'{path}' is not UTF-8 text; save it as UTF-8.") from None
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        raise BadInputError(f"'{path}' cannot be read: {error}.") from None


def _account_ids(path: Path, ids: "pd.Series[str]") -> "pd.Series[str]":
    if pd.api.types.is_float_dtype(ids.dtype) or pd.api.types.is_bool_dtype(ids.dtype):
        raise BadInputError(
            f"'{path}': account_id is of type {ids.dtype}; expected text or whole numbers."
        )
    return ids.astype("str").str.strip()


def _check_rows(path: Path, frame: pd.DataFrame, features: Sequence[str]) -> None:
    ids = frame[ACCOUNT_ID]
    breaches = []
    if n_empty := int((ids.isna() | (ids == "")).sum()):
        breaches.append(f"account_id is empty in {n_empty} of {len(frame)} rows.")
    twice = ids[ids.duplicated() & ids.notna() & (ids != "")]
    if not twice.empty:
        breaches.append(
            f"account_id comes more than once in {len(twice)} rows; first: {twice.iloc[0]}."
        )
    for name in features:
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            wrong = pd.to_numeric(frame[name], errors="coerce").isna() & frame[name].notna()
            if wrong.any():
                first = frame[name][wrong].iloc[0]
                breaches.append(
                    f"column '{name}' is not numeric in {int(wrong.sum())} rows; first: '{first}'."
                )
    if breaches:
        raise BadInputError(breaches_message(f"'{path}' cannot be scored", breaches))


def _refuse_later(path: Path, frame: pd.DataFrame, as_of: date) -> None:
    dates = pd.to_datetime(frame[AS_OF], errors="coerce")
    unreadable = dates.isna() & frame[AS_OF].notna()
    if unreadable.any():
        raise BadInputError(
            f"'{path}': column '{AS_OF}' is no date in {int(unreadable.sum())} rows; "
            f"first: '{frame[AS_OF][unreadable].iloc[0]}'."
        )
    later = dates > pd.Timestamp(as_of)
    if later.any():
        raise FutureDataError(
            f"'{path}': {int(later.sum())} of {len(frame)} rows hold features as of a date after "
            f"{as_of}; first account_id: {frame[ACCOUNT_ID][later].iloc[0]}. Score them as of "
            "their own date."
        )


def check_output(path: Path, inputs: Iterable[Path] = (), closed: Iterable[Path] = ()) -> None:
    """Refuse an output that cannot be written or must not be, before any work is done.

    Raises
    ------
    OutputError
        As for `clustering.outputs.check_file`.
    """
    check_file(path, inputs, suffixes=(_CSV, _PARQUET), closed=closed)


def write_scores(scores: pd.DataFrame, path: Path, as_of: date) -> None:
    """Write the scores with their date, whole or not at all.

    Raises
    ------
    OutputError
        The file cannot be written; an earlier one is untouched.
    """
    check_output(path)
    table = scores.reset_index()
    table[AS_OF] = pd.Series(as_of, index=table.index, dtype="date32[pyarrow]")
    with whole_file(path) as stage:
        if path.suffix.lower() == _PARQUET:
            table.to_parquet(stage, index=False)
        else:
            guard_cells(table).to_csv(stage, index=False, lineterminator="\n")


def guard_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Copy whose text cells no spreadsheet takes for a formula.

    Text that begins with ``= + - @`` (also in full width), a tab or the end of a line gets an
    apostrophe in front, which spreadsheets hide; an account id such as ``-17`` reads ``'-17`` in
    the file. Numbers stay.

    References
    ----------
    OWASP, CSV Injection.

    Examples
    --------
    >>> guard_cells(pd.DataFrame({"id": ["=cmd()", "a"], "x": [-1.0, 2.0]})).to_dict("list")
    {'id': ["'=cmd()", 'a'], 'x': [-1.0, 2.0]}
    """
    guarded = table.copy()
    for name in table.columns:
        if pd.api.types.is_string_dtype(table[name].dtype):
            texts = table[name]
            risky = texts.str.startswith(FORMULA_STARTS).fillna(value=False).astype(bool)
            guarded[name] = texts.where(~risky, "'" + texts)
    return guarded
