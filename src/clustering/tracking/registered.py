"""Models in the registry of MLflow, found by name, alias or address."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustering.config import TrackingConfig
from clustering.errors import TrackingError
from clustering.tracking.decisions import Decision, read_decisions
from clustering.tracking.model import SCORER
from clustering.tracking.store import open_store, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
PREVIOUS = "previous"

_MODEL_URI = re.compile(r"models:/([^/@]+)(?:@([A-Za-z0-9_-]+)|/(\d+))")


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
    with open_store(tracking_uri(store), create=False) as client:
        version = number or version_of(client, name, alias)
        if version is None:
            raise TrackingError(
                f"the tracking store has no '{name}@{alias}'. Known models: {_known(client)}. "
                "To make one: clustering promote STUDY --by WHO --reason WHY"
            )
        return scorer_of(f"models:/{name}/{version}", f"'{uri}' (version {version})")


def version_behind(client: "MlflowClient", uri: str) -> tuple[str, str] | None:
    """Name and version of an address in the registry; None for any other, or where none is."""
    match = _MODEL_URI.fullmatch(uri.strip())
    if match is None:
        return None
    name, alias, number = match.groups()
    version = number or version_of(client, name, alias)
    return None if version is None else (name, version)


def scorer_of(address: str, what: str) -> Path:
    """The folder of the scorer in a model of the store that is open."""
    import mlflow

    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=address)) / "artifacts" / SCORER
    if not folder.is_dir():
        raise TrackingError(f"{what} holds no scorer; it is not of ours.")
    return folder


@contextmanager
def registered(name: str | None, store: str | None) -> Iterator[tuple["MlflowClient", Any]]:
    """The store, and the registered model of that name in it."""
    wanted = name or TrackingConfig().registered_model
    with open_store(tracking_uri(store), create=False) as client:
        found = [one for one in models_called(client, wanted) if one.name == wanted]
        if not found:
            raise TrackingError(
                f"the tracking store has no model '{wanted}'. Known models: {_known(client)}. "
                "To make one: clustering promote STUDY --by WHO --reason WHY"
            )
        yield client, found[0]


def models_called(client: "MlflowClient", name: str) -> list[Any]:
    """The registered models of a name: one or none."""
    if "'" in name:
        raise TrackingError(f"a model cannot be called {name!r}: its name has an apostrophe.")
    return list(client.search_registered_models(f"name = '{name}'"))


def version_of(client: "MlflowClient", name: str, alias: str) -> str | None:
    """The version behind an alias, None where model or alias is not there."""
    for model in models_called(client, name):
        version = model.aliases.get(alias)
        if version is not None:
            return str(version)
    return None


def aliased(model: Any) -> tuple[str | None, str | None]:
    """The versions behind the two aliases."""
    first, second = (model.aliases.get(alias) for alias in (CHAMPION, PREVIOUS))
    return None if first is None else str(first), None if second is None else str(second)


def versions_of(client: "MlflowClient", name: str) -> list[Any]:
    """All versions, the newest first."""
    found = client.search_model_versions(f"name = '{name}'", max_results=1_000)
    return sorted(found, key=lambda one: -int(one.version))


def decisions_of(client: "MlflowClient", name: str) -> tuple[Decision, ...]:
    """Every decision on a model, the oldest first."""
    return read_decisions(one.tags for one in versions_of(client, name))


def _known(client: "MlflowClient") -> str:
    known = [
        f"{model.name}@{alias}"
        for model in client.search_registered_models(max_results=20)
        for alias in model.aliases
    ]
    return ", ".join(sorted(known)) or "none"
