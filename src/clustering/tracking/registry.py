"""The model in service: which study it comes from, who put it there and why, and the way back."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clustering import results
from clustering.errors import ModelFolderError, TrackingError, breaches_message
from clustering.results import StudyFolder
from clustering.scorer import Scorer
from clustering.scorer.card import card_in_short
from clustering.tracking.decisions import (
    Decision,
    line_of_champions,
    now,
)
from clustering.tracking.doubts import find_doubts, monitor_doubts
from clustering.tracking.registered import (
    CHAMPION,
    PREVIOUS,
    aliased,
    decisions_of,
    models_called,
    registered,
    scorer_of,
    version_of,
    versions_of,
)
from clustering.tracking.runs import TrackedStudy, read_record
from clustering.tracking.store import absolute_uri, open_store, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient


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
        champion = version_of(client, name, CHAMPION)
        if champion is not None and _run_of(client, name, champion) == record.run_id:
            raise TrackingError(
                f"study '{study.document.name}' is the {CHAMPION} of '{name}' already "
                f"(version {champion}); nothing was changed."
            )
        scorer = Scorer.load(scorer_of(f"models:/{record.model_id}", study.document.name))
        found = (
            *find_doubts(study, scorer, _readable(name, champion)),
            *monitor_doubts(versions_of(client, name), record.run_id),
        )
        accepted = _accepted(f"study '{study.document.name}'", found, accept)
        _ensure_registered(client, name)
        version = _register(client, name, record, _tags(study, scorer), scorer)
        decision = Decision(
            now(), "promote", by, reason, version, champion, found, accepted if found else ""
        )
        _decide(client, name, decision)
    return Promotion(name, version, champion, record.uri, found)


def rollback(
    *,
    by: str,
    reason: str,
    accept: str | None = None,
    name: str | None = None,
    store: str | None = None,
) -> Promotion:
    """Let the champion before the present one be the champion again.

    Going back twice goes back two steps; `promote` goes forward again.

    Parameters
    ----------
    by, reason : who decided, and why
    accept : why it is done although the last monitor of the model to go back to speaks against it
    name : of the registered model (None: the default of ``tracking.registered_model``)
    store : tracking store; see `tracking_uri` for what serves where none is given

    Raises
    ------
    TrackingError
        There is no such model, no champion, or none before it; `by` or `reason` is empty, or a
        monitor speaks against it and is not accepted. Nothing is changed then.
    ModelFolderError
        The model to go back to cannot be read by this version, or is not as it was written.
    """
    by, reason = _who_and_why(by, reason, "goes back")
    with registered(name, store) as (client, model):
        champion, previous = aliased(model)
        if champion is None:
            raise TrackingError(
                f"'{model.name}' has no {CHAMPION} to go back from. "
                "To make one: clustering promote STUDY --by WHO --reason WHY"
            )
        line = line_of_champions(decisions_of(client, model.name), champion, previous)
        if len(line) < 2:
            raise TrackingError(
                f"version {champion} is the first {CHAMPION} of '{model.name}': there is none "
                "before it to go back to. Nothing was changed."
            )
        back = line[-2]
        Scorer.load(scorer_of(f"models:/{model.name}/{back}", f"version {back}"))
        run_id = _run_of(client, model.name, back)
        found = (*monitor_doubts(versions_of(client, model.name), run_id),)
        accepted = _accepted(f"version {back}", found, accept)
        decision = Decision(
            now(), "rollback", by, reason, back, champion, found, accepted if found else ""
        )
        _decide(client, model.name, decision)
    return Promotion(model.name, back, champion, tracking_uri(store), found)


def _who_and_why(by: str, reason: str, what: str) -> tuple[str, str]:
    by, reason = by.strip(), reason.strip()
    if not by or not reason:
        raise TrackingError(f"say who {what} (--by) and why (--reason).")
    return by, reason


def _accepted(what: str, doubts: tuple[str, ...], accept: str | None) -> str:
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
        subject = f"{what} should not be the {CHAMPION}"
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
    line = line_of_champions(decisions_of(client, name), made.version, made.former)
    client.set_registered_model_alias(name, CHAMPION, made.version)
    if len(line) > 1:
        client.set_registered_model_alias(name, PREVIOUS, line[-2])
    elif version_of(client, name, PREVIOUS) is not None:
        client.delete_registered_model_alias(name, PREVIOUS)


def _readable(name: str, version: str | None) -> Scorer | None:
    """The model of a version; None where there is none, or of another format: nobody scores it."""
    if version is None:
        return None
    try:
        return Scorer.load(scorer_of(f"models:/{name}/{version}", f"version {version}"))
    except (ModelFolderError, TrackingError):
        return None


def _ensure_registered(client: "MlflowClient", name: str) -> None:
    if not models_called(client, name):
        client.create_registered_model(name, description="Segments of accounts, by `clustering`.")


def _run_of(client: "MlflowClient", name: str, version: str) -> str:
    return str(client.get_model_version(name, version).run_id)
