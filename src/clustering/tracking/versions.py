"""What was in service when: the versions of a model, and the decisions on them."""

from dataclasses import dataclass, field
from typing import Any

from clustering.config import TrackingConfig
from clustering.scorer import Scorer
from clustering.scorer.stored.contents import CARD
from clustering.tracking.decisions import DATE, DECISION, Decision, read_decisions
from clustering.tracking.registered import registered, resolve_model, versions_of


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


def history(name: str | None = None, store: str | None = None) -> History:
    """The versions of a registered model, and who put which into service when and why.

    Raises
    ------
    TrackingError
        There is no such store or model.
    """
    with registered(name, store) as (client, model):
        versions = versions_of(client, model.name)
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
