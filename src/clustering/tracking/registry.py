"""The model in service: which study it comes from, who put it there and why."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clustering import results
from clustering.errors import TrackingError
from clustering.tracking.model import SCORER
from clustering.tracking.runs import read_record
from clustering.tracking.store import absolute_uri, open_store, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
PREVIOUS = "previous"

_MODEL_URI = re.compile(r"models:/([^/@]+)(?:@([A-Za-z0-9_-]+)|/(\d+))")


@dataclass(frozen=True)
class Promotion:
    """What `promote` changed."""

    name: str
    version: str
    former_version: str | None
    uri: str


def promote(folder: Path, *, by: str, reason: str) -> Promotion:
    """Register the model of a recorded study and let it be the champion.

    The former champion gets the alias ``previous``: the way back.

    Parameters
    ----------
    folder : a study that was recorded
    by, reason : who decided, and why; both are kept as tags on the version

    Raises
    ------
    TrackingError
        The study was not recorded, the store does not hold it any more, it is the champion
        already, or `by` or `reason` is empty.
    """
    by, reason = by.strip(), reason.strip()
    if not by or not reason:
        raise TrackingError("say who promotes the model (--by) and why (--reason).")
    study = results.read(Path(folder))
    record = read_record(study)
    uri = absolute_uri(record.uri, study.path.resolve().parent)
    name = str(study.document.configuration["tracking"]["registered_model"])
    with open_store(uri, create=False) as client:
        _ensure_registered(client, name)
        former = _version_of(client, name, CHAMPION)
        if former is not None and _run_of(client, name, former) == record.run_id:
            raise TrackingError(
                f"study '{study.document.name}' is the {CHAMPION} of '{name}' already "
                f"(version {former}); nothing was changed."
            )
        version = client.create_model_version(
            name,
            source=f"models:/{record.model_id}",
            run_id=record.run_id,
            model_id=record.model_id,
            tags={
                "promoted_by": by,
                "reason": reason,
                "study": study.document.name,
                "as_of": study.document.as_of,
                "verdict": study.document.verdict,
            },
        ).version
        if former is not None:
            client.set_registered_model_alias(name, PREVIOUS, former)
        client.set_registered_model_alias(name, CHAMPION, version)
    return Promotion(name, str(version), former, record.uri)


def resolve_model(uri: str, store: str | None = None) -> Path:
    """The scorer folder behind ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``.

    Parameters
    ----------
    uri : as in ``models:/account-segments@champion``
    store : tracking store; see `tracking_uri` for what serves where none is given

    Returns
    -------
    Path
        A local folder for `Scorer.load`.

    Raises
    ------
    TrackingError
        The address is no model's, the store cannot be reached or lacks the model.
    """
    match = _MODEL_URI.fullmatch(uri.strip())
    if match is None:
        raise TrackingError(
            f"'{uri}' is not the address of a model: expected models:/NAME@ALIAS or "
            "models:/NAME/VERSION, as in models:/account-segments@champion."
        )
    name, alias, number = match.groups()
    place = tracking_uri(store)
    with open_store(place, create=False) as client:
        version = number or _version_of(client, name, alias)
        if version is None:
            raise TrackingError(
                f"the tracking store has no '{name}@{alias}'. Known models: {_known(client)}. "
                "To make one: clustering promote STUDY --by WHO --reason WHY"
            )
        folder = _download(f"models:/{name}/{version}") / "artifacts" / SCORER
    if not folder.is_dir():
        raise TrackingError(f"'{uri}' (version {version}) holds no scorer; it is not of ours.")
    return folder


def version_behind(client: "MlflowClient", uri: str) -> tuple[str, str] | None:
    """Name and version of an address in the registry; None for any other, or where none is."""
    match = _MODEL_URI.fullmatch(uri.strip())
    if match is None:
        return None
    name, alias, number = match.groups()
    version = number or _version_of(client, name, alias)
    return None if version is None else (name, version)


def _download(uri: str) -> Path:
    import mlflow

    return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))


def _ensure_registered(client: "MlflowClient", name: str) -> None:
    if name not in {model.name for model in client.search_registered_models(f"name = '{name}'")}:
        client.create_registered_model(name, description="Segments of accounts, by `clustering`.")


def _version_of(client: "MlflowClient", name: str, alias: str) -> str | None:
    """The version behind an alias, None where model or alias is not there."""
    for model in client.search_registered_models(f"name = '{name}'"):
        version = model.aliases.get(alias)
        if version is not None:
            return str(version)
    return None


def _run_of(client: "MlflowClient", name: str, version: str) -> str:
    return str(client.get_model_version(name, version).run_id)


def _known(client: "MlflowClient") -> str:
    known = [
        f"{model.name}@{alias}"
        for model in client.search_registered_models(max_results=20)
        for alias in model.aliases
    ]
    return ", ".join(sorted(known)) or "none"
