"""Columns that no other one is related to have no part in the verdict; nothing else is left out."""

import json

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from clustering.commands.ready import evidence
from clustering.config import MatrixConfig
from clustering.structure.unrelated import (
    UNRELATED,
    leaving_out_unrelated,
    standardise_related,
    unrelated_columns,
    unrelated_in_words,
)
from snapshots import snapshot_of

QUICK = ["--nulls", "19", "--resamples", "10", "--k-max", "3"]


def three_clusters(rng, n=600):
    """Clusters 6 sd apart in four columns, turned so that each column tells something of them."""
    centres = 6.0 / np.sqrt(2) * np.eye(4)[rng.choice(3, n, p=(0.5, 0.3, 0.2))]
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    return (centres + rng.normal(size=(n, 4))) @ turn


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def named(values, seed=0):
    return np.flatnonzero(unrelated_columns(values, seed=seed)).tolist()


def run(*arguments) -> str:
    app = typer.Typer()
    evidence.register(app)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """What is said, and written, of a book without a column of noise, with it, and asked for it."""
    folder = tmp_path_factory.mktemp("unrelated")
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(three_clusters(rng), columns=list("abcd"))
    frame.to_csv(folder / "plain.csv", index=False)
    frame.insert(2, "noise", rng.lognormal(size=len(frame)))
    frame.to_csv(folder / "noise.csv", index=False)
    found = {}
    for name, arguments in {
        "plain": ["plain.csv"],
        "noise": ["noise.csv"],
        "asked": ["noise.csv", "--columns", "a,b,noise,c,d"],
    }.items():
        file, *more = arguments
        out = folder / f"{name}.json"
        said = run(folder / file, *more, *QUICK, "--json", out)
        found[name] = said, json.loads(out.read_text())
    return found


def test_a_column_of_noise_changes_nothing_but_what_is_said(judged):
    (_, plain), (said, noisy) = judged["plain"], judged["noise"]
    assert (plain["verdict"], plain["n_clusters"]) == ("natural", 3)
    assert {reason.partition(" (")[0] for reason in noisy["reasons"]} - {
        reason.partition(" (")[0] for reason in plain["reasons"]
    } == {"Left out: 1 of 5 columns"}
    assert (
        "Left out: 1 of 5 columns ('noise'): no relation to any other one was found, so it tells "
        "nothing of groups that several columns share."
    ) in noisy["reasons"]
    assert "Left out: 1 of 5 columns ('noise')" in said
    assert without_copulas(noisy) == without_copulas(plain)


def without_copulas(found):
    """What was found, but for what was drawn without clusters from all columns of the file."""
    found = json.loads(json.dumps({**found, "reasons": None}))
    found["structure"]["nulls"] = [
        null for null in found["structure"]["nulls"] if null["name"] == "gaussian"
    ]
    for row in found["kmeans"]:
        row["silhouette_null"] = None
    return found


def test_data_without_clusters_goes_through_the_rule_too(judged):
    (_, plain), (_, noisy) = judged["plain"], judged["noise"]
    drawn, before = (
        {null["name"]: null for null in one["structure"]["nulls"]} for one in (noisy, plain)
    )
    assert drawn["gaussian"] == before["gaussian"]
    for name in ("copula_margins", "copula_unimodal"):
        assert drawn[name]["observed"] == before[name]["observed"]
        assert drawn[name]["mean"] != before[name]["mean"]
        # Kept in the draws, the noise would lower their silhouettes by a tenth or more.
        assert drawn[name]["mean"] == pytest.approx(before[name]["mean"], rel=0.06)


def test_the_rule_is_repeated_on_each_draw(rng):
    columns = np.column_stack([three_clusters(rng), rng.normal(size=600)])
    again = leaving_out_unrelated(lambda kept: kept, seed=0)
    assert np.array_equal(again(columns), columns[:, :4])
    related = np.column_stack([columns[:, :4], columns[:, 0] + rng.normal(size=600)])
    assert again(related).shape == (600, 5)
    # A few accounts fewer than the rule asks for: of the data it was said, so it is of a draw.
    few = columns[:150]
    assert named(few) == []
    assert again(few).shape[1] < 5
    # A draw of a rare value may hold it nowhere: it tells nothing there, and is no error.
    rare = np.column_stack([columns[:, :4], np.zeros(600)])
    assert np.array_equal(again(rare), columns[:, :4])


def test_a_column_that_is_asked_for_is_kept_and_said(judged):
    said, asked = judged["asked"]
    assert asked["d"] == 5
    assert "Limit: 1 of 5 columns ('noise')" in said
    assert "the command without '--columns' leaves it out." in said
    assert "Left out" not in said


def test_noise_is_named_and_what_tells_clusters_apart_is_not(rng):
    noise = np.column_stack([rng.normal(size=600), rng.lognormal(size=600), rng.poisson(2.0, 600)])
    values = np.column_stack([three_clusters(rng), noise])
    assert named(values) == [4, 5, 6]
    order = rng.permutation(600)
    assert named(values[order]) == [4, 5, 6]
    assert named(-values) == [4, 5, 6]
    assert named(np.exp(values)) == [4, 5, 6]
    assert named(values[:, ::-1]) == [0, 1, 2]


def test_noise_is_named_where_values_are_missing(rng):
    values = np.column_stack([three_clusters(rng, 1200), rng.normal(size=1200)])
    values[rng.random(values.shape) < 0.2] = np.nan
    assert named(values) == [4]
    values[rng.random(1200) < 0.8, 4] = np.nan  # few accounts are left to see a relation in
    assert named(values) == []


def test_bumps_that_follow_no_other_column_stay(rng):
    """Heaps on a grid: each column is independent of the others, and all tell the heaps apart."""
    grid = 5.0 * rng.integers(0, 3, (600, 3)) + rng.normal(size=(600, 3))
    assert named(np.column_stack([grid, rng.normal(size=600)])) == [3]


@pytest.mark.parametrize("relation", [np.square, np.abs, lambda x: np.cos(3 * x)])
def test_a_column_that_follows_the_distance_from_the_middle_stays(rng, relation):
    x = rng.normal(size=600)
    values = np.column_stack([x, relation(x) + 0.3 * rng.normal(size=600), rng.normal(size=600)])
    assert abs(np.corrcoef(values[:, 0], values[:, 1])[0, 1]) < 0.1
    assert named(values) == [2]


def test_a_column_whose_spread_follows_another_stays(rng):
    x = rng.normal(size=600)
    values = np.column_stack([x, np.exp(x) * rng.normal(size=600), rng.normal(size=600)])
    assert named(values) == [2]


@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_nothing_is_left_out_where_fewer_than_two_columns_would_be_left(rng, d):
    assert named(rng.normal(size=(800, d))) == []


def test_of_few_accounts_nothing_is_said(rng):
    values = np.column_stack([three_clusters(rng, 200), rng.normal(size=200)])
    assert named(values) == []


def test_a_study_says_it_and_leaves_out_on_demand():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=500)
    snapshot = snapshot_of(
        {
            "hours": shared + rng.normal(size=500),
            "logins": shared + rng.normal(size=500),
            "mood": rng.normal(size=500),
        }
    )
    kept, _ = standardise_related(snapshot, MatrixConfig(), seed=0)
    assert kept.feature_names == ("hours", "logins", "mood")
    assert unrelated_in_words(kept, seed=0) == [
        "Limit: 1 of 3 columns ('mood'): no relation to any other one was found, so it tells "
        "nothing of groups that several columns share, and may hide them; "
        "'matrix.leave_out_unrelated = true' leaves it out."
    ]
    config = MatrixConfig(leave_out_unrelated=True)
    matrix, standardiser = standardise_related(snapshot, config, seed=0)
    assert matrix.feature_names == standardiser.feature_names == ("hours", "logins")
    assert matrix.excluded == {"mood": UNRELATED}
    assert unrelated_in_words(matrix, seed=0) == [
        "Left out: 1 of 3 columns ('mood'): no relation to any other one was found, so it tells "
        "nothing of groups that several columns share."
    ]
    alone = snapshot_of({"hours": shared, "logins": shared + rng.normal(size=500)})
    assert unrelated_in_words(standardise_related(alone, config, seed=0)[0], seed=0) == []
