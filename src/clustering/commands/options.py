"""Options that several commands share."""

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

#: What a command takes for a model, wherever it stands on its line.
MODEL_HELP = "Scorer folder, study folder, or models:/account-segments@champion."

ModelStore = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        metavar="URI",
        help="Tracking store of a models:/ address, as sqlite:///mlflow.db.",
    ),
]

By = Annotated[str, typer.Option("--by", metavar="WHO", help="Who decided.")]

Reason = Annotated[str, typer.Option("--reason", metavar="WHY", help="Why.")]

Accept = Annotated[
    str | None,
    typer.Option(
        "--accept",
        metavar="WHY",
        help="Why it is right although the verdict, a check or a monitor speaks against it.",
    ),
]


def example(line: str) -> str:
    """What the help of a command ends with: one way to call it.

    Examples
    --------
    >>> example("clustering history")
    'Example: clustering history'
    """
    return f"Example: {line}"
