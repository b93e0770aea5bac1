"""What of a study goes into its record: parameters and files, never a name.

Names of accounts live in one file of the study folder, which is not read here; neither are the
places of the source files, and the people who look after an account are left out of the tables.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clustering.config.recorded import flat_settings, without_places
from clustering.errors import TrackingError
from clustering.results import TABLES, StudyFolder
from clustering.scorer.stored.contents import CARD
from clustering.tracking.record.numbers import write_numbers

_PEOPLE = ("csm", "book_csm", "name")
#: Tables that hold names, and what people wrote.
UNRECORDED = ("names", "overrides")
_REPORT = Path("report") / "without_names"
_FIGURES = Path("report") / "figures"


def parameters(study: StudyFolder) -> dict[str, str]:
    """The resolved configuration, flat, without the places of files.

    Nested keys are joined by a dot, as in ``evidence.nulls``.
    """
    chosen = study.document.chosen
    return flat_settings(study.document.configuration) | {
        "chosen.algorithm": chosen.algorithm,
        "chosen.k": str(chosen.k),
        "chosen.covariance_type": str(chosen.covariance_type),
        "config_hash": study.document.provenance.config_hash,
    }


def verdict(study: StudyFolder) -> dict[str, Any]:
    """The verdict with what it rests on."""
    document = study.document
    return {
        "verdict": document.verdict,
        "n_clusters": document.n_clusters,
        "group_word": document.group_word.model_dump(),
        "chosen": document.chosen.model_dump(),
        "admissible": list(document.evidence.admissible),
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
    """Put tables, numbers, verdict, document and model card into `folder`."""
    _write_tables(study, folder / "tables")
    write_numbers(study, folder)
    _write_json(verdict(study), folder / "verdict.json")
    document = study.document.model_dump(mode="json")
    document["configuration"] = without_places(document["configuration"])
    _write_json(document, folder / "study.json")
    card = study.path / "scorer" / CARD
    if card.is_file():
        shutil.copyfile(card, folder / CARD)


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
