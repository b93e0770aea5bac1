"""How a Parquet table of the study folder is described."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["ColumnSpec", "Kind", "TableSpec", "column"]

Kind = Literal["text", "number", "integer", "boolean", "list"]


@dataclass(frozen=True)
class ColumnSpec:
    """One column that every study has."""

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class TableSpec:
    """One Parquet table of the folder; more columns may follow those named.

    A `spreadsheet` is written as CSV too, its cells made harmless (see `scorer.files`).
    """

    name: str
    meaning: str
    columns: tuple[ColumnSpec, ...]
    more: str = ""
    optional: bool = False
    spreadsheet: bool = False


def column(name: str, kind: Kind, meaning: str, *, nullable: bool = False) -> ColumnSpec:
    """Describe one column."""
    return ColumnSpec(name, kind, meaning, nullable)
