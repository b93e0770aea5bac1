"""The account explorer: what stands in its rows and what is told of an account."""

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustering import results
from clustering.columns import ACCOUNT_ID
from clustering.movement.overrides.active import OVERRIDES
from clustering.movement.track.history import MOVEMENT
from clustering.report.build.explorer import explorer
from clustering.report.kit.facts import amount_title
from clustering.report.subjects.accounts.columns import account_columns
from clustering.report.subjects.accounts.features import PLACES, features_of_accounts
from clustering.report.subjects.accounts.shown import shown_accounts
from clustering.report.subjects.accounts.told import nearest_champions, told_of_accounts
from clustering.results import StudyFolder
from clustering.schema import TableSpec
from study_folders import Recipe, build_study


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A study in which accounts moved and a person decided."""
    folder = build_study(tmp_path_factory.mktemp("explorer") / "study", Recipe(n_accounts=60))
    segments = results.read(folder).document.segments
    first, second = segments[0].name, segments[1].name
    track = [
        ("A-00001", "2024-06-30", "not yet", None),
        ("A-00001", "2024-09-30", "active", first),
        ("A-00001", "2024-12-31", "active", first),
        ("A-00001", "2025-03-31", "active", second),
        ("A-00002", "2025-03-31", "active", first),
    ]
    keys = ("account_id", "snapshot", "state", "segment_name")
    rows = [dict(zip(keys, row, strict=True)) for row in track]
    known = {"probability": 0.9, "margin": 0.8, "held_segment": first, "waiting": False}
    store(folder, MOVEMENT, [row | known for row in rows])
    store(
        folder,
        OVERRIDES,
        [
            {
                "account_id": "A-00003", "segment": second, "decided_by": "=Kim",
                "reason": "merger",
                "decided_on": "2025-06-01", "valid_until": "2025-12-31", "status": "in force",
                "model_segment": first,
            }
        ],
    )  # fmt: skip
    return results.read(folder)


def store(folder: Path, spec: TableSpec, rows: list[dict[str, object]]) -> None:
    spec.from_rows(rows).to_parquet(folder / f"{spec.name}.parquet", index=False)


def told(study: StudyFolder, account: str) -> dict[str, str]:
    accounts = shown_accounts(study).accounts
    return {one.title: one.texts[account] for one in told_of_accounts(study, accounts)}


def test_all_accounts_stand_in_the_table_the_largest_first(decided: StudyFolder) -> None:
    accounts = shown_accounts(decided).accounts
    assert sorted(accounts.index) == sorted(decided.accounts["account_id"])
    assert accounts["arr"].is_monotonic_decreasing
    columns = {one.title: one for one in account_columns(decided, accounts, names=True)}
    assert list(columns["CSM"].texts) == list(accounts["csm"])
    assert columns["CSM"].choices == ["Manager Alpha", "Manager Beta"]
    assert columns["Band"].choices == sorted(set(accounts["segment_name"]))


def test_of_very_many_accounts_those_that_ask_for_something_are_shown(
    decided: StudyFolder,
) -> None:
    shown = shown_accounts(decided, most=59)
    assert "A-00003" in shown.accounts.index  # a person decided it
    runs = decided.table("playbook_runs")
    active = set(runs.loc[runs["state"].isin(["starts", "runs"]), "account_id"])
    asking = {*active, "A-00003", *decided.table("misjudged")["account_id"]}
    care = decided.table("audit")
    asking |= set(care.loc[care["delivery"].isin(["over", "under"]), "account_id"])
    assert set(shown.accounts.index) == asking
    assert shown.rule.startswith(f"{len(asking)} of 60 accounts: those for which")
    fewer = shown_accounts(decided, most=2)
    assert list(fewer.accounts.index) == list(shown.accounts.index[:2])
    assert f"({len(asking)} accounts), and of these the ones with the largest ARR" in fewer.rule


def test_history_tells_every_turn_with_its_first_date(decided: StudyFolder) -> None:
    first, second = (segment.name for segment in decided.document.segments[:2])
    assert told(decided, "A-00001")["Over time"] == (
        f"from 2024-06-30 not yet a customer; from 2024-09-30 {first}; from 2025-03-31 {second}"
    )
    assert told(decided, "A-00002")["Over time"] == f"from 2025-03-31 {first}"
    assert told(decided, "A-00004")["Over time"] == ""


def test_who_decided_and_why_stands_in_the_local_page_alone(decided: StudyFolder) -> None:
    local, passed_on = (explorer(decided, names=names) for names in (True, False))
    assert "by =Kim: merger" in str(local.parts["table"])
    assert "in force, 2025-06-01 to 2025-12-31" in str(passed_on.parts["table"])
    for text in (passed_on.parts["table"], passed_on.parts["data"], passed_on.sheet.to_csv()):
        assert "Kim" not in str(text)
        assert "merger" not in str(text)
        assert "Manager" not in str(text)


def test_sure_is_the_stored_probability_and_the_runner_up(decided: StudyFolder) -> None:
    row = decided.accounts.set_index("account_id").loc["A-00001"]
    said = told(decided, "A-00001")["How sure"]
    assert f"{round(100 * row['probability'])} % of accounts" in said
    assert f"the runner-up is '{row['runner_up']}'" in said
    assert f"{round(100 * row['stability'])} % of the resamples" in said


def test_a_feature_lies_where_the_quartiles_of_its_segment_say(decided: StudyFolder) -> None:
    accounts = shown_accounts(decided).accounts
    made = features_of_accounts(decided, accounts)
    included = [entry for entry in decided.document.features if entry.included]
    assert len(made) == len(included)
    profiles = decided.profiles.set_index(["feature", "segment"])
    for entry, feature in zip(included, made, strict=True):
        for place, value, segment, words in zip(
            feature.places, accounts[entry.name], accounts["segment"], feature.values, strict=True
        ):
            low, high = profiles.loc[(entry.name, segment), ["q25", "q75"]]
            if np.isnan(value):
                assert (PLACES[place], words) == ("not known", "not known")
            elif PLACES[place].startswith("lower"):
                assert value < low
            elif PLACES[place].startswith("higher"):
                assert value > high
            else:  # or it reads like an end
                assert low - 0.1 <= value <= high + 0.1


def test_champions_come_nearest_first_with_all_their_gaps(decided: StudyFolder) -> None:
    accounts = shown_accounts(decided).accounts
    ((account, near),) = nearest_champions(decided, accounts).items()
    assert account == "A-00003"
    assert [(one.champion_id, one.gaps) for one in near] == [("A-00005", "one; two")]


def test_what_names_hold_ends_no_element_and_starts_no_formula(decided: StudyFolder) -> None:
    made = explorer(decided, names=True)
    assert "<" not in str(made.parts["data"])
    assert "<script>alert(1)" not in str(made.parts["table"])
    for title in made.sheet.select_dtypes("str"):
        assert not made.sheet[title].str.startswith(("=", "+", "@")).any()
    assert (made.sheet["name"] == '\'=cmd("calc")').sum() == 1


def test_texts_are_stored_once_and_belong_to_their_account(decided: StudyFolder) -> None:
    data = json.loads(str(explorer(decided, names=False).parts["data"]))["details"]
    for one in data["told"]:
        assert len(set(one["texts"])) == len(one["texts"])
        texts = [one["texts"][code] for code in one["of"]]
        if one["title"] == "Its band":
            described = {s.name: s.description for s in decided.document.segments}
            names = decided.accounts.set_index("account_id")["segment_name"][data["ids"]]
            assert texts == list(names.map(described))


def test_a_study_without_amounts_names_and_plan_has_its_explorer(tmp_path: Path) -> None:
    folder = build_study(
        tmp_path / "study", Recipe(n_accounts=40, k=1, names=False, with_arr=False, needs=False)
    )
    for name in ("audit", "playbook_runs", "misjudged", "champions"):
        (folder / f"{name}.parquet").unlink(missing_ok=True)
    made = explorer(results.read(folder), names=True)
    assert "name" not in made.sheet
    assert list(made.sheet["account_id"]) == sorted(made.sheet["account_id"])
    assert "nan" not in str(made.parts["table"])


def test_the_reasons_are_the_scorers_own_words(rendered_study: Path) -> None:
    study = results.read(rendered_study)
    reasons = study.table("reasons").set_index(ACCOUNT_ID)
    account = reasons.index[reasons["why"].notna()][0]
    assert told(study, account)["Why it is there"] == reasons["why"][account]


def test_the_content_policy_allows_the_script_of_the_page_and_no_other(
    rendered_study: Path,
) -> None:
    page = (rendered_study / "report" / "accounts.html").read_text(encoding="utf-8")
    ((policy,), (script,)) = (
        re.findall(pattern, page, re.DOTALL)
        for pattern in (r"script-src ([^\"]+)\"", r"<script>(.*?)</script>")
    )
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"'sha256-{digest}'"


def test_the_file_holds_the_numbers_of_the_study(rendered_study: Path) -> None:
    study = results.read(rendered_study)
    sheet = pd.read_csv(rendered_study / "report" / "accounts.csv").set_index("account_id")
    accounts = study.accounts.set_index("account_id")
    assert len(sheet) == len(accounts)
    assert sheet[amount_title(study)].to_dict() == accounts["arr"].round(2).to_dict()
    assert sheet["How sure"].to_dict() == accounts["probability"].round(4).to_dict()


def test_accounts_of_every_page_lead_to_the_explorer(rendered_study: Path) -> None:
    for folder in (rendered_study / "report", rendered_study / "report" / "without_names"):
        for file in ("4_leadership.html", "5_plan.html"):
            page = (folder / file).read_text(encoding="utf-8")
            found = page.count('<span class="account"')
            linked = re.findall(r'<a href="accounts.html#account-(A-\d+)"><span', page)
            assert len(linked) == found > 0
            ids = set(results.read(rendered_study).accounts["account_id"])
            assert ids.issuperset(linked)


def test_the_map_has_one_scale_and_holds_every_account(decided: StudyFolder) -> None:
    drawn = json.loads(str(explorer(decided, names=False).parts["data"]))["details"]
    accounts = decided.accounts.set_index("account_id").loc[drawn["ids"]]
    x, y = (np.array(drawn["map"][axis]) for axis in "xy")
    assert (x.min(), y.min()) == (0, 0)
    assert x.max() == 1000 or y.max() == 600
    scale = np.ptp(x) / np.ptp(accounts["map_1"])
    # Up is up: the picture counts from its upper edge.
    np.testing.assert_allclose(y, scale * (accounts["map_2"].max() - accounts["map_2"]), atol=2)
