"""The Parquet tables of a study folder, their columns and meaning.

The columns that every reader relies on are checked before a study is written, so that a report
never meets a folder that it cannot show.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from clustering.comparison.agreement.entries import AGREEMENTS, CROSSWALK, DISAGREEMENTS
from clustering.comparison.observed.entries import DIFFERENCES, RATES, RENEWALS, RETENTION
from clustering.comparison.scorecard_entries import SCORECARD
from clustering.errors import StudyFolderError, breaches_message
from clustering.movement.run import MOVEMENT_TABLES
from clustering.plan.accounts.champions import CHAMPIONS
from clustering.plan.accounts.discovery import DISCOVERY
from clustering.plan.accounts.misjudged import MISJUDGED
from clustering.plan.care.audit import AUDIT
from clustering.plan.care.coverage import COVERAGE
from clustering.plan.care.needs import PLAN_COSTS
from clustering.plan.care.value import SEGMENT_VALUE
from clustering.plan.playbooks.event_playbooks import PLAYBOOK_RUNS
from clustering.plan.sensitivity import SENSITIVITY
from clustering.plan.staffing.books import BOOKS
from clustering.plan.staffing.head_count import HEAD_COUNT
from clustering.profiles.profile import PROFILES, TYPICAL
from clustering.schema import Kind, TableSpec
from clustering.schema import column as _c
from clustering.schemes.table import SCHEMES
from clustering.scorer.answers.scores import ACCOUNT_REASONS
from clustering.structure.tables import CANDIDATES, CLUSTERGRAM, COASSIGNMENT, VALLEYS

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "accounts",
        "One row an account.",
        (
            _c("account_id", "text", "Key."),
            _c("arr", "number", "ARR at as_of; missing without subscriptions.", nullable=True),
            _c("segment", "integer", "Segment number."),
            _c("segment_id", "text", "Its lasting id: the same in later studies."),
            _c("segment_name", "text", "Segment name."),
            _c(
                "probability",
                "number",
                "How often this segment is right for accounts as well known and as clear.",
            ),
            _c("runner_up", "text", "The second most probable segment.", nullable=True),
            _c("margin", "number", "Probability minus that of the runner-up."),
            _c("stability", "number", "Share of resamples that keep it there.", nullable=True),
            _c("silhouette", "number", "Silhouette in the matrix.", nullable=True),
            _c(
                "set_aside",
                "boolean",
                "Unlike all other accounts: had no part in the segments, and got the nearest.",
            ),
            _c("map_1", "number", "First principal component of the matrix."),
            _c("map_2", "number", "Second principal component of the matrix."),
        ),
        more="Every feature of the snapshot under its name, every labelling under its name, and "
        "started_on, industry, region and csm where given. No names of accounts.",
    ),
    TableSpec(
        "names",
        "Names of the accounts. Never tracked, never in the scorer.",
        (_c("account_id", "text", "Key."), _c("name", "text", "Name.", nullable=True)),
        optional=True,
    ),
    ACCOUNT_REASONS,
    SCHEMES,
    CANDIDATES,
    AGREEMENTS,
    SCORECARD,
    CROSSWALK,
    PROFILES,
    DISAGREEMENTS,
    TYPICAL,
    CLUSTERGRAM,
    COASSIGNMENT,
    VALLEYS,
    RATES,
    RETENTION,
    RENEWALS,
    DIFFERENCES,
    AUDIT,
    COVERAGE,
    BOOKS,
    HEAD_COUNT,
    PLAYBOOK_RUNS,
    SEGMENT_VALUE,
    PLAN_COSTS,
    MISJUDGED,
    CHAMPIONS,
    DISCOVERY,
    SENSITIVITY,
    *MOVEMENT_TABLES,
)


def check_tables(frames: dict[str, pd.DataFrame]) -> None:
    """Check the frames of a study before they are written.

    Raises
    ------
    StudyFolderError
        A table or column is missing or has another type; every breach at once.
    """
    breaches: list[str] = []
    for spec in TABLES:
        if spec.name not in frames:
            if not spec.optional:
                breaches.append(f"table '{spec.name}' is missing.")
            continue
        breaches += _breaches(spec, frames[spec.name])
    if breaches:
        raise StudyFolderError(breaches_message("the study's tables", breaches))


def _breaches(spec: TableSpec, frame: pd.DataFrame) -> Iterator[str]:
    for column in spec.columns:
        place = f"{spec.name}.{column.name}"
        if column.name not in frame:
            yield f"{place} is missing."
            continue
        filled = frame[column.name].dropna()
        if len(filled) < len(frame) and not column.nullable:
            yield f"{place} is empty in {len(frame) - len(filled)} rows."
        called, holds = _KINDS[column.kind]
        if not holds(filled):
            yield f"{place} is not {called}."


#: What each kind is called, and whether the values of a column are of it.
_KINDS: dict[Kind, tuple[str, Callable[["pd.Series[Any]"], bool]]] = {
    "text": ("text", lambda s: s.empty or pd.api.types.is_string_dtype(s)),
    "number": ("a number", pd.api.types.is_numeric_dtype),
    "integer": ("an integer", pd.api.types.is_integer_dtype),
    "boolean": ("true or false", pd.api.types.is_bool_dtype),
    "list": ("a list", lambda s: all(hasattr(value, "__len__") for value in s)),
}
