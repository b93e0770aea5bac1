"""The mapping of a guessed table: a SELECT, and what a person has to look at in its comments."""

from collections.abc import Sequence
from dataclasses import dataclass

from clustering.tables.init.guessing import (
    ColumnGuess,
    Link,
    TableGuess,
    currency_of,
    find_link,
    term_of,
)
from clustering.tables.init.sniffing import ColumnSample
from clustering.tables.session import quoted_name, quoted_text

_CERTAIN = 0.95
#: Columns of the contract that are money.
_AMOUNTS = ("arr", "amount")


@dataclass(frozen=True)
class _FirstContract:
    """The first day of an account's contracts, for accounts that have no day of their own."""

    subscriptions: TableGuess
    account: ColumnGuess
    started: ColumnGuess
    own_account: ColumnGuess

    @property
    def join(self) -> str:
        """What joins it to the accounts, which are called own."""
        account = quoted_name(self.account.sample.name)
        return (
            "\nLEFT JOIN (\n"
            f"    SELECT {account} AS account_id, min({_expression(self.started)}) AS started_on\n"
            f"    FROM {self.subscriptions.source.reads}\n"
            "    GROUP BY ALL\n"
            f") AS first_contract ON first_contract.account_id = "
            f"own.{quoted_name(self.own_account.sample.name)}"
        )


def _first_contract(guess: TableGuess, guesses: Sequence[TableGuess]) -> _FirstContract | None:
    if guess.table.name != "accounts" or "started_on" not in {c.name for c in guess.missing}:
        return None
    for other in guesses:
        found = {column.column.name: column for column in other.columns}
        own = {column.column.name: column for column in guess.columns}
        started = found.get("started_on")
        if other.table.name != "subscriptions" or started is None or "account_id" not in found:
            continue
        if "account_id" in own and len(started.sample.date_formats) == 1:
            return _FirstContract(other, found["account_id"], started, own["account_id"])
    return None


def mapping_text(guess: TableGuess, guesses: Sequence[TableGuess]) -> str:
    """The mapping of a guessed table, with what was not found in its comments."""
    link, first = find_link(guess, guesses), _first_contract(guess, guesses)
    own = "own." if link is not None or first is not None else ""
    chosen = [
        f"{_expression(column, own, term_of(guess))} AS {column.column.name}"
        for column in guess.columns
        if column.column.kind != "date" or len(column.sample.date_formats) < 2
        if not (column.total and term_of(guess) is None)
    ]
    reads = guess.source.reads + (" AS own" if own else "")
    if link is not None:
        chosen.insert(0, f"through.{quoted_name(link.account)} AS account_id")
        reads += f"\nLEFT JOIN {link.source.reads} AS through\n    USING ({link.sql_key})"
    if first is not None:
        chosen.append("first_contract.started_on")
        reads += first.join
    comments = [
        f"{guess.table.name}: one row is {guess.table.one_row}.",
        f"Drafted by `clustering init` from {guess.source.origin}. Read every line.",
        *_not_guessed(guess, link, first),
        *(line for column in guess.columns for line in _remark(column, term_of(guess))),
        *_currency_remark(guess),
        *_left_over(guess),
    ]
    # A name of the user's may hold a line end, which would end the comment.
    header = "\n".join(f"-- {' '.join(line.splitlines())}" for line in comments)
    selected = ",\n".join(f"    {line}" for line in chosen or ["*"])
    return f"{header}\nSELECT\n{selected}\nFROM {reads}\n"


def _expression(guess: ColumnGuess, own: str = "", term: ColumnSample | None = None) -> str:
    name = own + quoted_name(guess.sample.name)
    formats = guess.sample.date_formats
    if guess.column.kind == "date" and formats and formats[0] != "iso":
        return _parsed(name, formats[0])
    if guess.per_month:
        return _yearly(name, f"TRY_CAST({name} AS DOUBLE) * 12", "per month")
    if guess.total and term is not None:
        months = f"nullif(TRY_CAST({own}{quoted_name(term.name)} AS DOUBLE), 0)"
        return _yearly(name, f"TRY_CAST({name} AS DOUBLE) * 12 / {months}", "per term")
    return name


def _yearly(name: str, amount: str, unit: str) -> str:
    """An amount made yearly; what is no number goes on with its unit, and the check counts it."""
    return f"coalesce(CAST({amount} AS VARCHAR), {name} || ' {unit}')"


def _parsed(name: str, date_format: str) -> str:
    """A date of one form; what is of another goes on as it is, and the check counts it."""
    day = f"CAST(try_strptime({name}, {quoted_text(date_format)}) AS DATE)"
    return f"coalesce(CAST({day} AS VARCHAR), {name})"


def _not_guessed(guess: TableGuess, link: Link | None, first: _FirstContract | None) -> list[str]:
    lines = []
    for column in guess.missing:
        if column.name == "started_on" and first is not None:
            lines.append(
                f"started_on: the first '{first.started.sample.name}' of "
                f"{first.subscriptions.source.origin}; is it that?"
            )
            continue
        if column.name == "account_id" and link is not None:
            lines.append(
                f"account_id: taken through '{link.key}' from {link.source.origin}; is it that?"
            )
            continue
        lines += [
            f"NOT GUESSED {column.name}, which is required: {column.meaning}",
            "  Add a line for it to the SELECT.",
        ]
    return lines


def _remark(guess: ColumnGuess, term: ColumnSample | None) -> list[str]:
    column, sample = guess.column, guess.sample
    if guess.total and term is None:
        return [
            f"NOT GUESSED {column.name}: '{sample.name}' is taken to be the amount of a whole term,"
            " and no column says how many months the term has. Add a line for the yearly amount:",
            f"    CAST({quoted_name(sample.name)} AS DOUBLE) * 12 / MONTHS AS {column.name}",
        ]
    if guess.total and term is not None:
        return [
            f"{column.name}: '{sample.name}' is taken to be the amount of a whole term of "
            f"'{term.name}' months, and becomes a yearly one; is it that?"
        ]
    if column.kind == "date" and len(sample.date_formats) > 1:
        name = quoted_name(sample.name)
        return [
            f"NOT GUESSED {column.name}: the dates in '{sample.name}' can be read in more than one "
            "way. Add one of these lines:",
            *(f"    {_parsed(name, form)} AS {column.name}" for form in sample.date_formats),
        ]
    if guess.per_month:
        return [f"{column.name}: '{sample.name}' is taken to be an amount per month."]
    if column.choices:
        other = sorted({value.lower() for value in sample.examples} - set(column.choices))
        if other:
            return [
                f"{column.name}: the contract knows {', '.join(column.choices)}; '{sample.name}' "
                f"also has {', '.join(other)}. Write a CASE."
            ]
    if guess.score < _CERTAIN:
        return [f"{column.name}: guessed from the name '{sample.name}'; is it that?"]
    return []


def _currency_remark(guess: TableGuess) -> list[str]:
    found = currency_of(guess)
    amounts = [c.column.name for c in guess.columns if c.column.name in _AMOUNTS]
    if found is None or not amounts:
        return []
    listed = ", ".join(found.examples)
    if found.n_distinct < 2:
        return [f"'{found.name}' is {listed}: set it as currency in the TOML file."]
    return [
        f"{amounts[0]}: '{found.name}' has {found.n_distinct} currencies ({listed}), and amounts "
        "of several cannot be summed. Convert them here, as in",
        f"    {amounts[0]} * CASE {quoted_name(found.name)} WHEN '{found.examples[0]}' THEN 1.0 "
        f"WHEN '{found.examples[1]}' THEN RATE END AS {amounts[0]}",
    ]


def _left_over(guess: TableGuess) -> list[str]:
    found = {column.column.name for column in guess.columns}
    optional = [c.name for c in guess.table.columns if c.name not in found and not c.required]
    lines = []
    if optional:
        lines.append(f"Nothing found for (optional): {', '.join(optional)}.")
    if guess.unused:
        unused = ", ".join(sample.name for sample in guess.unused)
        lines += [
            f"Not used: {unused}.",
            "  Never map an undated flag (churned, upgraded, ...): it knows the future.",
        ]
    return lines
