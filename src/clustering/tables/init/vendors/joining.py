"""The same account in two systems: found by an id that one has of the other, or by a domain.

A key that belongs to two accounts says nothing, and neither does the domain of a mail provider.
What matches nothing is left out of the tables; how much that is, is counted in both directions by
`unmatched.sql`, which stands beside the mappings so that every check tells it anew.
"""

from collections.abc import Sequence

from clustering.tables.init.guessing import SourceSample
from clustering.tables.init.vendors.statements import Export, Made, Reads, indented
from clustering.tables.init.vendors.template import KeyOf

#: Domains of mail that say nothing about a company.
_MAIL_PROVIDERS = (
    "126.com", "163.com", "aol.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com",
    "hotmail.com", "icloud.com", "live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com",
    "outlook.com", "proton.me", "protonmail.com", "qq.com", "t-online.de", "web.de", "yahoo.com",
    "yandex.ru", "ymail.com", "zoho.com",
)  # fmt: skip

_BEFORE, _AFTER = "^(https?://)?([^/@]*@)?(www[.])?", "[/:?#].*$"

#: By what an account is found, the surest first: an id of ours that they hold, an id of theirs
#: that we hold, an id of a third system that both hold, a domain.
MATCHES = ("our_id", "their_id", "third_id", "domain")
#: The ways in which an id, an external id and a domain of one side serve, on ours and on theirs.
_OURS = {"id": ("our_id",), "external_id": ("their_id", "third_id"), "domain": ("domain",)}
_THEIRS = {"id": ("their_id",), "external_id": ("our_id", "third_id"), "domain": ("domain",)}


def home_clause(home: Made, reads: Reads) -> str:
    """`home`, the accounts of the study, as it stands in WITH."""
    clauses = ",\n".join(home.export.with_clauses(home.text, reads))
    return f"home AS (\n{indented(f'WITH {clauses}' + chr(10) + home.body())}\n)"


def matching_clauses(home: Made, theirs: Export, reads: Reads) -> list[str]:
    """`matched`: the account of the study for every company of another system that has one."""
    own = _key_rows(home.export, _OURS, reads)
    other = _key_rows(theirs, _THEIRS, reads)
    rank = " ".join(f"WHEN '{match}' THEN {place}" for place, match in enumerate(MATCHES))
    return [
        f"our_keys AS (\n{indented(own)}\n)",
        f"their_keys AS (\n{indented(other)}\n)",
        "telling AS (\n"
        "    SELECT our_keys.via, our_keys.value, min(our_keys.id) AS account_id\n"
        "    FROM our_keys JOIN home ON home.account_id = our_keys.id\n"
        "    GROUP BY ALL HAVING count(DISTINCT our_keys.id) = 1\n"
        ")",
        "led AS (\n"
        "    SELECT their_keys.id AS their_id, their_keys.via,\n"
        "        min(telling.account_id) AS account_id\n"
        "    FROM their_keys JOIN telling USING (via, value)\n"
        "    GROUP BY ALL HAVING count(DISTINCT telling.account_id) = 1\n"
        ")",
        "matched AS (\n"
        "    SELECT led.their_id,\n"
        f"        arg_min(led.account_id, CASE led.via {rank} END) AS account_id,\n"
        f"        arg_min(led.via, CASE led.via {rank} END) AS via\n"
        "    FROM led GROUP BY led.their_id\n"
        ")",
    ]


def can_be_joined(home: Export, theirs: Export) -> bool:
    """Whether the two systems have a kind of key in common."""
    ours, others = _matches(home, _OURS), _matches(theirs, _THEIRS)
    return bool(ours & others)


def unmatched_select(home: Made, joined: Sequence[Export], reads: Reads) -> str:
    """The statement of `unmatched.sql`: accounts of one system that the other has not."""
    selects = [indented(_unmatched(home, theirs, reads)) for theirs in joined]
    return "\nUNION ALL\n".join(f"SELECT * FROM (\n{select}\n)" for select in selects)


def matched_counts(home: Made, theirs: Export, reads: Reads) -> str:
    """A statement that counts the matched companies: by what, and how many."""
    clauses = ",\n".join([home_clause(home, reads), *matching_clauses(home, theirs, reads)])
    return f"WITH {clauses}\nSELECT via, count(*) FROM matched GROUP BY via"


def _unmatched(home: Made, theirs: Export, reads: Reads) -> str:
    companies = _companies(theirs)
    clauses = ",\n".join(
        [
            home_clause(home, reads),
            *matching_clauses(home, theirs, reads),
            *theirs.with_clauses(companies, reads),
            f"companies AS (\n    {companies}\n)",
        ]
    )
    own, other = home.export.vendor, theirs.vendor
    name = "home.name" if "name" in home.columns else "NULL"
    return (
        f"WITH {clauses}\n"
        f"SELECT '{other}' AS found_in, '{own}' AS missing_in, companies.id, companies.name,\n"
        "    'their rows are left out' AS consequence\n"
        "FROM companies WHERE companies.id IS NOT NULL\n"
        "    AND companies.id NOT IN (SELECT matched.their_id FROM matched)\n"
        "UNION ALL\n"
        f"SELECT '{own}', '{other}', home.account_id, {name},\n"
        "    'what the other system would tell of them is missing, not zero'\n"
        "FROM home WHERE home.account_id NOT IN (SELECT matched.account_id FROM matched)"
    )


def _companies(export: Export) -> str:
    """SQL of the companies of a system: id and, where it is known, name."""
    for company in export.template.company:
        name = company.name or "NULL"
        sql = f"SELECT DISTINCT {company.id} AS id, {name} AS name FROM {company.source}"
        if export.can_make(sql):
            return sql
    return "SELECT DISTINCT their_keys.id, NULL AS name FROM their_keys"


def _keys(export: Export) -> list[tuple[str, str]]:
    """Kind and SELECT (id, value) of all keys of a system that can be made, its own id first."""
    company = export.template.company[0]
    own = KeyOf(kind="external_id", source=company.source, id=company.id, value=company.id)
    listed = [("id", own), *((key.kind, key) for key in export.template.keys)]
    selects = [
        (kind, f"SELECT {key.id} AS id, CAST({key.value} AS VARCHAR) AS value FROM {key.source}")
        for kind, key in listed
    ]
    return [(kind, select) for kind, select in selects if export.can_make(select)]


def key_sources(export: Export) -> list[SourceSample]:
    """The sources that tell the keys and the companies of a system."""
    return export.sources(" ".join([_companies(export), *(sql for _, sql in _keys(export))]))


def _matches(export: Export, serve: dict[str, tuple[str, ...]]) -> set[str]:
    return {match for kind, _ in _keys(export) for match in serve[kind]}


def _key_rows(export: Export, serve: dict[str, tuple[str, ...]], reads: Reads) -> str:
    """A statement with a row for every key: by which match it serves, whose it is, its value."""
    parts = [
        f"SELECT '{match}' AS via, id, value FROM ({select})"
        for kind, select in _keys(export)
        for match in serve[kind]
    ]
    every = "\n    UNION ALL\n    ".join(parts)
    clauses = ",\n".join(export.with_clauses(every, reads))
    providers = ", ".join(f"'{domain}'" for domain in _MAIL_PROVIDERS)
    domain = f"regexp_replace(lower(trim(value)), '{_BEFORE}', '')"
    domain = f"regexp_replace({domain}, '{_AFTER}', '')"
    return (
        f"WITH {clauses},\nkeys AS (\n    {every}\n),\ntidy AS (\n"
        f"    SELECT via, id, CASE via WHEN 'domain' THEN {domain} ELSE trim(value) END AS value\n"
        "    FROM keys\n)\n"
        "SELECT DISTINCT via, id, value FROM tidy WHERE id IS NOT NULL AND value <> ''\n"
        f"    AND NOT (via = 'domain' AND (value IN ({providers}) OR NOT contains(value, '.')))"
    )
