"""What the commands that take a FILE share: labels of its columns, options, and their JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustering.columns import ACCOUNT_ID
from clustering.outputs import whole_file
from clustering.targets import check_file

if TYPE_CHECKING:
    import pandas as pd

    from clustering.config import ReadingConfig

Missing = Annotated[
    str | None,
    typer.Option(
        metavar="WORDS",
        help="Words that say that a value is missing, with commas (default: those of "
        "source.missing; '' for none). An empty cell always says so.",
    ),
]

Decimal = Annotated[
    str | None,
    typer.Option(
        metavar="MARK", help="Decimal mark of numbers in text, '.' or ',' (default: as it looks)."
    ),
]


@dataclass(frozen=True, eq=False)
class Labels:
    """Columns of a ready table as text, and what a reader must know of how they were read."""

    frame: "pd.DataFrame"
    notes: tuple[str, ...]


def reading_of(missing: str | None = None, decimal: str | None = None) -> "ReadingConfig":
    """What the cells of a FILE mean, by the options of its command; the rest by default.

    Examples
    --------
    >>> reading_of("none, n.a.").missing, reading_of("").missing
    (('none', 'n.a.'), ())
    """
    from clustering.config import ReadingConfig
    from clustering.errors import ConfigError

    if decimal not in (None, ".", ","):
        raise ConfigError(f"--decimal is '{decimal}'; expected '.' or ','.")
    given: dict[str, Any] = {"decimal": decimal}
    if missing is not None:
        given["missing"] = tuple(word.strip() for word in missing.split(",") if word.strip())
    return ReadingConfig.model_validate(given)


def read_columns(
    path: Path,
    columns: Sequence[str],
    reading: "ReadingConfig | None" = None,
    *,
    ids: Sequence[str] = (),
    every: bool = False,
) -> Labels:
    """Read the named columns of a file as text: leading zeros of labels stay.

    Parameters
    ----------
    reading : what the cells mean (None: the defaults)
    ids : those of the columns that are ids, for which no word says that they are missing
    every : whether all other columns of the file are read behind them, as they stand

    Raises
    ------
    BadInputError
        There is no such file, it is of another format or cannot be read, it has no rows, or a
        column is missing or holds no text; all of them at once.
    """
    from clustering.errors import BadInputError, breaches_message
    from clustering.tables.declared import Column
    from clustering.tables.reading.ready import open_ready

    with open_ready(path, reading) as table:
        table.require(columns)
        named = {name: table.find(name) for name in dict.fromkeys(columns)}
        others = [name for name in table.columns if name not in named.values()] if every else []
        typed = table.typed(
            [
                Column(name, "id" if name in (*ids, ACCOUNT_ID) else "text", "", required=False)
                for name in (*named, *others)
            ]
        )
    breaches = [sentence for name in named for sentence in typed.faults.get(name, ())]
    if breaches:
        raise BadInputError(breaches_message(f"'{path}' cannot be used", breaches))
    notes = [note for note in typed.notes if not note.startswith(tuple(f"'{o}' " for o in others))]
    return Labels(typed.frame, (*table.notes, *notes))


def check_json(out: Path | None, read: Path) -> None:
    """Refuse an `--json` that cannot be written or is the file that is read.

    Raises
    ------
    OutputError
        As for `clustering.targets.check_file`.
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
