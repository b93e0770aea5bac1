"""All features before a study: coverage, spread, nearness to the amount, in or out."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering.commands.features import register
from clustering.config import MatrixConfig
from clustering.matrix.survey import N_BARS, survey
from clustering.simulation import simulate, write_book
from snapshots import book, feature, snapshot_of


def test_every_feature_is_in_or_has_a_reason() -> None:
    snapshot = book(missing=0.1)
    found = {one.name: one for one in survey(snapshot, MatrixConfig())}
    assert set(found) == set(snapshot.frame)
    shares = [one.variance_share for one in found.values() if one.enters]
    assert sum(filter(None, shares)) == pytest.approx(1)
    score = found["score"]
    assert score.known_share == pytest.approx(snapshot.frame["score"].notna().mean())
    assert score.median == pytest.approx(snapshot.frame["score"].median())
    assert sum(score.bars) == snapshot.frame["score"].notna().sum()
    assert len(score.picture) == N_BARS


def test_a_feature_that_follows_the_amount_shows_it() -> None:
    rng = np.random.default_rng(2)
    arr = np.exp(rng.normal(10, 1, 200))
    columns = {"big": arr * 3, "small": -arr, "else": rng.normal(size=200), "empty": [np.nan] * 200}
    features = [feature(name, "signed") for name in columns]
    snapshot = snapshot_of(columns, features, {"big": "kept out"}, arr)
    found = {one.name: one for one in survey(snapshot, MatrixConfig())}
    assert found["big"].arr_correlation == pytest.approx(1)
    assert found["small"].arr_correlation == pytest.approx(-1)
    assert abs(found["else"].arr_correlation or 1) < 0.3
    assert (found["big"].reason, found["big"].variance_share) == ("kept out", None)
    assert found["empty"].reason == "missing for every account"
    assert (found["empty"].median, found["empty"].picture) == (None, "")


def test_where_nothing_enters_the_reasons_are_listed_all_the_same() -> None:
    snapshot = snapshot_of({"a": [1.0] * 30}, [feature("a", "signed")])
    (only,) = survey(snapshot, MatrixConfig())
    assert only.reason == "constant: 1 for every account that has a value"


def test_the_command_lists_and_writes_them(tmp_path: Path) -> None:
    write_book(simulate("needs", 80, seed=2), tmp_path / "book")
    (tmp_path / "study.toml").write_text(
        'name = "s"\nas_of = "2025-06-30"\n[source]\nfolder = "book"\n'
        '[features]\nexclude = ["nps*"]\n[features.usage_mix]\ninclude = true\n'
    )
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    out, table = tmp_path / "f.json", tmp_path / "f.csv"
    words = ["features", str(tmp_path / "study.toml"), "--json", str(out), "--csv", str(table)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    content = json.loads(out.read_text())
    reasons = {one["name"]: one["reason"] for one in content["features"]}
    assert reasons["nps_mean_score"] == "left out by features.exclude"
    assert "Left out: nps_mean_score: left out by features.exclude." in done.output
    assert "+ active_weeks_share " in done.output  # whole, on a terminal of any width
    names = [one["name"] for one in content["features"]]
    assert any(name.startswith("mix_") for name in names)
    assert pd.read_csv(table)["name"].tolist() == names
    refused = CliRunner().invoke(app, [*words, "--set", 'features.keep=["nothing_*"]'])
    assert refused.exit_code != 0
    assert "'nothing_*' of features.keep" in str(refused.exception)
