"""Guessing which source is which table, and which of its columns is which of the contract.

The guesses are a draft for a person to read, so they are simple: names against synonyms, and
whether a sample of the values can be of the kind. Each source serves one table at most.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from clustering.tables.contract import TABLES
from clustering.tables.declared import Column, Table
from clustering.tables.init.sniffing import ColumnSample, fits
from clustering.tables.init.synonyms import (
    COLUMN_SYNONYMS,
    CURRENCY,
    MONTHLY,
    TABLE_SYNONYMS,
    TERM_MONTHS,
    TOTAL,
)
from clustering.tables.session import quoted_name

_LEAST_COLUMN_SCORE = 0.72
_LEAST_TABLE_SCORE = 0.5
#: A name is one of these words, not merely like them.
_SURE = 0.9


@dataclass(frozen=True)
class SourceSample:
    """A file, sheet or database table that was looked at.

    Attributes
    ----------
    name : of the file without its ending, the sheet or the table
    reads : what stands after FROM in a mapping that reads it
    origin : what a message calls it
    sql : the statement by which it was looked at
    """

    name: str
    reads: str
    origin: str
    sql: str
    columns: tuple[ColumnSample, ...]


@dataclass(frozen=True)
class ColumnGuess:
    """A column of the contract and the column found for it.

    Attributes
    ----------
    per_month : whether it is an amount per month, which becomes a yearly one
    total : whether it is the amount of a whole term
    """

    column: Column
    sample: ColumnSample
    score: float
    per_month: bool = False
    total: bool = False


@dataclass(frozen=True)
class TableGuess:
    """A table of the contract and the source found for it."""

    table: Table
    source: SourceSample
    columns: tuple[ColumnGuess, ...]
    score: float

    @property
    def missing(self) -> tuple[Column, ...]:
        """Required columns for which nothing was found."""
        found = {guess.column.name for guess in self.columns}
        return tuple(c for c in self.table.required_columns if c.name not in found)

    @property
    def unused(self) -> tuple[ColumnSample, ...]:
        """Columns of the source that no column of the contract took."""
        used = {guess.sample.name for guess in self.columns}
        return tuple(sample for sample in self.source.columns if sample.name not in used)


@dataclass(frozen=True)
class Link:
    """A source that says to which account the rows of another one belong.

    Attributes
    ----------
    key : column that both have, different in every row of `source`
    account : column of `source` with the account's id
    """

    source: SourceSample
    key: str
    account: str

    @property
    def sql_key(self) -> str:
        """The key as an SQL identifier."""
        return quoted_name(self.key)


def words(name: str) -> str:
    """Take a name apart into lower-case words.

    Examples
    --------
    >>> words("customerSince"), words("ACCOUNT-ID "), words("crm_Accounts 2024")
    ('customer since', 'account id', 'crm accounts 2024')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[^\W_]+", parted.lower()))


def name_similarity(name: str, synonyms: Iterable[str]) -> float:
    """Likeness of a name to the nearest of some words, 0 to 1.

    A synonym that stands whole within the name counts nearly as much as the name itself.

    Examples
    --------
    >>> name_similarity("CustomerID", ["account id", "customer id"])
    1.0
    >>> name_similarity("ravenstack_support_tickets", ["ticket"])
    0.9
    """
    found = words(name)
    return max((_likeness(found, synonym) for synonym in synonyms), default=0.0)


def _likeness(found: str, synonym: str) -> float:
    if singular(found) == singular(synonym) or found.replace(" ", "") == synonym.replace(" ", ""):
        return 1.0
    if f" {singular(synonym)} " in f" {singular(found)} ":
        return 0.9 if len(synonym) > 3 else 0.8
    return 0.9 * difflib.SequenceMatcher(None, found, synonym, autojunk=False).ratio()


def singular(text: str) -> str:
    """Words without the ending of their plural.

    Examples
    --------
    >>> singular("success stories"), singular("usages")
    ('success story', 'usage')
    """
    return " ".join(
        re.sub(r"ies$", "y", word) if word.endswith("ies") else re.sub(r"(?<!s)s$", "", word)
        for word in text.split()
    )


def guess_tables(sources: Sequence[SourceSample]) -> tuple[TableGuess, ...]:
    """Give each table of the contract the source that fits it best, where one fits at all."""
    guesses = [_guess_table(table, source) for table in TABLES for source in sources]
    likely = [guess for guess in guesses if guess.score >= _LEAST_TABLE_SCORE]
    chosen: dict[str, TableGuess] = {}
    taken: set[str] = set()
    for guess in sorted(likely, key=lambda guess: (-guess.score, guess.source.origin)):
        if guess.table.name not in chosen and guess.source.origin not in taken:
            chosen[guess.table.name] = guess
            taken.add(guess.source.origin)
    return tuple(chosen[table.name] for table in TABLES if table.name in chosen)


def term_of(guess: TableGuess) -> ColumnSample | None:
    """The column that says how many months the term of a contract has, where there is one."""
    return _called(guess, TERM_MONTHS, lambda sample: sample.is_number)


def currency_of(guess: TableGuess) -> ColumnSample | None:
    """The column that names the currency of the amounts, where there is one."""
    for column in guess.columns:
        if column.column.name == "currency":
            return column.sample
    return _called(guess, CURRENCY, lambda sample: not sample.is_number)


def _called(
    guess: TableGuess, synonyms: Sequence[str], holds: Callable[[ColumnSample], bool]
) -> ColumnSample | None:
    scored = [(name_similarity(sample.name, synonyms), sample) for sample in guess.unused]
    likely = [(score, sample) for score, sample in scored if score >= _SURE and holds(sample)]
    return max(likely, key=lambda pair: pair[0])[1] if likely else None


def find_link(guess: TableGuess, guesses: Sequence[TableGuess]) -> Link | None:
    """Find a way to the account for a table without its id, through a key of another table."""
    if "account_id" not in {column.name for column in guess.missing}:
        return None
    names = {sample.name for sample in guess.unused}
    for other in guesses:
        account = next((c for c in other.columns if c.column.name == "account_id"), None)
        keys = [
            sample.name
            for sample in other.unused
            if sample.name in names and words(sample.name).endswith("id") and _is_key(sample)
        ]
        if account is not None and keys:
            return Link(other.source, keys[0], account.sample.name)
    return None


def _is_key(sample: ColumnSample) -> bool:
    return 0 < sample.n_distinct == sample.n_values


def _guess_table(table: Table, source: SourceSample) -> TableGuess:
    columns = _guess_columns(table, source.columns)
    found = {guess.column.name for guess in columns}
    required = {column.name for column in table.required_columns}
    share = len(found & required) / len(required)
    by_name = name_similarity(source.name, (table.name, *TABLE_SYNONYMS[table.name]))
    # The name decides between tables that look alike; a file may also be known by columns alone.
    score = 0.5 * by_name + 0.5 * share
    telling = found - {"account_id"}
    dates = {column.name for column in table.columns if column.kind == "date"}
    # Where no date is required (milestones), one of them makes the difference to a list of names.
    undated = not dates & required and not dates & found
    return TableGuess(table, source, columns, score if telling and not undated else 0.0)


def _guess_columns(table: Table, samples: Sequence[ColumnSample]) -> tuple[ColumnGuess, ...]:
    candidates = [
        guess
        for column in table.columns
        for sample in samples
        for guess in [_guess_column(table, column, sample)]
        if guess.score >= _LEAST_COLUMN_SCORE
    ]
    chosen: dict[str, ColumnGuess] = {}
    taken: set[str] = set()
    for guess in sorted(candidates, key=lambda guess: (-guess.score, guess.sample.name)):
        if guess.column.name not in chosen and guess.sample.name not in taken:
            chosen[guess.column.name] = guess
            taken.add(guess.sample.name)
    return tuple(chosen[c.name] for c in table.columns if c.name in chosen)


def _guess_column(table: Table, column: Column, sample: ColumnSample) -> ColumnGuess:
    if not fits(column.kind, sample):
        return ColumnGuess(column, sample, 0.0)
    own = COLUMN_SYNONYMS.get(f"{table.name}.{column.name}", ())
    synonyms = (words(column.name), *own, *COLUMN_SYNONYMS.get(column.name, ()))
    score = name_similarity(sample.name, synonyms)
    # Earlier synonyms are commoner: they win where two columns match equally well.
    found = words(sample.name)
    rank = synonyms.index(found) if found in synonyms else len(synonyms)
    score -= 0.001 * rank
    if column.name == "arr" and score < 1 - 0.001 * len(synonyms):
        monthly = name_similarity(sample.name, MONTHLY) - 0.05
        total = name_similarity(sample.name, TOTAL) - 0.06
        if max(monthly, total) > score:
            best = max(monthly, total)
            return ColumnGuess(column, sample, best, monthly == best, monthly != best)
    return ColumnGuess(column, sample, score)
