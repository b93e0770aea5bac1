"""Words, tables and the tornado on single accounts and on sensitivity, on a study folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clustering import results
from clustering.plan.next_steps import NextSteps
from clustering.plan.sensitivity import n_fragile
from clustering.report.subjects.plan.account_lists import (
    champions,
    champions_table,
    discovery,
    discovery_table,
    misjudged,
    misjudged_table,
)
from clustering.report.subjects.plan.sensitivity_figures import tornado
from clustering.report.subjects.plan.sensitivity_words import fragile
from clustering.results import StudyFolder
from clustering.tracking.record.content import write_artifacts
from clustering.tracking.record.numbers import study_numbers
from plan_folders import CLOSEST, FLIP, LABELS, SCHEME, STEADY, next_steps
from study_folders import Recipe, build_study

Build = Callable[..., StudyFolder]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def built(found: NextSteps) -> StudyFolder:
        folder = build_study(tmp_path / "study", Recipe(n_accounts=60))
        for name, frame in found.tables.items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
        file = folder / "study.json"
        content = json.loads(file.read_text())
        content["next_steps"] = found.entry.model_dump()
        file.write_text(json.dumps(content))
        return results.read(folder)

    return built


class TestMisjudged:
    def test_the_accounts_are_named_with_reason_and_money(self, build: Build) -> None:
        study = build(next_steps([LABELS]))
        first, rule = misjudged(study)
        assert first == (
            "1 of 6 accounts of the highest tier has little to win or to lose now and would do "
            "with low touch; at stake with them are 4 k USD a year of open expansion and revenue "
            "at risk. 1 of 36 accounts of the lowest tier has 250 k USD a year of open expansion "
            "and revenue at risk, and would repay high touch."
        )
        assert "does not prove that the tier is wrong" in rule
        page = misjudged_table(study, names=True).text
        names = study.names
        assert f"{names['A-00003']} (A-00003)".split()[0] in page
        assert "too little care" in page
        assert "fully adopted" in page
        assert 'data-account="A-00004"' in misjudged_table(study).text

    def test_what_cannot_be_told_says_why(self, build: Build) -> None:
        reason = "'lifecycle_touch' needs milestones with projected and achieved dates."
        study = build(next_steps([LABELS], misjudged_reason=reason))
        assert misjudged(study) == [
            "Which accounts ARR tiers get wrong is not known: 'lifecycle touch' needs milestones "
            "with projected and achieved dates."
        ]
        assert misjudged_table(study).text == ""


class TestChampions:
    def test_who_they_are_and_the_common_gaps(self, build: Build) -> None:
        study = build(next_steps([LABELS]))
        first, gaps = champions(study)
        assert first.startswith("1 growth accounts, each with the nearest of 1 champions.")
        assert "features used 90d (1), NPS latest (1)" in gaps
        assert "one; two" in champions_table(study).text

    def test_none_says_which_column_would_allow_it(self, build: Build) -> None:
        reason = "No champions: the column accounts.is_champion would say who they are."
        study = build(next_steps([LABELS], champions_reason=reason))
        (said,) = champions(study)
        assert "the column 'is champion' of accounts would say who they are" in said
        assert champions_table(study).text == ""


class TestDiscovery:
    def test_the_list_and_where_its_spreadsheet_is(self, build: Build) -> None:
        study = build(next_steps([LABELS]))
        assert "discovery.csv" in discovery(study)[0]
        page = discovery_table(study).text
        assert "between two" in page
        assert "it could be both" in page

    def test_the_spreadsheet_with_names_stays_out_of_the_record(
        self, build: Build, tmp_path: Path
    ) -> None:
        study = build(next_steps([LABELS]))
        for name in ("discovery.csv", "discovery.xlsx"):
            (study.path / name).write_text("Company Secret")
        for folder in ("without_names", "figures"):
            (study.path / "report" / folder).mkdir(parents=True)
        (tmp_path / "record").mkdir()
        write_artifacts(study, tmp_path / "record")
        written = [file for file in (tmp_path / "record").rglob("*") if file.is_file()]
        assert "discovery.parquet" in {file.name for file in written}
        assert not [file for file in written if b"Company Secret" in file.read_bytes()]


class TestSensitivity:
    def test_an_answer_that_flips_is_called_fragile_with_its_numbers(self, build: Build) -> None:
        study = build(next_steps([LABELS, SCHEME, STEADY, FLIP, CLOSEST]))
        care, closest, labels, limit = fragile(study)
        assert care == (
            "Fragile: the care of today over ARR. Today it is 14.0 %, within the limit; 17.0 %, "
            "over the limit with 12 in place of 10: loaded cost of an hour that people spend."
        )
        assert closest.startswith(
            "Fragile: the scheme of a rule that agrees best with the segments. Today it is "
        )
        assert "'ARR tiers' (AMI 0.30) with 8 in place of " in closest
        assert ": weight of outcomes against their targets ('health')" in closest
        assert "30 % of the accounts get another one with " in labels
        assert "quantiles of ARR that serve where no amount is given" in labels
        assert limit.startswith("4 settings were moved one at a time")
        assert n_fragile(study.table("sensitivity")) == 2

    def test_no_answer_that_flips_is_said_too(self, build: Build) -> None:
        study = build(next_steps([LABELS, STEADY]))
        assert fragile(study)[0] == (
            "None of the answers that are a yes, a no or a name flips when any one of the 2 "
            "settings (thresholds, weights, touches, costs) moves by 20 %."
        )

    @pytest.mark.parametrize(
        ("rows", "title"),
        [
            ([LABELS, STEADY], "No answer flips when one of 2 settings moves by 20 %"),
            ([LABELS, FLIP], "1 answer is fragile: it flips when one of 2 settings moves by 20 %"),
            (
                [LABELS, FLIP, CLOSEST],
                "2 answers are fragile: they flip when one of 3 settings moves by 20 %",
            ),
        ],
    )
    def test_the_tornado_says_what_it_shows(
        self, build: Build, rows: list[dict[str, object]], title: str
    ) -> None:
        drawn = tornado(build(next_steps(rows)))
        assert drawn is not None
        assert drawn.title == title
        assert "where churn risk is high, as a quantile of the accounts" in drawn.alt
        assert ": 10 % and 20 %" in drawn.alt
        assert drawn.png().startswith(b"\x89PNG")

    def test_the_record_counts_fragile_answers(self, build: Build) -> None:
        metrics = study_numbers(build(next_steps([LABELS, FLIP, CLOSEST])))
        assert metrics["next_steps.fragile_answers"] == 2
        assert metrics["next_steps.misjudged_accounts"] == 2
        assert metrics["next_steps.champions"] == 1
