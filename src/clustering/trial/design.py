"""What a trial of a playbook can show, from the rates that the study itself observed."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from clustering.columns import ACCOUNT_ID, ARR_TIERS, SEGMENT
from clustering.config.plan import EngagementConfig, TrialConfig
from clustering.errors import BadInputError, or_known
from clustering.movement.overrides.active import ASSIGNED
from clustering.results import StudyFolder
from clustering.trial.power import accounts_an_arm, least_difference

#: Outcomes that a playbook is to bring about; all others it is to avert.
GOOD = frozenset({"renewed", "expanded"})
#: What a stratum is called whose accounts have no tier.
_NO_TIER = "no tier"


@dataclass(frozen=True)
class TrialGroup:
    """The accounts that a trial is held on.

    Attributes
    ----------
    labelling, label : the segments or the labelling of the plan, and which of its labels
    segment_id : lasting id of a segment; "" for the label of another labelling
    """

    labelling: str
    label: str
    segment_id: str = ""


@dataclass(frozen=True)
class TrialDesign:
    """What a trial needs and what it can show; shares are from 0 to 1.

    Attributes
    ----------
    outcome, days : what is counted, and so many days after the start
    rate, interval, n_observed : how often it happened in the group, Wilson 95 %, of so many
    hoped : the share with the playbook, if it averts what is assumed
    n_units : what is drawn by lot, all of it: accounts, or accounts that belong together
    n_needed : units that the hoped share needs, both arms together
    least_points : the smallest difference that these units show; None where none is large enough
    settings : power, level, and the share that is assumed to be averted
    """

    outcome: str
    days: int
    rate: float
    interval: tuple[float, float]
    n_observed: int
    hoped: float
    n_units: int
    n_needed: int
    least_points: float | None
    settings: TrialConfig

    @property
    def is_large_enough(self) -> bool:
        """Whether the book has as many units as the hoped share needs."""
        return self.n_units >= self.n_needed


def trial_group(study: StudyFolder, called: str) -> TrialGroup:
    """The group that a reader means: a segment by id, name or number, or a label of the plan.

    Raises
    ------
    BadInputError
        The study has none that is called so.
    """
    segments = study.document.segments
    for one in segments:
        if called in (one.segment_id, one.name, str(one.segment)):
            return TrialGroup(SEGMENT, one.name, one.segment_id)
    plan = study.document.plan
    labels = study.table("coverage")["label"].tolist()
    if called in labels:
        return TrialGroup(plan.labelling, called)
    names = [name for one in segments for name in (one.segment_id, one.name)]
    known = list(dict.fromkeys([*names, *labels]))
    raise BadInputError(
        f"--segment '{called}': this study has no such segment, and its plan has no such label."
        f"{or_known(called, known)}"
    )


def design_trial(
    study: StudyFolder,
    group: TrialGroup,
    settings: TrialConfig | None = None,
    n_units: int | None = None,
) -> TrialDesign:
    """What a trial on a group can show.

    Parameters
    ----------
    group : as `trial_group` finds it
    settings : power, level and hope (None: those of the study's configuration)
    n_units : what is drawn by lot (None: every account of the group)

    Raises
    ------
    BadInputError
        How often the outcome happens in the group is not known, or it never did.
    """
    asked = settings or _settings_of(study)
    n = len(members(study, group)) if n_units is None else n_units
    row = _observed(study, group)
    rate, outcome = float(row["raw"]), str(row["outcome"])
    averted = 1 - rate if outcome in GOOD else rate
    if averted == 0:
        raise BadInputError(
            f"of the {row['n']:,} accounts of '{group.label}' that were observed there is none for "
            f"which a playbook could change '{outcome}'. Choose another segment."
        )
    left = averted * (1 - asked.averted)
    each = accounts_an_arm(averted, left, asked.power, asked.level)
    return TrialDesign(
        outcome=outcome,
        days=study.document.horizon_days,
        rate=rate,
        interval=(float(row["wilson_low"]), float(row["wilson_high"])),
        n_observed=int(row["n"]),
        hoped=1 - left if outcome in GOOD else left,
        n_units=n,
        n_needed=2 * each,
        least_points=least_difference(n // 2, averted, asked.power, asked.level),
        settings=asked,
    )


def known_design(study: StudyFolder, label: str) -> TrialDesign | None:
    """What a trial on a label of the plan can show; None where it cannot be told."""
    try:
        return design_trial(study, trial_group(study, label))
    except BadInputError:
        return None


def _settings_of(study: StudyFolder) -> TrialConfig:
    return EngagementConfig.model_validate(study.document.configuration["engagement"]).trial


def members(study: StudyFolder, group: TrialGroup, together: str | None = None) -> pd.DataFrame:
    """The accounts of a group as `draw_arms` takes them: id, stratum (their tier) and unit.

    Parameters
    ----------
    together : column of accounts.parquet whose equal values are drawn together (None: every account
        by itself); an account without a value is one of its own

    Raises
    ------
    BadInputError
        There is no such column.
    """
    accounts = study.accounts
    # The plan is for the segments as people decided them.
    own = ASSIGNED if ASSIGNED in accounts else "segment_name"
    column = own if group.labelling == SEGMENT else group.labelling
    mine = accounts[accounts[column].astype("str") == group.label]
    ids = mine[ACCOUNT_ID].astype("str")
    tiers = mine.get(ARR_TIERS, pd.Series(index=mine.index, dtype="str"))
    return pd.DataFrame(
        {
            ACCOUNT_ID: ids,
            "stratum": tiers.astype("object").fillna(_NO_TIER).astype("str"),
            "unit": ids if together is None else _units(mine, ids, together),
        }
    )


def _units(mine: pd.DataFrame, ids: "pd.Series[str]", together: str) -> "pd.Series[str]":
    if together not in mine or pd.api.types.is_float_dtype(mine[together]):
        texts = [name for name in mine if not pd.api.types.is_float_dtype(mine[name])]
        raise BadInputError(
            f"--together '{together}': accounts.parquet of the study has no such column of names."
            f"{or_known(together, map(str, texts))}"
        )
    shared = mine[together]
    # Marked, so that an id never meets a name that reads the same.
    return ("of " + shared.astype("str")).where(shared.notna(), "alone " + ids)


def _observed(study: StudyFolder, group: TrialGroup) -> "pd.Series[Any]":
    """The row of the rates: how often the primary outcome happened in the group."""
    primary = str(study.document.configuration["comparison"]["primary_outcome"])
    rates = study.table("rates")
    found = rates[
        (rates["labelling"] == group.labelling)
        & (rates["level"] == group.label)
        & (rates["outcome"] == primary)
    ]
    if found.empty or pd.isna(found.iloc[0]["raw"]):
        raise BadInputError(
            f"how often '{primary}' happens in '{group.label}' is not known: this study observed "
            "no outcome after its date for it. Choose an earlier as_of, or tables that reach "
            "further."
        )
    return found.iloc[0]
