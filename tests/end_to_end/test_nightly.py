"""Scoring night after night: the line of the crontab in the docs, statuses, tiers and playbooks."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from clustering.config import FeaturesConfig, MatrixConfig, MovementConfig, SchemesConfig
from clustering.features import build_snapshot
from clustering.matrix import standardise
from clustering.scorer import Scorer, Training
from clustering.scorer.serving import Serving
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from snapshots import kmeans_clustering

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "nightly.md"
TODAY = date.today()
PLAYBOOKS = ("self_directed", "first_steps")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the page takes for granted: a study's TOML, its tables and its finished study."""
    folder = tmp_path_factory.mktemp("srv")
    write_book(simulate("needs", n_accounts=80, seed=1, as_of=TODAY), folder / "book")
    with open_folder(folder / "book") as tables:
        snapshot = build_snapshot(tables, TODAY, FeaturesConfig())
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    scorer = Scorer.build(
        standardiser,
        kmeans_clustering(matrix.values, 2),
        matrix,
        ["one", "two"],
        FeaturesConfig(),
        Training(TODAY, "reproducible", study="accounts"),
    )
    serving = Serving.of("segment", PLAYBOOKS, MovementConfig(), SchemesConfig())
    replace(scorer, serving=serving).save(folder / "studies" / "accounts" / "scorer")
    snapshot.frame.to_parquet(folder / "features.parquet")
    (folder / "study.toml").write_text(
        f'name = "accounts"\nas_of = {TODAY}\n[source]\nfolder = "book"\n'
        "[schemes.arr_tiers]\nmidmarket_from = 20000.0\nenterprise_from = 90000.0\n"
    )
    return folder


def clustering(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clustering.cli", "score", *words],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def score(place: Path, source: str, day: date, out: str, *more: str) -> str:
    words = (source, "--model", "studies/accounts", "--as-of", str(day), "--out", out, *more)
    done = clustering(place, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_of(folder: Path) -> pd.DataFrame:
    sql = f"SELECT * FROM read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
    return duckdb.sql(sql).df().set_index("account_id")


def test_the_line_of_the_crontab_runs(place: Path, tmp_path: Path) -> None:
    (line,) = re.findall(r"```cron\n(.*)\n```", PAGE.read_text())
    *times, command = line.split(maxsplit=5)
    assert [re.fullmatch(r"[\d*/,-]+", one) is not None for one in times] == [True] * 5
    command = command.replace(r"\%", "%").replace("/srv/clustering", str(place))
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    surroundings = {**os.environ, "PATH": paths}
    for _ in range(2):  # a second run gives the same rows
        done = subprocess.run(["/bin/sh", "-c", command], env=surroundings, check=False)
        assert done.returncode == 0, (place / "score.log").read_text()
    rows = rows_of(place / "scores")
    assert rows.index.is_unique
    assert pd.to_datetime(rows["as_of"]).dt.date.unique().tolist() == [TODAY]
    assert set(rows["tier"]) == {"smb", "midmarket", "enterprise"}
    assert {"scheme_growth_risk", "scheme_lifecycle_touch"} <= {*rows}
    known = rows.dropna(subset="segment")
    assert (known["playbook"] == known["segment"].map(dict(enumerate(PLAYBOOKS)))).all()
    assert (known["assigned_by"] == "model").all()
    assert set(rows["model_version"]) == {Scorer.load(place / "studies" / "accounts").version}


def test_decisions_and_hysteresis_say_who_decided(place: Path, tmp_path: Path) -> None:
    scorer = Scorer.load(place / "studies" / "accounts")
    features = pd.read_parquet(place / "features.parquet")
    scores = scorer.score_features(features, TODAY)
    of = {number: scores.index[scores["segment"] == number] for number in (0, 1)}
    mover, decided = of[0][0], of[0][1]
    for night, file in enumerate(("one.parquet", "two.parquet", "three.parquet")):
        changed = features.copy()
        if night:
            changed.loc[mover] = features.loc[of[1][0]]
        changed.to_parquet(tmp_path / file)
    (tmp_path / "overrides.csv").write_text(
        "account_id,segment,decided_by,reason,decided_on,valid_until\n"
        f"{decided},{scorer.segment_ids[1]},Kim,pilot,{TODAY},{TODAY + timedelta(90)}\n"
    )
    by = []
    for night, file in enumerate(("one.parquet", "two.parquet", "three.parquet")):
        out, overrides = str(tmp_path / "scores"), str(tmp_path / "overrides.csv")
        day = TODAY + timedelta(night)
        said = score(place, str(tmp_path / file), day, out, "--overrides", overrides)
        rows = rows_of(tmp_path / "scores")
        row = rows[pd.to_datetime(rows["as_of"]).dt.date == day]
        by.append((row.loc[mover, "assigned_segment"], row.loc[mover, "assigned_by"]))
        assert row.loc[decided, "assigned_by"] == "override"
        assert row.loc[decided, "assigned_segment_id"] == scorer.segment_ids[1]
        assert row.loc[decided, "held_segment_id"] == scorer.segment_ids[0]
        assert row.loc[decided, "playbook"] == PLAYBOOKS[1]
        assert ("Held in the segment of earlier dates: 1" in said) == (night == 1)
    assert by == [("one", "model"), ("one", "hysteresis"), ("two", "model")]


def test_a_folder_of_tables_is_served_with_the_settings_of_the_model(place: Path) -> None:
    score(place, "book", TODAY, "tables.parquet")
    rows = pd.read_parquet(place / "tables.parquet")
    assert rows["tier"].notna().all()
    assert rows["playbook"].dropna().isin(PLAYBOOKS).all()


def test_statuses_are_those_of_the_page(place: Path, tmp_path: Path) -> None:
    strange = pd.read_parquet(place / "features.parquet")
    numbers = strange.select_dtypes("float")
    reversed_ = numbers.max() + numbers.min() - numbers
    strange[numbers.columns] = reversed_.drop(columns="tenure_days").assign(
        tenure_days=numbers["tenure_days"]
    )[numbers.columns]
    strange.to_parquet(tmp_path / "strange.parquet")
    model = ("--model", "studies/accounts", "--as-of", str(TODAY), "--strict")
    file = tmp_path / "scores"
    file.write_text("no folder")
    found = {
        0: clustering(place, "features.parquet", *model, "--out", str(tmp_path / "a.parquet")),
        1: clustering(place, "nowhere.csv", *model, "--out", str(tmp_path / "b.parquet")),
        2: clustering(place, "features.parquet", *model),
        3: clustering(
            place, str(tmp_path / "strange.parquet"), *model, "--out", str(tmp_path / "c.parquet")
        ),
        4: clustering(place, "features.parquet", *model, "--out", f"{file}/"),
    }
    assert {status: done.returncode for status, done in found.items()} == {n: n for n in found}, (
        found
    )
    assert (tmp_path / "c.parquet").exists()  # the rows are there all the same
    page = PAGE.read_text()
    assert all(f"\n| {status} | " in page for status in found)
