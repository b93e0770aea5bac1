"""What the segments tell about what happened next; claimed only where the study claims it."""

from clustering.report.facts import decimal, group_words, labelling, learned, percent
from clustering.results import StudyFolder
from clustering.results.document import ForwardEntry

__all__ = ["forward_sentences", "future", "future_in_short"]


def future(study: StudyFolder) -> list[str]:
    """What the segments tell about what happened next, and what was observed at all."""
    outcomes = study.document.outcomes
    observed = "; ".join(
        f"{name} {percent(rate)} of {outcomes.at_risk.get(name, 0):,}"
        for name, rate in outcomes.observed.items()
    )
    texts = [future_in_short(study)]
    if observed:
        texts.append(
            f"In the {outcomes.days} days after {study.document.as_of}, of the accounts for which "
            f"it could be observed: {observed}."
        )
    return texts


def future_in_short(study: StudyFolder) -> str:
    """One sentence: the study's claim about its segments, or that there is none."""
    entries = study.document.forward
    own = learned(study).name
    amount = study.document.amount_name
    claims = [entry.claim for entry in entries if entry.labelling == own and entry.claim]
    if claims:
        return " ".join(claims)
    if any(entry.labelling == own for entry in entries):
        return (
            f"There is no evidence that the {group_words(study)} tell more than the {amount} "
            "tiers about what accounts do next."
        )
    return "Whether they tell what accounts do next was not judged in this study."


def forward_sentences(study: StudyFolder) -> list[str]:
    """One sentence a comparison: the study's own claim, or that there is no evidence."""
    return [_forward_sentence(study, entry) for entry in study.document.forward]


def _forward_sentence(study: StudyFolder, entry: ForwardEntry) -> str:
    if entry.claim:
        return entry.claim
    known = labelling(study, entry.labelling)
    title = "the model on all features" if known is None else known.title
    subject = f"{title[:1].upper()}{title[1:]}, outcome '{entry.outcome}' ({entry.window})"
    gain, interval = entry.gain.get("log_loss"), entry.gain.get("interval")
    if gain is None or interval is None or None in interval:
        return f"{subject}: a gain over the tiers cannot be told."
    low, high = interval
    numbers = (
        f"gain in log loss {decimal(gain, 4)}, 95 % interval {decimal(low, 4)} to "
        f"{decimal(high, 4)}"
    )
    if high < 0:
        return f"{subject}: worse than the tiers alone ({numbers})."
    if low <= 0:
        return f"{subject}: no evidence of a gain over the tiers ({numbers})."
    return f"{subject}: the study makes no claim ({numbers})."
