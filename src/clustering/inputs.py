"""What a configuration names to be read, whether it is there, and whether it is enough."""

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

from clustering.config import StudyConfig
from clustering.config.source import database_file
from clustering.errors import BadInputError, breaches_message, did_you_mean
from clustering.outputs import recover

PREVIOUS = "previous"

#: What each key names, and whether that is a folder.
_KINDS = {
    PREVIOUS: ("the previous study", True),
    "source.folder": ("the folder of tables", True),
    "source.mapping": ("the mapping folder", True),
    "source.database": ("source.database: the file", False),
    "engagement.playbooks": ("the file of playbooks", False),
    "movement.overrides": ("the file of overrides", False),
    "movement.segment_names": ("the file of names of segments", False),
}


def named_inputs(config: StudyConfig) -> dict[str, Path]:
    """The files and folders that are read, by the key that names them; those that are not set out.

    Examples
    --------
    >>> source = {"folder": "book", "database": "sqlite:crm.db"}
    >>> named_inputs(StudyConfig(name="demo", as_of="2025-06-30", source=source))
    {'source.folder': PosixPath('book'), 'source.database': PosixPath('crm.db')}
    """
    places = {key: attrgetter(key)(config) for key in _KINDS}
    database = database_file(config.source.database)
    if isinstance(places[PREVIOUS], str):  # of the model registry
        places[PREVIOUS] = None
    places["source.database"] = None if database is None else database[1]
    return {key: path for key, path in places.items() if path is not None}


def check_inputs(config: StudyConfig) -> None:
    """Refuse a configuration that names what is not there, before anything runs.

    Raises
    ------
    BadInputError
        A file or folder does not exist or is of the other kind; every one of them at once.
    """
    places = named_inputs(config)
    if PREVIOUS in places:
        recover(places[PREVIOUS])  # a run that was killed while it replaced that study
    breaches = [breach for key, path in places.items() for breach in _breaches(key, path)]
    if len(breaches) == 1:
        raise BadInputError(breaches[0])
    if breaches:
        raise BadInputError(breaches_message("the configuration names what is not there", breaches))


_ADVICE = {
    PREVIOUS: ", or leave it out for a first study: all ids are new then",
    "movement.overrides": " or leave it out until there is one: `clustering override set` then "
    "keeps the decisions beside the source",
    "movement.segment_names": " or leave it out until there is one: `clustering rename` then "
    "keeps the names beside the source",
}


def _breaches(key: str, path: Path) -> Iterator[str]:
    called, is_folder = _KINDS[key]
    if path.is_dir() if is_folder else path.is_file():
        return
    found = "does not exist" if not path.exists() else "is a file" if is_folder else "is a folder"
    advice = f"Correct {key}{_ADVICE.get(key, '')}."
    yield f"{called} '{path}' {found}.{_near(path)} {advice}"


def _near(path: Path) -> str:
    if path.exists() or not path.parent.is_dir():
        return ""
    present = [entry.name for entry in path.parent.iterdir()]
    return did_you_mean(path.name, present)


def too_few(config: StudyConfig, n_accounts: int) -> str | None:
    """Say that a study would be refused for its few active accounts; None where it would not."""
    least = 2 * config.evidence.smallest_segment
    if n_accounts >= least:
        return None
    return (
        f"{n_accounts} accounts were active on {config.as_of}; two segments of at least "
        f"evidence.smallest_segment = {config.evidence.smallest_segment} need {least}. "
        "Give more accounts, or set a smaller evidence.smallest_segment."
    )
