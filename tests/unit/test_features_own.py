"""Features of a company's own: computed, refused with every mistake, and blind to the future."""

from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd
import polars as pl
import pytest
from pydantic import ValidationError

from clustering.config import FeaturesConfig, OwnFeatureConfig
from clustering.errors import ConfigError
from clustering.features import build_snapshot
from clustering.features.own_sql import examine
from feature_books import Frames

AS_OF = date(2024, 3, 1)
SECRET = 777_777  # stands in rows of after the date, and nowhere else


def own(name: str = "mine", **given: Any) -> dict[str, Any]:
    return {"name": name, "unit": "units", "scale": "signed", **given}


def tables() -> Frames:
    accounts = {
        "account_id": ["a", "b", "c"],
        "started_on": [date(2023, 1, 1), date(2023, 1, 1), date(2024, 2, 1)],
        "ended_on": [None, None, date(2024, 6, 1)],
        "employees": [10, 20, 30],
        "csm": ["Ann", "Bob", "Eve"],
        "health": [7.5, float(SECRET), 2.0],
        "health_on": [date(2024, 2, 1), date(2024, 3, 2), None],
    }
    tickets = {
        "account_id": ["a", "a", "a", "b"],
        "opened_on": [date(2024, 1, 5), date(2024, 2, 5), date(2024, 3, 2), date(2024, 2, 20)],
        "closed_on": [date(2024, 1, 9), date(2024, 4, 1), date(2024, 4, 1), None],
        "severity": ["high", "low", "high", "low"],
        "score": [3.0, float(SECRET), float(SECRET), None],
    }
    usage = {
        "account_id": ["a", "a", "b"],
        "used_on": [date(2024, 2, 1), date(2024, 3, 2), date(2024, 2, 1)],
        "feature": ["api", "api", "reports"],
        "events": [10, SECRET, 20],
    }
    subscriptions = {
        "account_id": ["a", "b"],
        "started_on": [date(2023, 1, 1), date(2023, 1, 1)],
        "ended_on": [date(2024, 12, 31), None],
        "arr": [1000.0, 2000.0],
        "seats": [5, 10],
    }
    named = {
        "accounts": accounts, "tickets": tickets, "usage": usage, "subscriptions": subscriptions
    }  # fmt: skip
    return Frames({n: nw.from_native(pl.DataFrame(rows).lazy()) for n, rows in named.items()})


def values(*features: dict[str, Any]) -> pd.DataFrame:
    config = FeaturesConfig(own=features)
    return build_snapshot(tables(), AS_OF, config).frame[[one["name"] for one in features]]


def test_rows_of_a_table_are_summed_up() -> None:
    found = values(
        own("severe", table="tickets", sql="count(*) FILTER (WHERE severity = 'high')"),
        own("severe_or_none", table="tickets", sql="count(*)", empty_is_zero=True),
        own("age", sql="as_of - started_on"),
        own("api", sql="(SELECT sum(u.events) FROM usage u WHERE u.account_id = accounts.account_id"
                       " AND u.used_on > as_of - window_days)"),
    )  # fmt: skip
    assert found["severe"].fillna(-1).tolist() == [1, 0, -1]
    assert found["severe_or_none"].tolist() == [2, 1, 0]
    assert found["age"].tolist() == [425, 425, 29]
    assert found["api"].fillna(-1).tolist() == [10, 20, -1]


def test_a_dated_column_is_known_from_its_date_on() -> None:
    found = values(own("health_score", column="Health", known_on="health_on"))
    assert found["health_score"].fillna(-1).tolist() == [7.5, -1, -1]


@pytest.mark.parametrize(
    ("table", "sql"),
    [
        ("usage", "max(events)"),
        ("usage", "sum(events)"),
        ("usage", "max(used_on - as_of)"),
        ("tickets", "max(score)"),
        ("tickets", "max(CASE WHEN closed_on > as_of THEN 777777 END)"),
        ("tickets", "max(opened_on - as_of)"),
        ("accounts", "(SELECT max(events) FROM usage)"),
        ("accounts", "(SELECT max(t.score) FROM tickets t JOIN usage u ON true)"),
        ("accounts", "(SELECT max(x) FROM (SELECT events AS x FROM usage))"),
        ("accounts", "(SELECT sum(events) OVER () FROM usage LIMIT 1)"),
        ("accounts", "CASE WHEN ended_on > as_of THEN 777777 END"),
        ("subscriptions", "max(CASE WHEN ended_on > as_of THEN 777777 END)"),
    ],
)
def test_no_expression_sees_a_row_of_after_the_date(table: str, sql: str) -> None:
    found = values(own(table=table, sql=sql))["mine"]
    assert not (found >= SECRET).any()
    if "as_of" in sql and "CASE" not in sql:
        assert (found.dropna() <= 0).all()
    # The same tables, cut off at the date, give the same.
    cut = Frames({n: _cut(n, frame) for n, frame in tables().frames.items()})
    config = FeaturesConfig(own=(own(table=table, sql=sql),))
    pd.testing.assert_series_equal(build_snapshot(cut, AS_OF, config).frame["mine"], found)


def _cut(name: str, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    happened = {"accounts": "started_on", "tickets": "opened_on", "usage": "used_on"}.get(name)
    return frame if happened is None else frame.filter(nw.col(happened) <= nw.lit(AS_OF))


@pytest.mark.parametrize(
    ("table", "sql", "word"),
    [
        ("accounts", "current_date - started_on", "'current_date' is no column"),
        ("accounts", "(SELECT current_date FROM (SELECT 1 AS current_date))", "'current_date'"),
        ("accounts", "date_diff('day', started_on, today())", "today()"),
        ("accounts", "now() - started_on", "now()"),
        ("accounts", "random()", "random()"),
        ("accounts", "(SELECT count(*) FROM read_csv('/etc/passwd'))", "read_csv"),
        ("accounts", "(SELECT count(*) FROM '/etc/passwd')", "'/etc/passwd' is no table"),
        ("accounts", "(SELECT count(*) FROM overrides)", "'overrides' is no table"),
        ("accounts", "(SELECT count(*) FROM duckdb_settings())", "duckdb_settings"),
        ("accounts", "(SELECT count(*) FROM information_schema.tables)", "another schema"),
        ("accounts", "(WITH x AS (SELECT 1 AS n) SELECT n FROM x)", "WITH"),
        ("accounts", "(SELECT n FROM (VALUES (1)) v(n))", "not allowed"),
        ("usage", "(SELECT count(*) FROM usage USING SAMPLE 1)", "sample"),
        ("accounts", "length(csm)", "'csm' of accounts holds today"),
        ("accounts", "length(accounts)", "'accounts' is no column"),
        ("accounts", "health", "'health' is no column"),
        ("accounts", "getenv('HOME')", "getenv()"),
        ("usage", "COUNT(*) FILTER (WHERE featur = 'api')", "Did you mean 'feature'?"),
        ("usge", "count(*)", "Did you mean 'usage'?"),
        ("accounts", "1; DROP TABLE accounts", "expected one expression"),
        ("accounts", "1 AS x", "expected one expression"),
        ("accounts", "1 FROM usage", "expected one expression"),
        ("accounts", "(", "cannot be read"),
    ],
)
def test_what_an_expression_may_not_do_is_refused(table: str, sql: str, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        values(own(table=table, sql=sql))
    assert word in str(caught.value)


def test_mistakes_of_all_features_come_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        values(own("one", sql="now()"), own("usage_trend", sql="employees"), own("two", sql="x"))
    message = str(caught.value)
    assert "features of your own (3 breaches)" in message
    assert "'usage_trend': a feature or column has this name already" in message


def test_what_duckdb_cannot_evaluate_is_said_without_a_traceback() -> None:
    with pytest.raises(ConfigError, match=r"'one': the SQL cannot be evaluated[\s\S]*'two'"):
        values(own("one", sql="count(*)"), own("two", sql="sqrt('x')"))


def test_what_it_is_made_of_decides_whether_it_enters() -> None:
    config = FeaturesConfig(
        own=(
            own("paid", table="subscriptions", sql="sum(arr)"),
            own("per_seat", table="subscriptions", sql="sum(seats)", size_proxy=True),
            own("tickets_here", table="tickets", sql="count(*)", family="engagement"),
            own("aged", sql="as_of - started_on", age_proxy=True),
        )
    )
    found = build_snapshot(tables(), AS_OF, config)
    assert {"paid", "per_seat", "aged"} <= set(found.withheld)
    assert "tickets_here" not in found.withheld
    feature = next(one for one in found.features if one.name == "tickets_here")
    assert feature.family == "engagement"
    assert feature.words == ("low tickets here", "high tickets here")


def test_a_table_that_is_not_there_is_said() -> None:
    few = Frames({name: frame for name, frame in tables().frames.items() if name != "tickets"})
    features = own("t", table="tickets", sql="count(*) FILTER (WHERE severity = 'high')")
    found = build_snapshot(few, AS_OF, FeaturesConfig(own=(features,)))
    assert found.not_computed["t"] == "needs table 'tickets' with column 'severity'"


def test_settings_that_contradict_each_other_are_refused_together() -> None:
    with pytest.raises(ValidationError) as caught:
        OwnFeatureConfig(**own(column="health", sql="1", known_on="since", table="usage"))
    message = str(caught.value)
    assert all(words in message for words in ("found both", "ends in _on", "takes no table"))
    with pytest.raises(ValidationError, match="nothing says since when"):
        OwnFeatureConfig(**own(column="health"))


def test_columns_that_it_reads_are_no_attributes() -> None:
    config = FeaturesConfig(own=(own("score", column="health", known_on="health_on"),))
    attributes = build_snapshot(tables(), AS_OF, config).attributes
    assert {"health", "health_on"}.isdisjoint(attributes)


def test_needs_name_optional_columns_of_the_table_that_has_them() -> None:
    expression = examine("max(active_users) / nullif(max(events), 0)", "usage")
    assert expression.needs == ("usage", "usage.active_users")
