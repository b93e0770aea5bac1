"""Sentences and tables of the plan say what the study holds, and no more."""

import re
from pathlib import Path
from typing import Any

import pytest

from clustering import results
from clustering.report import figures, words
from clustering.report.subjects import plan
from clustering.results import StudyFolder
from study_folders import Recipe, build_study

WORDS = (
    plan.answer,
    plan.assumptions,
    plan.books,
    plan.coverage,
    plan.delivery,
    plan.levers,
    plan.not_computed,
    plan.reasons,
    plan.running,
    plan.staffing,
    plan.value,
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return results.read(build_study(tmp_path_factory.mktemp("plan") / "study"))


def with_plan(study: StudyFolder, **changes: Any) -> StudyFolder:
    """The same study whose plan says something else."""
    entry = study.document.plan
    changed = entry.model_copy(update=changes)
    return StudyFolder(study.path, study.document.model_copy(update={"plan": changed}))


def with_staffing(study: StudyFolder, **changes: Any) -> StudyFolder:
    entry = study.document.plan
    assert entry.staffing is not None
    return with_plan(study, staffing=entry.staffing.model_copy(update=changes))


def test_every_assumption_says_that_it_is_one(study: StudyFolder) -> None:
    assert all(text.startswith("Assumed: ") for text in plan.assumptions(study))
    assert any("Hours and costs are assumed." in text for text in plan.answer(study))


def test_money_left_on_the_table_is_said_where_people_would_help(study: StudyFolder) -> None:
    short = with_staffing(study, covered=600.0, coverable=900.0, left=300.0, value=1000.0)
    assert plan.answer(short)[-1] == (
        "1 k USD a year are at risk or open to expand. By the assumed shares of the touch levels "
        "(below), 2 CSMs (the names in the accounts) cover 600 of it, and leave 300 USD on the "
        "table that more people would cover."
    )
    enough = with_staffing(study, covered=899.0, coverable=900.0, left=1.0, value=1000.0)
    assert plan.answer(enough)[-1].endswith("; more people would cover hardly more.")


def test_a_head_count_below_what_is_delivered_today_is_said_first(study: StudyFolder) -> None:
    entry = study.document.plan
    assert entry.delivered_hours is not None
    assert entry.staffing is not None
    short = with_staffing(study, hours=entry.delivered_hours - 500.0)
    assert plan.answer(short)[0].startswith("The head count does not reach for what is done today:")
    assert " delivered, 500 more. Check the head count" in plan.answer(short)[0]
    enough = with_staffing(study, hours=entry.delivered_hours)
    assert plan.answer(enough)[0].startswith("This plan is for ")


def test_nothing_is_called_proven_but_the_gap(study: StudyFolder) -> None:
    texts = [text for word in WORDS for text in word(study)]
    proven = [text for text in texts if "proven" in text.lower()]
    assert [t for t in proven if "that gap of the solver is proven" not in t] == [
        t for t in proven if "is not proven" in t
    ]


def test_a_plan_says_what_it_is_for_and_what_is_recommended(study: StudyFolder) -> None:
    entry = study.document.plan
    basis = [text for text in plan.answer(study) if text.startswith("This plan is for ")]
    assert basis == [f"This plan is for {entry.title}. {words.recommendation(study)}"]
    named = with_plan(study, plan_on="needs_segment", labelling="needs_segment", title="needs")
    assert any(
        text.startswith("This plan is for needs, as configured; the study recommends ")
        for text in plan.answer(named)
    )


def test_the_segments_are_an_alternative_with_a_price_where_the_plan_is_for_others(
    study: StudyFolder,
) -> None:
    assert not any("An alternative" in text for text in plan.coverage(study))
    tiers = with_plan(study, labelling="arr_tiers", title="ARR tiers")
    (said,) = [text for text in plan.coverage(tiers) if text.startswith("An alternative")]
    assert "care by the bands would take " in said
    assert " and cost " in said


def test_an_account_is_on_one_list(study: StudyFolder) -> None:
    entry = study.document.plan
    audit = study.table("audit")
    counts = audit["delivery"].value_counts()
    found = {total.name: total.n_accounts for total in entry.audit}
    assert found["over_delivered"] == counts.get("over", 0) > 0
    assert found["under_delivered"] == counts.get("under", 0) > 0
    assert found["bad_fit"] == counts.get("bad_fit", 0)
    for kind in ("over", "under", "bad_fit"):
        listed = audit.loc[audit["delivery"] == kind, "account_id"]
        shown = re.findall(r"A-\d{5}", plan.audited(study, kind, most=1000).text)
        assert set(shown) == set(listed)


def test_a_gap_is_stated_as_it_was_proven(study: StudyFolder) -> None:
    assert "under 0.01 % above" in plan.staffing(with_staffing(study, gap=2e-5))[1]
    assert "0.70 % above" in plan.staffing(with_staffing(study, gap=0.007, status="gap"))[1]


def test_an_infeasible_head_count_names_its_limit(study: StudyFolder) -> None:
    never = with_staffing(study, status="infeasible", csms=1, reason="hours: too few")
    assert plan.staffing(never) == ["1 CSM cannot give even the lowest levels: hours: too few."]
    assert plan.answer(never)[-1] == "The head count of 1 cannot give the plan: hours: too few."
    assert figures.head_count(never) is None


def test_without_engagements_the_lists_are_named_as_missing(study: StudyFolder) -> None:
    why = "no `engagements` table"
    entry = study.document.plan
    none = with_plan(
        study, audit=entry.audit[-1:], not_computed={"audit.over_delivered": why, "a.b": "c"}
    )
    assert "Over-delivered accounts cannot be computed: no engagements table." in plan.delivery(
        none
    )
    assert figures.delivery_audit(none) is None
    assert "audit: over delivered: no engagements table." in plan.not_computed(none)


def test_levers_are_given_for_the_segments_over_the_limit_alone(tmp_path: Path) -> None:
    many = results.read(build_study(tmp_path / "many", Recipe(k=11, n_accounts=600)))
    entry = many.document.plan
    texts = plan.levers(many)
    assert len(texts) == len(entry.over_limit) > 0
    for label, text in zip(entry.over_limit, texts, strict=True):
        assert text.startswith(f"'{label}' is back at 15 % by any one of:")
        assert "All four together" in text


def test_every_segment_has_its_reason(study: StudyFolder) -> None:
    texts = plan.reasons(study)
    assert len(texts) == len(study.table("coverage"))
    assert all("' gets '" in text for text in texts)


def test_lists_show_ids_and_names_only_where_asked(study: StudyFolder) -> None:
    names = study.names.dropna()
    without = plan.audited(study, "over", most=1000).text
    assert not [name for name in names if name.startswith("Company") and name in without]
    assert "Company " in plan.audited(study, "over", names=True, most=1000).text


def test_small_groups_are_not_shown(study: StudyFolder) -> None:
    table = study.table("segment_value")
    assert table["suppressed"].any() == ("too few" in plan.segment_values(study).text)
