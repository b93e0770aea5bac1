"""The date asked for lies after the data, or the data begin inside the look-back window."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from clustering.commands import score
from clustering.commands.people import override
from clustering.config import FeaturesConfig, MatrixConfig
from clustering.errors import BadInputError
from clustering.features import build_snapshot
from clustering.matrix import standardise
from clustering.models.kmeans import fit_kmeans
from clustering.models.types import CandidateSpec
from clustering.scorer import Scorer, Training
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from shared_data import shared_folder

AS_OF = date(2025, 6, 30)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scorer of today, learned from a simulated book: that of the case is of an old version."""
    folder = tmp_path_factory.mktemp("beyond")
    write_book(simulate("needs", 120, seed=2), folder / "book")
    with open_folder(folder / "book") as tables:
        snapshot = build_snapshot(tables, AS_OF)
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    clustering = fit_kmeans(matrix.values, 3, n_init=3, seed=1).clustering(
        CandidateSpec("kmeans", 3)
    )
    scorer = Scorer.build(
        standardiser,
        clustering,
        matrix,
        ("one", "two", "three"),
        FeaturesConfig(),
        Training(AS_OF, "natural", study="beyond", config_hash="0"),
    )
    scorer.save(folder / "scorer")
    assert np.isfinite(matrix.values).all()
    return folder / "scorer"


def scored(model: Path, tables: str, day: str, out: Path) -> str:
    app = typer.Typer()
    for command in (score, override):  # an app of one command would take its name for an argument
        command.register(app)
    folder = shared_folder("cases", "scoring_beyond_the_extract", tables)
    asked = ["score", str(folder), "--model", str(model), "--as-of", day, "--out", str(out)]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.real_input
@pytest.mark.slow
def test_a_date_far_beyond_the_extract_is_refused(model: Path, tmp_path: Path) -> None:
    words = r"as_of 2025-12-31 is 184 days after the last row of 'usage' \(2025-06-30\)"
    with pytest.raises(BadInputError, match=words):
        scored(model, "stale", "2025-12-31", tmp_path / "scores.csv")
    assert not (tmp_path / "scores.csv").exists()
    said = scored(model, "stale", "2025-07-31", tmp_path / "scores.csv")  # a month is allowed
    assert "40 accounts scored as of 2025-07-31" in said


@pytest.mark.real_input
@pytest.mark.slow
def test_tables_short_of_the_window_are_named_before_any_advice(
    model: Path, tmp_path: Path
) -> None:
    said = scored(model, "short", "2025-06-30", tmp_path / "scores.csv")
    assert "'usage' begins on 2025-06-01, inside the look-back window of 90 days" in said
    assert said.index("look-back window") < said.index("accounts scored")
    assert "Consider a new study" not in said
