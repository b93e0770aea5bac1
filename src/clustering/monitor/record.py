"""The result of a monitor in MLflow; no account is named in it."""

from pathlib import Path
from typing import TYPE_CHECKING

from clustering.monitor.energy import EnergyTest
from clustering.monitor.files import write_into
from clustering.monitor.run import Monitored, Monitoring
from clustering.outputs import scratch

if TYPE_CHECKING:
    from clustering.config import TrackingConfig


def check_record(tracking: "TrackingConfig", tracking_uri: str | None) -> None:
    """Find out before anything is computed that the result could not be recorded.

    Raises
    ------
    TrackingError
        The store cannot be reached or read.
    """
    from clustering import tracking as mlflow_store

    uri = mlflow_store.tracking_uri(tracking_uri)
    mlflow_store.check_store(tracking.model_copy(update={"uri": uri}), Path.cwd())


def record(
    monitored: Monitored, tracking: "TrackingConfig", model: str, tracking_uri: str | None
) -> str:
    """Record a result as a run, and as tags on the model's version; gives the id of the run.

    Parameters
    ----------
    tracking : names the experiment
    model : as it was given; a version in the registry is tagged with the decision
    tracking_uri : the store; None: as `tracking.tracking_uri` finds it

    Raises
    ------
    TrackingError
        The store cannot be reached or refuses.
    """
    from clustering.tracking.monitoring import log_monitor

    found = monitored.found
    with scratch("clustering-monitor-") as folder:
        write_into(monitored, folder)
        return log_monitor(
            folder,
            experiment=tracking.experiment,
            name=f"monitor {found.study} {found.as_of}",
            tags={
                "monitor": found.decision,
                "study": found.study,
                "as_of": found.as_of,
                "model_version": found.model_version,
                "mlflow.note.content": found.sentence,
            },
            metrics=_metrics(found),
            model=model,
            store=tracking_uri,
        )


def _metrics(found: Monitoring) -> dict[str, float]:
    """The numbers that are known."""
    numbers: dict[str, float | None] = {
        "accounts": found.n_now,
        "energy_z": _z(found.energy),
        "within_segments_z": _z(found.within_segments),
        "after_common_change_z": _z(found.after_common_change),
        "unexplained": found.unexplained,
        "drifted_features": len(found.drifted),
        "unlike": found.unlike,
        "migration": None if found.migration is None else found.migration.share,
        "refit_differs": None if found.refit is None else found.refit.differ,
    }
    return {name: float(value) for name, value in numbers.items() if value is not None}


def _z(test: EnergyTest | None) -> float | None:
    return None if test is None else test.z
