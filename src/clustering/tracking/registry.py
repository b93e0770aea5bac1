"""The model in service: which study it comes from, who put it there and why, and the way back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustering import results
from clustering.config import TrackingConfig
from clustering.errors import ModelFolderError, TrackingError, breaches_message
from clustering.results import StudyFolder
from clustering.scorer import Scorer
from clustering.scorer.card import card_in_short
from clustering.scorer.stored.contents import CARD
from clustering.tracking.decisions import (
    DATE,
    DECISION,
    Decision,
    line_of_champions,
    now,
    read_decisions,
)
from clustering.tracking.doubts import find_doubts
from clustering.tracking.model import SCORER
from clustering.tracking.runs import TrackedStudy, read_record
from clustering.tracking.store import absolute_uri, open_store, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
PREVIOUS = "previous"

_MODEL_URI = re.compile(r"models:/([^/@]+)(?:@([A-Za-z0-9_-]+)|/(\d+))")


@dataclass(frozen=True)
class Promotion:
    """What `promote` or `rollback` changed.

    Attributes
    ----------
    name, version : the champion now
    former_version : the one before; None for the first
    uri : the store
    doubts : what spoke against it, and was accepted
    """

    name: str
    version: str
    former_version: str | None
    uri: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """A registered version, as the registry knows it; "" where it was made by other means.

    Attributes
    ----------
    monitor, monitor_as_of : the last decision of `clustering monitor` on it, and its date
    """

    version: str
    study: str
    as_of: str
    verdict: str
    model_version: str
    segments: str
    accounts: str
    monitor: str
    monitor_as_of: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """All versions of a model, the newest first, and all decisions, the oldest first."""

    name: str
    versions: tuple[Version, ...]
    decisions: tuple[Decision, ...] = field(default=())


def promote(folder: Path, *, by: str, reason: str, accept: str | None = None) -> Promotion:
    """Register the model of a recorded study and let it be the champion.

    The former champion gets the alias ``previous``: the way back.

    Parameters
    ----------
    folder : a study that was recorded
    by, reason : who decided, and why; both are kept as tags on the version
    accept : why it is done although something speaks against it (see `doubts.find_doubts`)

    Raises
    ------
    TrackingError
        The study was not recorded, the store does not hold it any more, it is the champion
        already, `by` or `reason` is empty, or something speaks against it and is not accepted;
        with all of that. Nothing is changed then.
    ModelFolderError
        The recorded model is not as it was written.
    """
    by, reason = _who_and_why(by, reason, "promotes the model")
    study = results.read(Path(folder))
    record = read_record(study)
    uri = absolute_uri(record.uri, study.path.resolve().parent)
    name = str(study.document.configuration["tracking"]["registered_model"])
    with open_store(uri, create=False) as client:
        champion = _version_of(client, name, CHAMPION)
        if champion is not None and _run_of(client, name, champion) == record.run_id:
            raise TrackingError(
                f"study '{study.document.name}' is the {CHAMPION} of '{name}' already "
                f"(version {champion}); nothing was changed."
            )
        scorer = Scorer.load(_scorer_of(f"models:/{record.model_id}", study.document.name))
        found = find_doubts(study, scorer, _readable(name, champion))
        accepted = _accepted(study, found, accept)
        _ensure_registered(client, name)
        version = _register(client, name, record, _tags(study, scorer), scorer)
        decision = Decision(
            now(), "promote", by, reason, version, champion, found, accepted if found else ""
        )
        _decide(client, name, decision)
    return Promotion(name, version, champion, record.uri, found)


def rollback(
    *, by: str, reason: str, name: str | None = None, store: str | None = None
) -> Promotion:
    """Let the champion before the present one be the champion again.

    Going back twice goes back two steps; `promote` goes forward again.

    Parameters
    ----------
    by, reason : who decided, and why
    name : of the registered model (None: the default of ``tracking.registered_model``)
    store : tracking store; see `tracking_uri` for what serves where none is given

    Raises
    ------
    TrackingError
        There is no such model, no champion, or none before it; or `by` or `reason` is empty.
    ModelFolderError
        The model to go back to cannot be read by this version, or is not as it was written.
    """
    by, reason = _who_and_why(by, reason, "goes back")
    with _registered(name, store) as (client, model):
        champion, previous = _named(model)
        if champion is None:
            raise TrackingError(
                f"'{model.name}' has no {CHAMPION} to go back from. "
                "To make one: clustering promote STUDY --by WHO --reason WHY"
            )
        line = line_of_champions(_decisions(client, model.name), champion, previous)
        if len(line) < 2:
            raise TrackingError(
                f"version {champion} is the first {CHAMPION} of '{model.name}': there is none "
                "before it to go back to. Nothing was changed."
            )
        Scorer.load(_scorer_of(f"models:/{model.name}/{line[-2]}", f"version {line[-2]}"))
        _decide(client, model.name, Decision(now(), "rollback", by, reason, line[-2], champion))
    return Promotion(model.name, line[-2], champion, tracking_uri(store))


def history(name: str | None = None, store: str | None = None) -> History:
    """The versions of a registered model, and who put which into service when and why.

    Raises
    ------
    TrackingError
        There is no such store or model.
    """
    with _registered(name, store) as (client, model):
        versions = _versions(client, model.name)
        aliases: dict[str, list[str]] = {}
        for alias, number in sorted(model.aliases.items()):
            aliases.setdefault(str(number), []).append(alias)
        return History(
            model.name,
            tuple(_described(one, tuple(aliases.get(str(one.version), ()))) for one in versions),
            read_decisions(one.tags for one in versions),
        )


def read_card(version: str, name: str | None = None, store: str | None = None) -> str:
    """The model card of a version, in Markdown.

    Parameters
    ----------
    version : its number, or an alias such as ``champion``

    Raises
    ------
    TrackingError
        There is no such store, model or version.
    ModelFolderError
        It is not as it was written, or of another version of `clustering`.
    """
    model = name or TrackingConfig().registered_model
    folder = resolve_model(
        f"models:/{model}/{version}" if version.isdecimal() else f"models:/{model}@{version}", store
    )
    Scorer.load(folder)  # refuses a card that was changed
    return (folder / CARD).read_text(encoding="utf-8")


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
        version = number or _version_of(client, name, alias)
        if version is None:
            raise TrackingError(
                f"the tracking store has no '{name}@{alias}'. Known models: {_known(client)}. "
                "To make one: clustering promote STUDY --by WHO --reason WHY"
            )
        return _scorer_of(f"models:/{name}/{version}", f"'{uri}' (version {version})")


def _who_and_why(by: str, reason: str, what: str) -> tuple[str, str]:
    by, reason = by.strip(), reason.strip()
    if not by or not reason:
        raise TrackingError(f"say who {what} (--by) and why (--reason).")
    return by, reason


def _accepted(study: StudyFolder, doubts: tuple[str, ...], accept: str | None) -> str:
    """Why it is done all the same.

    Raises
    ------
    TrackingError
        Nobody said so, and there are doubts.
    """
    given = (accept or "").strip()
    if accept is not None and not given:
        raise TrackingError("say why it is right all the same (--accept).")
    if doubts and not given:
        subject = f"study '{study.document.name}' should not be the {CHAMPION}"
        raise TrackingError(
            breaches_message(subject, doubts)
            + "\nNothing was changed. If it is right all the same, say why: --accept WHY"
        )
    return given


def _tags(study: StudyFolder, scorer: Scorer) -> dict[str, str]:
    return {
        "study": study.document.name,
        "as_of": study.document.as_of,
        "verdict": study.document.verdict,
        "model_version": scorer.version,
        "segments": str(scorer.model.k),
        "accounts": str(sum(scorer.training.sizes)),
    }


def _register(
    client: "MlflowClient", name: str, record: TrackedStudy, tags: dict[str, str], scorer: Scorer
) -> str:
    made = client.create_model_version(
        name,
        source=f"models:/{record.model_id}",
        run_id=record.run_id,
        model_id=record.model_id,
        tags=tags,
        description=card_in_short(scorer),
    )
    return str(made.version)


def _decide(client: "MlflowClient", name: str, made: Decision) -> None:
    """Record the decision, and let the aliases follow it."""
    client.set_model_version_tag(name, made.version, *made.as_tag())
    for tag, value in (("promoted_by", made.by), ("reason", made.reason)):
        if made.action == "promote":
            client.set_model_version_tag(name, made.version, tag, value)
    line = line_of_champions(_decisions(client, name), made.version, made.former)
    client.set_registered_model_alias(name, CHAMPION, made.version)
    if len(line) > 1:
        client.set_registered_model_alias(name, PREVIOUS, line[-2])
    elif _version_of(client, name, PREVIOUS) is not None:
        client.delete_registered_model_alias(name, PREVIOUS)


def _readable(name: str, version: str | None) -> Scorer | None:
    """The model of a version; None where there is none, or of another format: nobody scores it."""
    if version is None:
        return None
    try:
        return Scorer.load(_scorer_of(f"models:/{name}/{version}", f"version {version}"))
    except (ModelFolderError, TrackingError):
        return None


def _scorer_of(address: str, what: str) -> Path:
    """The folder of the scorer in a model of the store that is open."""
    import mlflow

    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=address)) / "artifacts" / SCORER
    if not folder.is_dir():
        raise TrackingError(f"{what} holds no scorer; it is not of ours.")
    return folder


def version_behind(client: "MlflowClient", uri: str) -> tuple[str, str] | None:
    """Name and version of an address in the registry; None for any other, or where none is."""
    match = _MODEL_URI.fullmatch(uri.strip())
    if match is None:
        return None
    name, alias, number = match.groups()
    version = number or _version_of(client, name, alias)
    return None if version is None else (name, version)


@contextmanager
def _registered(name: str | None, store: str | None) -> Iterator[tuple["MlflowClient", Any]]:
    """The store, and the registered model of that name in it."""
    wanted = name or TrackingConfig().registered_model
    with open_store(tracking_uri(store), create=False) as client:
        found = [one for one in _models(client, wanted) if one.name == wanted]
        if not found:
            raise TrackingError(
                f"the tracking store has no model '{wanted}'. Known models: {_known(client)}. "
                "To make one: clustering promote STUDY --by WHO --reason WHY"
            )
        yield client, found[0]


def _models(client: "MlflowClient", name: str) -> list[Any]:
    if "'" in name:
        raise TrackingError(f"a model cannot be called {name!r}: its name has an apostrophe.")
    return list(client.search_registered_models(f"name = '{name}'"))


def _ensure_registered(client: "MlflowClient", name: str) -> None:
    if not _models(client, name):
        client.create_registered_model(name, description="Segments of accounts, by `clustering`.")


def _version_of(client: "MlflowClient", name: str, alias: str) -> str | None:
    """The version behind an alias, None where model or alias is not there."""
    for model in _models(client, name):
        version = model.aliases.get(alias)
        if version is not None:
            return str(version)
    return None


def _named(model: Any) -> tuple[str | None, str | None]:
    """The versions behind the two aliases."""
    first, second = (model.aliases.get(alias) for alias in (CHAMPION, PREVIOUS))
    return None if first is None else str(first), None if second is None else str(second)


def _versions(client: "MlflowClient", name: str) -> list[Any]:
    """All versions, the newest first."""
    found = client.search_model_versions(f"name = '{name}'", max_results=1_000)
    return sorted(found, key=lambda one: -int(one.version))


def _decisions(client: "MlflowClient", name: str) -> tuple[Decision, ...]:
    return read_decisions(one.tags for one in _versions(client, name))


def _described(version: Any, aliases: tuple[str, ...]) -> Version:
    tags = version.tags
    return Version(
        version=str(version.version),
        study=tags.get("study", ""),
        as_of=tags.get("as_of", ""),
        verdict=tags.get("verdict", ""),
        model_version=tags.get("model_version", ""),
        segments=tags.get("segments", ""),
        accounts=tags.get("accounts", ""),
        monitor=tags.get(DECISION, ""),
        monitor_as_of=tags.get(DATE, ""),
        aliases=aliases,
    )


def _run_of(client: "MlflowClient", name: str, version: str) -> str:
    return str(client.get_model_version(name, version).run_id)


def _known(client: "MlflowClient") -> str:
    known = [
        f"{model.name}@{alias}"
        for model in client.search_registered_models(max_results=20)
        for alias in model.aliases
    ]
    return ", ".join(sorted(known)) or "none"
