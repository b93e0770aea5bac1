"""The result of a monitor as a run, and as tags on the version of the model."""

from collections.abc import Mapping
from pathlib import Path

from clustering.tracking.decisions import DATE, DECISION, RUN
from clustering.tracking.registered import version_behind
from clustering.tracking.runs import ending, make_experiment, milliseconds_now
from clustering.tracking.store import artifact_location, open_store, tracking_uri


def log_monitor(
    folder: Path,
    *,
    experiment: str,
    name: str,
    tags: Mapping[str, str],
    metrics: Mapping[str, float],
    model: str,
    store: str | None,
) -> str:
    """Record a result; gives the id of the run.

    Parameters
    ----------
    folder : its files
    tags : `monitor` is the decision and `as_of` the date, which the model's version gets too
    model : its address; only ``models:/`` ones are of the registry

    Raises
    ------
    TrackingError
        The store cannot be reached or refuses; a run that was begun is marked as failed.
    """
    from mlflow.entities import Metric

    uri = tracking_uri(store)
    with open_store(uri, create=True) as client:
        artifacts = artifact_location(uri, folder.resolve().parent)
        experiment_id = make_experiment(client, experiment, artifacts)
        run_id = str(client.create_run(experiment_id, run_name=name, tags=dict(tags)).info.run_id)
        with ending(client, run_id):
            time = milliseconds_now()
            values = [Metric(key, value, time, 0) for key, value in metrics.items()]
            client.log_batch(run_id, metrics=values)
            client.log_artifacts(run_id, str(folder))
            address = version_behind(client, model)
            if address is not None:
                said = {DECISION: tags["monitor"], DATE: tags["as_of"], RUN: run_id}
                for key, value in said.items():
                    client.set_model_version_tag(*address, key, value)
    return run_id
