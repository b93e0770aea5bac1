"""Do the segments match other labellings, and whom do these get wrong."""

from clustering.comparison.agreement.entries import StudyAgreement
from clustering.report.kit.facts import (
    TIERS,
    agreement_with,
    agreements_of_segments,
    ami_interval,
    asked,
    decimal,
    feature_titles,
    group_words,
    labelling,
    percent,
)
from clustering.results import StudyFolder
from clustering.wording import agreement_in_words, names_in_words


def tiers(study: StudyFolder, other: str = TIERS, *, numbers: bool = True) -> str:
    """Do the segments match the ARR tiers?"""
    agreement = agreement_with(study, other)
    entry = labelling(study, other)
    if agreement is None or entry is None:
        why = study.document.labellings_absent.get(other)
        name = f"{study.document.amount_name} tiers" if other == TIERS else other
        return f"The segments were not compared with {name}" + (
            f": {names_in_words(why)}." if why else "."
        )
    return agreement_sentence(study, agreement, entry.title, numbers=numbers)


def tiers_in_plain(study: StudyFolder) -> str:
    """The same without its numbers."""
    return tiers(study, numbers=False)


def tiers_in_numbers(study: StudyFolder) -> str:
    """The numbers behind it; empty where the two were not compared."""
    agreement = agreement_with(study, TIERS)
    interval = None if agreement is None else ami_interval(agreement)
    if agreement is None or interval is None:
        return ""
    low, high = (decimal(end) for end in interval)
    return (
        f"Agreement with the tiers {decimal(agreement.ami)} (95 % interval {low} to {high}; 0 is "
        "chance, 1 is the same)."
    )


def agreement_sentence(
    study: StudyFolder, agreement: StudyAgreement, title: str, *, numbers: bool = True
) -> str:
    """How far the segments and another labelling are the same, as far as the interval reaches."""
    groups = group_words(study).capitalize()
    title = title if title.endswith("tiers") else f"'{title}'"
    interval = ami_interval(agreement)
    if interval is None:
        return f"{groups} and {title}: one of them is a single group, so agreement is not known."
    low, high = interval
    behind = (
        f" (adjusted mutual information {decimal(agreement.ami)}, 95 % interval {decimal(low)} to "
        f"{decimal(high)}; 0 is chance, 1 is the same)"
    )
    behind = behind if numbers else ""
    words = agreement_in_words(interval, agreement.permutation_p, asked(study).alpha)
    if not words:
        return f"{groups} and {title}: no agreement beyond chance was shown{behind}."
    return f"{groups} and {title} {words}{behind}."


def other_labellings(study: StudyFolder) -> list[str]:
    """One sentence for the tiers, and one for each scheme that the company brought itself."""
    brought = {scheme["name"] for scheme in study.document.configuration["schemes"]["own"]}
    own = [
        agreement_sentence(study, agreement, entry.title)
        for entry, agreement in agreements_of_segments(study)
        if entry.kind == "own" or entry.name in brought
    ]
    return [tiers(study), *own]


def misplaced(study: StudyFolder, other: str = TIERS) -> list[str]:
    """Which accounts a labelling gets wrong: what the list below the sentence shows."""
    rows = study.disagreements
    n = int((rows["second"] == other).sum())
    entry = labelling(study, other)
    groups = group_words(study)
    if entry is None:
        return ["There are no tiers that an account could stand out from."]
    if n == 0:
        return [
            f"No account stands out: no level of {entry.title} is rarer in any of the {groups} "
            "than chance allows, so the two views do not contradict each other on single accounts."
        ]
    return [
        f"The accounts below have a level of {entry.title} that is rarer among their {groups} than "
        "chance allows (corrected for the number of combinations), the rarest first. They are "
        "accounts to look at, not errors: the list says where the two views differ, not which of "
        "them is right."
    ]


def within_tiers(study: StudyFolder) -> list[str]:
    """How much two accounts of one tier may differ: what the tiers leave open."""
    within = study.document.within_tiers
    if within is None:
        return []
    tiers = f"{study.document.amount_name} tiers"
    sentences = [
        f"{percent(within.variance_within)} of all differences between accounts (variance of the "
        f"features) lie inside the {tiers}, that is between accounts of the same tier."
    ]
    if within.entropy_share is not None:
        sentences.append(
            f"Knowing the tier of an account leaves {percent(within.entropy_share)} of the "
            f"uncertainty (entropy) about which of the {group_words(study)} it is in."
        )
    return [" ".join(sentences)]


def leakage(study: StudyFolder) -> list[str]:
    """How far the amount is hidden in the features, and whether the needs are circular."""
    needs = study.document.leakage.needs
    return [*filter(None, [size(study), "" if needs is None else needs.sentence])]


def size(study: StudyFolder) -> str:
    """How much of the groups follows from how large accounts are; empty without amounts."""
    index, amount = study.document.leakage.index, study.document.amount_name
    if index is None:
        return ""
    most = min(index.without, key=index.without.__getitem__, default=None)
    without = (
        f", {decimal(index.without[most])} without {feature_titles(study, with_unit=False)[most]}"
        if most is not None and index.without[most] < index.overall
        else ""
    )
    sentence = (
        f"Out of fold, the features of the study predict log {amount} with an R squared of "
        f"{decimal(index.overall)}{without} ({index.n_accounts:,} accounts); 1 would mean that "
        f"{amount} is hidden in them, 0 or less that it is not."
    )
    made = {one.features: one for one in study.document.leakage.ablations}
    plain, cleaned = made.get("F0"), made.get("F0-ARR")
    if plain is None or cleaned is None or cleaned.with_f0 is None:
        return sentence
    return (
        f"{sentence} Made anew from the features with log {amount} taken out of each, the "
        f"{group_words(study)} agree with those made from them as they are with an adjusted mutual "
        f"information of {decimal(cleaned.with_f0)} (1: nothing of them follows from size); with "
        f"the tiers they agree with {decimal(cleaned.ami)} instead of {decimal(plain.ami)}."
    )
