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
    """One Parquet table of the folder; more columns may follow those named."""

    name: str
    meaning: str
    columns: tuple[ColumnSpec, ...]
    more: str = ""
    optional: bool = False


def column(name: str, kind: Kind, meaning: str, *, nullable: bool = False) -> ColumnSpec:
    """Describe one column."""
    return ColumnSpec(name, kind, meaning, nullable)
