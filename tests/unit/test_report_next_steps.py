"""Words, tables and the tornado on single accounts and on sensitivity, on a study folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from clustering import results
from clustering.plan.accounts.champions import Champions
from clustering.plan.next_steps import NextSteps
from clustering.plan.sensitivity import COLUMNS
from clustering.report.subjects.plan.account_lists import (
    champions,
    champions_table,
    discovery,
    discovery_table,
    misjudged,
    misjudged_table,
)
from clustering.report.subjects.plan.sensitivity_figures import tornado
from clustering.report.subjects.plan.sensitivity_words import fragile, n_fragile
from clustering.results import StudyFolder
from clustering.results.next_steps import next_steps_entry, next_steps_frames
from clustering.tracking.content import write_artifacts
from clustering.tracking.metrics import study_metrics
from study_folders import Recipe, build_study

Build = Callable[..., StudyFolder]


def moved(
    answer: str, subject: str, setting: str, values: tuple[float, float, float],
    words: tuple[str, str, str] = ("", "", ""), kind: str = "threshold",
) -> dict[str, object]:  # fmt: skip
    low, base, high = values
    return dict(
        zip(
            COLUMNS,
            [answer, subject, setting, kind, 10.0, 8.0, 12.0, base, low, high, words[1], words[0],
             words[2], any(word not in ("", words[1]) for word in words)],
            strict=True,
        )
    )  # fmt: skip


LABELS = moved("labels", "all", "schemes.growth_risk.risk.quantile", (0.1, 0.0, 0.2))
SCHEME = moved("labels", "arr_tiers", "schemes.arr_tiers.quantiles.0", (0.12, 0.0, 0.3))
STEADY = moved(
    "plan_cost_share", "plan", "schemes.axes.cost.hour", (0.08, 0.1, 0.12),
    ("within the limit",) * 3, "cost",
)  # fmt: skip
FLIP = moved(
    "cost_share", "all", "schemes.axes.cost.hour", (0.11, 0.14, 0.17),
    ("within the limit", "within the limit", "over the limit"), "cost",
)  # fmt: skip
CLOSEST = moved(
    "closest", "all", "schemes.axes.health.outcomes", (0.3, 0.4, 0.41),
    ("arr_tiers", "needs_segment", "needs_segment"), "weight",
)  # fmt: skip


def next_steps(
    rows: list[dict[str, object]], *, champions_reason: str = "", misjudged_reason: str = ""
) -> NextSteps:
    listed = pd.DataFrame(
        {
            "account_id": ["A-00003", "A-00004"], "tier": ["smb", "enterprise"],
            "care": ["too little", "too much"],
            "by_stage": ["high_touch, smb, adoption", "low_touch, enterprise, retention"],
            "arr": [9_000.0, 900_000.0], "at_stake": [250_000.0, 4_000.0],
            "growth_potential": [0.7, 0.2], "churn_risk": [0.1, 0.1], "adopted_share": [0.5, 1.0],
            "expansion_pipeline": [249_000.0, 0.0], "why": ["room to grow", "fully adopted"],
        }
    )  # fmt: skip
    gaps = pd.DataFrame(
        {
            "account_id": "A-00003", "champion_id": "A-00005", "rank": 1, "distance": 1.0,
            "gap": [1, 2], "feature": ["features_used_90d", "nps_latest"], "unit": "u",
            "value": 1.0, "champion_value": 2.0, "difference": [2.0, 1.0], "words": ["one", "two"],
        }
    )  # fmt: skip
    talks = pd.DataFrame(
        {
            "segment": [0], "segment_name": "late", "kind": "boundary", "rank": [1],
            "account_id": ["A-00006"], "arr": [5.0], "probability": [0.6], "runner_up": ["on time"],
            "distance": [1.5], "hypothesis": "it could be both", "question": "which?",
        }
    )  # fmt: skip
    found = Champions(
        gaps.iloc[:0] if champions_reason else gaps, "champions are those marked",
        champions_reason, 0 if champions_reason else 1, 0 if champions_reason else 1,
    )  # fmt: skip
    sensitivity = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    missing = listed.iloc[:0] if misjudged_reason else listed
    return NextSteps(missing, misjudged_reason, found, talks, sensitivity)


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def built(found: NextSteps | None) -> StudyFolder:
        folder = build_study(tmp_path / "study", Recipe(n_accounts=60))
        if found is not None:
            for name, frame in next_steps_frames(found).items():
                frame.to_parquet(folder / f"{name}.parquet", index=False)
            file = folder / "study.json"
            content = json.loads(file.read_text())
            content["next_steps"] = next_steps_entry(found).model_dump()
            file.write_text(json.dumps(content))
        return results.read(folder)

    return built


def test_a_study_of_an_earlier_version_says_nothing(build: Build) -> None:
    study = build(None)
    for words in (misjudged, champions, discovery, fragile):
        assert words(study) == []
    for table in (misjudged_table, champions_table, discovery_table):
        assert table(study).text == ""
    assert tornado(study) is None


class TestMisjudged:
    def test_the_accounts_are_named_with_reason_and_money(self, build: Build) -> None:
        study = build(next_steps([LABELS]))
        first, rule = misjudged(study)
        assert first == (
            "1 of 6 accounts of the highest tier has little to win or to lose now and would do "
            "with low touch; at stake with them are 4,000 USD a year of open expansion and revenue "
            "at risk. 1 of 36 accounts of the lowest tier has 250,000 USD a year of open expansion "
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
        assert misjudged(study) == [f"Which accounts ARR tiers get wrong cannot be told: {reason}"]
        assert misjudged_table(study).text == ""


class TestChampions:
    def test_who_they_are_and_the_common_gaps(self, build: Build) -> None:
        study = build(next_steps([LABELS]))
        first, gaps = champions(study)
        assert first.startswith("1 growth accounts, each with the nearest of 1 champions.")
        assert "features used 90d (1), nps latest (1)" in gaps
        assert "one; two" in champions_table(study).text

    def test_none_says_which_column_would_allow_it(self, build: Build) -> None:
        reason = "No champions: the column accounts.is_champion would say who they are."
        study = build(next_steps([LABELS], champions_reason=reason))
        assert champions(study) == [reason]
        assert champions_table(study).text.endswith("none.</p>")


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
            "over the limit with schemes.axes.cost.hour = 12 in place of 10."
        )
        assert closest.startswith(
            "Fragile: the scheme of a rule that agrees best with the segments. Today it is "
        )
        assert "'ARR tiers' (AMI 0.30) with schemes.axes.health.outcomes = 8" in closest
        assert "30 % of the accounts get another one with schemes.arr_tiers.quantiles.0" in labels
        assert limit.startswith("4 settings were moved one at a time")
        assert n_fragile(study) == 2

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
        assert "schemes.growth_risk.risk.quantile 10 % and 20 %" in drawn.alt
        assert drawn.png().startswith(b"\x89PNG")

    def test_the_record_counts_fragile_answers(self, build: Build) -> None:
        metrics = study_metrics(build(next_steps([LABELS, FLIP, CLOSEST])))
        assert metrics["next_steps.fragile_answers"] == 2
        assert metrics["next_steps.misjudged_accounts"] == 2
        assert metrics["next_steps.champions"] == 1
