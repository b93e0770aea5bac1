"""Do the accounts fall into groups, and do the groups come back."""

from collections.abc import Sequence

from clustering.config.quick import quick_in_words
from clustering.profiles.contrasts import ONE_FEATURE
from clustering.report.kit.facts import (
    are_clusters,
    asked,
    come_back,
    feature_titles,
    group_words,
    k_in_words,
    percent,
    preferences,
    stands_out,
)
from clustering.results import StudyFolder
from clustering.structure.findings import NullTest
from clustering.structure.simulated.small_books import seen_in_plain
from clustering.wording import listed, p_in_words, structure_in_words

#: Segments of a smaller share of the accounts are said to be small.
_SMALL = 0.05
#: Features that are named as carrying most of the separation.
_N_CARRIERS = 3


def commercial(study: StudyFolder) -> str:
    """The warning that must stand first where ARR and the like made the segments."""
    if not study.document.commercial_in_matrix:
        return ""
    amount = study.document.amount_name
    return (
        f"Commercial features ({amount}, seats or pipeline) were allowed into the model of this "
        f"study, so its agreement with the {amount} tiers is circular and proves nothing."
    )


def quick(study: StudyFolder) -> str:
    """That it is a quick look, and what is cheaper in it; empty where it is none."""
    return quick_in_words(study.document.configuration)


def structure(study: StudyFolder) -> str:
    """Do the accounts fall into groups?"""
    document = study.document
    return structure_in_words(
        verdict=document.verdict,
        n_clusters=document.n_clusters,
        k=len(document.segments),
        are_clusters=are_clusters(study),
        come_back=come_back(study),
    )


def _against_nulls(study: StudyFolder, tests: Sequence[NullTest]) -> list[str]:
    if not tests:
        return []
    draws = min(test.replicates for test in tests)
    largest = max(test.p for test in tests)
    kept = sum(not stands_out(study, test) for test in tests)
    compared = (
        f"These accounts were compared with {draws} simulated books of each of {len(tests)} kinds "
        "that look like them but have no groups"
    )
    if kept == 0:
        return [f"{compared}: they stand out from every kind (largest {p_in_words(largest)})."]
    alike = "kind looks" if kept == 1 else "kinds look"
    return [f"{compared}: {kept} {alike} much the same (largest {p_in_words(largest)})."]


def _votes(study: StudyFolder) -> list[str]:
    votes = preferences(study)
    k = study.document.chosen.k
    agree = sum(vote == k for vote in votes.values())
    if not votes:
        return []
    others = sorted({vote for vote in votes.values() if vote != k})
    dissent = f"; others prefer {', '.join(k_in_words(study, k) for k in others)}" if others else ""
    return [f"{agree} of {len(votes)} criteria for the number of groups prefer {k}{dissent}."]


def _prediction_strength(study: StudyFolder) -> str:
    """The number and what is asked of it, in brackets."""
    found = study.document.evidence.kmeans[len(study.document.segments) - 1].prediction_strength
    least = asked(study).min_prediction_strength
    return f" (prediction strength {found:.2f}; the study asks for {least:g})"


def stability(study: StudyFolder) -> str:
    """Do the segments come back, and how sure is the place of one account?"""
    segments = study.document.segments
    groups = group_words(study)
    known = [(float(s.jaccard), s.name) for s in segments if s.jaccard is not None]
    if not known:
        return "There is one segment; its stability is not a question."
    least, worst = min(known)
    threshold = asked(study).min_jaccard
    n_below = sum(value < threshold for value, _ in known)
    judged = [(s.mean_stability, s.n_accounts) for s in segments if s.mean_stability is not None]
    if n_below:
        text = (
            f"{n_below} of the {len(known)} {groups} {'stays' if n_below == 1 else 'stay'} below "
            f"the mean Jaccard of {threshold:g} that the study asks for; the least is {least:.2f} "
            f"('{worst}')."
        )
    elif come_back(study):
        text = (
            f"Each of the {len(known)} {groups} comes back under resampling: the least mean "
            f"Jaccard is {least:.2f} ('{worst}'), the study asks for {threshold:g}."
        )
    else:
        text = (
            f"The {groups} of resampled accounts overlap with these (least mean Jaccard "
            f"{least:.2f}, '{worst}'; the study asks for {threshold:g}), but a cut made on one "
            f"half of the accounts does not predict that of the other half"
            f"{_prediction_strength(study)}."
        )
    if len(judged) < len(segments):
        return text
    mean = sum(value * n for value, n in judged) / sum(n for _, n in judged)
    return f"{text} On average an account stays in its segment in {percent(mean)} of the resamples."


def stability_in_plain(study: StudyFolder) -> str:
    """The same without the name of the measure."""
    segments = study.document.segments
    known = [(float(s.jaccard), s.name) for s in segments if s.jaccard is not None]
    if not known:
        return "There is one segment; its stability is not a question."
    least, worst = min(known)
    word = "come back" if come_back(study) else "do not come back reliably"
    return (
        f"The {group_words(study)} {word} when the study is repeated on other draws of the "
        f"accounts: '{worst}', the least alike, then shares {percent(least)} of its accounts with "
        f"its counterpart (asked: {percent(asked(study).min_jaccard)})."
    )


def why_in_plain(study: StudyFolder) -> list[str]:
    """What the answer about groups rests on, for readers who will not look at criteria."""
    tests = study.document.evidence.segment_nulls
    document = study.document
    seen = [] if document.verdict == "natural" else [seen_in_plain(document.n_accounts)]
    return [*_against_nulls(study, tests), *_votes(study), *seen, stability_in_plain(study)]


def narrow(study: StudyFolder) -> list[str]:
    """What to know of single segments: people's decisions, few accounts, one feature.

    The counts are the model's, as everywhere in the evidence; the plan follows the decisions.
    """
    segments = study.document.segments
    aside = _set_aside(study.document.evidence.n_set_aside)
    n = study.document.assignment.n_against_model
    moved = [] if not n else [
        f"People decided otherwise than the model for {n:,} account{'s' if n > 1 else ''}: counted "
        "here where the model puts them, planned where people put them."
    ]  # fmt: skip
    if len(segments) == 1:
        return [*aside, *moved]
    small = [
        f"'{s.name}' holds {percent(s.share)} of the accounts ({s.n_accounts:,}): what is said of "
        "it rests on these few."
        for s in segments
        if s.share < _SMALL
    ]
    made = [
        f"'{s.name}' is made by one feature, {s.made_by}: a rule that cuts there would do as well."
        for s in segments
        if s.made_by
    ]
    return [*aside, *moved, *carried(study), *small, *made]


def carried(study: StudyFolder) -> list[str]:
    """How much single features carry of what sets the segments apart."""
    titles = feature_titles(study, with_unit=False)
    shares = [
        (one.separation_share, titles[one.name])
        for one in study.document.features
        if one.separation_share is not None
    ]
    if not shares or len(study.document.segments) == 1:
        return []
    shares.sort(key=lambda one: (-round(one[0], 9), one[1]))
    most, title = shares[0]
    if most >= ONE_FEATURE:
        return [
            f"One feature makes this cut: {title} carries {percent(most)} of what sets the "
            f"{group_words(study)} apart. A rule that cuts there would do nearly as well."
        ]
    named = listed([f"{name} ({percent(share)})" for share, name in shares[:_N_CARRIERS]])
    return [
        f"Of what sets the {group_words(study)} apart, the largest parts lie in {named}; no "
        "feature carries half of it."
    ]


def _set_aside(n: int) -> list[str]:
    if n == 0:
        return []
    they = "1 account is" if n == 1 else f"{n:,} accounts are"
    it, counted = ("it", "is") if n == 1 else ("they", "are")
    return [
        f"{they} unlike all others: {it} had no part in making the segments, and {counted} counted "
        "in the nearest. Look at such an account before its segment is used."
    ]
