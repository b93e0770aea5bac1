"""How MLflow shows an experiment: as machine learning, with two views of its runs.

The tags are those that its pages read and write: the kind that a user chooses on top of the
experiment, and the views that are saved with "Save view".
"""

import json

from clustering.tracking.record.candidates import CANDIDATE, CRITERIA, KIND, STUDY

EXPERIMENT_KIND = "mlflow.experimentKind"
"""Tag of an experiment that decides in which half of MLflow it opens."""

_MACHINE_LEARNING = "custom_model_development"
_VIEW = "mlflow.sharedViewState."


def experiment_tags(at: int) -> dict[str, str]:
    """The tags of an experiment.

    Parameters
    ----------
    at : milliseconds, when the views are made; the younger one is listed first
    """
    return {
        EXPERIMENT_KIND: _MACHINE_LEARNING,
        f"{_VIEW}studies": _view("Studies", at, STUDY, _STUDIES, _YOUNGEST_FIRST),
        f"{_VIEW}candidates": _view("Candidates by k", at - 1, CANDIDATE, _CANDIDATES, _BY_NAME),
    }


_STUDIES = (
    *(f"tags.`{name}`" for name in ("as_of", "verdict")),
    *(f"metrics.`study/{name}`" for name in ("k", "accounts")),
    "metrics.`tiers/ami`",
    *(f"metrics.`gain/{name}`" for name in ("log_loss", "low", "high")),
)
_CANDIDATES = (
    *(f"tags.`{name}`" for name in ("study", "as_of")),
    *(f"params.`{name}`" for name in ("algorithm", "k")),
    *(f"tags.`{name}`" for name in ("admissible", "chosen")),
    *(f"metrics.`{name}`" for name in CRITERIA.values()),
)


#: Key and whether it ascends. Ordered by any key but the time, MLflow lists runs without folding
#: those of a study away below it.
_YOUNGEST_FIRST = ("attributes.start_time", False)
_BY_NAME = ("tags.`mlflow.runName`", True)


def _view(name: str, at: int, kind: str, columns: tuple[str, ...], order: tuple[str, bool]) -> str:
    """A saved view: which runs in which order, with which columns."""
    key, ascends = order
    state = {
        "searchFilter": f"tags.`{KIND}` = '{kind}'",
        "orderByKey": key,
        "orderByAsc": ascends,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": list(columns),
        "columnOrder": list(columns),
    }
    return json.dumps({"name": name, "createdAt": at, "updatedAt": at, "state": json.dumps(state)})
