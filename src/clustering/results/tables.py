"""The Parquet tables of a study folder, their columns and meaning.

The columns that every reader relies on are checked before a study is written, so that a report
never meets a folder that it cannot show.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

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
from clustering.results.later_tables import LATER_TABLES
from clustering.schema import Kind, TableSpec
from clustering.schema import column as _c
from clustering.schemes.table import SCHEMES
from clustering.structure.tables import CANDIDATES, CLUSTERGRAM, COASSIGNMENT, VALLEYS

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "accounts",
        "One row an account.",
        (
            _c("account_id", "text", "Key."),
            _c("arr", "number", "ARR at as_of; missing without subscriptions.", nullable=True),
            _c("segment", "integer", "Segment number."),
            _c("segment_name", "text", "Segment name."),
            _c("probability", "number", "Probability of the segment, given the model."),
            _c("runner_up", "text", "The second most probable segment.", nullable=True),
            _c("margin", "number", "Probability minus that of the runner-up."),
            _c("stability", "number", "Share of resamples that keep it there.", nullable=True),
            _c("silhouette", "number", "Silhouette in the matrix.", nullable=True),
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
    SCHEMES,
    CANDIDATES,
    TableSpec(
        "agreements",
        "One row a pair of labellings; the columns of `agreements` in study.json.",
        (
            _c("first", "text", "Labelling."),
            _c("second", "text", "Labelling."),
            _c("n", "integer", "Accounts that have both labels."),
            _c("ami", "number", "Adjusted mutual information."),
            _c("ari", "number", "Adjusted Rand index."),
            _c("permutation_p", "number", "p-value of the AMI under permutation."),
        ),
        more="ami_low, ami_high, ari_low, ari_high: the 95 % interval.",
    ),
    TableSpec(
        "scorecard",
        "One row a labelling: all of them side by side; the columns of `scorecard` in study.json.",
        (
            _c("labelling", "text", "Labelling."),
            _c("control", "boolean", "Whether it is there to compare with."),
            _c("n_accounts", "integer", "Accounts that it labels."),
            _c("n_groups", "integer", "Its groups."),
            _c("silhouette", "number", "Less that of random groups.", nullable=True),
            _c("explained", "number", "Omega squared of the features.", nullable=True),
            _c("resampled", "number", "AMI with its own refits.", nullable=True),
            _c("over_time", "number", "AMI with itself at an earlier date.", nullable=True),
            _c("with_segments", "number", "AMI with the segments.", nullable=True),
            _c("with_tiers", "number", "AMI with the ARR tiers.", nullable=True),
            _c("gain", "number", "Gain in log loss over the tiers.", nullable=True),
            _c("gains", "boolean", "Whether it told more than the tiers."),
            _c("cost_share", "number", "Cost of care over ARR.", nullable=True),
        ),
        more="<name>_low and <name>_high: the 95 % interval of each estimate.",
        optional=True,
    ),
    TableSpec(
        "crosswalk",
        "Two labellings against each other, in accounts and in ARR.",
        (
            _c("first", "text", "Labelling."),
            _c("second", "text", "Labelling."),
            _c("first_label", "text", "Its label."),
            _c("second_label", "text", "Its label."),
            _c("n_accounts", "integer", "Accounts with both labels."),
            _c("arr", "number", "Their ARR.", nullable=True),
            _c("share_of_first", "number", "Share of the accounts with the first label."),
            _c("share_of_second", "number", "Share of the accounts with the second label."),
        ),
    ),
    PROFILES,
    TableSpec(
        "disagreements",
        "Accounts whose other label is rarer in their segment than chance allows; may be empty.",
        (
            _c("account_id", "text", "Key."),
            _c("second", "text", "The other labelling."),
            _c("label", "text", "Its label."),
            _c("segment_name", "text", "Segment."),
            _c("arr", "number", "ARR.", nullable=True),
            _c("surprise", "number", "How far the pair of labels is rarer than chance."),
            _c("why", "text", "In words."),
        ),
    ),
    TYPICAL,
    CLUSTERGRAM,
    COASSIGNMENT,
    VALLEYS,
    *LATER_TABLES,
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
