"""Conditions and settings as those who decide read them; files and analysts keep their own words.

A setting is told by the description that it is declared with, a condition by the titles of what it
names: neither is written here a second time.
"""

import re
from functools import cache

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from clustering.config import StudyConfig
from clustering.config.schemes import Cut
from clustering.report.kit.facts import (
    feature_titles,
    labelling,
    playbook_titles,
    title_of,
    under_amount_name,
)
from clustering.results import StudyFolder
from clustering.schemes.condition_words import condition_in_words
from clustering.wording import name_in_words

_PLAYBOOKS = "playbooks"
#: What a description adds behind its first words: a default, a source, an example.
_ADDED = re.compile(r"\s*(?: \(|; |\. |\.$|, of \w+ \d{4}).*$")
_SHORT = re.compile(r"^[A-Z]{2}|^CSM")


def condition(study: StudyFolder, sql: str) -> str:
    """What must hold of an account, in words."""
    titles = feature_titles(study, with_unit=False)

    def title(name: str) -> str:
        entry = labelling(study, name)
        return titles.get(name, name_in_words(name)) if entry is None else f"'{entry.title}'"

    return condition_in_words(sql, title)


def setting(study: StudyFolder, name: str) -> str:
    """What a setting of the configuration or of the playbooks is about, in words."""
    root, *path = name.split(".")
    if root == _PLAYBOOKS:
        return _of_playbooks(study, path)
    said = under_amount_name(study, _described(root, *path))
    if root != "schemes" or not path:
        return said
    if path[0] != "axes":
        return f"{said} ('{title_of(study, path[0])}')"
    return f"{said} ('{name_in_words(path[1])}')" if said.startswith("weight") else said


def _of_playbooks(study: StudyFolder, path: list[str]) -> str:
    """Of touches: how long one takes, and how many of them a playbook plans."""
    kind, name, *rest = path
    if kind == "touches":
        return f"hours of one '{name_in_words(name)}'"
    title = playbook_titles(study).get(name, name_in_words(name))
    return f"how often '{name_in_words(rest[-1])}' ('{title}')"


@cache
def _described(*path: str) -> str:
    """The first words of the description of a setting."""
    model: type[BaseModel] | None = StudyConfig
    said = ""
    for key in path:
        if model is None:  # one of several values under a name
            return f"{said}, number {int(key) + 1}" if key.isdigit() else said
        field = model.model_fields.get(key)
        if field is None:
            return name_in_words(path[-1])
        if model is Cut:
            return f"{said}, as a quantile of the accounts" if key == "quantile" else said
        said, model = _first_words(field), _model_of(field)
    return said


def _first_words(field: FieldInfo) -> str:
    text = _ADDED.sub("", field.description or "")
    return text if _SHORT.match(text) else text[:1].lower() + text[1:]


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
