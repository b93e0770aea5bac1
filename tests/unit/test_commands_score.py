import datetime as dt

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from clustering import Scorer, cli
from clustering.commands.scoring.run import How, score_into
from clustering.commands.scoring.source import Source
from clustering.errors import (
    BadInputError,
    ClusteringError,
    ModelFolderError,
    OutputError,
    StoreError,
)
from clustering.movement.overrides.active import no_overrides
from clustering.movement.track.hysteresis import Rule
from clustering.progress import SILENT
from clustering.scorer.files import FeatureFrame
from clustering.stores.files import FileStore, FolderStore
from clustering.stores.rows import Run
from snapshots import book, scorer_of


@pytest.fixture(scope="module")
def app():
    cli._register()
    return cli.app


@pytest.fixture(scope="module")
def snapshot():
    return book(n=120)


@pytest.fixture(scope="module")
def model(tmp_path_factory, snapshot):
    folder = tmp_path_factory.mktemp("study") / "scorer"
    scorer_of(snapshot, k=2).save(folder)
    return folder


@pytest.fixture
def features(tmp_path, snapshot):
    snapshot.frame.to_csv(tmp_path / "features.csv")
    return tmp_path / "features.csv"


def run(app, source, model, out, *more):
    given = [] if "--as-of" in more else ["--as-of", "2025-06-30"]
    arguments = ["score", str(source), "--model", str(model), "--out", str(out), *given, *more]
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_feature_file_is_scored(app, features, model, snapshot, tmp_path):
    result = run(app, features, model, tmp_path / "scores.parquet")
    assert result.exit_code == 0
    scores = pd.read_parquet(tmp_path / "scores.parquet").set_index("account_id")
    expected = scorer_of(snapshot, k=2).score_features(snapshot.frame)
    pd.testing.assert_frame_equal(
        scores[list(expected)], expected, check_dtype=False, check_index_type=False
    )
    assert scores["assigned_segment"].tolist() == scores["segment_name"].tolist()
    assert scores["override_by"].isna().all()
    assert "120 accounts scored as of 2025-06-30 into the bands of study 'demo'" in result.stdout
    assert f"Written to {tmp_path / 'scores.parquet'}" in result.stdout
    for name in scores["segment_name"].unique():
        assert f"  {name}: " in result.stdout


def test_accounts_that_are_scored_piece_by_piece_get_the_same_scores(
    app, features, model, tmp_path, monkeypatch
):
    for name, size in (("whole.parquet", 50_000), ("pieces.parquet", 49)):
        monkeypatch.setattr("clustering.scorer.files.PIECE", size)
        assert run(app, features, model, tmp_path / name).exit_code == 0
    whole, pieces = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("whole", "pieces"))
    pd.testing.assert_frame_equal(pieces, whole, rtol=1e-12)


def test_a_column_is_judged_whole_and_not_by_a_piece(app, snapshot, model, tmp_path, monkeypatch):
    wrong = snapshot.frame.copy()
    wrong.iloc[:20, wrong.columns.get_loc("goals_share")] = np.linspace(20, 60, 20)
    wrong.to_parquet(tmp_path / "f.parquet")
    monkeypatch.setattr("clustering.scorer.files.PIECE", 20)
    result = run(app, tmp_path / "f.parquet", model, tmp_path / "s.parquet")
    assert "with values that cannot be, or lie far from all that were seen: 20" in result.stdout


def test_an_infinite_value_is_named_wherever_it_stands(app, snapshot, model, tmp_path, monkeypatch):
    wrong = snapshot.frame.copy()
    wrong.iloc[100, wrong.columns.get_loc("hours")] = np.inf
    wrong.iloc[3, wrong.columns.get_loc("score")] = -np.inf
    wrong.to_parquet(tmp_path / "f.parquet")
    monkeypatch.setattr("clustering.scorer.files.PIECE", 20)
    with pytest.raises(BadInputError) as error:
        run(app, tmp_path / "f.parquet", model, tmp_path / "scores")
    assert "first account_id: a0100" in str(error.value)
    assert "first account_id: a0003" in str(error.value)
    assert not (tmp_path / "scores").exists()


def test_a_study_folder_serves_as_model(app, features, model, tmp_path):
    assert run(app, features, model.parent, tmp_path / "s.csv").exit_code == 0


def test_a_registered_model_is_resolved_by_the_tracking_store(
    app, features, model, tmp_path, monkeypatch
):
    asked = []

    def resolve(uri, store=None):
        asked.append((uri, store))
        return model

    monkeypatch.setattr("clustering.tracking.resolve_model", resolve, raising=False)
    assert (
        run(app, features, "models:/account-segments@champion", tmp_path / "s.csv").exit_code == 0
    )
    assert asked == [("models:/account-segments@champion", None)]


def test_the_tracking_store_of_a_registered_model_can_be_named(
    app, features, model, tmp_path, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        "clustering.tracking.resolve_model", lambda *given: asked.append(given) or model
    )
    store = "sqlite:///elsewhere.db"
    champion = "models:/account-segments@champion"
    run(app, features, champion, tmp_path / "s.csv", "--tracking-uri", store)
    assert asked == [(champion, store)]


def test_accounts_unlike_the_training_ones_are_counted_and_doubted(app, snapshot, model, tmp_path):
    strange = snapshot.frame.copy()
    strange["days_late"] = strange["days_late"] * -1
    strange["breadth"] = 15.0
    strange["goals_share"] = 1 - strange["goals_share"]
    strange.to_parquet(tmp_path / "strange.parquet")
    result = run(app, tmp_path / "strange.parquet", model, tmp_path / "s.csv")
    assert "Unlike what the model was learned from, to be looked at before" in result.stdout
    assert "the accounts may have changed. Consider a new study." in result.stdout


@pytest.mark.parametrize(
    ("feature", "factor", "sentence"),
    [
        ("hours", 24.0, "'hours' (unit) is about 24 times larger than in training (typically"),
        ("days_late", 1 / 24, "'days_late' (unit) is about 24 times smaller than in training"),
        ("breadth", 1000.0, "single ones instead of thousands? Divide it by 1,000"),
    ],
)
def test_a_column_in_another_unit_is_named_instead_of_a_new_study(
    app, snapshot, model, tmp_path, feature, factor, sentence
):
    wrong = snapshot.frame.copy()
    wrong[feature] = wrong[feature] * factor
    wrong.to_parquet(tmp_path / "f.parquet")
    result = run(app, tmp_path / "f.parquet", model, tmp_path / "s.csv")
    assert sentence in result.stdout
    assert "Probably in another unit than in training" in result.stdout
    assert "new study" not in result.stdout


def test_accounts_with_wrong_values_are_counted_and_are_no_reason_for_a_new_study(
    app, snapshot, model, tmp_path
):
    wrong = snapshot.frame.copy()
    wrong.iloc[:12, list(wrong.columns).index("breadth")] = -1  # a placeholder
    wrong.to_parquet(tmp_path / "f.parquet")
    result = run(app, tmp_path / "f.parquet", model, tmp_path / "s.parquet")
    assert "with values that cannot be, or lie far from all that were seen: 12" in result.stdout
    assert "new study" not in result.stdout
    reasons = pd.read_parquet(tmp_path / "s.parquet")["reason"]
    assert reasons.iloc[:12].str.startswith("breadth is −1, which cannot be (0 or more)").all()


def test_shares_in_percent_are_an_error_that_names_them(app, snapshot, model, tmp_path):
    wrong = snapshot.frame.copy()
    wrong["goals_share"] = wrong["goals_share"] * 100
    wrong.to_csv(tmp_path / "f.csv")
    with pytest.raises(BadInputError) as error:
        run(app, tmp_path / "f.csv", model, tmp_path / "s.csv")
    assert "'goals_share' cannot be what it is for" in str(error.value)
    assert "expected 0 to 1" in str(error.value)
    assert "100 times larger than in training" in str(error.value)
    assert not (tmp_path / "s.csv").exists()


def test_accounts_of_which_nothing_is_known_are_counted(app, snapshot, model, tmp_path):
    frame = snapshot.frame.copy()
    frame.iloc[:3] = np.nan
    frame.to_csv(tmp_path / "f.csv")
    result = run(app, tmp_path / "f.csv", model, tmp_path / "s.csv")
    assert "no segment, because too little is known yet (column reason): 3" in result.stdout


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"out": "s.txt"}, OutputError, "expected .csv or .parquet"),
        ({"out": "no/s.csv"}, OutputError, "there is no folder"),
        ({"model": "nowhere"}, ModelFolderError, "there is no scorer at"),
        ({"source": "nowhere.csv"}, BadInputError, "there is no file"),
        ({"source": "features.json"}, BadInputError, "there is no file"),
        ({"source": "nowhere.toml"}, ClusteringError, "does not exist"),
        ({"source": "."}, ClusteringError, "accounts"),
    ],
)
def test_faults_are_said_and_leave_nothing(app, features, model, tmp_path, change, error, message):
    given = {"source": features, "model": model, "out": tmp_path / "s.csv"}
    given |= {name: tmp_path / value for name, value in change.items()}
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error) as raised:
        run(app, **given)
    assert message in str(raised.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("date", ["30.06.2025", "2025-13-01", "today"])
def test_a_wrong_date_is_wrong_usage(app, features, model, tmp_path, date):
    result = run(app, features, model, tmp_path / "s.csv", "--as-of", date)
    assert result.exit_code == 2
    assert not (tmp_path / "s.csv").exists()


def test_the_date_is_not_optional(app, features, model, tmp_path):
    arguments = ["score", str(features), "--model", str(model), "--out", str(tmp_path / "s.csv")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "--as-of" in result.output


def test_mistyped_decisions_are_refused_all_at_once_and_of_these_accounts_alone(
    app, features, model, tmp_path, monkeypatch
):
    monkeypatch.setattr("clustering.scorer.files.PIECE", 20)
    end = "Kim,pilot,2025-01-01,2025-12-31"
    rows = [f"{account},tpyo,{end}" for account in ("a0003", "a0100", "gone")]
    decisions = tmp_path / "overrides.csv"
    header = "account_id,segment,decided_by,reason,decided_on,valid_until"
    decisions.write_text("\n".join([header, *rows]))
    with pytest.raises(BadInputError, match="'tpyo'") as error:
        run(app, features, model, tmp_path / "s.csv", "--overrides", str(decisions))
    assert "a0003" in str(error.value)
    assert "a0100" in str(error.value)
    assert "gone" not in str(error.value)
    assert not (tmp_path / "s.csv").exists()


@pytest.mark.parametrize(
    ("store", "error"),
    [
        (lambda folder: FileStore(folder / "s.csv"), OutputError),
        (lambda folder: FileStore(folder / "s.parquet"), OutputError),
        (lambda folder: FolderStore(folder / "store"), StoreError),
    ],
)
def test_a_disk_that_fills_is_of_the_file_or_of_the_store(snapshot, model, tmp_path, store, error):
    resource = pytest.importorskip("resource")
    scorer = Scorer.load(model)
    features = FeatureFrame(snapshot.frame, scorer.standardiser.feature_names)
    source = Source(features, no_overrides(), Rule())
    run_of = Run(dt.date(2025, 6, 30), scorer.version)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(error, match="cannot be kept until they are complete") as raised:
            score_into(store(tmp_path), scorer, source, run_of, How(), SILENT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert raised.value.exit_status == (1 if error is OutputError else 4)
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and file.stat().st_size]
