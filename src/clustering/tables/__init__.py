"""The source tables: their contract, how they are opened, and what is checked.

`open_tables(config)` gives checked lazy frames in the contract's own names and types, whatever
the user's files, columns or database are called: a mapping (one SQL SELECT per table) says so.
"""

from clustering.tables.contract import TABLES
from clustering.tables.declared import Column, Table
from clustering.tables.opening import Examined, examine_tables, open_folder, open_tables
from clustering.tables.types import SourceTables

__all__ = [
    "TABLES",
    "Column",
    "Examined",
    "SourceTables",
    "Table",
    "examine_tables",
    "open_folder",
    "open_tables",
]
