"""The numbers of a study as one table: hundreds of them, each under a name of its own.

Groups are named by their level, no account is. The few that a list of studies shows are the metrics
of its run (`headline`).
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from clustering.columns import ARR_TIERS, SEGMENT
from clustering.comparison.forward.entries import ForwardEntry
from clustering.plan.sensitivity import n_fragile
from clustering.results import StudyDocument, StudyFolder
from clustering.scorer.files import write_cells

Numbers = dict[str, float | None]

NUMBERS = "numbers.csv"
"""The artifact of the run that holds them; MLflow shows it as a table."""

#: Of a number in a list of runs.
_DECIMALS = 4

#: The name of a number, and where in `study.json` its number stands; of a list, how long it is.
#: What a study does not have is not recorded.
_NUMBERS: dict[str, str] = {
    "n_accounts": "n_accounts",
    "n_segments": "segments",
    "n_clusters": "n_clusters",
    "forward.frozen_ami": "forward_split.agreement",
    "forward.secondary_claimed": "multiplicity.n_claimed",
    "differences.found": "differences.n_found",
    "differences.naive": "differences.n_naive",
    "overrides.in_force": "assignment.n_override",
    "overrides.against_model": "assignment.n_against_model",
    "movement.to_reconfirm": "assignment.n_reconfirm",
    "movement.moves": "movement.without_hysteresis.moves",
    "movement.moves_with_hysteresis": "movement.with_hysteresis.moves",
    "movement.flip_flops": "movement.without_hysteresis.flip_flops",
    "movement.flip_flops_with_hysteresis": "movement.with_hysteresis.flip_flops",
    "movement.features_drifted": "movement.drifted",
    "movement.over_window": "movement.growth.over_window",
    "movement.per_step": "movement.growth.per_step",
    "movement.lasting": "movement.growth.value",
    "movement.lasting_low": "movement.growth.interval.0",
    "movement.lasting_high": "movement.growth.interval.1",
    "model_change.differ": "movement.model_change.differ",
    "model_change.refits_high": "movement.model_change.refits_high",
    "model_change.ari": "movement.model_change.ari",
    "plan.hours": "plan.hours",
    "plan.csms": "plan.csms",
    "plan.cost": "plan.cost",
    "plan.cost_share": "plan.cost_share",
    "plan.labels_over_limit": "plan.over_limit",
    "next_steps.champions": "next_steps.n_champions",
    "next_steps.growth_accounts": "next_steps.n_growth",
}
#: The same of the staffing, where it is feasible.
_STAFFING: dict[str, str] = {
    "plan.covered": "plan.staffing.covered",
    "plan.left": "plan.staffing.left",
    "plan.gap": "plan.staffing.gap",
    "plan.accounts_moved": "plan.staffing.books.n_moved",
}


def study_numbers(study: StudyFolder) -> dict[str, float]:
    """Numbers of the whole study: sizes, agreements, gains, movement, plan; one name each."""
    document = study.document
    return finite(
        _numbers(document, _NUMBERS)
        | _evidence(document)
        | _agreements(document)
        | _forward(document)
        | _plan(document)
        | _tables(study)
    )


def write_numbers(study: StudyFolder, folder: Path) -> None:
    """Put the table of the numbers into `folder`."""
    numbers = pd.Series(study_numbers(study), name="value").rename_axis("number")
    write_cells(numbers.reset_index(), folder / NUMBERS)


def finite(numbers: Mapping[str, float | None]) -> dict[str, float]:
    """What is a number, of what may not be known."""
    return {
        name: float(value)
        for name, value in numbers.items()
        if value is not None and math.isfinite(value)
    }


def in_short(numbers: Mapping[str, float | None]) -> dict[str, float]:
    """The same with the decimals that the claims of a study have, for lists of runs.

    Examples
    --------
    >>> in_short({"n": 12345, "gain": 0.012345, "p": None})
    {'n': 12345.0, 'gain': 0.0123}
    """
    return {name: round(value, _DECIMALS) for name, value in finite(numbers).items()}


def _numbers(document: StudyDocument, places: Mapping[str, str]) -> Numbers:
    return {name: _number(document, place) for name, place in places.items()}


def _number(document: StudyDocument, place: str) -> float | None:
    """The number at a place; None where nothing is there."""
    found: Any = document
    for part in place.split("."):
        if found is None:
            return None
        found = found[int(part)] if part.isdecimal() else getattr(found, part)
    return len(found) if isinstance(found, list | tuple) else found


def _evidence(document: StudyDocument) -> Numbers:
    found: Numbers = {
        "n_features": sum(feature.included for feature in document.features),
        "smallest_segment_share": min(segment.share for segment in document.segments),
        "jaccard_min": min(
            (one.jaccard for one in document.segments if one.jaccard is not None), default=None
        ),
    }
    return found | {f"null_p.{test.name}": test.p for test in document.evidence.structure.nulls}


def _agreements(document: StudyDocument) -> Numbers:
    found: Numbers = {f"ami_with_tiers.{a.features}": a.ami for a in document.leakage.ablations}
    for agreement in document.agreements:
        if agreement.first not in (SEGMENT, ARR_TIERS):
            continue  # schemes among each other are in the folder
        pair = f"{agreement.first}.{agreement.second}"
        found |= {f"ami.{pair}": agreement.ami, f"ari.{pair}": agreement.ari}
        found |= {f"permutation_p.{pair}": agreement.permutation_p}
    return found


def _forward(document: StudyDocument) -> Numbers:
    """Gains with their intervals and p-values, and the tests inside tiers."""
    found: Numbers = {}
    for rival in document.forward_rivals:
        name = f"gain_log_loss.{rival.labelling}.{rival.outcome}"
        found[name] = None if rival.gain is None else rival.gain.log_loss
    for entry in [*document.forward, *document.forward_secondary]:
        found |= _gain(entry)
    counted = document.multiplicity
    found["forward.out_of_time"] = document.forward_split.design == "out of time"
    found["forward.secondary"] = counted.n_confirmatory + counted.n_exploratory
    for inside in document.afterwards.inside_tiers:
        found[f"cmh_p.{inside.outcome}"] = inside.cmh.p
    return found


def _gain(entry: ForwardEntry) -> Numbers:
    name = f"{entry.labelling}.{entry.outcome}"
    gain = entry.gain
    low, high = (None, None) if gain is None else gain.interval
    return {
        f"gain_log_loss.{name}": None if gain is None else gain.log_loss,
        f"gain_low.{name}": low,
        f"gain_high.{name}": high,
        f"gain_p.{name}": entry.p_adjusted if entry.p_adjusted is not None else entry.p,
    }


def _plan(document: StudyDocument) -> Numbers:
    """Sums of the plan; they are of all accounts, none of a single one."""
    staffing = document.plan.staffing
    feasible = staffing is not None and staffing.status != "infeasible"
    found = _numbers(document, _STAFFING) if feasible else {}
    for audit in document.plan.audit:
        for number in ("n_accounts", "hours", "money"):
            name = f"audit.{audit.name}.{number.removeprefix('n_')}"
            found[name] = getattr(audit, number)
    return found


def _tables(study: StudyFolder) -> Numbers:
    """What the tables tell: retention by group, and how many answers are fragile."""
    found: Numbers = {}
    for row in study.table("retention").to_dict("records"):
        group = f"{row['labelling']}.{row['level']}"
        found |= {f"{rate}.{group}": float(row[rate]) for rate in ("nrr", "grr")}
    found["next_steps.misjudged_accounts"] = len(study.table("misjudged"))
    found["next_steps.fragile_answers"] = n_fragile(study.table("sensitivity"))
    return found
