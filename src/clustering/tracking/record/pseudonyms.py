"""Pseudonyms in the place of account ids, of people and of e-mail addresses, for the record.

The study folder stays as it is. What is recorded is made from a copy in which every such value has
been replaced, wherever it stands: in tables, labels, sentences and keys. A pseudonym is a keyed
hash; the key stays in the study folder, so that the same study gives the same pseudonyms, and
nobody without the folder can try out whose they are.
"""

import hashlib
import hmac
import json
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from clustering.columns import ACCOUNT_ID
from clustering.config import SchemesConfig
from clustering.errors import TrackingError
from clustering.results import TABLES, StudyFolder
from clustering.results.document import StudyDocument
from clustering.tables.init.synonyms import COLUMN_SYNONYMS
from clustering.tracking.model import SCORER
from clustering.tracking.record.content import UNRECORDED

KEY = "pseudonyms.key"
"""File in the study folder that holds the key."""

_CSM = "csm"
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = re.compile(r"\w+")
_HEX_DIGITS = 16
_KEY_BYTES = 32
#: Labels of a scheme that are named in a note.
_SHOWN = 3


@dataclass(frozen=True)
class Pseudonyms:
    """What is replaced, and by what.

    Attributes
    ----------
    key : of the hash
    values : account ids, and names of people

    Examples
    --------
    >>> hidden = Pseudonyms(b"key", ("A-1", "Kim Lee"))
    >>> hidden.text("Kim Lee looks after A-1 and A-17, ask kim@example.org").count("p-")
    3
    >>> hidden.text("A-1") == hidden.of("A-1")
    True
    """

    key: bytes
    values: tuple[str, ...]

    def of(self, value: str) -> str:
        """The pseudonym of one value."""
        digest = hmac.new(self.key, value.encode("utf-8"), hashlib.sha256).hexdigest()
        return f"p-{digest[:_HEX_DIGITS]}"

    def text(self, text: str) -> str:
        """A text in which every value and every e-mail address is replaced."""
        if text in self._known:
            return self.of(text)
        return _EMAIL.sub(lambda found: self.of(found[0]), self._without_values(text))

    def content(self, content: Any) -> Any:
        """The same in JSON values, keys included."""
        if isinstance(content, str):
            return self.text(content)
        if isinstance(content, Mapping):
            return {self.content(key): self.content(value) for key, value in content.items()}
        if isinstance(content, list | tuple):
            return [self.content(value) for value in content]
        return content

    def frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The same in a table; of a column of ids every value is replaced."""
        hidden = {
            name: self._column(frame[name])
            for name in frame.columns
            if not pd.api.types.is_numeric_dtype(frame[name].dtype)
        }
        return frame.assign(**hidden)

    def _column(self, column: "pd.Series[Any]") -> "pd.Series[Any]":
        given = column.dropna()
        if not all(isinstance(value, str) for value in given):
            return column.map(self.content, na_action="ignore")
        is_id = str(column.name).endswith("_id") or set(given) <= set(self.values)
        hide = self.of if is_id else self.text
        return column.astype(object).map({value: hide(value) for value in given.unique()})

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(value for value in self.values if _has_letter(value))

    @cached_property
    def _by_first_word(self) -> dict[str, list[tuple[int, str]]]:
        """Values by their first word, with its place in them; the longest first."""
        places: dict[str, list[tuple[int, str]]] = {}
        for value in sorted(self._known, key=len, reverse=True):
            first = _WORD.search(value)
            if first is not None:
                places.setdefault(first[0], []).append((first.start(), value))
        return places

    def _without_values(self, text: str) -> str:
        parts, done = [], 0
        for start, value in self._found(text):
            if start >= done:
                parts += [text[done:start], self.of(value)]
                done = start + len(value)
        return "".join([*parts, text[done:]])

    def _found(self, text: str) -> Iterator[tuple[int, str]]:
        """Whole values in a text, from left to right: not those inside longer words."""
        for word in _WORD.finditer(text):
            for place, value in self._by_first_word.get(word[0], ()):
                start = word.start() - place
                if start >= 0 and text.startswith(value, start) and _ends(text, start, value):
                    yield start, value
                    break


def _ends(text: str, start: int, value: str) -> bool:
    after = text[start + len(value) : start + len(value) + 1]
    return not (after.isalnum() and value[-1].isalnum())


def _has_letter(value: str) -> bool:
    """Numbers alone are ids in columns of ids only: in a sentence they may be a count."""
    return any(character.isalpha() for character in value)


def personal_notes(study: StudyFolder) -> tuple[str, ...]:
    """Sentences on what of a person is recorded as it is, without pseudonyms."""
    notes = []
    ids = study.accounts[ACCOUNT_ID].astype(str)
    looks = ids[ids.str.contains(_EMAIL.pattern, regex=True)]
    if len(looks):
        notes.append(
            f"{len(looks):,} of {len(ids):,} account ids look like e-mail addresses and are "
            "recorded as they are."
        )
    for name, labels in _schemes_of_people(study).items():
        shown = ", ".join(labels[:_SHOWN]) + (", ..." if len(labels) > _SHOWN else "")
        notes.append(
            f"Scheme '{name}' labels accounts by who looks after them ({shown}); these names are "
            "recorded as they are."
        )
    if notes:
        notes.append("Set tracking.pseudonymise = true to record pseudonyms in their place.")
    return tuple(notes)


def pseudonymised(study: StudyFolder, folder: Path) -> StudyFolder:
    """A copy of what is recorded of a study, with pseudonyms.

    Parameters
    ----------
    study : a finished study; the key is put into its folder if it has none
    folder : an empty folder for the copy: tables, document and scorer; no pages, no pictures

    Raises
    ------
    TrackingError
        The key cannot be kept, or a name of a person is a word that the study itself needs.
    """
    hidden = Pseudonyms(_key(study.path), tuple(_personal(study)))
    for spec in TABLES:
        if spec.name not in UNRECORDED and study.has_table(spec.name):
            table = hidden.frame(study.table(spec.name))
            table.to_parquet(folder / f"{spec.name}.parquet", index=False)
    if (study.path / SCORER).is_dir():
        shutil.copytree(study.path / SCORER, folder / SCORER)
    content = hidden.content(study.document.model_dump(mode="json"))
    try:
        return StudyFolder(folder, StudyDocument.model_validate_json(json.dumps(content)))
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise TrackingError(
            f"the study cannot be pseudonymised: an account id or a label of a person is also a "
            f"word that the study needs ({place}). Rename it, or run with --no-track."
        ) from None


def _personal(study: StudyFolder) -> Iterator[str]:
    accounts = study.accounts
    yield from accounts[ACCOUNT_ID].astype(str)
    yield from _people(accounts)
    for labels in _schemes_of_people(study).values():
        yield from labels


def _people(accounts: pd.DataFrame) -> Iterable[str]:
    return accounts[_CSM].dropna().astype(str).unique() if _CSM in accounts else ()


def _schemes_of_people(study: StudyFolder) -> dict[str, list[str]]:
    """Labels of the company's own schemes that are people who look after accounts."""
    people = set(_people(study.accounts))
    found = {}
    schemes = SchemesConfig.model_validate(study.document.configuration["schemes"])
    for scheme in schemes.own:
        if scheme.name not in study.accounts:
            continue
        labels = sorted(study.accounts[scheme.name].dropna().astype(str).unique())
        column = (scheme.column or "").replace("_", " ")
        if column in COLUMN_SYNONYMS["accounts.csm"] or people.intersection(labels):
            found[scheme.name] = labels
    return found


def _key(folder: Path) -> bytes:
    """The key of a study; made when it is first needed, for the owner's eyes alone."""
    file = folder / KEY
    try:
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(_KEY_BYTES) + "\n", encoding="ascii")
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise TrackingError(
            f"the key of the pseudonyms, '{file}', cannot be used: {error}."
        ) from None
    if len(key) != _KEY_BYTES:
        raise TrackingError(f"'{file}' is no key of {_KEY_BYTES} bytes. Delete it for a new one.")
    return key
