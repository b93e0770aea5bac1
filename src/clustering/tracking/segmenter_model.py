"""The model that MLflow loads: this file is its code, the scorer folder its parameters."""

from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from clustering.errors import ClusteringError
from clustering.scorer import Scorer
from clustering.scorer.requests import answer


class Segmenter(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # mlflow has no types
    """Features of accounts in, segment, name, probability, runner-up and margin out."""

    # MLflow passes the context by keyword, so its name is fixed.
    def load_context(self, context: Any) -> None:
        """Load and check the scorer folder."""
        self._scorer = Scorer.load(context.artifacts["scorer"])

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Score a frame with one column per feature; the order of rows is kept."""
        try:
            return answer(self._scorer, model_input)
        except ClusteringError as error:
            # Of any other exception a server says no more than "unexpected", with its trace.
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from None


mlflow.models.set_model(Segmenter())
