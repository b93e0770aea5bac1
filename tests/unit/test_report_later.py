"""Sentences on what happened next: each follows its number, and says nothing without one."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clustering import results
from clustering.comparison.forward.entries import Multiplicity, TimeSplit
from clustering.comparison.observed.entries import Afterwards, Differences
from clustering.report.subjects import observed as later
from clustering.results import StudyFolder
from study_folders import Recipe, build_study

SPLIT: dict[str, Any] = {
    "design": "out of time", "test_date": "2025-06-30",
    "train_dates": ["2024-06-30", "2023-07-01"], "embargo_days": 365, "n_train_rows": 300,
    "n_train_accounts": 200, "n_test_accounts": 240, "n_in_both": 150, "agreement": 0.9,
    "reason": "", "notes": [],
}  # fmt: skip
INSIDE: dict[str, Any] = {
    "outcome": "churned", "n": 240, "n_events": 30,
    "cmh": {"stat": 20.5, "df": 2.0, "p": 0.0001, "stat_uncorrected": 20.5,
            "p_uncorrected": 0.0001, "reason": ""},
    "likelihood_ratio": {"chi2": 20.0, "df": 2.0, "p": 0.0001},
    "tiers": [
        {"tier": "smb", "n": 140, "chi2": 9.0, "df": 2, "p": 0.01, "p_holm": 0.02,
         "p_permutation": 0.01, "reason": ""},
        {"tier": "enterprise", "n": 3, "chi2": None, "df": None, "p": None, "p_holm": None,
         "p_permutation": None, "reason": "all rows have the same outcome"},
    ],
    "variance_within": 0.97, "explained": 0.08, "reason": "",
}  # fmt: skip
EXPANSION: dict[str, Any] = {
    "n": 240, "n_expanded": 60, "gain": {"log_loss": 0.01, "auc": 0.1, "interval": [-0.01, 0.02]},
    "omega_squared": 0.1, "p": 0.01, "reason": "",
    "out_of_sample": {"r2_tier": 0.0, "r2_both": 0.2, "gain": 0.2, "gain_interval": [0.1, 0.3]},
}  # fmt: skip


@pytest.fixture(scope="module", params=["natural", "constructive"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    folder = tmp_path_factory.mktemp("later") / "study"
    built = results.read(build_study(folder, Recipe(verdict=request.param)))
    names = [segment.name for segment in built.document.segments]
    bounds = {"low": [0.6, 0.9, 1.0], "high": [0.8, 1.1, 1.2]}
    retention: dict[str, Any] = {"labelling": "segment", "level": names, "n_accounts": 80}
    for name in ("nrr", "nrr_winsorised", "grr"):
        retention[name] = [0.7, 1.0, 1.1]
        retention |= {f"{name}_{end}": values for end, values in bounds.items()}
    pd.DataFrame(retention).assign(arr=100.0).to_parquet(folder / "retention.parquet")
    renewals = {
        "labelling": "segment", "level": names, "n_at_risk": 80, "n_due": 60, "n_censored": 20,
        "renewed": 0.9, "renewed_low": 0.8, "renewed_high": 0.95, "days": 200, "left": 0.1,
        "left_low": 0.05, "left_high": 0.2,
    }  # fmt: skip
    pd.DataFrame(renewals).to_parquet(folder / "renewals.parquet")
    rates = {
        "labelling": "segment", "level": names, "outcome": "churned", "n": [100, 100, 10],
        "events": [10, 20, 1], "raw": [0.1, 0.2, 0.1], "wilson_low": 0.05, "wilson_high": 0.3,
        "shrunken": 0.12, "suppressed": [False, False, True], "weighted": [0.12, 0.18, 0.12],
        "corrected": [0.05, 0.3, 0.1], "corrected_low": 0.0, "corrected_high": 0.4,
    }  # fmt: skip
    pd.DataFrame(rates).to_parquet(folder / "rates.parquet")
    tests = {
        "method": "selective", "first": names[0], "second": names[1], "feature": ["f1", "f2"],
        "difference": [1.2, 0.1], "p": [0.001, 0.4], "p_holm": [0.002, 0.4], "p_naive": 1e-9,
    }  # fmt: skip
    pd.DataFrame(tests).to_parquet(folder / "differences.parquet")
    return with_parts(built)


def with_parts(study: StudyFolder, **changes: Any) -> StudyFolder:
    parts = {
        "forward_split": TimeSplit.model_validate(SPLIT),
        "multiplicity": Multiplicity(
            primary_labelling="segment", primary_outcome="churned", n_confirmatory=13,
            n_exploratory=42, n_claimed=0, secondary_outcomes=["expanded"],
        ),
        "afterwards": Afterwards.model_validate(
            {"inside_tiers": [INSIDE], "expansion": EXPANSION, "notes": []}
        ),
        "differences": Differences(
            n_tests=2, n_found=1, n_naive=2, n_accounts=120, agreement=0.9, conditions="Given.",
            independence_p=None, notes=["Counts are not thinned."],
        ),
        **changes,
    }  # fmt: skip
    return StudyFolder(study.path, study.document.model_copy(update=parts))


def inside(study: StudyFolder, **changes: Any) -> str:
    entry = Afterwards.model_validate(
        {"inside_tiers": [INSIDE | changes], "expansion": None, "notes": []}
    )
    return " ".join(later.inside_tiers(with_parts(study, afterwards=entry)))


def test_the_word_follows_the_verdict(study):
    word = study.document.group_word.plural
    said = " ".join(
        [
            *later.how_judged(study),
            *later.multiplicity(study),
            *later.inside_tiers(study),
            *later.what_happened(study),
            *later.differences(study),
        ]
    )
    assert word in said
    assert ("cluster" in said) == (word == "clusters")


def test_how_it_was_judged_names_dates_counts_and_overlap(study):
    said = later.how_judged(study)[0]
    for part in ("out of time", "2023-07-01 and 2024-06-30", "240 accounts of 2025-06-30", "0.90",
                 "150 accounts are in both"):  # fmt: skip
        assert part in said
    folds = SPLIT | {"design": "five folds", "train_dates": [], "reason": "'usage' begins late"}
    folds |= {"n_foldings": 10, "n_companies": 1_150, "n_sharing": 90}
    said = later.how_judged(with_parts(study, forward_split=TimeSplit.model_validate(folds)))
    assert said[0] == (
        "Judged on five folds of the accounts, dealt 10 times, each by models fitted on the other "
        "four, not on a later period: 'usage' begins late."
    )
    assert said[1].startswith("90 accounts share their company with others: the 1,150 companies")


def test_the_number_of_comparisons_is_printed(study):
    said = later.multiplicity(study)[0]
    assert "13 of other labellings" in said
    assert "42 about other outcomes" in said
    assert "none survives the correction" in said


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({}, "Two accounts of the same tier are different in what happens to them"),
        ({"cmh": INSIDE["cmh"] | {"p": 0.3}}, "No evidence that accounts of the same tier fare"),
        ({"cmh": INSIDE["cmh"] | {"p": None, "reason": "all rows are in one segment"}},
         "Whether 'churned' differs inside the ARR tiers is not known: all rows are in one"),
    ],
)  # fmt: skip
def test_what_is_said_inside_the_tiers_follows_the_test(study, changes, start):
    assert inside(study, **changes).startswith(start)


def test_tiers_that_could_not_be_tested_are_not_counted(study):
    assert "Tier by tier it holds in 1 of 1 (Holm)." in inside(study)


def test_expansion_is_claimed_only_above_zero(study):
    said = " ".join(later.what_happened(study))
    assert "no evidence that the" in said.split("Expansion")[1].split(";")[0]
    assert "by how much, they tell (out-of-sample R squared 0.20" in said


def test_a_window_that_ends_after_the_data_is_said(study):
    said = " ".join(later.what_happened(study))
    assert "The window of 365 days ends after the data, which stops at day 200." in said
    assert "60 had none due and count neither as renewed nor as lost" in said


def test_overlapping_intervals_are_said(study):
    frame = study.table("retention")
    wide = frame.assign(nrr_high=2.0)
    wide.to_parquet(study.path / "retention.parquet")
    assert "The intervals overlap." in " ".join(later.what_happened(study))
    frame.to_parquet(study.path / "retention.parquet")
    assert "The intervals overlap." not in " ".join(later.what_happened(study))


def test_nobody_renews_a_run_rate(study):
    run_rate = with_parts(study, amount_name="run-rate")
    said = " ".join([*later.what_happened(run_rate), *later.inside_tiers(run_rate)])
    assert "ARR" not in said
    assert "contract" not in said
    assert "80" not in later.renewals_table(run_rate).text


def test_rates_of_few_accounts_are_not_shown(study):
    shown = later.rates_table(study).text
    assert "10 accounts" in shown
    assert "too few" in shown
    assert "1 of 10" not in shown


def test_differences_come_with_their_conditions_and_the_usual_test_for_contrast(study):
    said = later.differences(study)
    assert "1 are established by tests that allow for how" in said[0]
    assert "would have called 2 significant" in said[0]
    assert said[1:] == ["Given.", "Counts are not thinned."]
    table = later.differences_table(study).text
    assert "f1" in table
    assert "f2" not in table


def test_a_study_without_these_parts_says_nothing(tmp_path: Path):
    plain = results.read(build_study(tmp_path / "study", Recipe()))
    for say in (later.inside_tiers, later.what_happened, later.differences):
        assert say(plain) == []
    for show in (later.rates_table, later.retention_table, later.renewals_table,
                 later.differences_table):  # fmt: skip
        assert show(plain).text
    assert later.secondary_table(plain).text == ""  # no fold-out of nothing
