"""A scorer as a folder of arrays and JSON that is refused when anything in it has changed.

================== ==========================================================================
file               holds
================== ==========================================================================
manifest.json      format, package version, SHA-256 of every other file, and of itself
scorer.json        segments and their names, settings of the features, what it was learned from
standardiser.json  parameters from features to the matrix
model.npz          centres, or weights, means and covariances; novelty limits
================== ==========================================================================

No pickle is written or loaded. The checksums find accidents (a truncated copy, an edited file);
who can write the folder can also write a matching manifest, so they are no signature.
"""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from clustering.config import FeaturesConfig
from clustering.errors import BadInputError, ModelFolderError, OutputError, breaches_message
from clustering.matrix.standardise import Standardiser
from clustering.models.types import Algorithm
from clustering.outputs import publish, staged_folder
from clustering.scorer.assignment import SegmentModel
from clustering.scorer.scorer import Scorer, Training, Verdict

__all__ = ["FORMAT", "MANIFEST", "read", "write"]

#: Version of this layout; another one is refused.
FORMAT = 1

MANIFEST = "manifest.json"
_SCORER = "scorer.json"
_STANDARDISER = "standardiser.json"
_MODEL = "model.npz"


def write(scorer: Scorer, folder: Path) -> None:
    """Write the scorer's folder, whole or not at all.

    Raises
    ------
    OutputError
        The place cannot be written, or holds something that is not a scorer.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / MANIFEST).is_file() and not _is_empty(folder):
        raise OutputError(f"'{folder}' exists and is not a scorer. Nothing was written.")
    files = _files(scorer)
    files[MANIFEST] = _manifest(files)
    try:
        with staged_folder(folder) as stage:
            for name, content in files.items():
                (stage / name).write_bytes(content)
            publish(stage, folder)
    except OSError as error:
        raise OutputError(
            f"the scorer cannot be written to '{folder}': {error.strerror or error}."
        ) from None


def read(folder: Path) -> Scorer:
    """Read a scorer after checking that its folder is complete and unchanged.

    Every file is read once; what is checked is what is used.

    Parameters
    ----------
    folder : Path
        A scorer folder, or a study folder, whose scorer is taken.

    Raises
    ------
    ModelFolderError
        The folder does not exist, a file is missing, changed or does not belong there, or it was
        written in another format; everything that is wrong at once, before anything is used.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).exists() and (folder / "scorer" / MANIFEST).exists():
        folder = folder / "scorer"
    files = _read_files(folder)
    _check(folder, files)
    try:
        return _scorer(files)
    except (
        KeyError,
        TypeError,
        ValueError,
        zipfile.BadZipFile,
        EOFError,
        ValidationError,
        BadInputError,
    ) as error:
        raise ModelFolderError(
            f"scorer '{folder}' is unchanged but cannot be understood: {error}. "
            "Write it again with `clustering study`."
        ) from None


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and next(folder.iterdir(), None) is None


def _files(scorer: Scorer) -> dict[str, bytes]:
    arrays = io.BytesIO()
    np.savez(arrays, allow_pickle=False, limits=scorer.limits, **scorer.model.arrays())
    return {
        _SCORER: _json(_description(scorer)),
        _STANDARDISER: _json(scorer.standardiser.to_json()),
        _MODEL: arrays.getvalue(),
    }


def _description(scorer: Scorer) -> dict[str, Any]:
    training = scorer.training
    singular, plural = training.group_word
    return {
        "study": training.study,
        "as_of": training.as_of.isoformat(),
        "config_hash": training.config_hash,
        "verdict": training.verdict,
        "group_word": {"singular": singular, "plural": plural},
        "algorithm": scorer.model.algorithm,
        "covariance_type": scorer.model.covariance_type,
        "segments": [
            {"segment": number, "name": name, "n_accounts": size}
            for number, (name, size) in enumerate(
                zip(scorer.segment_names, training.sizes, strict=True)
            )
        ],
        "features": scorer.features.model_dump(mode="json"),
    }


def _json(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _manifest(files: Mapping[str, bytes]) -> bytes:
    content: dict[str, Any] = {
        "format": FORMAT,
        "package_version": version("clustering"),
        "files": {name: _sha256(content) for name, content in files.items()},
    }
    return _json({**content, "checksum": _sha256(_json(content))})


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_files(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise ModelFolderError(
            f"there is no scorer at '{folder}'. Give the folder `scorer` of a study, the study's "
            "folder, or models:/account-segments@champion."
        )
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        if MANIFEST not in {entry.name for entry in entries}:
            raise ModelFolderError(f"'{folder}' is not a scorer: it has no {MANIFEST}.")
        # A folder or a pipe has no content to check; it is reported as not belonging here.
        return {e.name: Path(e.path).read_bytes() if e.is_file() else b"" for e in entries}
    except OSError as error:
        raise ModelFolderError(
            f"scorer '{folder}' cannot be read: {error.strerror or error}."
        ) from None


def _check(folder: Path, files: Mapping[str, bytes]) -> None:
    listed = _listed(folder, files[MANIFEST])
    found = {name for name in files if name != MANIFEST}
    breaches = [f"file '{name}' is missing." for name in sorted(set(listed) - found)]
    breaches += [f"file '{name}' does not belong here." for name in sorted(found - set(listed))]
    breaches += [
        f"file '{name}' was changed: its SHA-256 is not that of the manifest."
        for name in sorted(found & set(listed))
        if _sha256(files[name]) != listed[name]
    ]
    if breaches:
        raise ModelFolderError(
            breaches_message(f"scorer '{folder}' is not as it was written", breaches)
            + "\nNothing of it was used. Write it again with `clustering study`."
        )


def _listed(folder: Path, manifest: bytes) -> dict[str, str]:
    """Checksum by file, from a manifest that is itself unchanged."""
    try:
        content = json.loads(manifest)
        checksum = content.pop("checksum")
        listed: dict[str, str] = content["files"]
        unchanged = (
            _sha256(_json(content)) == checksum
            and _json({**content, "checksum": checksum}) == manifest
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        unchanged = False
    if not unchanged:
        raise ModelFolderError(
            f"scorer '{folder}' is not as it was written: its {MANIFEST} was changed. "
            "Nothing of it was used."
        )
    if content["format"] != FORMAT:
        raise ModelFolderError(
            f"scorer '{folder}' has format {content['format']}, written by version "
            f"{content['package_version']}; this version reads format {FORMAT}."
        )
    return listed


def _scorer(files: Mapping[str, bytes]) -> Scorer:
    content = json.loads(files[_SCORER])
    arrays = _arrays(files[_MODEL])
    limits = arrays.pop("limits")
    if content["algorithm"] not in get_args(Algorithm):
        raise ValueError(f"unknown algorithm '{content['algorithm']}'")
    if content["verdict"] not in get_args(Verdict):
        raise ValueError(f"unknown verdict '{content['verdict']}'")
    segments = content["segments"]
    model = SegmentModel.from_arrays(content["algorithm"], content["covariance_type"], arrays)
    if not model.k == len(segments) == len(limits):
        raise ValueError("segments, centres and limits differ in number")
    return Scorer(
        standardiser=Standardiser.from_json(json.loads(files[_STANDARDISER])),
        model=model,
        segment_names=tuple(segment["name"] for segment in segments),
        limits=limits,
        features=FeaturesConfig.model_validate(content["features"]),
        training=Training(
            study=content["study"],
            as_of=date.fromisoformat(content["as_of"]),
            config_hash=content["config_hash"],
            verdict=content["verdict"],
            are_clusters=content["group_word"]["singular"] == "cluster",
            sizes=tuple(segment["n_accounts"] for segment in segments),
        ),
    )


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)
