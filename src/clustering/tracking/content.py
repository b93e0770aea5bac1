"""What of a study goes into its record: parameters, metrics and files, never a name.

Names of accounts live in one file of the study folder, which is not read here; neither are the
places of the source files, and the people who look after an account are left out of the tables.
"""

import json
import math
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from clustering.columns import ARR_TIERS, SEGMENT
from clustering.errors import TrackingError
from clustering.results import TABLES, StudyFolder
from clustering.results.plan_document import PlanEntry
from clustering.tracking.later_metrics import later_metrics

_PLACES = ("source", "output", "tracking")
_NO_METRIC = re.compile(r"[^A-Za-z0-9_\-. /]")  # what MLflow refuses in the name of a metric
_PEOPLE = ("csm", "book_csm", "name")
#: Tables that hold names, and what people wrote.
UNRECORDED = ("names", "overrides")
_REPORT = Path("report") / "without_names"
_FIGURES = Path("report") / "figures"


def parameters(study: StudyFolder) -> dict[str, str]:
    """The resolved configuration, flat, without the places of files.

    Nested keys are joined by a dot, as in ``evidence.nulls``.
    """
    configuration = without_places(study.document.configuration)
    chosen = study.document.chosen
    return _flat(configuration) | {
        "chosen.algorithm": chosen.algorithm,
        "chosen.k": str(chosen.k),
        "chosen.covariance_type": str(chosen.covariance_type),
        "config_hash": study.document.provenance.config_hash,
    }


def without_places(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration without the places of files, wherever they stand in it."""
    kept = {key: value for key, value in configuration.items() if key not in _PLACES}
    for part, place in (("engagement", "playbooks"), ("movement", "overrides")):
        if part in kept:
            kept[part] = {key: kept[part][key] for key in kept[part] if key != place}
    return kept


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat


def study_metrics(study: StudyFolder) -> dict[str, float]:
    """Numbers of the whole study: sizes, agreements, gains; one name each."""
    document = study.document
    metrics: dict[str, float | None] = {
        "n_accounts": document.n_accounts,
        "n_segments": len(document.segments),
        "n_clusters": document.n_clusters,
        "n_features": sum(feature.included for feature in document.features),
        "smallest_segment_share": min(segment.share for segment in document.segments),
    }
    jaccard = [s.jaccard for s in document.segments if s.jaccard is not None]
    if jaccard:
        metrics["jaccard_min"] = min(jaccard)
    for agreement in document.agreements:
        if agreement.first not in (SEGMENT, ARR_TIERS):
            continue  # schemes among each other are in the folder
        pair = f"{agreement.first}.{agreement.second}"
        metrics |= {f"ami.{pair}": agreement.ami, f"ari.{pair}": agreement.ari}
        metrics |= {f"permutation_p.{pair}": agreement.permutation_p}
    for entry in document.forward_rivals:  # the labellings' own gains are among `later_metrics`
        gain = None if entry.gain is None else entry.gain.log_loss
        metrics[f"gain_log_loss.{entry.labelling}.{entry.outcome}"] = gain
    for ablation in document.leakage.ablations:
        metrics[f"ami_with_tiers.{ablation.features}"] = ablation.ami
    for test in document.evidence.get("structure", {}).get("nulls", []):
        metrics[f"null_p.{test['name']}"] = test["p"]
    metrics |= _movement_metrics(study)
    metrics |= later_metrics(study)
    metrics |= _next_steps_metrics(study)
    return _finite(metrics | _plan_metrics(document.plan))


def _next_steps_metrics(study: StudyFolder) -> dict[str, float | None]:
    """How many accounts are on the lists, and how many answers are fragile."""
    entry = study.document.next_steps
    if entry is None:
        return {}
    moved = study.table("sensitivity")
    flips = moved.loc[moved["flips"], ["answer", "subject"]].drop_duplicates()
    return {
        "next_steps.champions": entry.n_champions,
        "next_steps.growth_accounts": entry.n_growth,
        "next_steps.misjudged_accounts": len(study.table("misjudged")),
        "next_steps.fragile_answers": len(flips),
    }


def _plan_metrics(plan: PlanEntry | None) -> dict[str, float | None]:
    """Sums of the plan; they are of all accounts, none of a single one."""
    if plan is None:
        return {}
    metrics: dict[str, float | None] = {
        "plan.hours": plan.hours,
        "plan.csms": plan.csms,
        "plan.cost": plan.cost,
        "plan.cost_share": plan.cost_share,
        "plan.labels_over_limit": len(plan.over_limit),
    }
    for audit in plan.audit:
        metrics |= {
            f"audit.{audit.name}.accounts": audit.n_accounts,
            f"audit.{audit.name}.hours": audit.hours,
            f"audit.{audit.name}.money": audit.money,
        }
    if plan.staffing is not None and plan.staffing.status != "infeasible":
        metrics |= {
            "plan.covered": plan.staffing.covered,
            "plan.left": plan.staffing.left,
            "plan.gap": plan.staffing.gap,
            "plan.accounts_moved": plan.staffing.books.n_moved,
        }
    return metrics


def _movement_metrics(study: StudyFolder) -> dict[str, float | None]:
    """Movement of accounts and change of the model, and what people decided."""
    found, assignment = study.document.movement, study.document.assignment
    metrics: dict[str, float | None] = {}
    if assignment is not None:
        metrics |= {
            "overrides.in_force": assignment.n_override,
            "overrides.against_model": assignment.n_against_model,
            "movement.to_reconfirm": assignment.n_reconfirm,
        }
    if found is None:
        return metrics
    metrics |= {
        "movement.moves": found.without_hysteresis.moves,
        "movement.moves_with_hysteresis": found.with_hysteresis.moves,
        "movement.flip_flops": found.without_hysteresis.flip_flops,
        "movement.flip_flops_with_hysteresis": found.with_hysteresis.flip_flops,
        "movement.features_drifted": len(found.drifted),
    }
    if found.growth is not None:
        metrics |= {
            "movement.over_window": found.growth.over_window,
            "movement.per_step": found.growth.per_step,
            "movement.lasting": found.growth.value,
            "movement.lasting_low": found.growth.interval[0],
            "movement.lasting_high": found.growth.interval[1],
        }
    if found.model_change is not None:
        metrics |= {
            "model_change.differ": found.model_change.differ,
            "model_change.refits_high": found.model_change.refits_high,
            "model_change.ari": found.model_change.ari,
        }
    return metrics


def candidate_metrics(row: "pd.Series[Any]") -> dict[str, float]:
    """One metric a criterion that the candidate has."""
    criteria = {
        str(name): value
        for name, value in row.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name != "k"
    }
    sizes = row.get("sizes")
    if sizes is not None and len(sizes):
        criteria["smallest_segment"] = int(min(sizes))
    return _finite(criteria)


def _finite(metrics: Mapping[str, float | None]) -> dict[str, float]:
    return {
        _NO_METRIC.sub("_", name): float(value)
        for name, value in metrics.items()
        if value is not None and math.isfinite(value)
    }


def verdict(study: StudyFolder) -> dict[str, Any]:
    """The verdict with what it rests on."""
    document = study.document
    return {
        "verdict": document.verdict,
        "n_clusters": document.n_clusters,
        "group_word": document.group_word.model_dump(),
        "chosen": document.chosen.model_dump(),
        "admissible": document.evidence.get("admissible", []),
        "reasons": document.reasons,
        "ruled_out": document.ruled_out,
        "seed": document.seed,
        "config_hash": document.provenance.config_hash,
    }


def write_pages(study: StudyFolder, folder: Path) -> None:
    """Put the report without names, and its figures, into `folder`.

    Raises
    ------
    TrackingError
        The study has no report yet.
    """
    if not (study.path / _REPORT).is_dir():
        raise TrackingError(
            f"study '{study.path}' has no report to record. Run: clustering report {study.path}"
        )
    shutil.copytree(study.path / _REPORT, folder / "report")
    shutil.copytree(study.path / _FIGURES, folder / "figures")


def write_artifacts(study: StudyFolder, folder: Path) -> None:
    """Put tables, verdict and document into `folder`."""
    _write_tables(study, folder / "tables")
    _write_json(verdict(study), folder / "verdict.json")
    document = study.document.model_dump(mode="json")
    document["configuration"] = without_places(document["configuration"])
    _write_json(document, folder / "study.json")


def _write_tables(study: StudyFolder, folder: Path) -> None:
    folder.mkdir()
    for spec in TABLES:
        if spec.name in UNRECORDED or not study.has_table(spec.name):
            continue
        frame = study.table(spec.name)
        people = [column for column in _PEOPLE if column in frame.columns]
        frame.drop(columns=people).to_parquet(folder / f"{spec.name}.parquet", index=False)


def _write_json(content: Mapping[str, Any], file: Path) -> None:
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
