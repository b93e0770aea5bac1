"""The studies of the real data sets, from their committed configuration to scored accounts."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from clustering import results
from clustering.results import StudyFolder
from report_pages import rendered_texts
from report_sweep import faults
from shared_data import shared_folder

pytestmark = [pytest.mark.slow, pytest.mark.real_input]

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
QUICK = {
    "evidence.nulls": 19,
    "evidence.resamples": 10,
    "models.k_max": 4,
    "models.n_init": 5,
    "comparison.bootstrap": 200,
    "comparison.permutations": 99,
    "comparison.refits": 2,
    "comparison.foldings": 1,
    "movement.refits": 5,
    "movement.permutations": 99,
}
LATER = {"online_retail": "2011-09-01", "ravenstack": "2024-11-01"}


def clustering(*arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "clustering.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=sorted(LATER))
def finished(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, StudyFolder]:
    name = str(request.param)
    source = shared_folder("data", name)
    folder = tmp_path_factory.mktemp(name) / "study"
    settings = [part for key, value in QUICK.items() for part in ("--set", f"{key}={value}")]
    clustering(
        "study", EXPERIMENTS / f"{name}.toml", "--out", folder,
        "--set", f"source.folder={source}", *settings,
    )  # fmt: skip
    return name, results.read(folder)


def test_it_ends_in_a_record_a_report_and_a_scorer(finished: tuple[str, StudyFolder]) -> None:
    _, study = finished
    assert (study.path.parent / "mlflow.db").exists()
    assert (study.path / "report" / "4_leadership.html").exists()
    assert (study.path / "scorer").is_dir()


def test_no_page_says_what_it_may_not(finished: tuple[str, StudyFolder]) -> None:
    _, study = finished
    assert faults(study, rendered_texts(study.path / "report")) == []


def test_it_scores_accounts_that_it_has_not_seen(
    finished: tuple[str, StudyFolder], tmp_path: Path
) -> None:
    name, study = finished
    out = tmp_path / "scores.parquet"
    config = tmp_path / "later.toml"
    text = (EXPERIMENTS / f"{name}.toml").read_text()
    source = shared_folder("data", name)
    text = text.replace(f'"../../shared/data/{name}"', f'"{source}"')
    text = text.replace('"../data/', f'"{EXPERIMENTS.parent / "data"}/')
    config.write_text(text)
    clustering("score", config, "--model", study.path, "--as-of", LATER[name], "--out", out)
    scores = pd.read_parquet(out)
    new = scores[~scores["account_id"].isin(study.accounts["account_id"])]
    assert len(new) > 50
    # Who came within the look-back window has no segment yet, and reads when there will be one.
    young = new["reason"].str.startswith("younger than", na=False)
    assert new.loc[young, "segment_name"].isna().all()
    assert new.loc[young, "reason"].str.contains("no segment before 20").all()
    assert (new["segment_name"].notna() | young).mean() > 0.9
    assert scores["segment_name"].notna().mean() > 0.7


def test_what_is_said_of_the_future(finished: tuple[str, StudyFolder]) -> None:
    name, study = finished
    learned = {entry.labelling: entry for entry in study.document.forward}
    if name == "ravenstack":  # simulated by its author without any signal: a negative control
        lifts = [e for e in learned.values() if e.gain is not None and e.gain.interval[0] > 0]
        assert lifts == []
        return
    strong = learned["features"].gain
    assert strong is not None
    assert strong.interval[0] > 0
    assert study.document.amount_name == "run-rate"


def test_what_cannot_be_computed_is_named_with_its_table(
    finished: tuple[str, StudyFolder],
) -> None:
    _, study = finished
    assert "milestones" in study.document.tables.absent
    reasons = " ".join(study.document.not_computed.values())
    assert "milestones" in reasons
    assert "outcomes" in reasons
