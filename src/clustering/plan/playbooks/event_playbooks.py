"""Which event playbooks start, run and end: beside the segment, which they never change.

A condition that is not known of an account (a value is missing) neither starts nor ends
anything. Nothing here reads or writes the segment or the touch of an account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clustering.columns import ACCOUNT_ID
from clustering.errors import BadInputError, ConfigError, breaches_message, or_known
from clustering.expressions import evaluate, parse
from clustering.features.registry import DEFINITIONS
from clustering.features.snapshot import ATTRIBUTES
from clustering.features.types import Snapshot
from clustering.plan.playbooks.library import Playbook, Playbooks
from clustering.schema import TableSpec, column
from clustering.schemes.axes import Axes
from clustering.schemes.composites import AMOUNTS, COMPOSITES
from clustering.schemes.readable import FROM_TABLES
from clustering.schemes.registry import SCHEMES
from clustering.schemes.types import Labelling

PLAYBOOK_RUNS = TableSpec(
    "playbook_runs",
    "Event playbooks that start, run or end now, beside the segment, which they do not change.",
    (
        column("account_id", "text", "Key."),
        column("playbook", "text", "Event playbook."),
        column("state", "text", "starts, runs or ends."),
        column("because", "text", "The condition that decided."),
    ),
    optional=True,
)

#: Never in a condition: a playbook must not depend on who the account is or who serves it.
_PEOPLE = ("name", "csm")


@dataclass(frozen=True, eq=False)
class Running:
    """Event playbooks of the accounts.

    Attributes
    ----------
    frame : one row an account and playbook that starts, goes on or ends, as `PLAYBOOK_RUNS` says
    not_computed : for each playbook whose trigger no account allows, which value it lacks
    """

    frame: pd.DataFrame
    not_computed: Mapping[str, str]

    def active(self) -> pd.DataFrame:
        """The rows of playbooks that start or go on."""
        return self.frame[self.frame["state"] != "ends"]


def trigger_values(
    snapshot: Snapshot, axes: Axes, labellings: tuple[Labelling, ...]
) -> pd.DataFrame:
    """Everything that a trigger may name: features, attributes, axes and scheme labels."""
    attributes = snapshot.attributes.drop(columns=list(_PEOPLE), errors="ignore")
    columns: dict[str, Any] = {str(name): attributes[name] for name in attributes}
    columns |= {str(name): snapshot.frame[name] for name in snapshot.frame}
    columns |= {str(name): axes.frame[name] for name in axes.frame}
    columns |= {one.name: one.labels.reindex(snapshot.frame.index) for one in labellings}
    return pd.DataFrame(columns, index=snapshot.frame.index)


def condition(sql: str, values: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a condition holds for each account; missing where a value is.

    Raises
    ------
    BadInputError
        It names what no study has, or is not true or false.

    Examples
    --------
    >>> values = pd.DataFrame({"churn_risk": [0.7, 0.2, None]}, index=list("abc"))
    >>> condition("churn_risk >= 0.6", values).tolist()
    [True, False, <NA>]
    """
    expression = parse(sql)
    known = [*values.columns, *_every_name()]
    unknown = [name for name in expression.columns if name not in known]
    if unknown:
        hint = or_known(unknown[0], known)
        raise BadInputError(
            f"the condition \"{sql}\" names '{unknown[0]}', which is no axis, feature, attribute "
            f"or scheme.{hint}"
        )
    if _lacking(expression.columns, values):
        return pd.Series(pd.NA, index=values.index, dtype="boolean")
    found = evaluate(expression, values)
    answers = set(found.dropna())
    if not answers <= {"true", "false"}:
        raise BadInputError(
            f"the condition \"{sql}\" is not true or false; it gives '{min(answers)}'."
        )
    return found.map({"true": True, "false": False}).astype("boolean")


def run_playbooks(
    books: Playbooks, values: pd.DataFrame, running: pd.DataFrame | None = None
) -> Running:
    """Start, go on and end: the state of every event playbook at one snapshot.

    Parameters
    ----------
    books : playbooks
    values : as `trigger_values` gives them
    running : `account_id` and `playbook` of those that ran at the snapshot before (None: none)

    Raises
    ------
    ConfigError
        Triggers or exits are not conditions over what a study has; all mistakes at once.

    References
    ----------
    Knoefel 2021: an expand trigger starts a playbook, and never moves the account to a tier of
    higher touch and back.
    """
    rows: list[dict[str, str]] = []
    not_computed: dict[str, str] = {}
    breaches: list[str] = []
    for name, playbook in books.events.items():
        ids = () if running is None else running.loc[running["playbook"] == name, ACCOUNT_ID]
        before = pd.Series(values.index.isin(ids), index=values.index, dtype="boolean")
        try:
            rows += _states(name, playbook, values, before)
        except BadInputError as error:
            breaches.append(f"playbook '{name}': {error}")
            continue
        lacking = _lacking(parse(str(playbook.trigger)).columns, values)
        if lacking:
            not_computed[name] = f"its trigger needs {' and '.join(lacking)}, which no account has"
    if breaches:
        raise ConfigError(breaches_message("the playbooks' conditions", breaches))
    return Running(PLAYBOOK_RUNS.from_rows(rows), not_computed)


def _states(
    name: str, playbook: Playbook, values: pd.DataFrame, before: "pd.Series[bool]"
) -> list[dict[str, str]]:
    starts_here = condition(str(playbook.trigger), values).fillna(False)
    ends_here = condition(str(playbook.exit), values).fillna(False)
    return [
        {ACCOUNT_ID: account, "playbook": name, "state": state, "because": str(because)}
        for state, chosen, because in (
            ("starts", ~before & starts_here & ~ends_here, playbook.trigger),
            ("runs", before & ~ends_here, f"not yet: {playbook.exit}"),
            ("ends", before & ends_here, playbook.exit),
        )
        for account in values.index[chosen.to_numpy(dtype=bool)]
    ]


def _every_name() -> list[str]:
    """Names that a study may have, though these tables do not allow them."""
    return [
        *(definition.name for definition in DEFINITIONS),
        *(axis.name for axis in COMPOSITES),
        *(name for name, _, _ in AMOUNTS),
        *(scheme.name for scheme in SCHEMES),
        *(name for name in ATTRIBUTES if name not in _PEOPLE),
        *FROM_TABLES,
    ]


def _lacking(columns: tuple[str, ...], values: pd.DataFrame) -> list[str]:
    return [name for name in columns if name not in values or values[name].isna().all()]
