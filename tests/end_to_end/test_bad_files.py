# ruff: noqa: E501 - one fault a line
"""Every command that reads a file, each way in which a file can be at fault: one clear message.

No input may end in a traceback, leave anything behind or change the file; the message names the
file, what is wrong with it (with rows or column) and what to do.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from clustering import cli
from clustering.errors import ClusteringError
from snapshots import book, scorer_of
from study_folders import Recipe, build_study

pytestmark = pytest.mark.slow

Rows = list[list[str]]

#: Words of which a message has one: what to do.
REMEDY = re.compile(
    r"export|save|rename|remove|correct|write|add |expected|name |complete|double quotes|mend|say |"
    r"did you mean|leave|take |keep|convert|end in|found:",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """Where a command reads a file: its columns, good rows, and how the command is called.

    `number` and `day` are columns of those kinds, where there are any.
    """

    name: str
    header: list[str]
    rows: Rows
    file: str
    call: Callable[[Path], list[str]]
    number: str | None = None
    day: str | None = None


USAGE = Place(
    "check",
    ["account_id", "used_on", "feature", "events"],
    [[f"A{i % 3}", f"2024-01-{i + 1:02d}", "export", str(i + 1)] for i in range(6)],
    "usage",
    lambda file: ["check", str(file.parent.parent / "study.toml")],
    number="events",
    day="used_on",
)
LABELS = [[f"t{i % 2}", f"s{i % 3}", str(i % 2), f"A{i}"] for i in range(12)]
AGREE = Place(
    "agree",
    ["tier", "segment", "lost", "account_id"],
    LABELS,
    "labels",
    lambda file: ["agree", str(file), "tier", "segment"],
)
FORWARD = Place(
    "forward",
    AGREE.header,
    LABELS,
    "labels",
    lambda file: [
        *("forward", str(file), "--tier", "tier", "--segment", "segment", "--outcome", "lost"),
        *("--account", "account_id"),
    ],
)
EVIDENCE = Place(
    "evidence",
    ["breadth", "depth"],
    [[f"{i}.5", f"{i * i % 7}.25"] for i in range(12)],
    "matrix",
    lambda file: ["evidence", str(file), "--columns", "breadth,depth"],
    number="breadth",
)
DECISIONS = [[f"A{i}", "low", "Kim", "pilot", "2025-01-01", "2025-06-30"] for i in range(4)]
OVERRIDES = ["account_id", "segment", "decided_by", "reason", "decided_on", "valid_until"]


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    cli._register()
    return cli.app


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scorer, its features and a finished study."""
    root = tmp_path_factory.mktemp("fixed")
    snapshot = book(n=80)
    scorer_of(snapshot, k=2).save(root / "scorer")
    snapshot.frame.head(5).to_csv(root / "features.csv")
    build_study(root / "study", Recipe())
    return root


def _places(fixed: Path) -> dict[str, Place]:
    header, *rows = csv.reader(io.StringIO((fixed / "features.csv").read_text()))
    dated = [[*row, "2025-06-30"] for row in rows]
    day, study = "2025-06-30", str(fixed / "study")
    scored = ("--model", str(fixed / "scorer"), "--as-of", day, "--out", "scores.csv")
    decided = ("--by", "Kim", "--reason", "pilot", "--on", "2025-07-01", "--until", "2025-12-31")

    def overrides(name: str, call: Callable[[Path], list[str]]) -> Place:
        return Place(name, OVERRIDES, DECISIONS, "overrides", call, day="valid_until")

    places = (
        USAGE,
        AGREE,
        FORWARD,
        EVIDENCE,
        Place(
            "score",
            [*header, "as_of"],
            dated,
            "features",
            lambda file: ["score", str(file), *scored],
            number=header[1],
            day="as_of",
        ),
        overrides(
            "score --overrides",
            lambda file: [
                *("score", str(fixed / "features.csv"), *scored, "--overrides", str(file))
            ],
        ),
        overrides("override list", lambda file: ["override", "list", study, "--file", str(file)]),
        overrides(
            "override set",
            lambda file: ["override", "set", study, "A000", "0", *decided, "--file", str(file)],
        ),
        overrides(
            "override clear",
            lambda file: ["override", "clear", study, "A1", "--on", day, "--file", str(file)],
        ),
        Place(
            "init",
            USAGE.header,
            USAGE.rows,
            "usage",
            lambda file: ["init", "drafted", "--from", str(file)],
        ),
    )
    return {place.name: place for place in places}


PLACES = (
    "check", "agree", "forward", "evidence", "score", "score --overrides", "override list",
    "override set", "override clear", "init",
)  # fmt: skip
#: Places that look at what the columns are called, and that refuse a file without rows.
NAMED = tuple(name for name in PLACES if name != "init")
FILLED = ("check", "agree", "forward", "evidence", "score")
#: Places that read every kind of file; the overrides that are written are CSV or Parquet.
ANY_KIND = tuple(
    name for name in PLACES if name not in ("override list", "override set", "override clear")
)


def _csv(header: list[str], rows: Rows, mark: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def _records(header: list[str], rows: Rows) -> list[dict[str, object]]:
    return [dict(zip(header, row, strict=True)) for row in rows]


def _workbook(cells: Rows) -> bytes:
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _columns(header: list[str], rows: Rows) -> list[pa.Array]:
    return [pa.array([row[i] for row in rows]) for i in range(len(header))]


@dataclass(frozen=True)
class Fault:
    """A file at fault: its ending, its content for given columns and rows, and what is said."""

    name: str
    suffix: str
    content: Callable[[list[str], Rows], bytes]
    said: str
    places: tuple[str, ...] = PLACES


def _text(make: Callable[[list[str], Rows], str]) -> Callable[[list[str], Rows], bytes]:
    return lambda header, rows: make(header, rows).encode()


def _json(make: Callable[[list[dict[str, object]]], object]) -> Callable[[list[str], Rows], bytes]:
    return lambda header, rows: json.dumps(make(_records(header, rows))).encode()


RAGGED = r"not have the \d+ values that the header names: line"
FAULTS = (
    Fault("empty file", ".csv", lambda h, r: b"", "no header line"),
    Fault("blank first line", ".csv", _text(lambda h, r: "\n" + _csv(h, r)), "no header line"),
    Fault("header alone", ".csv", _text(lambda h, r: _csv(h, [])), "has no rows", FILLED),
    Fault("blank rows alone", ".csv", _text(lambda h, r: _csv(h, []) + "\n \n".replace(" ", "," * (len(h) - 1))), "has no rows", FILLED),
    Fault("longer row", ".csv", _text(lambda h, r: _csv(h, [*r, [*r[0], "more"]])), f"1 row does {RAGGED}"),
    Fault("shorter row", ".csv", _text(lambda h, r: _csv(h, [r[0], r[1][:-1], *r[2:]])), f"1 row does {RAGGED} 3"),
    Fault("several ragged rows", ".csv", _text(lambda h, r: _csv(h, [[*r[0], "x"], r[1], r[2][:-1], *r[3:]])), f"2 rows do {RAGGED}s 2, 4"),
    Fault("ragged with semicolons", ".csv", _text(lambda h, r: _csv(h, [*r, [*r[0], "x"]], ";")), RAGGED),
    Fault("ragged with tabs", ".tsv", _text(lambda h, r: _csv(h, [[*r[0], "x"], *r], "\t")), f"{RAGGED} 2", ANY_KIND),
    Fault("ragged below sep=;", ".csv", _text(lambda h, r: "sep=;\r\n" + _csv(h, [[*r[0], "x"], *r], ";")), f"{RAGGED} 3"),
    Fault("ragged below a mark", ".csv", lambda h, r: b"\xef\xbb\xbf" + _csv(h, [r[0][:-1], *r]).encode(), f"{RAGGED} 2"),
    Fault("two kinds of line ends", ".csv", _text(lambda h, r: _csv(h, []).replace("\n", "\r\n") + _csv([*r[0], "x"], r[1:])), RAGGED),
    Fault("open quote", ".csv", _text(lambda h, r: _csv(h, r) + '"open,' + "\n"), f"(?s){RAGGED}|closing quote|no closing"),
    Fault("text after a quote", ".csv", _text(lambda h, r: _csv(h, r[:1]) + '"a" b' + "," * (len(h) - 1) + "\n"), RAGGED),
    Fault("zero byte", ".csv", lambda h, r: _csv(h, r).encode().replace(b"\n", b"\n\0", 1), "line 2 holds a zero byte"),
    Fault("zero byte compressed", ".csv.gz", lambda h, r: gzip.compress(_csv(h, r).encode() + b"\0"), "zero byte", ANY_KIND),
    Fault("latin letters", ".csv", lambda h, r: _csv(h, [["Zürich", *r[0][1:]], *r]).encode("latin-1"), r"not UTF-8 \(line 2\)"),
    Fault("sixteen bits", ".csv", lambda h, r: _csv(h, r).encode("utf-16"), "is UTF-16, not UTF-8"),
    Fault("cut compression", ".csv.gz", lambda h, r: gzip.compress(_csv(h, r).encode())[:-9], "cannot be read", ANY_KIND),
    Fault("column twice", ".csv", _text(lambda h, r: _csv([*h, h[1]], [[*row, "1"] for row in r])), "names '.*' twice"),
    Fault("column twice by case", ".csv", _text(lambda h, r: _csv([*h, h[1].upper()], [[*row, "1"] for row in r])), "names '.*' twice"),
    Fault("column without a name", ".csv", _text(lambda h, r: _csv([*h, ""], [[*row, "x"] for row in r])), r"column \d+ has no name in the header"),
    Fault("missing column", ".csv", _text(lambda h, r: _csv([f"{h[0]}_x", *h[1:]], r)), "is missing", NAMED),
    Fault("all columns missing", ".csv", _text(lambda h, r: _csv(["p", "q"], [["1", "2"], ["3", "4"]])), "is missing", NAMED),
    Fault("ending unknown", ".txt", _text(_csv), "ending|files can end in|must end in|is missing", tuple(p for p in PLACES if p != "check")),
    Fault("no Parquet", ".parquet", _text(_csv), "no Parquet file"),
    Fault("empty Parquet", ".parquet", lambda h, r: b"", "no Parquet file"),
    Fault("Parquet column twice", ".parquet", lambda h, r: _parquet(pa.Table.from_arrays([*_columns(h, r), _columns(h, r)[1]], names=[*h, h[1].upper()])), "names '.*' twice"),
    Fault("Parquet of lists", ".parquet", lambda h, r: _parquet(pa.Table.from_arrays([pa.array([["a"]] * len(r)), *_columns(h, r)[1:]], names=h)), r"is VARCHAR\[\]|not numbers that vary", NAMED),
    Fault("Parquet of records", ".parquet", lambda h, r: _parquet(pa.Table.from_arrays([pa.array([{"a": 1}] * len(r)), *_columns(h, r)[1:]], names=h)), "is STRUCT|not numbers that vary", NAMED),
    Fault("no workbook", ".xlsx", _text(_csv), "not an Excel workbook", ANY_KIND),
    Fault("empty sheet", ".xlsx", lambda h, r: _workbook([]), "the sheet is empty", ANY_KIND),
    Fault("title above the header", ".xlsx", lambda h, r: _workbook([["Report"], [], h, *r]), "have values beside the 1 columns of the header, first in row 3", ANY_KIND),
    Fault("values beside the header", ".xlsx", lambda h, r: _workbook([h, *r[:2], [*r[2], "x"]]), "1 rows have values beside the .* first in row 4", ANY_KIND),
    Fault("workbook column twice", ".xlsx", lambda h, r: _workbook([[*h, h[1]], *([*row, "x"] for row in r)]), "names '.*' twice", ANY_KIND),
    Fault("merged header", ".xlsx", lambda h, r: _workbook([[h[0], None, *h[1:]], *([row[0], "x", *row[1:]] for row in r)]), "column 2 has no name", ANY_KIND),
    Fault("no JSON", ".json", lambda h, r: b'[{"a": 1', "no JSON", ANY_KIND),
    Fault("empty JSON", ".json", lambda h, r: b"", "holds no records", ANY_KIND),
    Fault("empty list", ".json", lambda h, r: b"[]", "holds no records", ANY_KIND),
    Fault("list of numbers", ".json", lambda h, r: b"[1, 2]", "2 of 2 entries are no records", ANY_KIND),
    Fault("nested object", ".json", _json(lambda r: [{**row, "x": {"deep": [{"er": 1}]}} for row in r]), r"an object or a list in place of a value \('x' in \d+ records\)", ANY_KIND),
    Fault("nested list", ".json", _json(lambda r: [{**r[0], "x": [1, 2]}, *r[1:]]), r"\('x' in 1 records\)", ANY_KIND),
    Fault("nested line", ".ndjson", lambda h, r: "\n".join(json.dumps({**row, "x": {"a": 1}}) for row in _records(h, r)).encode(), "in place of a value", ANY_KIND),
    Fault("key twice", ".json", lambda h, r: b'[{"a": 1, "a": 2}]', "names 'a' twice", ANY_KIND),
    Fault("keys alike", ".json", _json(lambda r: [{**row, "Q": 1, "q": 2} for row in r]), "names 'q' twice", ANY_KIND),
)  # fmt: skip


VALUES = (
    ("number", "many", "is not a number in 1 of"),
    ("number", "12%", "is not a number in 1 of"),
    ("number", "$5", "is not a number in 1 of"),
    ("number", "(5)", "is not a number in 1 of"),
    ("number", "1,23,4", "is not a number in 1 of"),
    ("number", "1_000", "is not a number in 1 of"),
    ("number", "inf", "is infinite or not a number in 1 of"),
    ("day", "03/12/2025", "is not a date as YYYY-MM-DD in 1 of"),
    ("day", "2025-02-30", "is not a date as YYYY-MM-DD in 1 of"),
    ("day", "2019", "is not a date as YYYY-MM-DD in 1 of"),
    ("day", "45000", "is not a date as YYYY-MM-DD in 1 of"),
    ("day", "soon", "is not a date as YYYY-MM-DD in 1 of"),
    ("day", "2025-06-30T10:00:00Z", "carries a time zone in 1 of"),
    ("day", "2025-06-30 10:00+02", "carries a time zone in 1 of"),
    ("day", "1899-12-31", "is before 1901-01-01"),
)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in: the study of `check`, whose tables are good but for the one at fault."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "accounts.csv").write_text(
        "account_id,started_on\nA0,2023-01-01\nA1,2023-01-01\nA2,2023-01-01\n"
    )
    (tmp_path / "study.toml").write_text(
        'name = "trial"\nas_of = 2024-01-06\n[source]\nfolder = "tables"\n'
    )
    return tmp_path


def _refused(app: typer.Typer, place: Place, file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    before = sorted(file.parent.parent.rglob("*"))
    result = CliRunner().invoke(app, place.call(file))
    assert isinstance(result.exception, ClusteringError), (result.exception, result.output)
    message = str(result.exception)
    assert file.name in message
    assert re.search(said, message), message
    assert REMEDY.search(message), message
    assert "Traceback" not in message
    assert not re.search(r"read_csv|read_xlsx|auto_detect|LINE 1:|Binder Error", message), message
    assert file.read_bytes() == content
    assert sorted(file.parent.parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        pytest.param(name, fault, id=f"{name}: {fault.name}")
        for fault in FAULTS
        for name in fault.places
    ],
)
def test_a_file_at_fault_is_refused_by_name(
    app: typer.Typer, fixed: Path, study: Path, name: str, fault: Fault
) -> None:
    place = _places(fixed)[name]
    file = study / "tables" / f"{place.file}{fault.suffix}"
    _refused(app, place, file, fault.content(place.header, place.rows), fault.said)


#: Places that read numbers, and those that read dates.
READS = {
    "number": ("check", "evidence", "score"),
    "day": (
        *("check", "score", "score --overrides", "override list", "override set"),
        "override clear",
    ),
}


@pytest.mark.parametrize(
    ("name", "kind", "value", "said"),
    [(name, *fault) for fault in VALUES for name in READS[fault[0]]],
)
def test_a_value_at_fault_is_counted_and_shown(
    app: typer.Typer, fixed: Path, study: Path, name: str, kind: str, value: str, said: str
) -> None:
    place = _places(fixed)[name]
    column = place.number if kind == "number" else place.day
    assert column is not None
    rows = [list(row) for row in place.rows]
    rows[1][place.header.index(column)] = value
    file = study / "tables" / f"{place.file}.csv"
    content = _csv(place.header, rows).encode()
    _refused(app, place, file, content, f"'{column}' {said} .*rows: .*{re.escape(value)}")


@pytest.mark.parametrize(
    "name", ["check", "agree", "forward", "evidence", "score", "score --overrides", "init"]
)
def test_a_file_that_is_not_there(app: typer.Typer, fixed: Path, study: Path, name: str) -> None:
    place = _places(fixed)[name]
    file = study / "tables" / f"{place.file}.csv"
    result = CliRunner().invoke(app, place.call(file))
    assert isinstance(result.exception, ClusteringError), result.output
    assert re.search("is there|there is no|does not exist", str(result.exception))
