"""What the segments tell about what happened next; claimed only where the study claims it."""

from clustering.comparison.forward.entries import ForwardEntry
from clustering.report.kit.facts import group_words, labelling, learned, percent
from clustering.results import StudyFolder
from clustering.wording import estimate_in_words, happened_in_words, names_in_words

_AMOUNTS = {"nrr": "mean NRR of an account", "grr": "mean GRR of an account"}


def future(study: StudyFolder) -> list[str]:
    """What the segments tell about what happened next, and what was observed at all."""
    outcomes = study.document.outcomes
    observed = "; ".join(
        f"{_AMOUNTS.get(name) or happened_in_words(name)} {percent(rate)} "
        f"{'over' if name in _AMOUNTS else 'of'} {outcomes.at_risk.get(name, 0):,}"
        for name, rate in outcomes.observed.items()
    )
    texts = [future_in_plain(study)]
    if observed:
        texts.append(
            f"In the {outcomes.days} days after {study.document.as_of}, of the accounts for which "
            f"it could be observed: {observed}."
        )
    return texts


def future_in_plain(study: StudyFolder) -> str:
    """For a reader who asks what it means: what was told, not by how much."""
    entry = own_forecast(study)
    tiers = f"the {study.document.amount_name} tiers"
    if entry is None:
        return "Whether they tell what accounts do next was not judged in this study."
    if entry.gain is None:
        why = f": {names_in_words(entry.reason.rstrip('.'))}" if entry.reason else ""
        return f"Whether they tell more than {tiers} about what comes next is not known{why}."
    told = outcome_in_words(entry.outcome)
    groups = group_words(study)
    low, high = entry.gain.interval
    if low > 0:
        return f"The {groups} told more than {tiers} alone about {told}."
    if high < 0:
        return f"With the {groups} beside {tiers}, it was foretold worse {told}."
    return f"It was not shown that the {groups} tell more than {tiers} about {told}."


def future_in_numbers(study: StudyFolder) -> str:
    """What stands behind that sentence: the gain and its interval; empty where there is none."""
    entry = own_forecast(study)
    if entry is None or entry.gain is None:
        return ""
    value, low, high = estimate_in_words(entry.gain.log_loss, entry.gain.interval)
    return (
        f"Error of the prediction smaller by {value} than with the tiers "
        f"alone (95 % interval {low} to {high}; 0 is no gain), on {entry.n:,} accounts of which "
        f"{entry.n_events:,} {happened_in_words(entry.outcome)}."
    )


def outcome_in_words(outcome: str) -> str:
    """The accounts that an outcome is about."""
    return f"which accounts {happened_in_words(outcome)}"


def own_forecast(study: StudyFolder) -> ForwardEntry | None:
    """The comparison that decides: the study's own segments about the primary outcome."""
    own = learned(study).name
    return next((entry for entry in study.document.forward if entry.labelling == own), None)


def forward_sentences(study: StudyFolder) -> list[str]:
    """One sentence a comparison: the study's own claim, or that there is no evidence."""
    return [_forward_sentence(study, entry) for entry in study.document.forward]


def _forward_sentence(study: StudyFolder, entry: ForwardEntry) -> str:
    if entry.claim:
        return entry.claim
    known = labelling(study, entry.labelling)
    title = "the model on all features" if known is None else known.title
    why = f": {names_in_words(entry.reason.rstrip('.'))}" if entry.reason else ""
    return (
        f"{title[:1].upper()}{title[1:]}, outcome '{entry.outcome}' ({entry.window}): a gain over "
        f"the tiers is not known{why}."
    )
