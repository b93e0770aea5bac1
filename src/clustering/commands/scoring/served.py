"""Tier, playbook and schemes of the accounts that are scored, from their tables."""

from dataclasses import dataclass

import pandas as pd

from clustering.columns import ARR_TIERS, SEGMENT
from clustering.config import SchemesConfig, StudyConfig
from clustering.features import Snapshot
from clustering.plan.playbooks.library import load_playbooks
from clustering.schemes import assign_all
from clustering.scorer import Scorer
from clustering.stores.rows import SCHEME_PREFIX


@dataclass(frozen=True, eq=False)
class Served:
    """What the tables say of how accounts are served.

    Attributes
    ----------
    labels : by account, `tier` and a column for each other scheme
    playbook : by account, where the plan is not for the segments; else null
    notes : what could not be told
    """

    labels: pd.DataFrame
    playbook: "pd.Series[str]"
    notes: tuple[str, ...]


def served_as(snapshot: Snapshot, scorer: Scorer, given: StudyConfig | None) -> Served:
    """Apply every scheme that the tables allow, and find the playbooks of the plan.

    Parameters
    ----------
    given : of the study, where its TOML was handed in; else what the scorer carries serves
    """
    index = snapshot.frame.index
    serving = scorer.serving
    settings = _settings(scorer, given)
    nothing = pd.Series(index=index, dtype="str")
    if settings is None:
        note = "Tier and schemes are not told: the model is older than the rows that hold them."
        return Served(pd.DataFrame(index=index), nothing, (note,))
    found, absent = assign_all(snapshot, settings, strict=False)
    labels = {one.name: one.labels.reindex(index).astype("str") for one in found}
    columns = {_column(name): values for name, values in labels.items()}
    notes = [f"Schemes that these tables do not allow: {', '.join(absent)}."] if absent else []
    plan_on = SEGMENT if serving is None else serving.plan_on
    if plan_on == SEGMENT:
        return Served(pd.DataFrame(columns, index=index), nothing, tuple(notes))
    playbook = nothing
    if plan_on in labels:
        books = load_playbooks(None if given is None else given.engagement.playbooks)
        of = {level: books.assigned(plan_on, level) for level in labels[plan_on].dropna().unique()}
        playbook = labels[plan_on].map(of).astype("str")
    if playbook.isna().all():
        notes.append(
            f"Playbooks are not told: the plan of the study is for '{plan_on}', whose labels have "
            "none of their own here; see the plan of the study."
        )
    return Served(pd.DataFrame(columns, index=index), playbook, tuple(notes))


def _settings(scorer: Scorer, given: StudyConfig | None) -> SchemesConfig | None:
    if given is not None:
        return given.schemes
    return None if scorer.serving is None else scorer.serving.schemes


def _column(scheme: str) -> str:
    return "tier" if scheme == ARR_TIERS else f"{SCHEME_PREFIX}{scheme}"
