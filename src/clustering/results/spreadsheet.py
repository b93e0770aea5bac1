"""Lists for people: CSV and Excel files beside the tables, with names, for local use alone."""

from pathlib import Path

import duckdb
import pandas as pd

from clustering.errors import OutputError
from clustering.tables.session import Session, quoted_text


def write_csv(sheet: pd.DataFrame, file: Path) -> None:
    """Write a list whose cells are harmless already (`scorer.files.guard_cells`).

    It is UTF-8 with a byte order mark: without one, Excel takes it for the encoding of the country.
    """
    sheet.to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def write_spreadsheet(sheet: pd.DataFrame, folder: Path, name: str) -> None:
    """Write a list as `<name>.csv` and `<name>.xlsx`.

    Cells of text must be harmless already (`scorer.files.guard_cells`); in the Excel file they are
    typed as text besides, which no spreadsheet evaluates.

    Raises
    ------
    OutputError
        The Excel file cannot be written, as on a full disk.
    """
    write_csv(sheet, folder / f"{name}.csv")
    session = Session()
    try:
        session.load_extension("excel")
        session.connection.register("sheet", sheet)
        file = quoted_text(str(folder / f"{name}.xlsx"))
        session.execute(f"COPY sheet TO {file} (FORMAT xlsx, HEADER true)")
    except duckdb.IOException as error:
        raise OutputError(
            f"'{folder / name}.xlsx' cannot be written: {error}. Free some space or choose another "
            "folder."
        ) from None
    finally:
        session.close()
