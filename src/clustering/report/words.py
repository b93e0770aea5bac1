"""Sentences from numbers, by rules: no sentence claims more than its number.

Whether accounts "form clusters" is said only when the verdict is natural; whether two labellings
agree, only as far as the interval reaches; whether segments tell about the future, only when the
study itself made the claim.
"""

from clustering.report.facts import (
    TIERS,
    agreement_with,
    agreements_of_segments,
    ami_interval,
    decimal,
    group_words,
    labelling,
    learned,
    percent,
)
from clustering.results import StudyFolder
from clustering.results.document import AgreementEntry, ForwardEntry

__all__ = [
    "agreement_sentence",
    "answer",
    "axes",
    "cautions",
    "commercial",
    "forward_sentences",
    "future",
    "introduction",
    "limits",
    "misplaced",
    "other_labellings",
    "recommendations",
    "stability",
    "structure",
    "tiers",
]

ALMOST_SAME = 0.8  # lower end of the AMI interval from which two labellings are almost the same
LARGE = 0.5
LITTLE = 0.2  # upper end of the interval below which they have little in common


def answer(study: StudyFolder) -> list[str]:
    """What stands first everywhere: groups, tiers, future, a short paragraph each."""
    first = f"{commercial(study)} {structure(study)}".strip()
    return [first, tiers(study), _future_in_short(study)]


def introduction(study: StudyFolder) -> list[str]:
    """What was studied, on what date."""
    document = study.document
    features = sum(feature.included for feature in document.features)
    text = (
        f"{document.n_accounts:,} accounts as they were known on {document.as_of}, described by "
        f"{features} features. Nothing that became known later has shaped the segments."
    )
    return [text, document.note] if document.note else [text]


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


def tiers(study: StudyFolder, other: str = TIERS) -> str:
    """Do the segments match the ARR tiers?"""
    agreement = agreement_with(study, other)
    entry = labelling(study, other)
    if agreement is None or entry is None:
        why = study.document.labellings_absent.get(other)
        name = f"{study.document.amount_name} tiers" if other == TIERS else other
        return f"The segments were not compared with {name}" + (f": {why}." if why else ".")
    return agreement_sentence(study, agreement, entry.title)


def agreement_sentence(study: StudyFolder, agreement: AgreementEntry, title: str) -> str:
    """How far the segments and another labelling are the same, as far as the interval reaches."""
    groups = group_words(study).capitalize()
    interval = ami_interval(agreement)
    if interval is None:
        return f"{groups} and {title}: one of them is a single group, so agreement cannot be told."
    low, high = interval
    numbers = (
        f"adjusted mutual information {decimal(agreement.ami)}, 95 % interval {decimal(low)} to "
        f"{decimal(high)}; 0 is chance, 1 is the same"
    )
    alpha = float(study.document.configuration.get("evidence", {}).get("alpha", 0.05))
    if agreement.permutation_p > alpha or low <= 0:
        return f"{groups} and {title}: no agreement beyond chance was shown ({numbers})."
    if low >= ALMOST_SAME:
        return f"{groups} and {title} are almost the same ({numbers})."
    if low >= LARGE:
        return f"{groups} and {title} agree largely, not fully ({numbers})."
    if high <= LITTLE:
        return f"{groups} and {title} have little in common ({numbers})."
    return f"{groups} and {title} agree in part ({numbers})."


def other_labellings(study: StudyFolder) -> list[str]:
    """One sentence for the tiers, then one for every other labelling."""
    pairs = [(e, a) for e, a in agreements_of_segments(study) if e.name != TIERS]
    others = [agreement_sentence(study, agreement, entry.title) for entry, agreement in pairs]
    return [tiers(study), *others]


def misplaced(study: StudyFolder, other: str = TIERS) -> list[str]:
    """Which accounts a labelling gets wrong: what the list below the sentence shows."""
    rows = study.disagreements
    n = int((rows["second"] == other).sum())
    entry = labelling(study, other)
    if n == 0 or entry is None:
        return ["No account stands out from its tier, or there are no tiers to stand out from."]
    groups = group_words(study)
    return [
        f"The accounts below are in one of the {groups} that their level of {entry.title} makes "
        "least likely, the least likely first. They are accounts to look at, not errors: the "
        "list says where the two views differ, not which of them is right."
    ]


def _future_in_short(study: StudyFolder) -> str:
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


def future(study: StudyFolder) -> list[str]:
    """What the segments tell about what happened next, and what was observed at all."""
    outcomes = study.document.outcomes
    observed = "; ".join(
        f"{name} {percent(rate)} of {outcomes.at_risk.get(name, 0):,}"
        for name, rate in outcomes.observed.items()
    )
    texts = [_future_in_short(study)]
    if observed:
        texts.append(
            f"In the {outcomes.days} days after {study.document.as_of}, of the accounts for which "
            f"it could be observed: {observed}."
        )
    return texts


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
    mean = sum(s.mean_stability * s.n_accounts for s in segments) / study.document.n_accounts
    text = (
        f"Each of the {len(known)} {groups} comes back under resampling: the least mean Jaccard "
        f"is {least:.2f} ('{worst}'), the study asks for {threshold:g}."
        if n_below == 0
        else f"{n_below} of the {len(known)} {groups} {'stays' if n_below == 1 else 'stay'} below "
        f"the mean Jaccard of {threshold:g} that the study asks for; the least is {least:.2f} "
        f"('{worst}')."
    )
    return f"{text} On average an account stays in its segment in {percent(mean)} of the resamples."


def axes(study: StudyFolder) -> list[str]:
    """That there is nothing to draw, where the study has no growth and risk axes."""
    if {"growth_potential", "churn_risk"} <= set(study.accounts.columns):
        return []
    return ["This study has no axes for growth potential and churn risk."]


def recommendations(study: StudyFolder) -> list[str]:
    """What the numbers are a reason to do."""
    amount = study.document.amount_name
    groups = group_words(study)
    agreement = agreement_with(study, TIERS)
    own = learned(study).name
    useful = any(entry.labelling == own and entry.claim for entry in study.document.forward)
    advice = []
    interval = None if agreement is None else ami_interval(agreement)
    if interval is not None and interval[0] >= ALMOST_SAME:
        advice.append(f"Keep the {amount} tiers: the {groups} are almost the same groups.")
    elif useful:
        advice.append(
            f"Use the {groups} beside the {amount} tiers when deciding who gets which care: they "
            "have told more about later outcomes than the tiers alone."
        )
    elif study.document.verdict == "constructive":
        advice.append(
            f"Keep the {amount} tiers: this study gives no reason to replace them."
            if agreement is not None
            else "Do not rebuild the service model on these bands."
        )
    else:
        advice.append(
            f"Keep deciding by your present rule, and read the {groups} as a second view beside "
            "it until a later period has shown that they tell what accounts do next."
        )
    if not study.disagreements.empty:
        advice.append(
            f"Go one by one through the accounts on which tiers and {groups} differ most before "
            "moving any of them: the report lists them."
        )
    if not study.document.forward:
        advice.append(
            f"Judge the {groups} on later outcomes before they decide who gets which care; this "
            "study has not done so."
        )
    return advice


def cautions(study: StudyFolder) -> list[str]:
    """What must not be concluded."""
    groups = group_words(study)
    warnings = [
        f"That one of the {groups} causes what its accounts do: every comparison here predicts, "
        "none is an experiment, and the tier itself decides how much care an account gets.",
        "That a difference in the profiles is significant: the same features made the segments, "
        "so the profiles carry no p-values.",
    ]
    if study.document.verdict != "natural":
        warnings.insert(
            0,
            "That these are natural groups: the borders are cuts, and an account near a border "
            "could as well be on the other side.",
        )
    if study.document.commercial_in_matrix:
        warnings.insert(0, commercial(study))
    return warnings


def limits(study: StudyFolder) -> list[str]:
    """What limits the study: its input, its window, its warnings."""
    document = study.document
    texts = [document.note] if document.note else []
    if document.tables.absent:
        texts.append(f"Tables that were not there: {', '.join(document.tables.absent)}.")
    if document.not_computed:
        names = ", ".join(document.not_computed)
        texts.append(f"{len(document.not_computed)} features could not be computed: {names}.")
    texts += [f"Not compared: {name} ({why})." for name, why in document.labellings_absent.items()]
    uncertain = [segment for segment in document.segments if segment.mean_probability < 0.8]
    texts += [
        f"In '{segment.name}' the mean probability of an account's place is "
        f"{segment.mean_probability:.2f}, below 0.8."
        for segment in uncertain
    ]
    if not agreements_of_segments(study):
        texts.append("There is no other labelling of the accounts to compare with.")
    return [*texts, *document.outcomes.notes, *document.warnings]
