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
import typer

from clustering import cli
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


class Night:
    """The command in this process, in the folder of the page."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place = place
        self._patch = monkeypatch

    def status(self, *words: str) -> int:
        """What `clustering score` ends with."""
        self._patch.chdir(self.place)
        self._patch.setattr(sys, "argv", ["clustering", "score", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    def score(self, source: str, day: date, out: str, *more: str) -> None:
        """Score, and succeed."""
        words = ("--model", "studies/accounts", "--as-of", str(day), "--out", out)
        assert self.status(source, *words, *more) == 0


@pytest.fixture
def night(place: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setattr(cli, "app", typer.Typer(pretty_exceptions_enable=False))
    cli.app.callback()(cli._options)
    return Night(place, monkeypatch)


def rows_of(folder: Path) -> pd.DataFrame:
    sql = f"SELECT * FROM read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
    return duckdb.sql(sql).df().set_index("account_id")


def test_the_line_of_the_crontab_runs(place: Path, tmp_path: Path) -> None:
    (line,) = re.findall(r"^```text\n(15 3 .*)\n```", PAGE.read_text(), re.MULTILINE)
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


def test_decisions_and_hysteresis_say_who_decided(
    night: Night, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = night.place
    scorer = Scorer.load(place / "studies" / "accounts")
    features = pd.read_parquet(place / "features.parquet")
    scores = scorer.score_features(features, TODAY)
    of = {number: scores.index[scores["segment"] == number] for number in (0, 1)}
    mover, decided = of[0][0], of[0][1]
    for number, file in enumerate(("one.parquet", "two.parquet", "three.parquet")):
        changed = features.copy()
        if number:
            changed.loc[mover] = features.loc[of[1][0]]
        changed.to_parquet(tmp_path / file)
    (tmp_path / "overrides.csv").write_text(
        "account_id,segment,decided_by,reason,decided_on,valid_until\n"
        f"{decided},{scorer.segment_ids[1]},Kim,pilot,{TODAY},{TODAY + timedelta(90)}\n"
    )
    by = []
    for number, file in enumerate(("one.parquet", "two.parquet", "three.parquet")):
        out, overrides = str(tmp_path / "scores"), str(tmp_path / "overrides.csv")
        day = TODAY + timedelta(number)
        night.score(str(tmp_path / file), day, out, "--overrides", overrides)
        said = capsys.readouterr().out
        rows = rows_of(tmp_path / "scores")
        row = rows[pd.to_datetime(rows["as_of"]).dt.date == day]
        by.append((row.loc[mover, "assigned_segment"], row.loc[mover, "assigned_by"]))
        assert row.loc[decided, "assigned_by"] == "override"
        assert row.loc[decided, "assigned_segment_id"] == scorer.segment_ids[1]
        assert row.loc[decided, "held_segment_id"] == scorer.segment_ids[0]
        assert row.loc[decided, "playbook"] == PLAYBOOKS[1]
        assert ("Held in the segment of earlier dates: 1" in said) == (number == 1)
    assert by == [("one", "model"), ("one", "hysteresis"), ("two", "model")]


def test_a_folder_of_tables_is_served_with_the_settings_of_the_model(night: Night) -> None:
    night.score("book", TODAY, "tables.parquet")
    rows = pd.read_parquet(night.place / "tables.parquet")
    assert rows["tier"].notna().all()
    assert rows["playbook"].dropna().isin(PLAYBOOKS).all()


def test_statuses_are_those_of_the_page(night: Night, tmp_path: Path) -> None:
    strange = pd.read_parquet(night.place / "features.parquet")
    numbers = strange.select_dtypes("float").drop(columns="tenure_days")
    strange[numbers.columns] = numbers.max() + numbers.min() - numbers
    strange.to_parquet(tmp_path / "strange.parquet")
    (tmp_path / "scores").write_text("no folder")
    model = ("--model", "studies/accounts", "--as-of", str(TODAY), "--strict")
    calls = {
        0: ("features.parquet", "--out", str(tmp_path / "a.parquet")),
        1: ("nowhere.csv", "--out", str(tmp_path / "b.parquet")),
        2: ("features.parquet",),
        3: (str(tmp_path / "strange.parquet"), "--out", str(tmp_path / "c.parquet")),
        4: ("features.parquet", "--out", f"{tmp_path / 'scores'}/"),
    }
    assert {status: night.status(*words, *model) for status, words in calls.items()} == {
        status: status for status in calls
    }
    assert (tmp_path / "c.parquet").exists()  # the rows are there all the same
    assert all(f"\n| {status} | " in PAGE.read_text() for status in calls)
