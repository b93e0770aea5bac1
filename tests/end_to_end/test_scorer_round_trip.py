"""Raw tables in, the training labels out: on every scenario, from a stored folder."""

import subprocess
import sys
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustering.config import FeaturesConfig, MatrixConfig
from clustering.errors import BadInputError
from clustering.features import build_snapshot
from clustering.matrix import standardise
from clustering.models.kmeans import fit_kmeans
from clustering.models.mixture import as_clustering, fit_mixture
from clustering.models.types import CandidateSpec, Clustering
from clustering.profiles import profile
from clustering.scorer import Scorer, Training
from clustering.simulation import simulate, write_book
from clustering.simulation.scenarios import SCENARIOS
from clustering.tables import open_folder

pytestmark = pytest.mark.slow


def fit(values: np.ndarray, algorithm: str) -> Clustering:
    if algorithm == "kmeans":
        return fit_kmeans(values, 3, n_init=5, seed=1).clustering(CandidateSpec("kmeans", 3))
    return as_clustering(fit_mixture(values, 2, "diag", n_init=3, seed=1), n_init=3, seed=1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, date]]:
    """A small book of every scenario."""
    written = {}
    for scenario in SCENARIOS:
        book = simulate(scenario.name, 250, seed=3)
        folder = tmp_path_factory.mktemp(scenario.name) / "book"
        write_book(book, folder)
        written[scenario.name] = (folder, book.manifest.as_of)
    return written


def exceptions(scores: pd.DataFrame, labels: pd.Series) -> int:
    """Accounts that the scorer does not answer as the study does."""
    return int((scores["segment"].to_numpy(dtype=np.int64, na_value=-1) != labels).sum())


@cache
def learn(folder: Path, as_of: date, algorithm: str) -> tuple[Scorer, pd.Series]:
    """A scorer and the training labels by account."""
    with open_folder(folder) as tables:
        snapshot = build_snapshot(tables, as_of, FeaturesConfig())
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    clustering = fit(matrix.values, algorithm)
    names = profile(snapshot, matrix, clustering).names
    scorer = Scorer.build(
        *(standardiser, clustering, matrix, names, FeaturesConfig()),
        Training(as_of, "reproducible"),
        age_days=snapshot.frame.loc[list(matrix.account_ids), "tenure_days"].to_numpy(),
    )
    return scorer, pd.Series(clustering.labels, index=list(matrix.account_ids))


@pytest.mark.parametrize("algorithm", ["kmeans", "mixture"])
@pytest.mark.parametrize("scenario", [scenario.name for scenario in SCENARIOS])
def test_scoring_the_training_tables_gives_back_the_training_labels_but_for_counted_exceptions(
    folders: dict[str, tuple[Path, date]], scenario: str, algorithm: str, tmp_path: Path
) -> None:
    folder, as_of = folders[scenario]
    scorer, labels = learn(folder, as_of, algorithm)
    scorer.save(tmp_path / "scorer")
    again = Scorer.load(tmp_path / "scorer")
    with open_folder(folder) as tables:
        scores = again.score_tables(tables, as_of)
    assert scores.index.tolist() == labels.index.tolist()
    known = (scores["known_share"] == 1) & scores["segment"].notna()
    segments = scores["segment"][known].to_numpy(dtype=np.int64)
    np.testing.assert_array_equal(segments, labels[known])
    counted = again.exceptions
    assert exceptions(scores, labels) == counted.n
    assert counted.n_other_segment <= 0.05 * len(labels)
    assert scores["segment"].isna().sum() == counted.n_too_young + counted.n_too_little_known


def test_a_later_date_scores_the_accounts_of_that_day(
    folders: dict[str, tuple[Path, date]],
) -> None:
    folder, as_of = folders["needs"]
    scorer, labels = learn(folder, as_of, "kmeans")
    later = as_of + timedelta(days=180)
    with open_folder(folder) as tables:
        scores = scorer.score_tables(tables, later)
    unseen = scores.index.difference(labels.index)
    assert len(unseen) > 0
    young = scores["reason"].fillna("").str.contains("younger than the 90 days")
    assert young.any()
    assert scores["segment"].isna().equals(young)


def test_rows_after_the_date_change_no_score(
    folders: dict[str, tuple[Path, date]], tmp_path: Path
) -> None:
    folder, as_of = folders["needs"]
    scorer, _ = learn(folder, as_of, "kmeans")
    past = tmp_path / "past"
    past.mkdir()
    for file in folder.glob("*.parquet"):
        table = pd.read_parquet(file)
        happened = [c for c in ("used_on", "held_on", "answered_on") if c in table]
        for column in happened:
            table = table[pd.to_datetime(table[column]) <= pd.Timestamp(as_of)]
        table.to_parquet(past / file.name, index=False)
    with open_folder(folder) as whole, open_folder(past) as cut:
        pd.testing.assert_frame_equal(
            scorer.score_tables(whole, as_of), scorer.score_tables(cut, as_of)
        )


def test_a_missing_table_is_named(folders: dict[str, tuple[Path, date]], tmp_path: Path) -> None:
    folder, as_of = folders["needs"]
    scorer, _ = learn(folder, as_of, "kmeans")
    for name in ("accounts", "usage", "subscriptions"):
        (tmp_path / f"{name}.parquet").write_bytes((folder / f"{name}.parquet").read_bytes())
    with (
        open_folder(tmp_path) as tables,
        pytest.raises(BadInputError, match="lack what the model was learned from") as error,
    ):
        scorer.score_tables(tables, as_of)
    assert "feature 'milestone_delay_days'" in str(error.value)
    for table in ("milestones", "outcomes", "surveys", "engagements", "tickets"):
        assert table in str(error.value)


def test_a_missing_optional_column_is_named(
    folders: dict[str, tuple[Path, date]], tmp_path: Path
) -> None:
    folder, as_of = folders["needs"]
    scorer, _ = learn(folder, as_of, "kmeans")
    for file in folder.glob("*.parquet"):
        table = pd.read_parquet(file).drop(columns="projected_on", errors="ignore")
        table.to_parquet(tmp_path / file.name, index=False)
    with (
        open_folder(tmp_path) as tables,
        pytest.raises(BadInputError, match=r"milestones\.projected_on|projected_on"),
    ):
        scorer.score_tables(tables, as_of)


def test_a_date_outside_the_tables_is_refused(
    folders: dict[str, tuple[Path, date]],
) -> None:
    folder, as_of = folders["needs"]
    scorer, _ = learn(folder, as_of, "kmeans")
    with (
        open_folder(folder) as tables,
        pytest.raises(BadInputError, match="after the last row of behaviour"),
    ):
        scorer.score_tables(tables, as_of + timedelta(days=3000))


def test_the_command_scores_a_folder_and_a_study_alike(
    folders: dict[str, tuple[Path, date]], tmp_path: Path
) -> None:
    folder, as_of = folders["needs"]
    scorer, labels = learn(folder, as_of, "kmeans")
    scorer.save(tmp_path / "scorer")
    config = tmp_path / "study.toml"
    config.write_text(
        f'name = "demo"\nas_of = 2024-01-31\n\n[source]\nfolder = "{folder.as_posix()}"\n'
    )
    for source, out in ((folder, "folder.parquet"), (config, "study.parquet")):
        command = [sys.executable, "-m", "clustering.cli", "score", str(source)]
        command += ["--model", "scorer", "--as-of", as_of.isoformat(), "--out", out]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        assert f"{len(labels)} accounts scored as of {as_of}" in run.stdout
        scores = pd.read_parquet(tmp_path / out).set_index("account_id")
        assert exceptions(scores, labels) == scorer.exceptions.n


def test_the_command_says_what_is_wrong_in_one_message(
    folders: dict[str, tuple[Path, date]], tmp_path: Path
) -> None:
    folder, as_of = folders["needs"]
    command = [sys.executable, "-m", "clustering.cli", "score", str(folder)]
    command += ["--model", "nowhere", "--as-of", as_of.isoformat(), "--out", "s.csv"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "ModelFolderError: there is no scorer at 'nowhere'" in run.stderr
    assert "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())
