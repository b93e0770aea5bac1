"""The scorer of a study as an MLflow model: code and parameters, nothing pickled.

The model folder holds the scorer's arrays and JSON, and a copy of this package: a server needs
no installation of ours, only the pinned libraries. (The package is on no index, so it is not
named as a requirement.)
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import clustering
from clustering.errors import TrackingError
from clustering.results import StudyFolder
from clustering.scorer.answers.scores import SCORES
from clustering.scorer.requests import ANSWER

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import ModelSignature

SCORER = "scorer"

#: What is imported when the model is loaded; a test holds this list to the truth.
SERVING_LIBRARIES = (
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "narwhals",
    "duckdb",
    "threadpoolctl",
)

#: Rows of the example, and digits of its values.
_ROWS = 3
_DIGITS = 2


def requirements() -> list[str]:
    """The libraries of a serving environment, pinned to the versions that made the model."""
    return [f"{name}=={version(name)}" for name in SERVING_LIBRARIES]


def log_model(study: StudyFolder, run_id: str) -> str:
    """Log the scorer under a run of the store that is open; gives the model's id.

    Raises
    ------
    TrackingError
        The study folder has no scorer.
    """
    import mlflow

    folder = study.path / SCORER
    if not folder.is_dir():
        raise TrackingError(f"study '{study.path}' has no scorer to record. Run the study again.")
    example = _example(study)
    document = study.document
    with mlflow.start_run(run_id=run_id), _no_bytecode():
        info = mlflow.pyfunc.log_model(
            name="segments",
            python_model=str(Path(__file__).with_name("segmenter_model.py")),
            artifacts={SCORER: str(folder)},
            code_paths=[str(Path(clustering.__file__).parent)],
            signature=_signature(),
            input_example=example,
            pip_requirements=requirements(),
            metadata={
                "study": document.name,
                "as_of": document.as_of,
                "verdict": document.verdict,
                "segments": {one.segment_id: one.name for one in document.segments},
                "features": list(example.columns),
            },
        )
    return str(info.model_id)


@contextmanager
def _no_bytecode() -> Iterator[None]:
    """Python would leave its cache in the model, whose code MLflow imports from its place."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _example(study: StudyFolder) -> "pd.DataFrame":
    """Typical feature values: medians of segments, of two digits.

    The median of an odd number of accounts is the value of one of them.
    """
    features = [feature.name for feature in study.document.features if feature.included]
    medians = study.profiles.pivot_table(
        index="segment", columns="feature", values="median", dropna=False
    )
    chosen = medians.reindex(columns=features).astype("float64").head(_ROWS)
    return chosen.map(lambda value: float(f"{value:.{_DIGITS}g}")).reset_index(drop=True)


def _signature() -> "ModelSignature":
    """What comes out; what goes in is checked by the model itself.

    MLflow's own check of inputs refuses whole numbers where a feature is a number, and leaves out
    the account id where it is not declared; declared as any type, no CSV can be sent.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    # A whole number that may be null: MLflow's udf of Spark fails on the first null of a `long`.
    doubles = {one.name: "double" for one in SCORES.columns if one.kind == "integer"}
    kinds = {**ANSWER, **doubles}
    return ModelSignature(outputs=Schema([ColSpec(kind, name) for name, kind in kinds.items()]))
