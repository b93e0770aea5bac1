"""Whom to talk to and what to doubt: misjudged accounts, champions, interviews, sensitivity."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from pydantic import Field

from clustering.columns import ARR_TIERS
from clustering.config import StudyConfig
from clustering.features.types import Snapshot
from clustering.matrix import FeatureMatrix
from clustering.models.types import Clustering
from clustering.plan.accounts.champions import Champions, find_champions
from clustering.plan.accounts.discovery import discovery_list
from clustering.plan.accounts.misjudged import misjudged_accounts
from clustering.plan.make import Plan
from clustering.plan.plan_answers import plan_sensitivity
from clustering.plan.scheme_answers import scheme_sensitivity
from clustering.profiles import Profiles
from clustering.schema import Entry
from clustering.schemes import Axes, Labelling


class NextStepsEntry(Entry):
    """Who counts as a champion, and why a list is empty."""

    champions_rule: str = Field(description="Who counts as a champion and as a growth account.")
    champions_absent: str = Field(description="Why champions.parquet is empty; else ''.")
    n_champions: int = Field(description="Champions among the accounts.")
    n_growth: int = Field(description="Growth accounts, each with its nearest champions.")
    misjudged_absent: str = Field(description="Why misjudged.parquet is not known; else ''.")
    settings_moved: int = Field(description="Settings that sensitivity.parquet moved by 20 %.")


@dataclass(frozen=True, eq=False)
class Segmented:
    """The accounts, their segments, and what the schemes say of them.

    Attributes
    ----------
    scores : of the accounts by the scorer, indexed by `account_id`
    labellings, absent : schemes that these accounts allow, and why each other is absent
    """

    snapshot: Snapshot
    matrix: FeatureMatrix
    chosen: Clustering
    profiles: Profiles
    scores: pd.DataFrame
    axes: Axes
    labellings: tuple[Labelling, ...]
    absent: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class NextSteps:
    """What follows for single accounts, and how far the answers can be trusted.

    Attributes
    ----------
    misjudged : accounts that ARR tiers get wrong, as `misjudged_accounts` gives them
    misjudged_absent : why none can be told; empty where it can
    champions : growth accounts and their nearest champions
    discovery : accounts to interview, as `discovery_list` gives them
    sensitivity : answers under moved settings, as `vary` gives them
    """

    misjudged: pd.DataFrame
    misjudged_absent: str
    champions: Champions
    discovery: pd.DataFrame
    sensitivity: pd.DataFrame

    @property
    def entry(self) -> NextStepsEntry:
        """What stands in `study.json` about the tables."""
        return NextStepsEntry(
            champions_rule=self.champions.rule,
            champions_absent=self.champions.reason,
            n_champions=self.champions.n_champions,
            n_growth=self.champions.n_growth,
            misjudged_absent=self.misjudged_absent,
            settings_moved=self.sensitivity["setting"].nunique(),
        )

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of the study folder, by name."""
        return {
            "misjudged": self.misjudged,
            "champions": self.champions.table,
            "discovery": self.discovery,
            "sensitivity": self.sensitivity,
        }


def find_next_steps(config: StudyConfig, known: Segmented, plan: Plan) -> NextSteps:
    """Find all of it for the accounts of the matrix."""
    snapshot, matrix, axes, schemes = known.snapshot, known.matrix, known.axes, config.schemes
    by_name = {labelling.name: labelling for labelling in known.labellings}
    tiers, by_stage = by_name.get(ARR_TIERS), by_name.get("lifecycle_touch")
    reasons = [
        known.absent[name] for name in (ARR_TIERS, "lifecycle_touch") if name in known.absent
    ]
    segments = pd.Series(known.chosen.labels, index=pd.Index(matrix.account_ids))
    limit = config.engagement.affordable_share
    moved = [
        scheme_sensitivity(snapshot, segments, schemes, limit, config.seed),
        plan_sensitivity(plan, schemes.axes.cost.hour),
    ]
    return NextSteps(
        misjudged=misjudged_accounts(snapshot, axes, tiers, by_stage, schemes),
        misjudged_absent=" ".join(dict.fromkeys(reasons)),
        champions=find_champions(snapshot, matrix, axes, by_name.get("growth_risk"), schemes),
        discovery=discovery_list(
            snapshot, matrix, known.chosen, known.profiles, known.scores, axes
        ),
        sensitivity=pd.concat(moved, ignore_index=True),
    )
