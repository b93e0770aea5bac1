"""A scorer as a folder of arrays and JSON that is refused when anything in it has changed.

================== ==========================================================================
file               holds
================== ==========================================================================
manifest.json      format, package version, SHA-256 of every other file, and of itself
scorer.json        segments, their ids and names, settings of the features, what it was learned from
standardiser.json  parameters from features to the matrix
model.npz          centres, or weights, means and covariances; limits, temperatures, usual values
study_facts.json   what the study tells of the model: verdict, sources, what happened next
model_card.md      the same, and the rest, for people
================== ==========================================================================

No pickle is written or loaded. The checksums find accidents (a truncated copy, an edited file);
who can write the folder can also write a matching manifest, so they are no signature.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from clustering.errors import BadInputError, ModelFolderError, OutputError, breaches_message
from clustering.matrix.stored import STRICT, read_strictly
from clustering.outputs import publish, staged_folder
from clustering.scorer.scorer import Scorer
from clustering.scorer.stored.contents import (
    CARD,
    FACTS,
    MODEL,
    SCORER,
    STANDARDISER,
    as_files,
    as_json,
    from_files,
)

#: Version of this layout; another one is refused.
FORMAT = 4

MANIFEST = "manifest.json"

#: Hex digits of a model's version.
_VERSION_DIGITS = 12

#: Most bytes that are read of each file; a scorer of a hundred features stays far below.
_MOST_BYTES = {
    MANIFEST: 2**16,
    SCORER: 2**22,
    STANDARDISER: 2**24,
    MODEL: 2**28,
    FACTS: 2**22,
    CARD: 2**22,
}

#: What operating systems leave in folders, in lower case; and how such names begin.
_LITTER = ("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", ".directory")
_LITTER_STARTS = (".ds_store", "._", ".localized", ".spotlight", ".trash", ".fseventsd", ".nfs")


@dataclass(frozen=True)
class _Manifest:
    """`manifest.json`."""

    format: int
    package_version: str
    files: dict[str, str]
    checksum: str

    __pydantic_config__ = STRICT


def write(scorer: Scorer, folder: Path) -> None:
    """Write the scorer's folder, whole or not at all.

    Raises
    ------
    OutputError
        The place cannot be written, or holds something that is not a scorer.
    """
    folder = Path(folder)
    _refuse_foreign(folder)
    files = _files(scorer)
    try:
        with staged_folder(folder) as stage:
            for name, content in files.items():
                (stage / name).write_bytes(content)
            publish(stage, folder)
    except OSError as error:
        raise OutputError(
            f"the scorer cannot be written to '{folder}': {error.strerror or error}."
        ) from None


def version_of(scorer: Scorer) -> str:
    """The version that the folder of a scorer has."""
    return _version(_files(scorer)[MANIFEST])


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
    files, manifest = _checked_files(folder)
    try:
        scorer = from_files(files)
    # FloatingPointError: its numbers are finite, and too large to compute with.
    except (BadInputError, FloatingPointError) as error:
        raise ModelFolderError(
            f"scorer '{folder}' has a manifest that matches, but cannot be used: {error}\n"
            "Nothing of it was used. Write it again with `clustering study`."
        ) from None
    # The folder's own: written by another version of the package, it would be another one today.
    vars(scorer)["version"] = _version(manifest)
    return scorer


def _refuse_foreign(folder: Path) -> None:
    """Refuse a place that holds anything but an earlier scorer: it would be replaced."""
    if not folder.exists():
        return
    names = [entry.name for entry in os.scandir(folder)] if folder.is_dir() else [folder.name]
    foreign = sorted(name for name in names if name not in _MOST_BYTES and not _is_litter(name))
    if foreign:
        raise OutputError(
            f"'{folder}' exists and is not a scorer: it holds '{foreign[0]}'"
            f"{f' and {len(foreign) - 1} more' if len(foreign) > 1 else ''}. Nothing was written."
        )


def _files(scorer: Scorer) -> dict[str, bytes]:
    """The content of all files by their name."""
    files = as_files(scorer)
    return {**files, MANIFEST: _manifest(files)}


def _version(manifest: bytes) -> str:
    return _sha256(manifest)[:_VERSION_DIGITS]


def _manifest(files: Mapping[str, bytes]) -> bytes:
    content: dict[str, Any] = {
        "format": FORMAT,
        "package_version": version("clustering"),
        "files": {name: _sha256(content) for name, content in files.items()},
    }
    return as_json({**content, "checksum": _sha256(as_json(content))})


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _checked_files(folder: Path) -> tuple[dict[str, bytes], bytes]:
    """The three files of the scorer as they were written, and the manifest."""
    if not folder.is_dir():
        raise ModelFolderError(
            f"there is no scorer at '{folder}'. Give the folder `scorer` of a study, the study's "
            "folder, or models:/account-segments@champion."
        )
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
        if MANIFEST not in names:
            raise ModelFolderError(f"'{folder}' is not a scorer: it has no {MANIFEST}.")
        manifest = _content(folder, MANIFEST)
        listed = _listed(folder, manifest)
        files = {name: _content(folder, name) for name in names if name in listed}
    except OSError as error:
        raise ModelFolderError(
            f"scorer '{folder}' cannot be read: {error.strerror or error}."
        ) from None
    foreign = [name for name in names if name not in listed and name != MANIFEST]
    breaches = [*_file_breaches(files, listed), *map(_foreign, foreign)]
    if breaches:
        raise ModelFolderError(
            breaches_message(f"scorer '{folder}' is not as it was written", breaches)
            + f"\nNothing of it was used. {_remedy(foreign, breaches)}"
        )
    return files, manifest


def _content(folder: Path, name: str) -> bytes:
    """At most one byte more than the file may have; nothing of a folder or a pipe."""
    file = folder / name
    if not file.is_file():
        return b""
    with file.open("rb") as opened:
        size = min(os.fstat(opened.fileno()).st_size, _MOST_BYTES[name])
        return opened.read(size + 1)


def _file_breaches(files: Mapping[str, bytes], listed: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(listed):
        if name not in files:
            yield f"file '{name}' is missing."
        elif len(files[name]) > _MOST_BYTES[name]:
            yield f"file '{name}' is larger than {_MOST_BYTES[name]:,} bytes: no scorer's is."
        elif _sha256(files[name]) != listed[name]:
            yield f"file '{name}' was changed: its SHA-256 is not that of the manifest."


def _foreign(name: str) -> str:
    shown = name.encode("utf-8", "backslashreplace").decode("utf-8")
    if _is_litter(name):
        return f"file {shown!r} was put there by the operating system: delete it."
    return f"file {shown!r} does not belong here."


def _is_litter(name: str) -> bool:
    return name.lower() in _LITTER or name.lower().startswith(_LITTER_STARTS)


def _remedy(foreign: Sequence[str], breaches: Sequence[str]) -> str:
    if len(foreign) == len(breaches):
        return "Delete what does not belong there."
    return "Write it again with `clustering study`."


def _listed(folder: Path, content: bytes) -> dict[str, str]:
    """Checksum by file, from a manifest that is itself unchanged."""
    try:
        manifest = read_strictly(_Manifest, content, "the manifest")
        stored = asdict(manifest)
        unchanged = as_json(stored) == content
        checksum = stored.pop("checksum")
        unchanged = unchanged and _sha256(as_json(stored)) == checksum
    except (BadInputError, ValueError):
        unchanged = False
    if not unchanged:
        raise ModelFolderError(
            f"scorer '{folder}' is not as it was written: its {MANIFEST} was changed. "
            "Nothing of it was used. Write it again with `clustering study`."
        )
    if manifest.format != FORMAT:
        raise ModelFolderError(
            f"scorer '{folder}' has format {manifest.format}, written by version "
            f"{manifest.package_version}; this version reads format {FORMAT}. Run the study "
            "again, or score with the version that wrote it."
        )
    if set(manifest.files) != set(_MOST_BYTES) - {MANIFEST}:
        raise ModelFolderError(
            f"scorer '{folder}' is none: its {MANIFEST} lists other files than a scorer's. "
            "Nothing of it was used."
        )
    return manifest.files
