"""Names that people gave to segments: they hold by the lasting id, in every later study."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from clustering.config import ReadingConfig, StudyConfig
from clustering.errors import BadInputError, breaches_message
from clustering.movement.overrides.file import (
    changed_file,
    overrides_file,
    read_overrides,
    read_rows,
    write_rows,
)
from clustering.movement.succession.names import former_names
from clustering.scorer import Scorer
from clustering.scorer.files import FORMULA_STARTS
from clustering.scorer.segment_ids import SEGMENT_ID, SegmentNames
from clustering.tables.contract import SEGMENT_NAMES

#: Longer ones break every table and figure.
LONGEST_NAME = 80


@dataclass(frozen=True)
class Renaming:
    """What a person calls a segment from now on."""

    segment_id: str
    name: str
    decided_by: str
    reason: str
    decided_on: date


def given_names(config: StudyConfig, called: SegmentNames | None = None) -> dict[str, str]:
    """The names that people gave, by id: the last row of each.

    Parameters
    ----------
    called : what the previous study called its segments; None for a first study

    Raises
    ------
    BadInputError
        The file cannot be read, a name cannot be one, or two segments would have it; all at once.
    """
    file = overrides_file(config, SEGMENT_NAMES)
    if file is None or not file.exists():
        return {}
    frame = read_overrides(file, config.source, SEGMENT_NAMES)
    given = dict(zip(frame["segment_id"], frame["name"].str.strip(), strict=True))
    breaches = [
        f"{segment_id}: {breach}"
        for segment_id, name in given.items()
        for breach in (*_id_breaches(segment_id), *name_breaches(name))
    ]
    breaches += _shared_breaches(given, called or SegmentNames())
    if breaches:
        raise BadInputError(breaches_message(f"segment names '{file}' cannot be used", breaches))
    return given


def rename_in_file(
    file: Path, renaming: Renaming, called: SegmentNames, reading: ReadingConfig | None = None
) -> None:
    """Add a name to the file; everything that is in it stays.

    Parameters
    ----------
    called : what the segments of the study are called, and were

    Raises
    ------
    BadInputError
        The name cannot be one, or stands for another segment; every breach at once.
    OutputError
        The file cannot be written; it is as it was.
    """
    with changed_file(file):
        rows, frame = read_rows(file, reading, SEGMENT_NAMES)
        given = dict(zip(frame["segment_id"], frame["name"], strict=True))
        breaches = renaming_breaches(renaming, called)
        breaches += _shared_breaches({**given, renaming.segment_id: renaming.name}, SegmentNames())
        if breaches:
            subject = f"segment {renaming.segment_id} was not renamed"
            raise BadInputError(breaches_message(subject, list(dict.fromkeys(breaches))))
        write_rows(rows.add(vars(renaming)), file)


def renamed(scorer: Scorer, renaming: Renaming) -> Scorer:
    """The same model in which a segment has another name; the one it had is remembered.

    Raises
    ------
    BadInputError
        The name cannot be one, or stands for another segment; every breach at once.
    """
    if breaches := renaming_breaches(renaming, scorer.called):
        subject = f"segment {renaming.segment_id} was not renamed"
        raise BadInputError(breaches_message(subject, breaches))
    names = tuple({**scorer.called.by_id, renaming.segment_id: renaming.name}.values())
    return replace(
        scorer,
        segment_names=names,
        former_names=former_names(scorer, scorer.segment_ids, names),
    )


def renaming_breaches(renaming: Renaming, called: SegmentNames) -> list[str]:
    """Why a segment cannot be called so, in words."""
    breaches = [*name_breaches(renaming.name)]
    breaches += _shared_breaches({renaming.segment_id: renaming.name}, called)
    for label, text in (("decided_by", renaming.decided_by), ("reason", renaming.reason)):
        if not text.strip():
            breaches.append(f"{label} is empty: say who decided and why.")
        breaches += [f"{label} {breach}" for breach in _text_breaches(text)]
    return breaches


def name_breaches(name: str) -> Iterator[str]:
    """Why a text cannot be the name of a segment, in words.

    Examples
    --------
    >>> list(name_breaches("steady, and growing"))
    []
    >>> list(name_breaches("3"))
    ["the name '3' is a number, which stands for a segment by its place."]
    """
    if not name.strip():
        yield "the name is empty."
        return
    if len(name) > LONGEST_NAME:
        yield f"the name has {len(name)} characters; at most {LONGEST_NAME} can be shown."
    if SEGMENT_ID.match(name):
        yield f"the name {name!r} begins like an id."
    if name.strip().isdecimal():
        yield f"the name {name!r} is a number, which stands for a segment by its place."
    yield from (f"the name {breach}" for breach in _text_breaches(name))


def _text_breaches(text: str) -> Iterator[str]:
    if not text.isprintable():
        yield f"{text!r} holds a character that cannot be printed: a line break, a tab or the like."
    elif text.startswith(FORMULA_STARTS):  # people open the file in a spreadsheet
        yield f"begins with '{text[0]}', which a spreadsheet would run as a formula."


def _id_breaches(segment_id: str) -> Iterator[str]:
    if not SEGMENT_ID.fullmatch(segment_id):
        yield f"{segment_id!r} is no id of a segment, as S-7K3QXM."


def _shared_breaches(given: dict[str, str], called: SegmentNames) -> list[str]:
    """Names that would stand for two segments, today's and those that are gone among them."""
    known = [
        *((one.segment_id, one.name) for one in called.former),
        *called.by_id.items(),
    ]
    # Whoever was renamed leaves the name of today, and keeps it as a former one.
    owners = {name.strip().casefold(): (segment_id, name) for segment_id, name in known}
    breaches = []
    for segment_id, name in given.items():
        owner, as_written = owners.setdefault(name.strip().casefold(), (segment_id, name))
        if owner != segment_id:
            breaches.append(
                f"'{as_written}' stands for {owner} already; {segment_id} needs another name."
            )
    return breaches
