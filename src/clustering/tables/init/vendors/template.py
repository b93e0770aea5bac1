"""A template: how the standard exports of one vendor become tables of the contract.

Every vendor is one TOML file beside this module, all of one shape. Its SQL is written over objects
and columns of the template's own names; which file an object is, and what its columns are called
there, is found when a study is drafted. So one template reads what the vendor exports itself and
what the usual pipelines make of its API: names are compared without case, blanks and marks.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from clustering.config.base import Part
from clustering.errors import BadInputError, or_known

_FOLDER = Path(__file__).parent

#: By what other systems may know the same account.
KeyKind = Literal["external_id", "domain"]


class ObjectOf(Part):
    """An object of the vendor: a file, sheet or table of its export."""

    files: tuple[str, ...] = Field(description="What its files are called, without vendor or date.")
    columns: dict[str, tuple[str, ...]] = Field(description="Names in the export, by column.")
    needs: tuple[str, ...] = Field(description="Columns by which a file is known to be it.")
    times: tuple[str, ...] = Field((), description="Columns with a day or a moment.")
    flags: tuple[str, ...] = Field((), description="Columns that are true or false.")


class ViewOf(Part):
    """Rows from several objects, as far as these were exported."""

    columns: tuple[str, ...] = Field(description="Columns that every part gives.")
    union: tuple[str, ...] = Field(description="SELECTs; those that cannot be made are left out.")


class CompanyOf(Part):
    """Where the vendor keeps the companies that its other objects belong to."""

    source: str = Field(description="SQL after FROM.")
    id: str = Field(description="Their id in this system.")
    name: str | None = Field(None, description="Their name.")


class KeyOf(Part):
    """A key by which another system may know the same company."""

    kind: KeyKind = Field(description="An id given elsewhere, or the domain of web site or mail.")
    source: str = Field(description="SQL after FROM.")
    id: str = Field(description="The company's id in this system.")
    value: str = Field(description="The key.")


class TableOf(Part):
    """A table of the contract; of several ways to make one, the first that can be made is taken."""

    table: str = Field(description="Its name in the contract.")
    source: str = Field(description="SQL after FROM.")
    columns: dict[str, str] = Field(description="SQL by column of the contract.")
    where: str | None = Field(None, description="SQL of the rows that are kept.")
    grouped: bool = Field(False, description="Whether rows that agree in what is no sum are one.")
    qualify: str | None = Field(None, description="SQL of which of several rows is kept.")
    assumed: tuple[str, ...] = Field((), description="What a reader has to know of it.")


class Template(Part):
    """How the exports of one vendor become tables."""

    title: str = Field(description="The vendor's name.")
    exported: str = Field(description="By what the files are made.")
    documents: tuple[str, ...] = Field(description="Where objects and fields are documented.")
    objects: dict[str, ObjectOf] = Field(description="Objects by their name in this template.")
    views: dict[str, ViewOf] = Field({}, description="Views by their name in this template.")
    company: tuple[CompanyOf, ...] = Field(description="Ways to find the companies.")
    keys: tuple[KeyOf, ...] = Field((), description="Keys that other systems may know.")
    tables: tuple[TableOf, ...] = Field(description="Tables that it can give.")
    leads: tuple[str, ...] = Field((), description="Tables that it gives before other templates.")

    def named(self, sql: str) -> set[str]:
        """Objects and views that a piece of SQL reads."""
        after = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", sql))
        return after & {*self.objects, *self.views}

    def columns_named(self, sql: str) -> set[tuple[str, str]]:
        """Columns of objects and views that a piece of SQL names, each with what it is of."""
        pairs = set(re.findall(r"\b([a-z_]+)\.([a-z_]+)", sql))
        return {(of, column) for of, column in pairs if of in self.objects or of in self.views}


@cache
def templates() -> Mapping[str, Template]:
    """All templates by the name that `--template` takes.

    Examples
    --------
    >>> sorted(templates())[:3]
    ['chargebee', 'gainsight', 'hubspot']
    """
    return {
        file.stem: Template.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted(_FOLDER.glob("*.toml"))
    }


def chosen_templates(names: Iterable[str]) -> dict[str, Template]:
    """The templates of some names, in their order.

    Raises
    ------
    BadInputError
        There is no template of a name; all of them at once.
    """
    known = templates()
    chosen = dict.fromkeys(name.strip().lower() for name in names)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        said = "; ".join(f"'{name}' is none.{or_known(name, known)}" for name in unknown)
        raise BadInputError(f"--template takes the name of a template: {said}")
    return {name: known[name] for name in chosen}
