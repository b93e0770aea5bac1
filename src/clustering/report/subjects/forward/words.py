"""What the segments tell about what happened next; claimed only where the study claims it."""

from clustering.comparison.forward.entries import ForwardEntry
from clustering.report.kit.facts import labelling, learned, percent
from clustering.results import StudyFolder

_AMOUNTS = {"nrr": "mean NRR of an account", "grr": "mean GRR of an account"}


def future(study: StudyFolder) -> list[str]:
    """What the segments tell about what happened next, and what was observed at all."""
    outcomes = study.document.outcomes
    observed = "; ".join(
        f"{_AMOUNTS.get(name, name)} {percent(rate)} {'over' if name in _AMOUNTS else 'of'} "
        f"{outcomes.at_risk.get(name, 0):,}"
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
    """What the study says of its own segments about what happened next."""
    own = learned(study).name
    entries = [entry for entry in study.document.forward if entry.labelling == own]
    if not entries:
        return "Whether they tell what accounts do next was not judged in this study."
    return " ".join(_forward_sentence(study, entry) for entry in entries)


def forward_sentences(study: StudyFolder) -> list[str]:
    """One sentence a comparison: the study's own claim, or that there is no evidence."""
    return [_forward_sentence(study, entry) for entry in study.document.forward]


def _forward_sentence(study: StudyFolder, entry: ForwardEntry) -> str:
    if entry.claim:
        return entry.claim
    known = labelling(study, entry.labelling)
    title = "the model on all features" if known is None else known.title
    why = f": {entry.reason.rstrip('.')}" if entry.reason else ""
    return (
        f"{title[:1].upper()}{title[1:]}, outcome '{entry.outcome}' ({entry.window}): a gain over "
        f"the tiers is not known{why}."
    )
