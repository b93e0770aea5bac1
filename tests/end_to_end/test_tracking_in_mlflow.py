"""A study recorded in a real MLflow store, its model promoted, loaded and served."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clustering import results
from clustering.config import TrackingConfig
from clustering.errors import TrackingError
from clustering.report.words import short_answer
from clustering.scorer import Scorer
from clustering.tracking import TrackedStudy, log_study
from clustering.tracking.model import SERVING_LIBRARIES
from clustering.tracking.record.headline import headline_metrics
from clustering.tracking.runs import make_experiment
from clustering.tracking.store import open_store
from study_folders import HOSTILE_NAMES, Recipe, add_report, add_scorer, build_study

pytestmark = [
    pytest.mark.slow,
    # Deprecations inside MLflow and what it imports, which are not ours to mend.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def new_study(folder: Path, **changes: Any) -> Path:
    build_study(folder, Recipe(**changes))
    add_scorer(folder)
    add_report(folder)
    return folder


@pytest.fixture(scope="module")
def recorded(
    rendered_study: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TrackedStudy]:
    folder = tmp_path_factory.mktemp("tracked") / "simulated"
    shutil.copytree(rendered_study, folder)
    record = log_study(folder, TrackingConfig())
    # Before any test loads the model from there, and Python with it.
    assert not list((folder.parent / "mlartifacts").rglob("__pycache__"))
    return folder, record


def store_of(folder: Path) -> str:
    return f"sqlite:///{folder.parent / 'mlflow.db'}"


def test_a_parent_run_and_a_child_run_a_candidate(recorded: tuple[Path, TrackedStudy]) -> None:
    folder, record = recorded
    study = results.read(folder)
    with open_store(store_of(folder), create=False) as client:
        parent = client.get_run(record.run_id)
        child = client.get_run(record.child_run_ids[2])
        inputs = parent.inputs.dataset_inputs
    assert len(record.child_run_ids) == len(study.candidates) == 40
    assert parent.info.status == child.info.status == "FINISHED"
    assert parent.data.params["evidence.nulls"] == "199"
    assert parent.data.tags["verdict"] == "reproducible"
    assert parent.data.metrics == pytest.approx(headline_metrics(study))
    assert short_answer(study) in parent.data.tags["mlflow.note.content"]
    assert child.data.tags["mlflow.parentRunId"] == record.run_id
    assert child.data.params == {"algorithm": "k-means", "k": "3"}
    assert child.data.metrics["choice/prediction_strength"] == pytest.approx(0.93)
    assert json.loads(inputs[0].dataset.source)["accounts"]["rows"] == study.document.n_accounts


def test_the_list_of_runs_begins_with_the_study_and_goes_on_by_k(
    recorded: tuple[Path, TrackedStudy],
) -> None:
    """MLflow lists the youngest run first, in its pages and in a search."""
    folder, record = recorded
    with open_store(store_of(folder), create=False) as client:
        experiment = client.get_experiment(record.experiment_id)
        listed = client.search_runs([record.experiment_id])
        shown = json.loads(json.loads(experiment.tags["mlflow.sharedViewState.studies"])["state"])
        studies = client.search_runs([record.experiment_id], shown["searchFilter"])
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    assert [run.info.run_id for run in studies] == [record.run_id] == [listed[0].info.run_id]
    found = [int(run.data.params["k"]) for run in listed[1:]]
    assert found == sorted(found)
    assert listed[1].info.run_name == "k-means, k = 01"


def test_an_experiment_of_before_gets_its_views_once(
    recorded: tuple[Path, TrackedStudy], tmp_path: Path
) -> None:
    """What a person has chosen or deleted since then stays as it is."""
    with open_store(store_of(recorded[0]), create=False) as client:
        made = client.create_experiment("old", artifact_location=tmp_path.as_uri())
        assert make_experiment(client, "old", None) == made
        client.set_experiment_tag(made, "mlflow.experimentKind", "genai_development")
        client.delete_experiment_tag(made, "mlflow.sharedViewState.studies")
        assert make_experiment(client, "old", None) == made
        tags = client.get_experiment(made).tags
    assert tags["mlflow.experimentKind"] == "genai_development"
    assert "mlflow.sharedViewState.candidates" in tags
    assert "mlflow.sharedViewState.studies" not in tags


def test_artifacts_hold_report_figures_tables_and_verdict(
    recorded: tuple[Path, TrackedStudy],
) -> None:
    folder, record = recorded
    with open_store(store_of(folder), create=False) as client:
        root = Path(client.get_run(record.run_id).info.artifact_uri.removeprefix("file://"))
    files = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
    assert {
        "report/4_leadership.html",
        "figures/account_map.png",
        "numbers.csv",
        "tables/accounts.parquet",
    } <= files
    assert json.loads((root / "verdict.json").read_text())["verdict"] == "reproducible"
    assert "source" not in json.loads((root / "study.json").read_text())["configuration"]


def test_no_name_of_an_account_is_anywhere_in_the_store(
    recorded: tuple[Path, TrackedStudy],
) -> None:
    folder, _ = recorded
    names = [*HOSTILE_NAMES, *(f"Company {i}" for i in range(7, 240))]
    wanted = [name.encode() for name in names] + [b"Manager Alpha", b"Manager Beta"]
    searched = 0
    for file in folder.parent.rglob("*"):
        if not file.is_file() or folder in file.parents:
            continue
        content = file.read_bytes()
        if file.suffix == ".parquet":
            content += pd.read_parquet(file).to_csv().encode()
        searched += 1
        assert not [name for name in wanted if name in content], file
    assert searched > 30


def test_the_model_scores_like_the_scorer_without_any_pickle(
    recorded: tuple[Path, TrackedStudy], tmp_path: Path
) -> None:
    folder, record = recorded
    frame = results.read(folder).accounts.set_index("account_id")
    scorer = Scorer.load(folder / "scorer")
    features = frame[list(scorer.standardiser.feature_names)]
    features.to_parquet(tmp_path / "features.parquet")
    script = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "import mlflow, pandas as pd\n"
        f"mlflow.set_tracking_uri({store_of(folder)!r})\n"
        f"model = mlflow.pyfunc.load_model('models:/{record.model_id}')\n"
        f"scored = model.predict(pd.read_parquet({str(tmp_path / 'features.parquet')!r}))\n"
        f"scored.to_parquet({str(tmp_path / 'scored.parquet')!r})\n"
        "import clustering; print(clustering.__file__)\n"
        "print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )
    environment = os.environ | {
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONDONTWRITEBYTECODE": "1",  # nothing is left in the artifacts that are read below
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    where, loaded = done.stdout.strip().splitlines()[-2:]
    assert "mlartifacts" in where, "the package comes with the model"
    assert {"numba", "statsmodels", "matplotlib", "rich"}.isdisjoint(loaded.split())
    assert set(SERVING_LIBRARIES) <= set(loaded.split())
    scored = pd.read_parquet(tmp_path / "scored.parquet")
    expected = scorer.score_features(features)
    assert scored["segment_name"].tolist() == expected["segment_name"].tolist()
    for column in ("probability", "margin"):
        assert scored[column].tolist() == pytest.approx(expected[column].tolist(), abs=1e-12)


def test_the_model_says_what_it_takes_and_needs(recorded: tuple[Path, TrackedStudy]) -> None:
    folder, record = recorded
    root = folder.parent / "mlartifacts" / "models" / record.model_id / "artifacts"
    pinned = (root / "requirements.txt").read_text().split()
    assert len(pinned) == len(SERVING_LIBRARIES)
    assert all("==" in line for line in pinned)
    assert (root / "input_example.json").exists()
    assert not [file for file in root.rglob("*") if file.suffix in {".pkl", ".pickle", ".joblib"}]


def test_two_studies_at_once_in_one_store(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    first = new_study(folders[0])
    few = results.read(first).candidates.head(4)  # enough to be in each other's way
    few.to_parquet(first / "candidates.parquet", index=False)
    shutil.copytree(first, folders[1])
    script = (
        "import sys; from pathlib import Path\n"
        "from clustering.config import TrackingConfig\n"
        "from clustering.tracking import log_study\n"
        "print(log_study(Path(sys.argv[1]), TrackingConfig()).run_id)\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]
    ends = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0], ends
    runs = [out.strip() for out, _ in ends]
    with open_store(store_of(folders[0]), create=False) as client:
        found = client.search_runs([client.get_experiment_by_name("clustering").experiment_id])
    assert set(runs) <= {run.info.run_id for run in found}
    assert len(found) == 2 * (1 + len(few))
    assert {run.info.status for run in found} == {"FINISHED"}


def test_a_server_that_does_not_answer_is_one_message(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "study")
    tracking = TrackingConfig(uri="http://127.0.0.1:9")
    with pytest.raises(TrackingError, match=r"tracking store 'http://127\.0\.0\.1:9'"):
        log_study(folder, tracking)
    assert not (folder / "tracking.json").exists()


def test_a_folder_without_permission_or_a_broken_store_is_one_message(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "study")
    (tmp_path / "mlflow.db").write_bytes(b"this is no database, it is text" * 200)
    with pytest.raises(TrackingError, match="tracking store"):
        log_study(folder, TrackingConfig())
