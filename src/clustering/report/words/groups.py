"""Do the accounts fall into groups, and do the groups come back."""

from typing import Any

from clustering.report.facts import group_words, percent, preferences
from clustering.results import StudyFolder

__all__ = ["commercial", "stability", "structure", "why"]


def commercial(study: StudyFolder) -> str:
    """The warning that must stand first where ARR and the like made the segments."""
    if not study.document.commercial_in_matrix:
        return ""
    amount = study.document.amount_name
    return (
        f"Commercial features ({amount}, seats or pipeline) were allowed into the model of this "
        f"study, so its agreement with the {amount} tiers is circular and proves nothing."
    )


def structure(study: StudyFolder) -> str:
    """Do the accounts fall into groups?"""
    document = study.document
    k = len(document.segments)
    if document.verdict == "natural":
        return (
            f"The accounts fall into {document.n_clusters} natural clusters: they are separated "
            "from each other and come back when the study is repeated on resampled accounts."
        )
    if k == 1:
        return "No natural clusters were found, and no cut of the accounts into segments holds."
    if document.verdict == "reproducible":
        return (
            "No natural clusters were found. The study offers "
            f"{k} bands: cuts that come back when it is repeated on resampled accounts, without "
            "proof of a gap between neighbours."
        )
    return (
        f"No natural clusters were found, and the {k} bands that the study offers do not come "
        "back reliably when it is repeated on resampled accounts. They may serve as a rule, not "
        "as a finding."
    )


def why(study: StudyFolder) -> list[str]:
    """What the answer about groups rests on, for readers who will not look at criteria."""
    tests = study.document.evidence.get("structure", {}).get("nulls", [])
    return [*_against_nulls(study, tests), *_votes(study), stability(study)]


def _against_nulls(study: StudyFolder, tests: list[dict[str, Any]]) -> list[str]:
    if not tests:
        return []
    alpha = float(study.document.configuration.get("evidence", {}).get("alpha", 0.05))
    draws = min(int(test["replicates"]) for test in tests)
    largest = max(float(test["p"]) for test in tests)
    kept = sum(test["p"] > alpha for test in tests)
    compared = (
        f"These accounts were compared with {draws} simulated books of each of {len(tests)} kinds "
        "that look like them but have no groups"
    )
    if kept == 0:
        return [f"{compared}: they stand out from every kind (largest p = {largest:.3g})."]
    return [f"{compared}: {kept} of the kinds look the same (largest p = {largest:.3g})."]


def _votes(study: StudyFolder) -> list[str]:
    votes = preferences(study)
    k = study.document.chosen.k
    agree = sum(vote == k for vote in votes.values())
    if not votes:
        return []
    others = sorted({vote for vote in votes.values() if vote != k})
    dissent = f"; others prefer {', '.join(map(str, others))}" if others else ""
    return [f"{agree} of {len(votes)} criteria for the number of groups prefer {k}{dissent}."]


def stability(study: StudyFolder) -> str:
    """Do the segments come back, and how sure is the place of one account?"""
    segments = study.document.segments
    groups = group_words(study)
    known = [(float(s.jaccard), s.name) for s in segments if s.jaccard is not None]
    if not known:
        return "There is one segment; its stability is not a question."
    least, worst = min(known)
    threshold = float(study.document.configuration.get("evidence", {}).get("min_jaccard", 0.75))
    n_below = sum(value < threshold for value, _ in known)
    judged = [(s.mean_stability, s.n_accounts) for s in segments if s.mean_stability is not None]
    text = (
        f"Each of the {len(known)} {groups} comes back under resampling: the least mean Jaccard "
        f"is {least:.2f} ('{worst}'), the study asks for {threshold:g}."
        if n_below == 0
        else f"{n_below} of the {len(known)} {groups} {'stays' if n_below == 1 else 'stay'} below "
        f"the mean Jaccard of {threshold:g} that the study asks for; the least is {least:.2f} "
        f"('{worst}')."
    )
    if len(judged) < len(segments):
        return text
    mean = sum(value * n for value, n in judged) / sum(n for _, n in judged)
    return f"{text} On average an account stays in its segment in {percent(mean)} of the resamples."
