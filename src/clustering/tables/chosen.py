"""The accounts that a study is about, by one condition on their columns; the others are left out.

They are left out of every table when it is read, so that nothing later counts or compares them.
"""

from dataclasses import dataclass, replace

import duckdb

from clustering.errors import BadInputError, or_known
from clustering.expressions import Expression, examine
from clustering.tables.checks import Findings, Present, breach, note
from clustering.tables.reading.files import duckdb_words
from clustering.tables.session import Session, quoted_name, quoted_text
from clustering.tables.table_quality import spaced

_KEY = "accounts.only"
_LEFT_OUT = "left out"


@dataclass(frozen=True)
class Chosen:
    """A condition on accounts.

    Attributes
    ----------
    expression : of columns of `accounts`; an account is chosen where it is true
    """

    expression: Expression

    @classmethod
    def by(cls, sql: str) -> "Chosen":
        """Read the condition.

        Raises
        ------
        BadInputError
            It is no single expression of values.

        Examples
        --------
        >>> Chosen.by("region = 'North' AND employees > 50").expression.columns
        ('region', 'employees')
        """
        try:
            expression = examine(sql)
        except BadInputError as error:
            raise BadInputError(f"{_KEY}: {error}") from None
        if expression.refused:
            raise BadInputError(f"{_KEY} may not hold {'; '.join(expression.refused)}.")
        return cls(expression)

    def leave_out(self, session: Session, accounts: Present) -> tuple[Present, Findings]:
        """Remove the accounts for which the condition is not true, and remember them."""
        missing = [name for name in self.expression.columns if name not in accounts.columns]
        if missing:
            return accounts, breach(
                " ".join(
                    f"{_KEY} names '{name}', and no column of accounts is called so."
                    f"{or_known(name, accounts.columns)}"
                    for name in missing
                )
            )
        own, sql = session.own("accounts"), self.expression.sql
        try:
            session.execute(
                f"CREATE TABLE {session.own(_LEFT_OUT)} AS SELECT account_id, "
                f"CAST((\n{sql}\n) AS BOOLEAN) AS holds FROM {own}"
            )
        except duckdb.Error as error:
            return accounts, breach(f"{_KEY} cannot be evaluated: {duckdb_words(error)}")
        session.execute(f"DELETE FROM {session.own(_LEFT_OUT)} WHERE holds")
        n_out, n_unknown = session.row(
            f"SELECT count(*), count(*) - count(holds) FROM {session.own(_LEFT_OUT)}"
        )
        if n_out == accounts.n_rows:
            return accounts, breach(f"{_KEY} is true for none of the accounts: {sql}")
        return self.without(session, accounts), note(
            f"accounts: {spaced(n_out)} of {spaced(accounts.n_rows)} are left out, for which "
            f"{_KEY} is not true ({sql})"
            + (f"; for {spaced(n_unknown)} of them it is not known" if n_unknown else "")
            + "."
        )

    def without(self, session: Session, table: Present) -> Present:
        """A table without the rows of the accounts that were left out."""
        if not table.has("account_id"):
            return table
        out = f"account_id IN (SELECT account_id FROM {session.own(_LEFT_OUT)})"
        if _is_view(session, table.table.name):
            every_row = f"every row of {table.table.name}"
            session.execute(f"ALTER VIEW {table.sql} RENAME TO {quoted_name(every_row)}")
            session.execute(
                f"CREATE VIEW {table.sql} AS SELECT * FROM {session.own(every_row)} "
                f"WHERE ({out}) IS NOT TRUE"
            )
        else:
            session.execute(f"DELETE FROM {table.sql} WHERE {out}")
        (n_rows,) = table.row("count(*)")
        return replace(table, n_rows=n_rows)


def _is_view(session: Session, name: str) -> bool:
    (count,) = session.row(
        "SELECT count(*) FROM duckdb_views() "
        f"WHERE NOT internal AND view_name = {quoted_text(name)}"
    )
    return bool(count)
