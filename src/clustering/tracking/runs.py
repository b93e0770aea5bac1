"""A study as MLflow runs: a parent, a child run a candidate, and the model."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustering import results
from clustering.config import TrackingConfig
from clustering.errors import StudyFolderError, TrackingError
from clustering.outputs import scratch, whole_file
from clustering.progress import SILENT, Progress
from clustering.results import StudyFolder
from clustering.tracking.model import log_model
from clustering.tracking.record.candidates import KIND, STUDY, log_candidates
from clustering.tracking.record.content import parameters, write_artifacts, write_pages
from clustering.tracking.record.pseudonyms import pseudonymised
from clustering.tracking.record.views import EXPERIMENT_KIND, experiment_tags
from clustering.tracking.store import (
    absolute_uri,
    artifact_location,
    exists_or_is_remote,
    open_store,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

RECORD = "tracking.json"
"""File in the study folder that says where the study was recorded."""

_PARAMETERS_A_CALL = 100


@dataclass(frozen=True)
class TrackedStudy:
    """Where a study was recorded.

    Attributes
    ----------
    uri : tracking store; a relative SQLite path is relative to the folder that holds the study
    experiment_id, run_id : the parent run
    child_run_ids : one per candidate, in the order of `candidates.parquet`
    model_id : the logged model
    """

    uri: str
    experiment_id: str
    run_id: str
    child_run_ids: tuple[str, ...]
    model_id: str


def log_study(folder: Path, tracking: TrackingConfig, progress: Progress = SILENT) -> TrackedStudy:
    """Record a finished, rendered study.

    Parameters
    ----------
    folder : the study folder with its report and its scorer
    tracking : store and experiment
    progress : shows the candidates that are done

    Returns
    -------
    TrackedStudy
        The runs; also written to ``tracking.json`` in the folder, for `promote`.

    Raises
    ------
    StudyFolderError
        The folder is not a finished study.
    TrackingError
        The store cannot be reached or refuses; the study folder is kept, and a run that was
        begun is marked as failed.
    """
    study = results.read(Path(folder))
    uri = absolute_uri(tracking.uri, study.path.resolve().parent)
    with (
        progress.step("Recording the study", total=len(study.candidates) + 2) as advance,
        open_store(uri, create=True) as client,
        scratch("clustering-record-") as folder_of_copies,
    ):
        shown, artifacts = _shown(study, tracking, folder_of_copies)
        place = artifact_location(uri, study.path.resolve().parent)
        experiment_id = make_experiment(client, tracking.experiment, place)
        run_id = _new_run(client, shown, experiment_id)
        with ending(client, run_id):
            _describe(client, run_id, shown)
            client.log_artifacts(run_id, str(artifacts))
            advance(1)
            children = log_candidates(client, experiment_id, run_id, shown, lambda: advance(1))
            model_id = log_model(shown, run_id)
        advance(1)
    record = TrackedStudy(tracking.uri, experiment_id, run_id, children, model_id)
    _write_record(record, study)
    return record


def read_record(study: StudyFolder) -> TrackedStudy:
    """Where a study was recorded.

    Raises
    ------
    TrackingError
        It was not, or the file cannot be read.
    """
    file = study.path / RECORD
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return TrackedStudy(**{**content, "child_run_ids": tuple(content["child_run_ids"])})
    except FileNotFoundError:
        raise TrackingError(
            f"study '{study.path}' was not recorded: it ran with --no-track, or the record "
            "failed. Run it again without --no-track; the same configuration and seed give the "
            "same segments."
        ) from None
    except (json.JSONDecodeError, TypeError, KeyError):
        raise TrackingError(
            f"'{file}' is not a record of this version. Run the study again."
        ) from None


def _write_record(record: TrackedStudy, study: StudyFolder) -> None:
    try:
        with results.still_there(study), whole_file(study.path / RECORD) as stage:
            stage.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    except StudyFolderError as error:
        raise TrackingError(f"{error} It is recorded as run {record.run_id}.") from None


def check_store(tracking: TrackingConfig, folder: Path) -> None:
    """Find out before a study is run that it could not be recorded.

    Nothing is made: a SQLite file that does not exist yet is no fault.

    Parameters
    ----------
    tracking : store and experiment
    folder : the folder that holds the study's

    Raises
    ------
    TrackingError
        The store cannot be reached or read, or the experiment was deleted in it.
    """
    uri = absolute_uri(tracking.uri, folder)
    if exists_or_is_remote(uri):
        with open_store(uri, create=False) as client:
            _existing_experiment(client, tracking.experiment)


def _shown(study: StudyFolder, tracking: TrackingConfig, scratch: Path) -> tuple[StudyFolder, Path]:
    """The study as it is recorded, and the folder of its artifacts."""
    copy, artifacts = scratch / "study", scratch / "artifacts"
    copy.mkdir()
    artifacts.mkdir()
    if tracking.pseudonymise:
        study = pseudonymised(study, copy)
    else:
        write_pages(study, artifacts)
    write_artifacts(study, artifacts)
    return study, artifacts


@contextmanager
def ending(client: "MlflowClient", run_id: str) -> Iterator[None]:
    """End the run as finished, or as failed: never leave one that seems to be running."""
    try:
        yield
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id)


def make_experiment(client: "MlflowClient", name: str, artifacts: str | None) -> str:
    """The id of an experiment; it is made where there is none of that name.

    One that has no kind yet gets the tags of a new one: it was made before there were any.

    Parameters
    ----------
    artifacts : where its artifacts are kept; None: where the store has them
    """
    found, tags = _existing_experiment(client, name), experiment_tags(milliseconds_now())
    if found is None:
        return str(client.create_experiment(name, artifact_location=artifacts, tags=tags))
    if EXPERIMENT_KIND not in found.tags:
        for key, value in tags.items():
            client.set_experiment_tag(found.experiment_id, key, value)
    return str(found.experiment_id)


def _existing_experiment(client: "MlflowClient", name: str) -> "Experiment | None":
    """None where there is none of that name."""
    found = client.get_experiment_by_name(name)
    if found is None:
        return None
    if found.lifecycle_stage != "active":
        raise TrackingError(
            f"experiment '{name}' was deleted in the tracking store. Restore it there "
            f"(mlflow experiments restore -x {found.experiment_id}), name another with "
            "tracking.experiment, or run with --no-track."
        )
    return found


def _new_run(client: "MlflowClient", study: StudyFolder, experiment_id: str) -> str:
    # Imported here, as below: the report brings Matplotlib along, which who only reads needs not.
    from clustering.tracking.record.description import description

    document = study.document
    tags = {
        KIND: STUDY,
        "study": document.name,
        "as_of": document.as_of,
        "verdict": document.verdict,
        "mlflow.note.content": description(study),
    }
    run = client.create_run(experiment_id, run_name=document.name, tags=tags)
    return str(run.info.run_id)


def _describe(client: "MlflowClient", run_id: str, study: StudyFolder) -> None:
    from mlflow.entities import Metric, Param, RunTag

    from clustering.tracking.record.headline import headline_metrics

    now = milliseconds_now()
    metrics = [Metric(key, value, now, 0) for key, value in headline_metrics(study).items()]
    values = [Param(key, value[:6000]) for key, value in parameters(study).items()]
    client.log_batch(run_id, metrics=metrics, tags=[RunTag("seed", str(study.document.seed))])
    for start in range(0, len(values), _PARAMETERS_A_CALL):
        client.log_batch(run_id, params=values[start : start + _PARAMETERS_A_CALL])
    client.log_inputs(run_id, datasets=[_dataset(study)])


def _dataset(study: StudyFolder) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    inputs = study.document.provenance.inputs
    source = {name: entry.model_dump() for name, entry in inputs.items()}
    schema = {"features": [feature.name for feature in study.document.features if feature.included]}
    dataset = Dataset(
        name=f"{study.document.name} as of {study.document.as_of}",
        digest=_digest(source),
        source_type="source tables",
        source=json.dumps(source),
        schema=json.dumps(schema)[:60000],
        profile=json.dumps({"num_rows": study.document.n_accounts}),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def _digest(source: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()[:32]


def milliseconds_now() -> int:
    """Time as MLflow counts it."""
    return int(time.time() * 1000)
