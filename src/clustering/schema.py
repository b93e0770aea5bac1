"""How results describe themselves: an entry of `study.json`, a table of the study folder.

A room declares its results here beside the code that computes them; the study folder stores them
as they are, and `docs/study_folder.md` is generated from the same descriptions.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, model_validator

Kind = Literal["text", "number", "integer", "boolean", "list", "date"]
_DTYPES: dict[Kind, str] = {
    "text": "str",
    "number": "float64",
    "integer": "int64",
    "boolean": "bool",
    "list": "object",
    "date": "datetime64[s]",
}


class Entry(BaseModel):
    """A result that is stored: it holds the described fields and no other, and does not change.

    Numbers of NumPy become numbers of Python, and what is not a number becomes None.

    Examples
    --------
    >>> from pydantic import Field
    >>> class Rate(Entry):
    ...     value: float | None = Field(description="Share of the accounts; null where unknown.")
    >>> Rate(value=np.float64("nan")).value is None
    True
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, given: Any) -> Any:
        return to_jsonable(given) if isinstance(given, dict) else given


def to_jsonable(value: Any) -> Any:
    """Values as JSON has them: numbers of Python, lists, None for what is not a number.

    Examples
    --------
    >>> to_jsonable({"gain": np.float64(0.5), "interval": (float("nan"), 1)})
    {'gain': 0.5, 'interval': [None, 1]}
    """
    if isinstance(value, dict):
        return {str(key): to_jsonable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_jsonable(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True)
class ColumnSpec:
    """One column that every study has."""

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class TableSpec:
    """One Parquet table of the study folder; more columns may follow those named.

    An `optional` one is left out where the study has nothing to say. A `spreadsheet` is written
    as CSV too, its cells made harmless (see `scorer.files`).
    """

    name: str
    meaning: str
    columns: tuple[ColumnSpec, ...]
    more: str = ""
    optional: bool = False
    spreadsheet: bool = False

    @property
    def dtypes(self) -> dict[str, str]:
        """The pandas type of every declared column."""
        return {one.name: _DTYPES[one.kind] for one in self.columns}

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The declared columns of a frame, in their order."""
        return frame[[one.name for one in self.columns]]

    def from_rows(self, rows: Any) -> pd.DataFrame:
        """The declared columns with the values of rows, typed also where there is no row.

        Examples
        --------
        >>> spec = TableSpec("mix", "A mix.", (column("n", "integer", "Accounts."),))
        >>> spec.from_rows([]).dtypes.to_dict()
        {'n': dtype('int64')}
        """
        return pd.DataFrame(rows, columns=list(self.dtypes)).astype(self.dtypes)


def column(name: str, kind: Kind, meaning: str, *, nullable: bool = False) -> ColumnSpec:
    """Describe one column."""
    return ColumnSpec(name, kind, meaning, nullable)
