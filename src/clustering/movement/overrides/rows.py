"""Changing single rows of an overrides file: every other row stays as it is, byte for byte."""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clustering.errors import BadInputError
from clustering.tables.reading.delimited import dialect_of


@dataclass(frozen=True)
class CsvRows:
    """The records of a CSV file as they stand.

    Attributes
    ----------
    head : what comes before the rows: a byte order mark, a line ``sep=;``, the header
    columns : names of the header
    records : every record with its line end, those without any value among them
    """

    head: str
    columns: tuple[str, ...]
    records: tuple[str, ...]
    delimiter: str

    @property
    def n_rows(self) -> int:
        """Records that hold any value."""
        return len(self._filled)

    @property
    def _filled(self) -> list[int]:
        return [
            i for i, record in enumerate(self.records) if any(map(str.strip, self._cells(record)))
        ]

    @property
    def _line_end(self) -> str:
        return "\r\n" if self.head.endswith("\r\n") else "\n"

    def _cells(self, record: str) -> list[str]:
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=self.delimiter), [])

    def _record(self, cells: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator=self._line_end).writerow(cells)
        return text.getvalue()

    def add(self, values: Mapping[str, str | date]) -> "CsvRows":
        """With one more row; columns of the user's own stay empty in it."""
        last = self.records[-1:] or (self.head,)
        ended = last[-1].endswith(("\n", "\r"))
        end = "" if ended else self._line_end
        record = self._record([str(values.get(_key(name), "")) for name in self.columns])
        if not self.records:
            return replace(self, head=self.head + end, records=(record,))
        return replace(self, records=(*self.records[:-1], self.records[-1] + end, record))

    def end(
        self, rows: Collection[int], column: str, day: date, *, drop: Collection[int]
    ) -> "CsvRows":
        """With a day in a column of some rows, and without others; rows count from 0."""
        place = [_key(name) for name in self.columns].index(column)
        changed, gone = {}, set()
        for row, record in enumerate(self._filled):
            if row in drop:
                gone.add(record)
            elif row in rows:
                cells = self._cells(self.records[record])
                cells[place] = day.isoformat()
                changed[record] = self._record(cells)
        kept = (changed.get(i, text) for i, text in enumerate(self.records) if i not in gone)
        return replace(self, records=tuple(kept))

    def write(self, file: Path) -> None:
        """Write the whole file."""
        file.write_bytes((self.head + "".join(self.records)).encode("utf-8"))


@dataclass(frozen=True, eq=False)
class ParquetRows:
    """The rows of a Parquet file in its own types."""

    table: pa.Table

    @property
    def n_rows(self) -> int:
        """Rows of the file."""
        return int(self.table.num_rows)

    def add(self, values: Mapping[str, str | date]) -> "ParquetRows":
        """With one more row; columns of the user's own stay empty in it."""
        columns = [
            pa.array([_stored(values.get(_key(field.name)), field.type)], field.type)
            for field in self.table.schema
        ]
        row = pa.Table.from_arrays(columns, schema=self.table.schema)
        return ParquetRows(pa.concat_tables([self.table, row]))

    def end(
        self, rows: Collection[int], column: str, day: date, *, drop: Collection[int]
    ) -> "ParquetRows":
        """With a day in a column of some rows, and without others; rows count from 0."""
        place = [_key(name) for name in self.table.column_names].index(column)
        field = self.table.schema.field(place)
        ended = [
            _stored(day, field.type) if row in rows else value
            for row, value in enumerate(self.table.column(place).to_pylist())
        ]
        table = self.table.set_column(place, field, pa.array(ended, field.type))
        return ParquetRows(table.take([row for row in range(self.n_rows) if row not in drop]))

    def write(self, file: Path) -> None:
        """Write the whole file."""
        pq.write_table(self.table, file)


def _key(name: str) -> str:
    return name.strip().lower()


def _stored(value: str | date | None, kind: pa.DataType) -> str | date | None:
    """A value in the type that the file keeps it in."""
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return str(value) if value is not None and is_text else value


def rows_of(file: Path, columns: Sequence[str], dates: Collection[str]) -> CsvRows | ParquetRows:
    """The rows of a file, or those of a new one.

    Parameters
    ----------
    columns, dates : columns of a new file, and which of them are dates

    Raises
    ------
    BadInputError
        A record of the file is not closed: its last quote is missing.
    """
    if file.suffix.lower() == ".parquet":
        if file.exists():
            return ParquetRows(pq.read_table(file))
        schema = [(name, pa.date32() if name in dates else pa.string()) for name in columns]
        return ParquetRows(pa.schema(schema).empty_table())
    if not file.exists():
        return CsvRows(",".join(columns) + "\n", tuple(columns), (), ",")
    dialect = dialect_of(file)
    records = _records(file)
    first = dialect.skip + 1
    return CsvRows(
        "".join(records[:first]), dialect.header, tuple(records[first:]), dialect.delimiter
    )


def _records(file: Path) -> list[str]:
    """Lines of a file, those within quotes together."""
    records, held = [], ""
    with file.open(encoding="utf-8", newline="") as lines:
        for line in lines:
            held += line
            if held.count('"') % 2 == 0:
                records.append(held)
                held = ""
    if held:
        raise BadInputError(
            f"decisions '{file}': the last value has no closing quote. Nothing was changed."
        )
    return records
