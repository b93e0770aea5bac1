"""The query of a model gives what the model gives, and is SQL to every warehouse."""

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlglot
from sqlglot import exp

from clustering.errors import BadInputError
from clustering.export import DIALECTS, check_dialect, scoring_sql
from clustering.export.columns import column_stages
from clustering.export.dialects import SOURCE, render
from clustering.export.stages import query
from clustering.models.kinds import CentreModel, GaussianModel
from clustering.scorer import Scorer
from scored_tables import (
    KINDS,
    arrow,
    assert_same_scores,
    features_with_holes,
    scorer_of_kind,
)


def run(sql: str, frame: pd.DataFrame) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.register("features", arrow(frame))
        return connection.execute(sql).df()


@pytest.mark.parametrize("kind", KINDS)
def test_a_query_gives_what_the_scorer_gives(kind: str) -> None:
    frame, scorer = features_with_holes(3000), scorer_of_kind(kind)
    assert_same_scores(run(scoring_sql(scorer, "duckdb"), frame), scorer, frame)


def test_an_account_at_the_same_distance_of_two_centres_is_of_the_first() -> None:
    scorer = scorer_of_kind("kmeans")
    d = len(scorer.standardiser.columns)
    centres = np.vstack([np.ones((1, d)), -np.ones((1, d)), np.ones((1, d))])
    twice = replace(scorer, model=CentreModel(centres, 1.0))
    frame = features_with_holes(300)
    assert_same_scores(run(scoring_sql(twice, "duckdb"), frame), twice, frame)
    assert set(run(scoring_sql(twice, "duckdb"), frame)["segment"].dropna()) <= {0, 1}


def test_far_segments_have_no_probability_and_no_error() -> None:
    scorer = scorer_of_kind("full")
    model = scorer.model
    assert isinstance(model, GaussianModel)
    sharp = GaussianModel("full", model.centres, model.weights, model.covariances * 1e-5)
    frame = features_with_holes(300)
    found = run(scoring_sql(replace(scorer, model=sharp), "duckdb"), frame)
    assert (found["probability"].dropna() == 1).any()
    assert_same_scores(found, replace(scorer, model=sharp), frame)


@pytest.mark.parametrize("exponent", [-1.0, -1e-9, 0.0, 1e-12, 9e-5, 0.4, 1.0, 2 - 1e-9, 2.0, 3.0])
def test_every_exponent_is_precise(exponent: float) -> None:
    scorer = scorer_of_kind("kmeans")
    columns = tuple(
        replace(column, exponent=exponent) if column.transform == "yeo_johnson" else column
        for column in scorer.standardiser.columns
    )
    standardiser = replace(scorer.standardiser, columns=columns)
    frame = features_with_holes(500)
    stages = [*column_stages(standardiser)]
    results = {f"z{j}": f"z{j}" for j in range(len(columns))}
    found = run(render(query(SOURCE, stages, results), "duckdb", "features"), frame)
    for j, (column, known) in enumerate(zip(columns, standardiser.ranges, strict=True)):
        values = frame[column.feature].to_numpy(float)
        impossible = known.impossible(values)
        values = np.where(impossible, np.nan, values) if impossible is not None else values
        values = np.clip(values, known.reach_least, known.reach_most)
        np.testing.assert_allclose(found[f"z{j}"], column.apply(values), rtol=0, atol=1e-10)


def test_reasons_can_be_left_out() -> None:
    scorer, frame = scorer_of_kind("tied"), features_with_holes(300)
    sql = scoring_sql(scorer, "duckdb", reasons=False)
    found = run(sql, frame)
    assert "why" not in found
    assert len(sql) < len(scoring_sql(scorer, "duckdb"))
    assert_same_scores(found, scorer, frame)
    assert {"why", "against_runner_up"} <= {*run(scoring_sql(scorer, "duckdb"), frame)}


def test_a_table_without_ages_leaves_nobody_out_for_its_age() -> None:
    scorer, frame = scorer_of_kind("diag"), features_with_holes(300).drop(columns="tenure_days")
    found = run(scoring_sql(scorer, "duckdb", has_age=False), frame)
    assert_same_scores(found, scorer, frame)
    with pytest.raises(duckdb.BinderException, match="tenure_days"):
        run(scoring_sql(scorer, "duckdb"), frame)


def test_an_infinite_value_is_named_and_not_used() -> None:
    scorer = scorer_of_kind("kmeans")
    frame = features_with_holes(4).assign(tenure_days=400.0)
    frame[[*frame.columns[1:-1]]] = 0.5
    known = run(scoring_sql(scorer, "duckdb"), frame.assign(score=np.nan))
    frame["score"] = [np.inf, -np.inf, np.nan, 0.5]
    found = run(scoring_sql(scorer, "duckdb"), frame)
    assert found["reason"].str.startswith("score is infinite: not used").tolist()[:2] == [True] * 2
    assert found["novel"].tolist()[:2] == [True, True]
    assert found["probability"].tolist()[:3] == known["probability"].tolist()[:3]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_read_by_its_own_parser(dialect: str, kind: str) -> None:
    scorer = scorer_of_kind(kind)
    sql = scoring_sql(scorer, check_dialect(dialect), "cs.features")
    statements = sqlglot.parse(sql, dialect=dialect)
    assert len(statements) == 1
    texts = {one.this for one in statements[0].find_all(exp.Literal) if one.is_string}
    assert set(scorer.segment_names) <= texts
    tables = [one.sql() for one in statements[0].find_all(exp.Table)]
    assert tables.count("cs.features") == 1
    assert statements[0].named_selects == [
        *("account_id", "segment", "segment_id", "segment_name", "probability", "runner_up"),
        *("margin", "novel", "reason", "known_share", "why", "against_runner_up"),
    ]


def test_a_feature_of_any_letters_is_a_quoted_name() -> None:
    scorer = scorer_of_kind("kmeans")
    odd = ['a "b"; --', "it's z1", "雪 é", "FROM the_table_of_features", "z0", "AS DOUBLE)" * 9]
    names = dict(zip(scorer.standardiser.feature_names, odd, strict=True))
    columns = tuple(replace(c, feature=names[c.feature]) for c in scorer.standardiser.columns)
    ranges = tuple(replace(r, feature=names[r.feature]) for r in scorer.standardiser.ranges)
    renamed = replace(
        scorer, standardiser=replace(scorer.standardiser, columns=columns, ranges=ranges)
    )
    frame = features_with_holes(500).rename(columns=names)
    assert_same_scores(run(scoring_sql(renamed, "duckdb"), frame), renamed, frame)


def test_snowflake_reads_its_own_capitals() -> None:
    sql = scoring_sql(scorer_of_kind("kmeans"), "snowflake", 'cs."my features"')
    assert "CAST(breadth AS DOUBLE)" in sql
    assert 'FROM cs."my features"' in sql
    quoted = {
        one.name
        for one in sqlglot.parse_one(sql, dialect="snowflake").find_all(exp.Identifier)
        if one.quoted
    }
    assert quoted == {"my features"}


@pytest.mark.parametrize(
    ("table", "dialect"),
    [
        ("", "duckdb"),
        ("features; DROP TABLE x", "postgres"),
        ("a JOIN b", "spark"),
        ("(SELECT 1)", "duckdb"),
        ("read_csv('x')", "duckdb"),
        ("features f", "postgres"),
        ("features --", "snowflake"),
        ('"', "postgres"),
        ("a.b.c.d.e", "postgres"),
    ],
)
def test_what_is_no_table_is_refused(table: str, dialect: str) -> None:
    with pytest.raises(BadInputError, match="is not the name of a table"):
        scoring_sql(scorer_of_kind("kmeans"), check_dialect(dialect), table)


def test_a_dialect_that_is_none_gets_a_hint() -> None:
    with pytest.raises(BadInputError, match="Did you mean 'postgres'"):
        check_dialect("postgresql")


def wide_scorer(d: int, k: int, *, kind: str = "full") -> Scorer:
    """Of as many features as wanted, all alike."""
    scorer = scorer_of_kind("full")
    covariance = np.eye(d) if kind == "diag" else np.eye(d) + 0.1
    scale = 1 + np.arange(k)[:, np.newaxis, np.newaxis] * (kind == "full")
    model = GaussianModel(kind, np.zeros((k, d)), np.full(k, 1 / k), covariance * scale)
    column, known = scorer.standardiser.columns[0], scorer.standardiser.ranges[0]
    names = [f"f{j}" for j in range(d)]
    standardiser = replace(
        scorer.standardiser,
        columns=tuple(replace(column, feature=name) for name in names),
        ranges=tuple(replace(known, feature=name) for name in names),
        scales=("signed",) * d,
    )
    return replace(
        scorer,
        model=model,
        standardiser=standardiser,
        temperature=np.ones(d + 1),
        segment_names=tuple(f"segment {c}" for c in range(k)),
        segment_ids=tuple(f"S-AAAAA{c}" for c in range(k)),
        limits=np.zeros(k),
    )


@pytest.mark.parametrize(("d", "k", "kind"), [(28, 5, "full"), (40, 4, "tied")])
def test_no_stage_has_more_columns_than_postgres_takes(d: int, k: int, kind: str) -> None:
    sql = scoring_sql(wide_scorer(d, k, kind=kind), "postgres")
    selects = [stage.partition("\n  FROM")[0] for stage in sql.split("\n  SELECT\n")[1:]]
    # A column that is computed is a line; those that are carried on share the first.
    widths = [select.count("\n") + select.partition("\n")[0].count(",") for select in selects]
    assert max(widths) > d * (d + 1) // 2
    assert max(widths) <= 1664


def test_too_many_covariances_are_refused_before_a_database_does() -> None:
    with pytest.raises(BadInputError, match="clustering score"):
        scoring_sql(wide_scorer(60, 1), "duckdb")
    assert scoring_sql(wide_scorer(60, 1, kind="diag"), "postgres")
