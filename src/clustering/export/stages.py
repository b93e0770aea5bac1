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
    stages : in order; one of which nothing is read later is left out
    last : the columns of the result
    fence : ends every stage (`dialects.fence`)

    Examples
    --------
    >>> stages = [Stage("a", {"x": "p + 1e0", "unused": "p"}), Stage("b", {"y": "x * x"})]
    >>> print(query("t", stages, {"r": "x + y"}))
    WITH
    step_a AS (
      SELECT
        p + 1e0 AS x
      FROM t
    ),
    step_b AS (
      SELECT
        x,
        x * x AS y
      FROM step_a
    )
    SELECT
      x + y AS r
    FROM step_b
    """
    selects: list[str] = []
    source = table
    for stage, (new, carried) in zip(stages, _needed(stages, last), strict=True):
        if new:
            columns = [f"{stage.columns[name]} AS {name}" for name in new]
            listed = ",\n    ".join([", ".join(carried), *columns] if carried else columns)
            ended = f"{source} {fence}".rstrip()
            # No column is called so: a warehouse could take it for the whole row.
            step = f"step_{stage.name}"
            selects.append(f"{step} AS (\n  SELECT\n    {listed}\n  FROM {ended}\n)")
            source = step
    listed = ",\n  ".join(f"{text} AS {name}" for name, text in last.items())
    written = ",\n".join(selects)
    return f"WITH\n{written}\nSELECT\n  {listed}\nFROM {source}"


def _needed(
    stages: Sequence[Stage], last: Mapping[str, str]
) -> Sequence[tuple[Sequence[str], Sequence[str]]]:
    """Of each stage the columns that it computes, and those that it carries on."""
    before = [_given_by(stages[:index]) for index in range(len(stages))]
    wanted = _read_by(last.values()) & _given_by(stages)
    needed: list[tuple[Sequence[str], Sequence[str]]] = []
    for stage, given in zip(reversed(stages), reversed(before), strict=True):
        new = [name for name in stage.columns if name in wanted]
        carried = wanted.difference(new)
        needed.append((new, sorted(carried)))
        wanted = carried | (_read_by(stage.columns[name] for name in new) & given)
    return needed[::-1]


def _given_by(stages: Iterable[Stage]) -> set[str]:
    return {name for stage in stages for name in stage.columns}


def _read_by(expressions: Iterable[str]) -> set[str]:
    """Names in expressions. A word in a quoted text is taken for one, which carries too much."""
    return {name for text in expressions for name in _NAME.findall(text)}
