"""Schemes from the configuration: columns, rules and SQL, and the words of every refusal."""

import re
import tomllib
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from clustering.commands import check, init
from clustering.config import SchemesConfig, load_config
from clustering.errors import BadInputError, ConfigError, TableContractError
from clustering.expressions import FUNCTIONS, evaluate, examine, parse
from clustering.features import build_snapshot
from clustering.features.types import Snapshot
from clustering.schemes import Labelling, assign_all
from clustering.schemes.custom import MOST_LABELS
from clustering.schemes.page import schemes_page
from clustering.tables import open_tables

NAN = float("nan")
INDEX = pd.Index(list("abcdef"), name="account_id")


def snapshot() -> Snapshot:
    frame = pd.DataFrame({"outcome_attainment": [0.7, 0.8, 0.9, 1.0, 1.1, NAN]}, index=INDEX)
    attributes = pd.DataFrame(
        {
            "arr": [10e3, 20e3, 30e3, 40e3, NAN, 60e3],
            "region": pd.Series(["north", "south", None, "north", "east", "east"], INDEX),
            "name": [f"Company {letter}" for letter in "abcdef"],
            "plan": pd.Series(["basic", "pro", "pro", None, "basic", "pro"], INDEX),
        },
        index=INDEX,
    )
    return Snapshot(date(2025, 6, 30), frame, (), attributes)


def own(*schemes: dict[str, object]) -> tuple[dict[str, Labelling], dict[str, str]]:
    config = SchemesConfig.model_validate({"own": schemes})
    labellings, absent = assign_all(snapshot(), config)
    names = [scheme["name"] for scheme in schemes]
    return {x.name: x for x in labellings if x.name in names}, dict(absent)


def levels(labelling: Labelling) -> list[str | None]:
    return [None if pd.isna(label) else label for label in labelling.labels]


class TestColumn:
    def test_taken_as_it_is(self) -> None:
        found = own({"name": "plan", "column": "Plan ", "title": "Plan in use"})[0]["plan"]
        assert levels(found) == ["basic", "pro", "pro", None, "basic", "pro"]
        assert (found.kind, found.title, found.rule) == (
            "own", "Plan in use", "the column plan, as it is",
        )  # fmt: skip

    def test_levels_give_the_order(self) -> None:
        scheme = {"name": "plan", "column": "plan", "levels": ["pro", "basic"], "ordered": True}
        assert own(scheme)[0]["plan"].levels == ("pro", "basic")

    def test_a_column_that_is_not_there_is_named_with_those_that_are(self) -> None:
        with pytest.raises(
            ConfigError,
            match=r"\[\[schemes\.own\]\] 'tier': .* no column 'tier'. Columns of text: region",
        ):
            own({"name": "tier", "column": "tier"})

    def test_a_number_is_no_label(self) -> None:
        with pytest.raises(ConfigError, match="column 'arr' is a number, not a label"):
            own({"name": "size", "column": "arr"})


class TestRules:
    def test_the_first_that_holds(self) -> None:
        rules = [
            {"label": "large", "where": {"arr": {"min": 40e3}}},
            {"label": "mid", "where": {"arr": {"min": 20e3, "max": 30e3}}},
        ]
        found = own({"name": "size", "rules": rules, "otherwise": "small"})[0]["size"]
        # both ends belong to a condition; e has no ARR, and no rule can be told for it
        assert levels(found) == ["small", "mid", "mid", "large", None, "large"]
        assert found.levels == ("large", "mid", "small")
        assert found.rule == (
            "large where arr is 40,000 or more; mid where arr is 20,000 or more and arr is 30,000 "
            "or less; small otherwise; the first that holds"
        )

    def test_a_missing_value_is_not_a_zero_and_a_known_no_decides(self) -> None:
        rules = [
            {"label": "x", "where": {"arr": {"max": 25e3}, "region": {"one_of": ["north"]}}},
            {"label": "y", "where": {"outcome_attainment": {"min": 0.9}}},
        ]
        found = own({"name": "care", "rules": rules, "otherwise": "z"})[0]["care"]
        # c: arr says no, though its region is unknown; e: region says no, though its arr is;
        # f: arr says no, then the second rule is not known
        assert levels(found) == ["x", "z", "y", "y", "y", None]

    def test_without_otherwise_the_rest_has_no_label(self) -> None:
        rules = [
            {"label": "n", "where": {"region": {"one_of": ["north"]}}},
            {"label": "s", "where": {"region": {"one_of": ["south", "east"]}}},
        ]
        found = own({"name": "place", "rules": rules})[0]["place"]
        assert levels(found) == ["n", "s", None, "n", "s", "s"]

    def test_quantiles_are_of_the_known_values(self) -> None:
        # 10, 20, 30, 40, 60 thousand: the median is 30
        rules = [{"label": "upper", "where": {"arr": {"min_quantile": 0.5}}}]
        found = own({"name": "half", "rules": rules, "otherwise": "lower"})[0]["half"]
        assert levels(found) == ["lower", "lower", "upper", "upper", None, "upper"]
        assert "arr is 30,000 or more (the 50 % quantile)" in found.rule

    def test_axes_can_be_named(self) -> None:
        # churn_risk is of outcomes alone: below the least evidence of 0.3, so no account has it
        rules = [{"label": "save", "where": {"churn_risk": {"min": 0.5}}}]
        found, absent = own({"name": "care", "rules": rules, "otherwise": "keep"})
        assert found == {}
        assert absent["care"].startswith("'care' reads 'churn_risk': too little is known for it")
        assert "milestones" in absent["care"]

    @pytest.mark.parametrize(
        ("where", "words"),
        [
            ({"arr": {"one_of": ["x"]}}, "'arr' is a number: give min or max in place of one_of"),
            ({"region": {"min": 1}}, "'region' is not a number: give one_of in place of min"),
            ({"helth": {"min": 1}}, r"'helth' is no axis, feature or attribute. Did you mean 'hea"),
            ({"name": {"one_of": ["Company a"]}}, "'name' is no axis, feature or attribute"),
        ],
    )
    def test_mistakes(self, where: dict[str, object], words: str) -> None:
        with pytest.raises(ConfigError, match=words):
            own({"name": "s", "rules": [{"label": "x", "where": where}], "otherwise": "y"})

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.floats(-10, 10), min_size=2, max_size=20), st.floats(-10, 10))
    def test_a_rule_and_its_case_agree_where_everything_is_known(
        self, values: list[float], cut: float
    ) -> None:
        frame = pd.DataFrame({"outcome_attainment": values})
        labels = evaluate(
            parse(f"CASE WHEN outcome_attainment >= {cut!r} THEN 'up' ELSE 'down' END"), frame
        )
        assert labels.tolist() == ["up" if value >= cut else "down" for value in values]


class TestSql:
    def test_a_case_over_axes_features_and_attributes(self) -> None:
        sql = """
            CASE WHEN arr >= 40000 THEN 'large'   -- a comment
                 WHEN region IN ('north', 'south') AND outcome_attainment < 0.8 THEN 'short'
                 ELSE 'rest' END;
        """
        found = own({"name": "care", "sql": sql})[0]["care"]
        assert levels(found) == ["short", "rest", "rest", "large", "rest", "large"]
        assert found.levels == ("large", "rest", "short")
        assert "(3 of 6 accounts lack a column that it names; a condition on" in found.rule
        assert found.rule.startswith("CASE WHEN arr >= 40000 THEN 'large' WHEN region IN (")

    def test_names_are_of_any_case(self) -> None:
        found = own({"name": "s", "sql": "case when ARR > 25000 then 'a' else 'b' end"})[0]["s"]
        assert levels(found) == ["b", "b", "a", "a", "b", "a"]

    def test_null_is_no_label(self) -> None:
        sql = "CASE WHEN arr IS NULL THEN NULL WHEN arr > 25000 THEN 'a' ELSE 'b' END"
        assert levels(own({"name": "s", "sql": sql})[0]["s"]) == ["b", "b", "a", "a", None, "a"]

    def test_a_feature_of_a_table_that_is_not_there_keeps_the_scheme_out(self) -> None:
        found, absent = own({"name": "s", "sql": "CASE WHEN tickets_per_year > 1 THEN 'a' END"})
        assert found == {}
        assert absent["s"] == "'s' reads 'tickets_per_year': needs the table tickets."

    @pytest.mark.parametrize(
        ("sql", "words"),
        [
            ("CASE WHEN arr > 1 THEN 'a'", "the SQL cannot be read: syntax error"),
            ("SELECT 1", "the SQL cannot be read"),
            ("arr, region", "expected one expression"),
            ("region AS label", "expected one expression"),
            ("region FROM accounts", "expected one expression"),
            ("region; DROP TABLE accounts", "expected one expression"),
            ("region; SELECT 1", "expected one expression"),
            ("1) FROM accounts; SELECT (2", "the SQL cannot be read"),
            ("(SELECT max(region) FROM accounts)", "not allowed: a query within it"),
            ("(SELECT content FROM read_text('/etc/passwd'))", "not allowed: a query within it"),
            ("row_number() OVER ()", "not allowed: a window over other accounts"),
            ("max(region)", r"not allowed: the function max\(\)"),
            ("CASE WHEN random() > 0.5 THEN 'a' END", r"not allowed: the function random\(\)"),
            ("CAST(today() AS VARCHAR)", r"not allowed: the function today\(\)"),
            ("current_setting('threads')", r"not allowed: the function current_setting\(\)"),
            ("read_text('/etc/passwd')", r"not allowed: the function read_text\(\)"),
            ("*", "not allowed: a star"),
            ("$1", "not allowed: a parameter"),
            ("CASE WHEN arrr > 1 THEN 'a' END", "'arrr' is no axis.* Did you mean 'arr'"),
            ("CASE WHEN name LIKE 'C%' THEN 'a' END", "'name' is no axis, feature or attribute"),
            ("CASE WHEN region > 1.5 THEN 'a' END", "the SQL cannot be evaluated: .*compare"),
            ("lpad(region, 2000000000, 'y')", r"not allowed: the function lpad\(\)"),
            ("NOT " * 1500 + "(arr > 1)", "the SQL cannot be read: Max expression depth"),
            ("'everyone'", "names no column, so every account gets the same label"),
        ],
    )
    def test_everything_else_is_refused(self, sql: str, words: str) -> None:
        with pytest.raises(ConfigError, match=words):
            own({"name": "s", "sql": sql})

    def test_what_is_nested_too_deeply_is_refused(self) -> None:
        with pytest.raises(BadInputError, match="nested too deeply"):
            parse("CASE WHEN arr > 1 THEN " * 900 + "'a'" + " END" * 900)

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_every_function_of_the_list_is_one_of_duckdb(self, name: str) -> None:
        with duckdb.connect() as connection:
            found = connection.execute(
                "SELECT DISTINCT function_type FROM duckdb_functions() WHERE function_name = ?",
                [name],
            ).fetchall()
        assert {kind for (kind,) in found} <= {"scalar", "macro"}
        assert found

    @pytest.mark.parametrize(
        "sql",
        [
            "CASE WHEN arr / 1000 - 5 > 20 AND NOT region LIKE 'n%' THEN 'a' ELSE 'b' END",
            "CASE WHEN region ILIKE 'N_R%' THEN 'a' ELSE lower(region) || '!' END",
            "CASE WHEN coalesce(arr, 0) BETWEEN 1 AND 25000 THEN 'a' ELSE 'b' END",
            "CASE WHEN greatest(abs(arr), 30000) % 20000 = 0 THEN 'a' ELSE 'b' END",
            "if(region IN ('north', 'south'), 'a', 'b')",
            "CASE region WHEN 'north' THEN 'a' WHEN 'south' THEN upper('b') END",
            "CASE WHEN nullif(arr, 10000) IS NULL THEN 'a' ELSE 'b' END",
            "CASE WHEN starts_with(region, 'n') OR -arr > 0 THEN 'a' ELSE 'b' END",
            "CASE WHEN CAST(round(arr / 1e4) AS INTEGER) ** 2 > 4 THEN 'a' ELSE 'b' END",
        ],
    )
    def test_what_rules_are_made_of_passes(self, sql: str) -> None:
        assert len(own({"name": "s", "sql": sql})[0]["s"].levels) >= 2

    def test_a_refused_part_never_runs(self) -> None:
        with pytest.raises(BadInputError, match="not allowed"):
            parse("random()")
        with pytest.raises(BadInputError, match="not allowed"):
            evaluate(examine("random()"), pd.DataFrame({"x": [1.0]}))

    def test_too_many_labels_are_not_a_segmentation(self) -> None:
        n = MOST_LABELS + 1
        index = pd.Index([f"a{i}" for i in range(n)], name="account_id")
        arr = pd.DataFrame({"arr": [float(i) for i in range(n)]}, index=index)
        many = Snapshot(date(2025, 1, 1), pd.DataFrame(index=index), (), arr)
        scheme = {"name": "s", "sql": "CAST(arr AS VARCHAR)"}
        with pytest.raises(ConfigError, match="gives 61 different labels; at most 60"):
            assign_all(many, SchemesConfig.model_validate({"own": [scheme]}))


class TestDates:
    """A rule can be applied at an earlier date; what an undated column said then is not known."""

    @pytest.mark.parametrize(
        ("scheme", "kind"),
        [
            ({"sql": "CASE WHEN arr > 25000 THEN 'a' ELSE 'b' END"}, "rule"),
            ({"sql": "CASE WHEN region = 'north' THEN 'a' ELSE 'b' END"}, "rule"),
            ({"sql": "CASE WHEN arr > 25000 THEN 'a' ELSE plan END"}, "own"),
            ({"column": "region"}, "own"),
            ({"rules": [{"label": "a", "where": {"arr": {"min": 25e3}}}],
              "otherwise": "b"}, "rule"),
            ({"rules": [{"label": "a", "where": {"plan": {"one_of": ["pro"]}}}],
              "otherwise": "b"}, "own"),
        ],
    )  # fmt: skip
    def test_the_kind_says_which(self, scheme: dict[str, object], kind: str) -> None:
        assert own({"name": "s", **scheme})[0]["s"].kind == kind

    def test_at_an_earlier_date_a_scheme_that_does_not_fit_stays_out(self) -> None:
        config = SchemesConfig.model_validate(
            {"own": [{"name": "s", "column": "region", "levels": ["north", "south"]}]}
        )
        labellings, absent = assign_all(snapshot(), config, strict=False)
        assert "s" not in {x.name for x in labellings}
        assert "gives 'east', which is not in levels" in absent["s"]


class TestConfiguration:
    def test_every_mistake_at_once(self) -> None:
        with pytest.raises(ConfigError) as found:
            own(
                {"name": "growth_risk", "column": "plan"},
                {"name": "one", "sql": "CASE WHEN hlth > random() THEN 'a' END"},
                {"name": "one", "column": "region", "levels": ["north", "south"]},
            )
        message = str(found.value)
        assert message.startswith("schemes of your own (5 breaches):")
        for words in (
            "'growth_risk': a scheme, axis or column has this name already",
            "'one': there are two of this name",
            "'one': not allowed: the function random()",
            "'one': 'hlth' is no axis, feature or attribute. Did you mean 'health'?",
            "'one': gives 'east', which is not in levels (north, south)",
        ):
            assert words in message

    @pytest.mark.parametrize(
        ("scheme", "words"),
        [
            ('column = "a"\nsql = "b"', "made in one way: column, rules or sql; found column and"),
            ("", "found none of them"),
            ('column = "a"\notherwise = "x"', "otherwise belongs to rules"),
            ('column = "a"\nordered = true', "ordered needs levels"),
            ('column = "a"\nlevels = ["x", "x"]', "levels has a label twice"),
            (
                'rules = [{ label = "y", where = { arr = { min = 1 } } }]\nlevels = ["x"]',
                r"label 'y' is not in levels \(x\)",
            ),
            ('rules = [{ label = "y", where = {} }]', "at least 1 item"),
            ('rules = [{ label = "y", where = { arr = {} } }]', "give min, max, min_quantile"),
            (
                'rules = [{ label = "y", where = { arr = { min = 2, max = 1 } } }]',
                "min 2 must not be above its max 1",
            ),
            (
                'rules = [{ label = "y", where = { arr = { mni = 2 } } }]',
                r"where\.arr\.mni' is not a known key. Did you mean 'min'",
            ),
            ('colum = "a"', r"'schemes\.own\.0\.colum' is not a known key. Did you mean 'column'"),
        ],
    )
    def test_a_file_that_makes_no_sense(self, tmp_path: Path, scheme: str, words: str) -> None:
        file = tmp_path / "study.toml"
        file.write_text(
            'name = "x"\nas_of = 2025-06-30\n[source]\nfolder = "."\n'
            f'[[schemes.own]]\nname = "s"\n{scheme}\n'
        )
        with pytest.raises(ConfigError, match=words):
            load_config(file)


def test_a_column_that_the_contract_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "account_id,started_on,Plan\na,2024-01-01,basic\nb,2024-01-01,pro\nc,2024-01-01,\n"
    )
    (tmp_path / "usage.csv").write_text(
        "account_id,used_on,feature,events\na,2025-06-01,x,3\nb,2025-06-20,x,1\n"
    )
    file = tmp_path / "study.toml"
    file.write_text(
        'name = "x"\nas_of = 2025-06-30\n[source]\nfolder = "."\n'
        '[[schemes.own]]\nname = "plan"\ncolumn = "plan"\n'
        """[[schemes.own]]\nname = "care"\nsql = "CASE plan WHEN 'pro' THEN 'x' ELSE 'y' END"\n"""
    )
    config = load_config(file)
    with open_tables(config) as tables:
        found = build_snapshot(tables, config.as_of, config.features)
    labels = {x.name: levels(x) for x in assign_all(found, config.schemes)[0]}
    assert labels["plan"] == ["basic", "pro", None]
    assert labels["care"] == ["y", "x", "y"]


def test_the_examples_of_the_page_are_configurations() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", schemes_page(), re.DOTALL)
    found = [SchemesConfig.model_validate(tomllib.loads(block)["schemes"]) for block in blocks]
    assert [[scheme.name for scheme in config.own] for config in found] == [
        ["plan"], ["care"], ["care_sql"],
    ]  # fmt: skip


def test_clustering_check_lists_them_and_their_mistakes(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "account_id,started_on,plan\na,2023-01-01,basic\nb,2023-02-01,pro\n"
    )
    (tmp_path / "usage.csv").write_text(
        "account_id,used_on,feature,events\na,2024-01-01,x,3\nb,2024-01-05,y,2\n"
    )
    file = tmp_path / "trial.toml"
    head = 'name = "trial"\nas_of = 2024-01-10\n[source]\nfolder = "."\n[[schemes.own]]\n'
    file.write_text(head + 'name = "plan"\ncolumn = "plan"\n')
    app = typer.Typer()
    for command in (init, check):
        command.register(app)
    result = CliRunner().invoke(app, ["check", str(file)], catch_exceptions=False)
    assert "plan: basic, pro" in result.stdout.partition("Schemes to compare with:")[2]
    file.write_text(head + 'name = "plan"\ncolumn = "pln"\n')
    with pytest.raises(TableContractError, match=r"column 'plan' is not in the contract.*'pln'"):
        CliRunner().invoke(app, ["check", str(file)], catch_exceptions=False)
