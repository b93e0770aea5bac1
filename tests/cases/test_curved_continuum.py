"""Half a circle and a filled triangle: one continuum each, whatever the straight line shows."""

import json

import pytest
import typer
from typer.testing import CliRunner

from clustering.commands.ready import evidence as command
from shared_data import shared_folder

SETTINGS = ["--nulls", "39", "--resamples", "20", "--k-max", "5"]


@pytest.mark.real_input
@pytest.mark.parametrize("name", ["arc_180", "simplex"])
def test_a_bent_continuum_holds_no_natural_clusters(tmp_path, name):
    table = shared_folder("cases", "curved_continuum") / f"{name}.csv"
    app = typer.Typer()
    command.register(app)
    out = tmp_path / "evidence.json"
    result = CliRunner().invoke(app, [str(table), *SETTINGS, "--json", str(out)])
    assert result.exit_code == 0, result.output
    assert "There are no natural clusters." in result.output
    assert "accounts connect segments" in result.output
    found = json.loads(out.read_text())
    assert (found["n_clusters"], found["admissible"][0]) == (1, 1)
    assert any(bridge["p"] < 0.01 for row in found["kmeans"] for bridge in row["bridges"])
