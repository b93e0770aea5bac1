"""Whom to talk to and what to doubt: misjudged accounts, champions, interviews, sensitivity."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

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
from clustering.schemes import Axes, Labelling


@dataclass(frozen=True, eq=False)
class NextSteps:
    """What follows for single accounts, and how far the answers can be trusted.

    Attributes
    ----------
    misjudged : accounts that ARR tiers get wrong, as `misjudged_accounts` gives them
    misjudged_reason : why none can be told; empty where it can
    champions : growth accounts and their nearest champions
    discovery : accounts to interview, as `discovery_list` gives them
    sensitivity : answers under moved settings, as `vary` gives them
    """

    misjudged: pd.DataFrame
    misjudged_reason: str
    champions: Champions
    discovery: pd.DataFrame
    sensitivity: pd.DataFrame


def find_next_steps(
    config: StudyConfig,
    snapshot: Snapshot,
    matrix: FeatureMatrix,
    chosen: Clustering,
    profiles: Profiles,
    scores: pd.DataFrame,
    axes: Axes,
    labellings: tuple[Labelling, ...],
    absent: Mapping[str, str],
    plan: Plan,
) -> NextSteps:
    """Find all of it for the accounts of the matrix."""
    schemes = config.schemes
    by_name = {labelling.name: labelling for labelling in labellings}
    tiers, by_stage = by_name.get(ARR_TIERS), by_name.get("lifecycle_touch")
    reasons = [absent[name] for name in (ARR_TIERS, "lifecycle_touch") if name in absent]
    segments = pd.Series(chosen.labels, index=pd.Index(matrix.account_ids))
    moved = [
        scheme_sensitivity(snapshot, segments, schemes, config.engagement.affordable_share,
                           config.seed),
        plan_sensitivity(plan, schemes.axes.cost.hour),
    ]  # fmt: skip
    return NextSteps(
        misjudged=misjudged_accounts(snapshot, axes, tiers, by_stage, schemes),
        misjudged_reason=" ".join(dict.fromkeys(reasons)),
        champions=find_champions(snapshot, matrix, axes, by_name.get("growth_risk"), schemes),
        discovery=discovery_list(snapshot, matrix, chosen, profiles, scores, axes),
        sensitivity=pd.concat(moved, ignore_index=True),
    )
