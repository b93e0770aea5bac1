"""Models of every kind, and tables of features with all that a warehouse may hold."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa

from clustering.config import FeaturesConfig, MatrixConfig
from clustering.matrix import standardise
from clustering.models.kinds import CentreModel
from clustering.models.types import CandidateSpec, Clustering
from clustering.scorer import Scorer, Training
from snapshots import book, kmeans_clustering, mixture_clustering

KINDS = ("kmeans", "full", "tied", "diag", "spherical", "one segment")

#: Names that would end a text, a name, a comment or a statement, if they could.
HOSTILE = ('it\'s "one"; --\\', "zwei\n雪 */ $$ `x`", "{{ three }} %s \\' || ''")


@cache
def scorer_of_kind(kind: str) -> Scorer:
    """A model of one kind, learned from a small book of six features of every scale."""
    snapshot = book(n=300)
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    if kind == "one segment":
        clustering = _one_segment(matrix.values)
    elif kind == "kmeans":
        clustering = kmeans_clustering(matrix.values, 3)
    else:
        clustering = mixture_clustering(matrix.values, 3, kind)
    return Scorer.build(
        standardiser,
        clustering,
        matrix,
        HOSTILE[: clustering.model.k],
        FeaturesConfig(),
        Training(snapshot.as_of, "reproducible", study="it's\n; DROP TABLE features"),
    )


def _one_segment(values: np.ndarray) -> Clustering:
    centre = values.mean(axis=0, keepdims=True)
    variance = float(((values - centre) ** 2).mean())
    labels = np.zeros(len(values), dtype=np.int64)
    return Clustering(CandidateSpec("kmeans", 1), CentreModel(centre, variance), labels, 1, True)


def features_with_holes(n: int, seed: int = 7) -> pd.DataFrame:
    """Accounts of which all, some or nothing is known, some of them impossible, far or young."""
    rng = np.random.default_rng(seed)
    frame = book(n=n, seed=seed, missing=0.0).frame.reset_index()
    values = frame.drop(columns="account_id").to_numpy(copy=True)
    share = rng.choice([0.0, 0.0, 0.1, 0.4, 0.7, 1.0], size=(n, 1))
    values[rng.random(values.shape) < share] = np.nan
    for odd in (1e9, -1e9, 0.0, 1e-300, -1e-300, 1e300):
        values[rng.random(values.shape) < 0.004] = odd
    frame[frame.columns[1:]] = values
    frame["tenure_days"] = rng.choice([0.0, 3.0, 89.0, 90.0, 400.0, np.nan], size=n)
    return frame


def arrow(frame: pd.DataFrame) -> pa.Table:
    """The same, with NaN as NaN in one half of the rows and as null in the other."""
    as_null = np.arange(len(frame)) % 2 == 0
    columns = {"account_id": pa.array(frame["account_id"], type=pa.string())}
    for name in frame.columns[1:]:
        values = frame[name].to_numpy(dtype=np.float64)
        columns[name] = pa.array(values, mask=np.isnan(values) & as_null, from_pandas=False)
    return pa.table(columns)


def assert_same_scores(found: pd.DataFrame, scorer: Scorer, frame: pd.DataFrame) -> None:
    """Labels and names equal, numbers within 1e-9, and a reason where there is one."""
    expected = scorer.score_features(frame, reasons=True)
    found = found.set_index("account_id").loc[expected.index]
    for name in ("segment", "segment_id", "segment_name", "runner_up"):
        left, right = (
            one[name].astype(object).where(one[name].notna(), None) for one in (found, expected)
        )
        assert left.tolist() == right.tolist(), name
    for name in ("probability", "margin", "known_share"):
        np.testing.assert_allclose(
            found[name].to_numpy(float), expected[name].to_numpy(float), rtol=0, atol=1e-9
        )
    assert found["novel"].tolist() == expected["novel"].tolist()
    assert _said(found) == _said(expected)
    for name in {"why", "against_runner_up"} & {*found.columns}:
        assert _unvalued(found[name], scorer) == _unvalued(expected[name], scorer), name


def _said(scores: pd.DataFrame) -> list[str]:
    """Reasons without the values, which a query leaves out, of up to three odd features."""
    reasons = scores["reason"].astype(object).where(scores["reason"].notna(), "")
    shown = reasons.str.replace(
        r" is [−\d.,e+]+, which cannot be", " cannot be what it is", regex=True
    )
    return shown.str.replace(r" is [−\d.,e+]+, far", " is far", regex=True).tolist()


def _unvalued(reasons: pd.Series, scorer: Scorer) -> list[str]:
    """Reasons without the values of the account, which a query leaves out."""
    shown = reasons.astype(object).where(reasons.notna(), "")
    for feature in scorer.standardiser.features:
        title = re.escape(feature.title)
        shown = shown.str.replace(
            rf"(^|; ){title}( [^;]*?)?, typical", rf"\1{title}, typical", regex=True
        )
    return shown.tolist()
