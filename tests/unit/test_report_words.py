"""Every sentence claims what its numbers allow, and no more."""

import re
from pathlib import Path

import pytest

from clustering import results
from clustering.comparison.agreement.entries import AgreementInterval, StudyAgreement
from clustering.comparison.base.entries import Gain
from clustering.comparison.scorecard_entries import Estimate, Recommendation
from clustering.report import figures, words
from clustering.report.kit.facts import agreement_with
from clustering.results import StudyFolder
from study_folders import Recipe, build_study

FINDING = re.compile(r"\bnatural\b|\bclusters?\b", re.IGNORECASE)
ALLOWED = re.compile(r"no natural clusters|that these are natural groups", re.IGNORECASE)


def study_of(folder: Path, **changes: object) -> StudyFolder:
    return results.read(build_study(folder, Recipe(**changes)))  # type: ignore[arg-type]


def changed(study: StudyFolder, **changes: object) -> StudyFolder:
    return StudyFolder(study.path, study.document.model_copy(update=changes))


def interval(low: float, high: float) -> AgreementInterval:
    return AgreementInterval(ami=(low, high), ari=(low, high))


def everything_said(study: StudyFolder) -> list[str]:
    texts = [
        *words.answer(study),
        *words.introduction(study),
        *words.other_labellings(study),
        *words.within_tiers(study),
        *words.leakage(study),
        *words.misplaced(study),
        *words.future(study),
        *words.forward_sentences(study),
        *words.recommendations(study),
        *words.cautions(study),
        *words.limits(study),
        *words.scorecard_sentences(study),
        *words.hypotheses(study),
        words.stability(study),
    ]
    for name in figures.__all__:
        drawn = getattr(figures, name)(study)
        if drawn is not None:
            texts += [drawn.title, drawn.alt]
    return texts


@pytest.mark.parametrize("verdict", ["reproducible", "constructive"])
def test_nothing_is_called_a_cluster_unless_the_verdict_allows_it(
    tmp_path: Path, verdict: str
) -> None:
    study = study_of(tmp_path / "s", verdict=verdict, forward=True)
    said = everything_said(study)
    assert len(said) > 30
    for text in said:
        assert not FINDING.search(ALLOWED.sub("", text)), text


def test_a_natural_verdict_is_said(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", verdict="natural", k=4)
    assert "fall into 4 natural clusters" in words.answer(study)[0]
    assert not any("natural groups" in text for text in words.cautions(study))


def test_the_first_sentence_of_each_verdict(tmp_path: Path) -> None:
    reproducible = study_of(tmp_path / "r", verdict="reproducible")
    constructive = study_of(tmp_path / "c", verdict="constructive")
    assert words.structure(reproducible).startswith("No natural clusters were found. The study")
    assert "do not come back reliably" in words.structure(constructive)


def test_commercial_features_are_said_first(tmp_path: Path) -> None:
    without = study_of(tmp_path / "without")
    within = study_of(tmp_path / "within", commercial=True)
    assert "circular" not in " ".join(words.answer(without))
    assert words.answer(within)[0].startswith("Commercial features (ARR, seats or pipeline)")


def test_the_amount_is_called_what_the_configuration_calls_it(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", amount_name="run-rate", commercial=True, forward=False)
    assert not any("ARR" in text for text in everything_said(study))


@pytest.mark.parametrize(
    ("low", "high", "p", "said"),
    [
        (0.85, 0.92, 0.001, "are almost the same"),
        (0.55, 0.70, 0.001, "agree largely, not fully"),
        (0.30, 0.60, 0.001, "agree in part"),
        (0.15, 0.25, 0.001, "agree in part"),
        (0.05, 0.15, 0.001, "have little in common"),
        (0.05, 0.15, 0.300, "no agreement beyond chance was shown"),
        (-0.01, 0.15, 0.001, "no agreement beyond chance was shown"),
        (-0.02, 0.90, 0.001, "no agreement beyond chance was shown"),
    ],
)
def test_agreement_is_said_as_far_as_the_interval_reaches(
    tmp_path: Path, low: float, high: float, p: float, said: str
) -> None:
    study = study_of(tmp_path / "s")
    entry = agreement_with(study, "arr_tiers")
    assert entry is not None
    entry = entry.model_copy(
        update={
            "ami": (low + high) / 2,
            "interval": interval(low, high),
            "permutation_p": p,
        }
    )
    sentence = words.agreement_sentence(study, entry, "ARR tiers")
    assert sentence.startswith("Bands and ARR tiers")
    assert said in sentence
    assert f"{high:.2f}" in sentence


def test_agreement_without_an_interval_is_not_told(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s")
    entry = agreement_with(study, "arr_tiers")
    assert isinstance(entry, StudyAgreement)
    entry = entry.model_copy(update={"interval": None})
    assert "not known" in words.agreement_sentence(study, entry, "ARR tiers")
    dots = figures.agreement_dots(changed(study, agreements=[entry]))
    assert dots is not None
    assert "no interval" in dots.alt


def test_tiers_that_are_absent_are_said_to_be(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", with_arr=False)
    study = changed(study, labellings_absent={"arr_tiers": "needs the table subscriptions"})
    assert words.tiers(study) == (
        "The segments were not compared with ARR tiers: needs the table subscriptions."
    )


def test_a_claim_is_printed_word_by_word(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", forward=True)
    claim = study.document.forward[0].claim
    assert claim is not None
    assert words.forward_sentences(study)[0] == claim


def test_a_claim_of_no_evidence_is_printed_as_it_is(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", forward=True)
    claim = "No evidence that segments beat ARR tiers in predicting churned."
    gain = Gain(log_loss=0.001, auc=0.0, interval=(-0.002, 0.004))
    entry = study.document.forward[0].model_copy(update={"claim": claim, "gain": gain})
    told = changed(study, forward=[entry])
    assert words.forward_sentences(told) == [claim]
    assert words.answer(told)[-1].startswith("It was not shown that the bands tell more than")


def test_a_gain_that_cannot_be_told_says_why(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", forward=True)
    update = {"claim": None, "gain": None, "reason": "12 events are too few"}
    told = changed(study, forward=[study.document.forward[0].model_copy(update=update)])
    assert words.forward_sentences(told)[0].endswith("is not known: 12 events are too few.")
    assert figures.forward_gains(told) is None


def test_what_the_tiers_leave_open_is_a_share(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s")
    (sentence,) = words.within_tiers(study)
    assert "93 % of all differences between accounts" in sentence
    assert "leaves 96 % of the uncertainty" in sentence
    assert words.within_tiers(changed(study, within_tiers=None)) == []
    assert "R squared of 0.08 (240 accounts)" in words.leakage(study)[0]
    leakage = study.document.leakage
    feature = study.document.features[0].name
    index = leakage.index.model_copy(update={"overall": 0.54, "without": {feature: 0.3}})
    made = [
        leakage.ablations[0].model_copy(update={"features": name, "ami": ami, "with_f0": kept})
        for name, ami, kept in (("F0", 0.06, 1.0), ("F0-ARR", 0.01, 0.93))
    ]
    told = changed(study, leakage=leakage.model_copy(update={"index": index, "ablations": made}))
    said = words.size(told)
    assert "R squared of 0.54, 0.30 without " in said
    assert "information of 0.93 (1: nothing of them follows from size)" in said
    assert said.endswith("with the tiers they agree with 0.01 instead of 0.06.")


def test_retention_is_a_mean_and_no_share_of_accounts(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s")
    outcomes = study.document.outcomes.model_copy(
        update={"observed": {"churned": 0.12, "nrr": 0.95}, "at_risk": {"churned": 240, "nrr": 240}}
    )
    said = words.future(changed(study, outcomes=outcomes))[1]
    assert said.endswith("churned 12 % of 240; mean NRR of an account 95 % over 240.")


def test_a_future_that_was_not_judged_is_not_told(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s")
    assert words.answer(study)[-1].endswith("was not judged in this study.")
    assert any(text.startswith("Judge the bands") for text in words.recommendations(study))


def test_segments_below_the_threshold_are_counted(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", k=4)
    assert words.stability(study).startswith("1 of the 4 bands stays below")
    steady = changed(study, segments=study.document.segments[:2])
    assert words.stability(steady).startswith("Each of the 2 bands comes back")
    drawn = figures.segment_stability(study)
    assert drawn is not None
    assert drawn.title.startswith("1 of 4 bands do not come back reliably")


def test_one_segment_is_no_question_of_stability(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", k=1, verdict="constructive")
    assert "not a question" in words.stability(study)
    assert "no cut of the accounts" in words.structure(study)
    assert figures.segment_stability(study) is None
    assert figures.silhouettes(study) is None


def test_agreement_most_is_said_only_where_intervals_part(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s")
    parted = figures.agreement_dots(study)
    assert parted is not None
    assert "agrees most" in parted.title
    equal = [
        entry.model_copy(update={"ami": 0.3, "interval": interval(0.2, 0.4)})
        for entry in study.document.agreements
    ]
    together = figures.agreement_dots(changed(study, agreements=equal))
    assert together is not None
    assert "agrees most" not in together.title


# -- for what care should be planned -------------------------------------------------------------


def recommending(study: StudyFolder, labelling: str, reason: str) -> StudyFolder:
    return changed(
        study,
        recommendation=Recommendation.model_validate({"labelling": labelling, "reason": reason}),
    )


@pytest.mark.parametrize(
    ("labelling", "reason", "said"),
    [
        ("segment", "shown gain", "Use the bands beside the ARR tiers when deciding who gets"),
        ("segment", "natural clusters", "Plan care by the bands: they are natural groups. "),
        ("segment", "natural clusters, shown gain", "Plan care by the bands: they are natural gr"),
        ("segment", "nothing else", "Do not rebuild the service model on these bands"),
        ("arr_tiers", "almost the tiers", "Keep the ARR tiers: the bands are almost the same "),
        ("arr_tiers", "no reason to change", "Keep the ARR tiers: the bands are no natural groups"),
        ("current_segment", "no reason to change", "Keep your present rule: the bands are no nat"),
    ],
)
def test_the_recommendation_stands_first_and_alone(
    tmp_path: Path, labelling: str, reason: str, said: str
) -> None:
    study = recommending(study_of(tmp_path / "s"), labelling, reason)
    advice = words.recommendations(study)
    assert advice[0] == words.recommendation(study)
    assert advice[0].startswith(said)
    assert not any(text.startswith(("Keep", "Use", "Plan care")) for text in advice[1:])


def test_no_page_says_keep_the_tiers_where_the_segments_are_recommended(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", forward=True)
    card = with_card(study, choice="keep the tiers", better=[], n_judged=2)
    by_segment = recommending(card, "segment", "natural clusters")
    assert words.decision(by_segment) == (
        "Of 2 labellings judged beside the ARR tiers, none was shown to tell more about which "
        "accounts churned."
    )
    present = recommending(card, "current_segment", "no reason to change")
    assert words.decision(present).startswith("Keep your present rule: of 2 labellings judged be")


# -- all labellings side by side -----------------------------------------------------------------


def with_card(study: StudyFolder, **changes: object) -> StudyFolder:
    card = study.document.scorecard
    return changed(study, scorecard=card.model_copy(update=changes))


def test_the_scorecard_may_say_keep_the_tiers(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", forward=True, amount_name="run-rate")
    keep = with_card(study, choice="keep the tiers", better=[], n_judged=2)
    keep = recommending(keep, "arr_tiers", "no reason to change")
    assert words.decision(keep) == (
        "Keep the run-rate tiers: of 2 labellings judged beside them, none was shown to tell more "
        "about which accounts churned."
    )
    drawn = figures.scorecard(keep)
    assert drawn is not None
    assert drawn.title == words.decision(keep).removesuffix(".")


def test_the_scorecard_names_what_told_more_and_how_much(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", forward=True)
    card = study.document.scorecard
    assert (card.choice, card.better, card.n_judged) == ("use beside the tiers", ["segment"], 2)
    assert words.decision(study) == (
        "1 of 2 labellings told more about which accounts churned than the ARR tiers alone: "
        "'Bands of this study'; the most 0.012 in the error of the prediction, 95 % interval 0.004 "
        "to 0.021."
    )
    assert "correction for the number of comparisons" in words.scorecard_sentences(study)[1]


def test_a_scorecard_without_gains_cannot_tell(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s")
    assert words.decision(study) == (
        "Whether any labelling tells more than the ARR tiers is not known: it was not judged."
    )
    alone = with_card(study, scores=study.document.scorecard.scores[:1])
    assert figures.scorecard(alone) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("supported", "These accounts support it (AMI of the tiers with 'needs-based segments'"),
        ("contradicted", "These accounts contradict it (AMI of the tiers with"),
        ("not known", "Not known: the interval holds half of what could be had"),
    ],
)
def test_a_claim_is_answered_with_its_number(tmp_path: Path, answer: str, said: str) -> None:
    study = study_of(tmp_path / "s", amount_name="run-rate")
    card = study.document.scorecard
    murphy = card.hypotheses[0].model_copy(update={"answer": answer})
    (sentence,) = words.hypotheses(with_card(study, hypotheses=[murphy]))
    assert sentence.startswith("Murphy: “One run-rate band holds accounts with different needs.”")
    assert said in sentence
    assert ("lies inside the tiers" in sentence) is (answer != "not known")
    assert murphy.agreement is not None
    assert f"{murphy.agreement.value:.2f}" in sentence


def test_segments_that_do_not_come_back_say_nothing_of_needs(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", needs=False, verdict="constructive")
    for claim in words.hypotheses(study):
        assert claim.endswith("Not known: the bands do not come back reliably.")


def test_a_claim_without_a_comparison_cannot_be_told(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s")
    card = study.document.scorecard
    bare = card.hypotheses[1].model_copy(update={"agreement": None, "answer": "not known"})
    (sentence,) = words.hypotheses(with_card(study, hypotheses=[bare]))
    assert sentence.endswith("'needs-based segments' and the ARR tiers were not compared.")


def test_what_has_no_past_is_said_by_name(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", forward=True)
    assert "the tables allow no earlier date" in words.scorecard_sentences(study)[-1]
    card = study.document.scorecard
    estimate = Estimate(value=0.8, interval=(0.7, 0.9))
    first, *rest = card.scores
    dated = with_card(study, scores=[first.model_copy(update={"over_time": estimate}), *rest])
    assert (
        "for 'Bands of this study', 'needs-based segments'" in words.scorecard_sentences(dated)[-1]
    )


def test_the_matrix_counts_pairs_by_their_intervals(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s")
    entry = study.document.agreements[0]
    pairs = [("segment", "arr_tiers"), ("segment", "needs_segment"), ("arr_tiers", "needs_segment")]
    ends = [(0.55, 0.7), (0.1, 0.6), (-0.01, 0.02)]
    told = [
        entry.model_copy(
            update={"first": one, "second": other, "ami": sum(ami) / 2, "interval": interval(*ami)}
        )
        for (one, other), ami in zip(pairs, ends, strict=True)
    ]
    drawn = figures.agreement_matrix(changed(study, agreements=told))
    assert drawn is not None
    assert drawn.title.startswith("2 of 3 pairs of labellings agree more than by chance; 1 agree")
    shown = {text.get_text() for text in drawn.figure.axes[0].texts}
    assert "0.55 to 0.70" in shown


def test_the_ablation_calls_the_amount_what_it_is(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", amount_name="run-rate")
    leakage = study.document.leakage
    named = [e.model_copy(update={"meaning": "F0 and ARR"}) for e in leakage.ablations]
    told = changed(study, leakage=leakage.model_copy(update={"ablations": named}))
    drawn = figures.ablation(told)
    assert drawn is not None
    assert "F0 and run-rate" in drawn.alt
    assert "ARR" not in drawn.alt + drawn.title


def test_a_control_that_told_as_much_is_said(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", forward=True)
    card = study.document.scorecard
    gain = Estimate(value=0.02, interval=(0.01, 0.03))
    like = next(s for s in card.scores if s.labelling == "needs_segment")
    control = like.model_copy(
        update={"labelling": "tenure_bands", "control": True, "gains": True, "gain": gain}
    )
    told = with_card(study, scores=[*card.scores, control])
    (said,) = [text for text in words.scorecard_sentences(told) if "The control" in text]
    assert "told at least as much (0.020 in the error of the prediction" in said
    less = control.model_copy(update={"gain": Estimate(value=0.005, interval=(0.001, 0.01))})
    fewer = with_card(study, scores=[*card.scores, less])
    assert not any("The control" in text for text in words.scorecard_sentences(fewer))


def test_notes_of_the_tables_take_the_name_of_the_amount(tmp_path: Path) -> None:
    study = study_of(tmp_path / "s", amount_name="run-rate")
    told = changed(study, warnings=["826 accounts had no ARR at as_of."])
    assert words.limits(told)[-1] == "826 accounts had no run-rate at as_of."
