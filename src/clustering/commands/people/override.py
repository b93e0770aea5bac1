"""`clustering override`: what people decide about single accounts, with who, why and until when."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustering.commands.options import By, Reason, example

if TYPE_CHECKING:
    from clustering.config import StudyConfig
    from clustering.results import StudyFolder
    from clustering.scorer.segment_ids import SegmentNames
    from clustering.tables.declared import Table

_FORMATS = ["%Y-%m-%d"]

Study = Annotated[
    Path, typer.Argument(metavar="STUDY", help="Folder of a finished study, or its TOML file.")
]
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its account_id.")]
File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="The overrides, .csv or .parquet (default: movement.overrides of the study, or "
        "overrides.csv beside its source).",
    ),
]


@dataclass(frozen=True)
class _Known:
    """What a study knows of accounts and segments."""

    config: "StudyConfig"
    accounts: frozenset[str]
    called: "SegmentNames"
    as_of: date


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    group = typer.Typer(
        name="override",
        help="Decisions of people about single accounts; studies and scores respect them.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=example("clustering override list studies/my_study"),
    )
    group.command(
        "set",
        epilog=example(
            "clustering override set studies/my_study A00042 S-7K2M --by Kim --reason "
            "'merged with another customer' --on 2025-07-01 --until 2025-12-31"
        ),
    )(set_)
    group.command(
        "list", epilog=example("clustering override list studies/my_study --as-of 2025-09-30")
    )(list_)
    group.command(
        "clear", epilog=example("clustering override clear studies/my_study A00042 --on 2025-09-30")
    )(clear)
    app.add_typer(group)


def set_(
    study: Study,
    account: Account,
    segment: Annotated[
        str,
        typer.Argument(
            metavar="SEGMENT", help="Id of the segment, its name, or its number from 0."
        ),
    ],
    by: By,
    reason: Reason,
    on: Annotated[datetime, typer.Option("--on", formats=_FORMATS, help="Day of the decision.")],
    until: Annotated[
        datetime, typer.Option("--until", formats=_FORMATS, help="Last day on which it holds.")
    ],
    file: File = None,
) -> None:
    """Put an account into a segment until a date, whatever the model says."""
    from clustering.commands.console import say
    from clustering.movement.overrides.decisions import Decision, set_override

    known = _known(study)
    place = _place(known.config, file)
    called = known.called
    numbered = segment.isdecimal() and int(segment) < len(called.names)
    name = called.names[int(segment)] if numbered else called.name_of(segment) or segment
    decision = Decision(
        account_id=account,
        # The id is what counts; the name stands behind it for those who read the file.
        segment=f"{called.id_of(name)} {name}" if name in called.names else segment,
        decided_by=by,
        reason=reason,
        decided_on=on.date(),
        valid_until=until.date(),
    )
    n = set_override(
        place,
        decision,
        accounts=known.accounts,
        segments=called,
        reading=known.config.source,
    )
    say(
        f"Account {account} is in '{name}' ({called.id_of(name)}) from {decision.decided_on} until "
        f"{decision.valid_until}, by {by}: {reason}"
    )
    say(f"Written to {place} ({n} {'decision' if n == 1 else 'decisions'}).")
    if decision.decided_on > known.as_of:
        say(
            f"The study is as of {known.as_of}: a study or score as of {decision.decided_on} or "
            "later respects it."
        )


def list_(
    study: Study,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=_FORMATS, help="Date (default: that of the study)."),
    ] = None,
    file: File = None,
) -> None:
    """List every override with who, why, until when, and whether it is in force."""
    from rich.table import Table
    from rich.text import Text

    from clustering.commands.console import OUT, say
    from clustering.movement.overrides.active import status
    from clustering.movement.overrides.file import named_file, read_overrides

    known = _known(study)
    day = known.as_of if as_of is None else as_of.date()
    place = named_file(known.config, file)
    if not place.exists():
        say(f"There are no overrides: there is no file {place}.")
        return
    frame = read_overrides(place, known.config.source)
    frame = frame.assign(status=status(frame, day)).sort_values(["account_id", "decided_on"])
    table = Table(box=None, pad_edge=False, header_style="bold")
    titles = ("Account", "Segment", "By", "Why", "From", "Until", f"On {day}")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in frame.to_dict("records"):
        dates = [f"{row[name]:%Y-%m-%d}" for name in ("decided_on", "valid_until")]
        texts = [row["account_id"], row["segment"], row["decided_by"], row["reason"], *dates]
        table.add_row(*(Text(str(text)) for text in (*texts, row["status"])))
    OUT.print(table)
    say(f"{len(frame)} in {place}, {int((frame['status'] == 'in force').sum())} in force.")


def clear(
    study: Study,
    account: Account,
    on: Annotated[
        datetime,
        typer.Option("--on", formats=_FORMATS, help="First day on which it no longer holds."),
    ],
    file: File = None,
) -> None:
    """End an override; what held before that day stays on record."""
    from clustering.commands.console import say
    from clustering.movement.overrides.decisions import clear_override

    known = _known(study)
    place = _place(known.config, file)
    done = clear_override(place, account, on.date(), known.config.source)
    words = []
    if done.ended:
        words.append("the override that held ends the day before and stays on record")
    if done.removed:
        words.append(f"{done.removed} that had not begun by then taken out")
    say(f"Account {account} is free from {on.date()}: {'; '.join(words)}. Written to {place}.")


def _place(config: "StudyConfig", given: Path | None) -> Path:
    from clustering.tables.contract import OVERRIDES

    return writable_file(config, given, OVERRIDES)


def writable_file(config: "StudyConfig", given: Path | None, table: "Table") -> Path:
    """The file to write to; the tables and the other inputs of the study are none."""
    from clustering.commands.reading import study_inputs
    from clustering.movement.overrides.file import named_file, overrides_file
    from clustering.targets import check_file

    file = named_file(config, given, table)
    kept = overrides_file(config, table)
    own = None if kept is None else kept.resolve()
    others = [path for path in study_inputs(config) if path.resolve() != own]
    check_file(file, others, option="--file")
    return file


def _known(study: Path) -> _Known:
    from clustering.commands.reading import read_study

    config, found = read_study(study)
    return _Known(
        config=config,
        accounts=frozenset(found.accounts["account_id"].astype("str")),
        called=_called(found),
        as_of=date.fromisoformat(found.document.as_of),
    )


def _called(study: "StudyFolder") -> "SegmentNames":
    """Ids and names of the segments, and the names that the model knows of earlier studies."""
    from clustering.scorer import Scorer
    from clustering.scorer.segment_ids import SegmentNames

    segments = study.document.segments
    folder = study.path / "scorer"
    return SegmentNames(
        tuple(one.segment_id for one in segments),
        tuple(one.name for one in segments),
        Scorer.load(folder).former_names if folder.is_dir() else (),
    )
