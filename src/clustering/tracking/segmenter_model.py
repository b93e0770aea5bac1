"""The model that MLflow loads: this file is its code, the scorer folder its parameters."""

from typing import Any

import mlflow
import pandas as pd

from clustering.scorer import Scorer


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
        scored = self._scorer.score_features(model_input)
        return scored.reset_index(drop=True).astype({"segment": "float64"})


mlflow.models.set_model(Segmenter())
