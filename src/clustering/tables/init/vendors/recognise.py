"""Which file of an export is which object of a template, and what its columns are called there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clustering.tables.init.guessing import SourceSample, singular, words
from clustering.tables.init.sniffing import ColumnSample
from clustering.tables.init.vendors.template import ObjectOf, Template
from clustering.tables.session import quoted_name

#: Words that exporters add to the name of an object.
_BESIDE = {
    "export", "exports", "exported", "all", "data", "crm", "full", "dump", "raw", "table", "csv",
    "report", "view", "latest", "sheet",
}  # fmt: skip

#: What exporters call the mark of a deleted row, in plain letters.
_DELETED = ("isdeleted", "deleted", "fivetrandeleted")


@dataclass(frozen=True)
class FoundObject:
    """An object of a template and the source that it is.

    Attributes
    ----------
    columns : what was found, by the template's name of the column
    """

    spec: ObjectOf
    source: SourceSample
    columns: Mapping[str, ColumnSample]

    def select(self, wanted: Iterable[str], reads: str) -> str:
        """The SELECT that gives some of its columns the template's names."""
        lines = [f"{self._expression(name)} AS {name}" for name in self.columns if name in wanted]
        chosen = ",\n        ".join(lines or ["1 AS present"])
        return f"SELECT\n        {chosen}\n    FROM {reads}{self._but_deleted()}"

    def _but_deleted(self) -> str:
        """What leaves out the rows that exporters keep of what was deleted, where they mark it."""
        marked = [one.name for one in self.source.columns if plain(one.name) in _DELETED]
        said = [f"coalesce({_is_true(quoted_name(name))}, false)" for name in marked]
        return f"\n    WHERE NOT ({' OR '.join(said)})" if said else ""

    def _expression(self, column: str) -> str:
        sample = self.columns[column]
        name = quoted_name(sample.name)
        text = f"CAST({name} AS VARCHAR)"
        if column in self.spec.times:
            return _moment(text, sample)
        if column in self.spec.flags:
            return _is_true(name)
        if sample.examples and all(re.fullmatch(r"\d+\.0", value) for value in sample.examples):
            return f"regexp_replace({text}, '[.]0$', '')"  # whole numbers that went through a float
        return f"nullif(trim({text}), '')"


def _is_true(name: str) -> str:
    return f"lower(CAST({name} AS VARCHAR)) IN ('true', 't', 'yes', 'y', '1')"


def _moment(text: str, sample: ColumnSample) -> str:
    """The day of a moment as text, in `source.time_zone`; what cannot be read goes on as it is."""
    forms = [form for form in sample.date_formats if form != "iso"]
    if sample.is_number and not forms:
        seconds = f"CAST({text} AS DOUBLE)"
        seconds = f"CASE WHEN {seconds} > 1e11 THEN {seconds} / 1000 ELSE {seconds} END"
        return f"CAST(CAST(to_timestamp({seconds}) AS DATE) AS VARCHAR)"
    if len(forms) == 1:
        return (
            f"coalesce(CAST(CAST(try_strptime({text}, '{forms[0]}') AS DATE) AS VARCHAR), {text})"
        )
    day = f"CAST(CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS DATE) AS VARCHAR)"
    return f"coalesce({day}, nullif(trim({text}), ''))"


def recognise(
    chosen: Mapping[str, Template], samples: Sequence[SourceSample]
) -> dict[str, dict[str, FoundObject]]:
    """The objects that were found, by template and their name in it.

    A source is one object of one template: the one that it is called after, in a folder or with a
    name of the vendor before others, and with the most of its columns.
    """
    scored = [
        (*_score(vendor, name, spec, sample, chosen), vendor, name, sample)
        for vendor, template in chosen.items()
        for name, spec in template.objects.items()
        for sample in samples
    ]
    found: dict[str, dict[str, FoundObject]] = {vendor: {} for vendor in chosen}
    taken: set[str] = set()
    for score, columns, vendor, name, sample in sorted(
        scored, key=lambda one: (-one[0], one[4].reads)
    ):
        if score <= 0 or sample.reads in taken or name in found[vendor]:
            continue
        found[vendor][name] = FoundObject(chosen[vendor].objects[name], sample, columns)
        taken.add(sample.reads)
    return found


def _score(
    vendor: str, name: str, spec: ObjectOf, sample: SourceSample, chosen: Mapping[str, Template]
) -> tuple[float, Mapping[str, ColumnSample]]:
    columns = _columns(spec, sample)
    place = words(sample.origin + " " + sample.reads).split()
    others = {other for other in chosen if other != vendor} & set(place)
    called = _called(sample.name, vendor)
    if not set(spec.needs) <= set(columns) or (others and vendor not in place):
        return 0.0, columns
    if called not in {singular(words(file)) for file in spec.files}:
        return 0.0, columns
    return 1 + len(columns) / len(spec.columns) + 2 * (vendor in place), columns


def _called(name: str, vendor: str) -> str:
    """What a file is called, without the vendor, dates and what exporters add.

    Examples
    --------
    >>> _called("hubspot-crm-exports-all-companies-2025-06-30", "hubspot")
    'company'
    """
    whole = words(name).split()
    kept = [word for word in whole if word not in _BESIDE and not word.isdigit()] or whole
    return singular(" ".join([word for word in kept if word != vendor] or kept))


def _columns(spec: ObjectOf, sample: SourceSample) -> dict[str, ColumnSample]:
    by_name = {plain(column.name): column for column in reversed(sample.columns)}
    found = {}
    for column, names in spec.columns.items():
        here = [by_name[plain(name)] for name in names if plain(name) in by_name]
        if here:
            found[column] = here[0]
    return found


def plain(name: str) -> str:
    """A name without case, blanks and marks, as names are compared.

    Examples
    --------
    >>> plain("Create Date") == plain("create_date") == plain("CreateDate")
    True
    """
    return re.sub(r"[\W_]+", "", name.lower())
