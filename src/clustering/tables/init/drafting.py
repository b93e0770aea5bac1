"""The draft of a study for a user's own files: a configuration and one mapping per table."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from clustering.errors import BadInputError, OutputError, breaches_message
from clustering.outputs import scratch
from clustering.tables.contract import UNMATCHED
from clustering.tables.init.draft_toml import Place, draft_toml, guessed, mapped
from clustering.tables.init.guessed_mapping import mapping_text
from clustering.tables.init.guessing import find_link, guess_tables
from clustering.tables.init.sampling import Surroundings, look_at
from clustering.tables.init.vendors.draft import draft_from
from clustering.tables.init.vendors.template import chosen_templates
from clustering.tables.session import Session


@dataclass(frozen=True)
class DraftedTable:
    """A table of the contract, and what was found for it.

    Attributes
    ----------
    origin : the sources that it is read from
    n_columns : columns of the contract that were found
    missing : required columns that were not
    """

    table: str
    origin: str
    n_columns: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A study drafted for a user's files; nothing is written yet.

    Attributes
    ----------
    toml : text of the configuration
    mappings : SQL by table
    tables : what was found for which table
    unused : sources that no table of the contract took
    matches : how far the accounts of several systems are the same, in sentences
    left : tables that a template could not give, in sentences
    """

    toml: str
    mappings: Mapping[str, str]
    tables: tuple[DraftedTable, ...]
    unused: tuple[str, ...]
    matches: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def draft_study(
    name: str,
    folder: Path,
    paths: Sequence[Path],
    *,
    templates: Sequence[str] = (),
    as_of: date | None = None,
) -> Draft:
    """Look at the files and draft a study called `name` that will lie in `folder`.

    Parameters
    ----------
    templates : names of the vendors whose exports they are; none: the columns are guessed
    as_of : the date of the study, where the user says it; it is never guessed

    Raises
    ------
    BadInputError
        A path does not exist, or one of the files cannot be read, all of them at once; or the
        files are not of the exports that the templates read.
    """
    chosen = chosen_templates(templates)
    session = Session()
    try:
        surroundings = look_at(session, paths, chosen)
        if surroundings.unread:
            subject = (
                "the draft was not written: files cannot be read. Mend them, or leave them out"
            )
            raise BadInputError(breaches_message(subject, surroundings.unread))
        if not chosen:
            return _from_guesses(session, Place(name, folder, surroundings, as_of))
        drafted = draft_from(session, chosen, surroundings.samples)
        looked = [
            mapped(session, table, one.sql_here, one.made.columns)
            for table, one in drafted.tables.items()
        ]
        place = Place(name, folder, surroundings, as_of, "UTC")
        toml = draft_toml(session, place, looked)
    finally:
        session.close()
    unmatched = {} if drafted.unmatched is None else {UNMATCHED.name: drafted.unmatched}
    return Draft(
        toml=toml,
        mappings={table: one.sql for table, one in drafted.tables.items()} | unmatched,
        tables=tuple(
            DraftedTable(table, one.made.origin, len(one.made.columns))
            for table, one in drafted.tables.items()
        ),
        unused=_unused(surroundings, drafted.used),
        matches=drafted.matches,
        left=drafted.left,
    )


def _from_guesses(session: Session, place: Place) -> Draft:
    guesses = guess_tables(place.surroundings.samples)
    tables = []
    for guess in guesses:
        linked = find_link(guess, guesses) is not None
        missing = [c.name for c in guess.missing if not linked or c.name != "account_id"]
        n_columns = len(guess.columns) + linked
        tables.append(
            DraftedTable(guess.table.name, guess.source.origin, n_columns, tuple(missing))
        )
    return Draft(
        toml=draft_toml(session, place, [guessed(guess) for guess in guesses]),
        mappings={guess.table.name: mapping_text(guess, guesses) for guess in guesses},
        tables=tuple(tables),
        unused=_unused(place.surroundings, {guess.source.origin for guess in guesses}),
    )


def _unused(surroundings: Surroundings, used: Collection[str]) -> tuple[str, ...]:
    left = (sample.origin for sample in surroundings.samples if sample.origin not in used)
    return (*left, *surroundings.skipped)


def write_draft(draft: Draft, name: str, folder: Path) -> tuple[Path, ...]:
    """Write `NAME.toml` and `mapping/`; nothing that exists is touched.

    Raises
    ------
    OutputError
        One of them exists already, or the folder cannot be written.
    """
    if folder.resolve() in Path.cwd().parents:
        raise OutputError(
            f"'{folder}' lies above the folder in which you are; nothing was written. Name a new "
            "folder for the study."
        )
    toml, mapping = folder / f"{name}.toml", folder / "mapping"
    existing = [str(path) for path in (toml, mapping) if path.exists()]
    if existing:
        raise OutputError(
            f"{' and '.join(existing)} exist{'s' if len(existing) == 1 else ''} already; nothing "
            "was written. Name another folder, or move them away."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with scratch(".draft-", folder) as drafted:
            (drafted / "mapping").mkdir()
            for table, sql in draft.mappings.items():
                (drafted / "mapping" / f"{table}.sql").write_text(sql, encoding="utf-8")
            (drafted / toml.name).write_text(draft.toml, encoding="utf-8")
            (drafted / "mapping").rename(mapping)
            (drafted / toml.name).rename(toml)
    except OSError as error:
        raise OutputError(f"'{folder}' cannot be written: {error.strerror}.") from None
    return (toml, *(mapping / f"{table}.sql" for table in draft.mappings))
