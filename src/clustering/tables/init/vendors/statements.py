"""The SQL of the mappings that a template gives for the files that were found."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from clustering.tables.contract import TABLES_BY_NAME
from clustering.tables.init.guessing import SourceSample
from clustering.tables.init.vendors.recognise import FoundObject
from clustering.tables.init.vendors.template import TableOf, Template
from clustering.wording import listed

#: What gives the SQL after FROM for a source: as a mapping names it, or for the session.
Reads = Callable[[SourceSample], str]


@dataclass(frozen=True)
class Export:
    """What was found of the export of one vendor."""

    vendor: str
    template: Template
    objects: Mapping[str, FoundObject]

    def can_make(self, sql: str) -> bool:
        """Whether all objects, views and columns that a piece of SQL names are there."""
        return not self.lacks(sql)

    def lacks(self, sql: str) -> list[str]:
        """The objects, views and columns that a piece of SQL names and that are not there."""
        objects = [name for name in self.template.named(sql) if not self._is_there(name)]
        columns = [
            f"{of}.{column}"
            for of, column in self.template.columns_named(sql)
            if of in self.objects and column not in self.objects[of].columns
        ]
        return sorted([*objects, *columns])

    def _is_there(self, name: str) -> bool:
        return name in self.objects or bool(self.parts(name))

    def parts(self, view: str) -> list[str]:
        """The parts of a view that can be made."""
        spec = self.template.views.get(view)
        return [part for part in spec.union if self.can_make(part)] if spec else []

    def with_clauses(self, sql: str, reads: Reads) -> Iterator[str]:
        """What stands in WITH for a statement: the objects that it reads, and then its views."""
        views = [name for name in self.template.views if name in self.template.named(sql)]
        unions = {name: "\n    UNION ALL\n    ".join(self.parts(name)) for name in views}
        whole = " ".join([sql, *unions.values()])
        wanted = self.template.columns_named(whole)
        for name in self.template.objects:
            if name in self.template.named(whole):
                found = self.objects[name]
                columns = [column for of, column in wanted if of == name]
                yield f"{name} AS (\n    {found.select(columns, reads(found.source))}\n)"
        for name, union in unions.items():
            yield f"{name} AS (\n    {union}\n)"

    def sources(self, sql: str) -> list[SourceSample]:
        """The sources that a statement reads."""
        views = self.template.named(sql) & self.template.views.keys()
        whole = " ".join([sql, *(part for view in views for part in self.parts(view))])
        named = self.template.named(whole)
        return [found.source for name, found in self.objects.items() if name in named]


@dataclass(frozen=True)
class Made:
    """A table of the contract that can be made from an export.

    Attributes
    ----------
    columns : SQL by column of the contract
    """

    export: Export
    spec: TableOf
    columns: Mapping[str, str]

    @property
    def text(self) -> str:
        """All its SQL, to see what it names."""
        return " ".join([_after_from(self.spec), *self.columns.values()])

    @property
    def origin(self) -> str:
        """The sources that it is made from."""
        return listed(list(dict.fromkeys(one.origin for one in self.export.sources(self.text))))

    def body(self, account: str | None = None, join: str = "") -> str:
        """The SELECT without its WITH.

        Parameters
        ----------
        account : SQL in the place of the vendor's own id
        join : SQL that gives it
        """
        columns = dict(self.columns) | ({"account_id": account} if account else {})
        chosen = ",\n".join(f"    {sql} AS {name}" for name, sql in columns.items())
        lines = [f"SELECT\n{chosen}", f"FROM {self.spec.source}"]
        if join:
            lines.append(f"JOIN {join} = {self.columns['account_id']}")
        if self.spec.where is not None:
            lines.append(f"WHERE {self.spec.where}")
        if self.spec.grouped:
            lines.append("GROUP BY ALL")
        if self.spec.qualify is not None:
            lines.append(f"QUALIFY {self.spec.qualify}")
        return "\n".join(lines)


def _after_from(spec: TableOf) -> str:
    return " ".join(filter(None, [f"FROM {spec.source}", spec.where, spec.qualify]))


def make_tables(export: Export) -> tuple[dict[str, Made], dict[str, str]]:
    """The tables that an export gives, and of the others what they lack.

    Of several ways to make a table the first one counts.
    """
    made: dict[str, Made] = {}
    lacking: dict[str, list[str]] = {}
    for spec in export.template.tables:
        if spec.table in made:
            continue
        columns = {name: sql for name, sql in spec.columns.items() if export.can_make(sql)}
        required = [c.name for c in TABLES_BY_NAME[spec.table].required_columns]
        needed = [_after_from(spec), *(spec.columns[name] for name in required)]
        lacks = [name for sql in needed for name in export.lacks(sql)]
        if lacks:
            lacking.setdefault(spec.table, []).append(" and ".join(dict.fromkeys(lacks)))
        else:
            made[spec.table] = Made(export, spec, columns)
    said = {name: "; or ".join(dict.fromkeys(ways)) for name, ways in lacking.items()}
    return made, {name: words for name, words in said.items() if name not in made}


def indented(sql: str) -> str:
    """A statement as it stands in brackets."""
    return re.sub(r"^", "    ", sql, flags=re.MULTILINE)
