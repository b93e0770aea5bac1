"""Options of the commands on registered models."""

from typing import Annotated

import typer

ModelName = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="Registered model (default: account-segments, as tracking.registered_model).",
    ),
]

TrackingUri = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        metavar="URI",
        help="Tracking store, as sqlite:///studies/mlflow.db (default: MLFLOW_TRACKING_URI, else "
        "studies/mlflow.db).",
    ),
]
