"""The mappings of a study from the exports of one or several vendors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from clustering.errors import BadInputError, breaches_message
from clustering.tables.contract import TABLES, TABLES_BY_NAME, UNMATCHED
from clustering.tables.init.guessing import SourceSample
from clustering.tables.init.vendors.joining import (
    can_be_joined,
    home_clause,
    key_sources,
    matched_counts,
    matching_clauses,
    unmatched_select,
)
from clustering.tables.init.vendors.recognise import recognise
from clustering.tables.init.vendors.statements import Export, Made, Reads, make_tables
from clustering.tables.init.vendors.template import Template
from clustering.tables.session import Session
from clustering.tables.table_quality import spaced
from clustering.wording import counted

_IDS = ("our_id", "their_id", "third_id")


@dataclass(frozen=True)
class VendorTable:
    """A mapping that templates gave.

    Attributes
    ----------
    sql : the mapping
    sql_here : the same for the session in which the files were looked at
    made : what it is made from
    """

    sql: str
    sql_here: str
    made: Made


@dataclass(frozen=True)
class VendorDraft:
    """All that templates gave for some files.

    Attributes
    ----------
    tables : by table of the contract
    unmatched : the statement that lists accounts of one system that another has not, if any
    matches : what was matched and what was not, in sentences
    left : tables that cannot be made, or that another template gives, in sentences
    used : the sources that are read
    """

    tables: Mapping[str, VendorTable]
    unmatched: str | None
    matches: tuple[str, ...]
    left: tuple[str, ...]
    used: frozenset[str]


def draft_from(
    session: Session, chosen: Mapping[str, Template], samples: Sequence[SourceSample]
) -> VendorDraft:
    """Make mappings by the templates that were chosen.

    Raises
    ------
    BadInputError
        No file is of one of the vendors, none gives accounts, or two have no key in common; all
        of it at once.
    """
    found = recognise(chosen, samples)
    exports = {name: Export(name, chosen[name], found[name]) for name in chosen}
    tables = {name: make_tables(export) for name, export in exports.items()}
    home = _home(exports, tables, samples)
    picked, left = _pick(home, {name: made for name, (made, _) in tables.items()})
    for name, (_, lacking) in tables.items():
        left += [
            f"{table}: {name} would need {lacks}"
            for table, lacks in lacking.items()
            if table not in picked
        ]
    joined = [exports[name] for name in chosen if name != home.export.vendor]
    drafted = {
        table.name: VendorTable(
            _commented(home, picked[table.name], _statement(home, picked[table.name], _as_mapped)),
            _statement(home, picked[table.name], _here),
            picked[table.name],
        )
        for table in TABLES
        if table.name in picked
    }
    read = (one for made in [home, *picked.values()] for one in made.export.sources(made.text))
    matched = [home.export, *joined] if joined else []
    keys = (one for export in matched for one in key_sources(export))
    return VendorDraft(
        drafted,
        _unmatched(home, joined),
        tuple(said for export in joined for said in _matches(session, home, export)),
        tuple(left),
        frozenset(source.origin for source in (*read, *keys)),
    )


def _as_mapped(source: SourceSample) -> str:
    return source.reads


def _here(source: SourceSample) -> str:
    return f"({source.sql})"


def _home(
    exports: Mapping[str, Export],
    tables: Mapping[str, tuple[Mapping[str, Made], Mapping[str, str]]],
    samples: Sequence[SourceSample],
) -> Made:
    """The accounts of the study, of the first template that gives any."""
    breaches = [_nothing_of(export, samples) for export in exports.values() if not export.objects]
    home = next((made["accounts"] for made, _ in tables.values() if "accounts" in made), None)
    if home is not None:
        breaches += _not_joined(home.export, exports.values())
    if home is not None and not breaches:
        return home
    if not breaches:
        lacking = {
            name: lacks["accounts"] for name, (_, lacks) in tables.items() if "accounts" in lacks
        }
        said = "; ".join(f"{name} would need {lacks}" for name, lacks in lacking.items())
        breaches.append(
            f"none of them gives the accounts{f' ({said})' if said else ''}. Export them, or add "
            "the template of the CRM or of the billing system."
        )
    raise BadInputError(breaches_message("the draft was not written", breaches))


def _not_joined(home: Export, exports: Iterable[Export]) -> list[str]:
    return [
        f"{export.template.title} and {home.template.title} have no key in common that was "
        "exported: an id of the one in the other, or a domain on both sides."
        for export in exports
        if export.objects and export is not home and not can_be_joined(home, export)
    ]


def _nothing_of(export: Export, samples: Sequence[SourceSample]) -> str:
    template = export.template
    wanted = "; ".join(
        f"{' or '.join(spec.files)} with "
        f"{', '.join(' or '.join(spec.columns[need][:2]) for need in spec.needs)}"
        for spec in template.objects.values()
    )
    looked = ", ".join(sample.origin for sample in samples[:8]) or "nothing"
    return (
        f"no file is of the export of {template.title} ({template.exported.rstrip('.')}). Expected "
        f"files such as {wanted}; found {looked}. What the columns are called decides, and "
        f"the name of the file; a folder '{export.vendor}' tells whose files are in it."
    )


def _pick(
    home: Made, tables: Mapping[str, Mapping[str, Made]]
) -> tuple[dict[str, Made], list[str]]:
    """One template for every table: the one that leads in it, else the first."""
    picked, left = {"accounts": home}, []
    order = sorted(tables, key=lambda name: name != home.export.vendor)
    for table in (table.name for table in TABLES if table.name != "accounts"):
        able = [name for name in order if table in tables[name]]
        able.sort(key=lambda name: table not in tables[name][table].export.template.leads)
        if able:
            picked[table] = tables[able[0]][table]
            left += [f"{table}: {name} has it too; {able[0]} gives it" for name in able[1:]]
    return picked, left


def _statement(home: Made, made: Made, reads: Reads) -> str:
    clauses = list(made.export.with_clauses(made.text, reads))
    account = join = None
    if made is not home and made.export is home.export:
        clauses = [home_clause(home, reads), *clauses]
        account, join = "home.account_id", "home ON home.account_id"
    elif made is not home:
        matching = matching_clauses(home, made.export, reads)
        clauses = [home_clause(home, reads), *matching, *clauses]
        account, join = "matched.account_id", "matched ON matched.their_id"
    return f"WITH {', '.join(clauses)}\n{made.body(account, join or '')}"


def _commented(home: Made, made: Made, sql: str) -> str:
    table, template = TABLES_BY_NAME[made.spec.table], made.export.template
    absent = [c.name for c in table.columns if c.name not in made.columns]
    lines = [
        f"{table.name}: one row is {table.one_row}.",
        f"Drafted by `clustering init --template {made.export.vendor}` from {made.origin}.",
        f"Objects and fields: {' '.join(template.documents)}",
        *(f"ASSUMED: {sentence}" for sentence in made.spec.assumed),
        *_remark_of_join(home, made),
    ]
    if absent:
        lines.append(f"Nothing found for: {', '.join(absent)}.")
    return "\n".join(f"-- {' '.join(line.splitlines())}" for line in lines) + f"\n{sql}\n"


def _remark_of_join(home: Made, made: Made) -> Iterator[str]:
    if made is home:
        return
    yield (
        f"Rows of accounts that accounts.sql does not have are left out ({home.export.vendor} "
        "gives the accounts)."
    )
    if made.export is not home.export:
        yield "What could not be matched is counted by unmatched.sql in every check."


def _unmatched(home: Made, joined: Sequence[Export]) -> str | None:
    if not joined:
        return None
    names = ", ".join(export.vendor for export in joined)
    return (
        f"-- {UNMATCHED.name}: one row is {UNMATCHED.one_row}.\n"
        f"-- Accounts of {home.export.vendor} and of {names}, in both directions. No feature reads "
        "it: it is counted\n-- in every check and in the report, so that nothing is left out in "
        f"silence.\n{unmatched_select(home, joined, _as_mapped)}\n"
    )


def _matches(session: Session, home: Made, theirs: Export) -> Iterator[str]:
    """How many were matched and by what, and how many not, in both directions."""
    own, other = home.export.template.title, theirs.template.title
    try:
        by = dict(session.execute(matched_counts(home, theirs, _here)).fetchall())
        missing = dict(
            session.execute(
                "SELECT found_in, count(DISTINCT id) FROM "
                f"({unmatched_select(home, [theirs], _here)}) GROUP BY found_in"
            ).fetchall()
        )
    except duckdb.Error:
        yield f"{other}: what matches could not be counted yet; the check says why."
        return
    by_id = sum(by.get(match, 0) for match in _IDS)
    total = by_id + by.get("domain", 0)
    without = missing.get(theirs.vendor, 0)
    yield (
        f"{other}: {spaced(total)} of {spaced(total + without)} accounts matched with {own} "
        f"({spaced(by_id)} by an id, {spaced(by.get('domain', 0))} by a domain); left out: the "
        f"rows of {spaced(without)}"
    )
    alone = missing.get(home.export.vendor, 0)
    if alone:
        yield f"{own}: {counted(alone)} without any in {other}"
