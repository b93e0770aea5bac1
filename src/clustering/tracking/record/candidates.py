"""The candidates of a study as runs of their own: one a model that was tried, ordered by k."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from clustering.results import StudyFolder
from clustering.tracking.record.numbers import in_short

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: Tag that tells the runs of studies from those of candidates, and its two values.
KIND, STUDY, CANDIDATE = "kind", "study", "candidate"

#: Criteria by which k is chosen, by their column of `candidates.parquet`. MLflow draws and
#: compares what has one prefix together; all others are in that table.
CRITERIA = {
    "silhouette": "choice/silhouette",
    "gap_pca": "choice/gap",
    "prediction_strength": "choice/prediction_strength",
    "instability": "choice/instability",
    "jaccard_min": "choice/least_jaccard",
    "bic": "choice/bic",
    "icl_hard": "choice/icl",
}
_ALGORITHMS = {"kmeans": "k-means"}
#: What stores keep of one tag.
MOST_LETTERS = 5_000


@dataclass(frozen=True)
class Candidate:
    """What is recorded of one candidate.

    Attributes
    ----------
    name : in words; names sort as k does
    metrics : criteria of the choice that it has, and the share of its smallest segment
    """

    name: str
    parameters: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float]


def candidates(study: StudyFolder) -> list[Candidate]:
    """The candidates in the order of `candidates.parquet`."""
    of_study = {KIND: CANDIDATE, "study": study.document.name, "as_of": study.document.as_of}
    return [_candidate(row, of_study) for _, row in study.candidates.iterrows()]


def log_candidates(
    client: "MlflowClient",
    experiment_id: str,
    parent: str,
    study: StudyFolder,
    done: Callable[[], Any],
) -> tuple[str, ...]:
    """One run a candidate below the run of its study; gives their ids in the order of the table.

    Lists of runs show the youngest first. The run of k = 1 is therefore the youngest of the
    candidates, and all of them began before the study, which stands above them.

    Parameters
    ----------
    done : called after each
    """
    listed = candidates(study)
    began = int(client.get_run(parent).info.start_time)
    starts = {place: began - rank for rank, place in enumerate(_by_k(study.candidates), start=1)}
    ids = []
    for place, candidate in enumerate(listed):
        ids.append(_log(client, experiment_id, parent, candidate, starts[place]))
        done()
    return tuple(ids)


def _by_k(frame: pd.DataFrame) -> Sequence[int]:
    """Places in the table, ordered by k, then by algorithm."""
    keys = frame[["k", "algorithm", "covariance_type"]].reset_index(drop=True)
    return list(keys.sort_values(list(keys.columns)).index)


def _candidate(row: "pd.Series[Any]", of_study: dict[str, str]) -> Candidate:
    algorithm, k, kind = row["algorithm"], int(row["k"]), row["covariance_type"]
    title = _ALGORITHMS.get(algorithm, algorithm)
    of = f" ({kind})" if isinstance(kind, str) else ""
    tags = {name: str(bool(row[name])).lower() for name in ("chosen", "admissible")}
    if isinstance(row["ruled_out"], str):
        tags["ruled_out"] = row["ruled_out"][:MOST_LETTERS]
    return Candidate(
        f"{title}{of}, k = {k:02d}",
        {"algorithm": title, "k": str(k)} | ({"covariance_type": kind} if of else {}),
        {**of_study, **tags},
        in_short({name: row.get(column) for column, name in CRITERIA.items()} | _smallest(row)),
    )


def _smallest(row: "pd.Series[Any]") -> dict[str, float | None]:
    sizes = row.get("sizes")
    if sizes is None or not len(sizes):
        return {}
    return {"choice/smallest_share": float(min(sizes) / sum(sizes))}


def _log(
    client: "MlflowClient", experiment_id: str, parent: str, candidate: Candidate, start: int
) -> str:
    from mlflow.entities import Metric, Param

    tags = {"mlflow.parentRunId": parent, **candidate.tags}
    made = client.create_run(experiment_id, start, tags=tags, run_name=candidate.name)
    run_id = str(made.info.run_id)
    client.log_batch(
        run_id,
        metrics=[Metric(name, value, start, 0) for name, value in candidate.metrics.items()],
        params=[Param(name, value) for name, value in candidate.parameters.items()],
    )
    client.set_terminated(run_id)
    return run_id
