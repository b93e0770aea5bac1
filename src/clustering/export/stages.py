"""A query in stages: each reads the one before it, and carries on what a later one reads.

Databases that see one expression in another write it out again, so that a long formula in one
piece takes minutes. A stage gives a name to what more than one later expression reads.

The text of an expression is plain SQL that every warehouse reads, in the names of its columns;
`dialects.render` then writes the whole in the dialect of one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")


@dataclass(frozen=True)
class Stage:
    """Columns that are computed from those of the stages before.

    Attributes
    ----------
    name : of the stage
    columns : expressions by the name of the column; a name is given once in a query
    """

    name: str
    columns: Mapping[str, str]


def query(table: str, stages: Sequence[Stage], last: Mapping[str, str], fence: str = "") -> str:
    """One SELECT with a common table expression a stage.

    Parameters
    ----------
    table : what the first stage reads
    stages : in order
    last : the columns of the result
    fence : ends every stage (`dialects.fence`)

    Examples
    --------
    >>> stages = [Stage("a", {"x": "p + 1e0", "unused": "p"}), Stage("b", {"y": "x * x"})]
    >>> print(query("t", stages, {"r": "x + y"}))
    WITH
    a AS (
      SELECT
        p + 1e0 AS x
      FROM t
    ),
    b AS (
      SELECT
        x,
        x * x AS y
      FROM a
    )
    SELECT
      x + y AS r
    FROM b
    """
    sources = [table, *(stage.name for stage in stages)]
    wanted = _read_by(last.values()) & _given_by(stages)
    selects: list[str] = []
    for index in reversed(range(len(stages))):
        stage, before = stages[index], _given_by(stages[:index])
        new = {name: text for name, text in stage.columns.items() if name in wanted}
        carried = wanted - new.keys()
        columns = [*sorted(carried), *(f"{text} AS {name}" for name, text in new.items())]
        listed = ",\n    ".join(columns)
        source = f"{sources[index]} {fence}".rstrip()
        selects.append(f"{stage.name} AS (\n  SELECT\n    {listed}\n  FROM {source}\n)")
        wanted = carried | (_read_by(new.values()) & before)
    first = ",\n".join(reversed(selects))
    listed = ",\n  ".join(f"{text} AS {name}" for name, text in last.items())
    return f"WITH\n{first}\nSELECT\n  {listed}\nFROM {sources[-1]}"


def _given_by(stages: Iterable[Stage]) -> set[str]:
    return {name for stage in stages for name in stage.columns}


def _read_by(expressions: Iterable[str]) -> set[str]:
    """Names in expressions. A word in a quoted text is taken for one, which carries too much."""
    return {name for text in expressions for name in _NAME.findall(text)}
