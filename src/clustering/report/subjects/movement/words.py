"""Sentences on time, by rules: no sentence claims more than its number."""

from clustering.movement.drift.population import MODERATE
from clustering.report.kit.facts import group_words, percent
from clustering.results import StudyFolder

#: From this share on a labelling is said to be another one every time.
_WAVERS = 0.25


def answer(study: StudyFolder) -> list[str]:
    """Movement, a re-cut, or neither: the study's own verdict, or why there is none."""
    found = study.document.movement
    if found is None:
        return [study.document.movement_absent]
    return [found.sentence, *found.reasons]


def movement(study: StudyFolder) -> list[str]:
    """What the segments at earlier dates are, and who comes and goes."""
    found = study.document.movement
    if found is None:
        return []
    groups = group_words(study)
    return [
        f"Every account was given its segment on {len(found.dates)} dates from {found.dates[0]} to "
        f"{found.dates[-1]}, always by today's model: a label means the same at every date, and "
        "changes only when the account does. What was not known yet on a date was not used for "
        "it.",
        f"{found.n_entered:,} accounts entered within the window and {found.n_left:,} of the first "
        f"date have ended; they are shown, and are in none of the shares of accounts that moved "
        f"between {groups}.",
    ]


def rules(study: StudyFolder) -> list[str]:
    """The rule of hysteresis, and what it changes."""
    found = study.document.movement
    if found is None:
        return []
    before, after = found.without_hysteresis, found.with_hysteresis
    return [
        found.rule,
        f"Of {before.moves:,} changes from one snapshot to the next {found.n_lasting:,} were "
        f"confirmed, {found.n_passing:,} were taken back before they counted, {found.n_back:,} "
        "went back to the segment held all the time and "
        f"{found.n_open:,} wait for the next snapshot. Accounts "
        f"returned at once to where they came from in {before.flip_flops:,} cases without the "
        f"rule and in {after.flip_flops:,} with it.",
        *_held_apart(study),
    ]


def _held_apart(study: StudyFolder) -> list[str]:
    """That the rule is for scores that follow each other, and for this page."""
    decided = study.document.assignment
    return [
        "The rule is for scores that follow each other, and for this page alone: every other page, "
        f"the plan and the lists show what the model says on {study.document.as_of}, unless a "
        f"person decided. Under the rule {decided.n_hysteresis:,} of the "
        f"{study.document.n_accounts:,} accounts would still be in another segment on that day."
    ]


def playbooks(study: StudyFolder) -> list[str]:
    """That a playbook need not wait."""
    found = study.document.movement
    if found is None or not found.n_open:
        return []
    return [
        f"A playbook need not wait: for the {found.n_open:,} accounts whose change is not "
        "confirmed yet, the plan has the playbook of the new segment, which may start now and stop "
        "again."
    ]


def drift(study: StudyFolder) -> list[str]:
    """Which features are distributed otherwise than then."""
    found = study.document.movement
    if found is None:
        return []
    if not found.drifted:
        return [
            f"No feature of the model has drifted since {found.dates[0]}: each has a population "
            f"stability index below {MODERATE:g}, or one within what exchanging the dates gives."
        ]
    names = ", ".join(name.replace("_", " ") for name in found.drifted)
    n = len(found.drifted)
    return [
        f"{n} {'feature has' if n == 1 else 'features have'} drifted since {found.dates[0]} "
        f"(population stability index of {MODERATE:g} or more, beyond what exchanging the dates "
        f"gives): {names}."
    ]


def over_time(study: StudyFolder) -> list[str]:
    """Which labellings waver: another label from one snapshot to the next for many accounts."""
    if study.document.movement is None:
        return []
    frame = study.table("stability_over_time")
    frame = frame[(frame["note"] == "") & (frame["days"] == frame["days"].min())]
    wavering = frame[frame["low"] >= _WAVERS].sort_values("differ", ascending=False)
    texts = [
        "The line of a labelling that only wavers is flat: one snapshot later as many accounts "
        "have another label as a year later. The line of accounts that really move rises."
    ]
    if len(wavering):
        said = "; ".join(
            f"{row['title']} {percent(row['differ'])}" for row in wavering.to_dict("records")
        )
        texts.append(f"More than a quarter change label from one snapshot to the next in: {said}.")
    return texts


def reconfirmation(study: StudyFolder) -> list[str]:
    """How many accounts to confirm, and on what grounds."""
    found = study.document.assignment
    frame = study.table("reconfirmation")
    reasons = {
        "near_boundary": "near a boundary",
        "moved_lately": "moved at the last snapshot",
        "waiting": "waiting for the next one",
        "wavering": "went and came back",
        "override_due": "with an override that ends soon",
    }
    said = ", ".join(
        f"{int(frame[name].sum()):,} {words}"
        for name, words in reasons.items()
        if frame[name].any()
    )
    text = f"{found.n_reconfirm:,} accounts should be confirmed at the next executive review"
    return [
        f"{text}: {said}. One account may be there for several reasons." if said else f"{text}."
    ]


def overrides(study: StudyFolder) -> list[str]:
    """What people decided, in numbers."""
    found = study.document.assignment
    if not found.n_override and not found.n_expired and not found.n_later:
        return ["Nobody has overridden the segment of an account."]
    return [
        f"{found.n_override:,} accounts are in the segment that a person decided, "
        f"{found.n_against_model:,} of them against the model; {found.n_expired:,} decisions have "
        f"expired and {found.n_later:,} do not hold yet. They never enter the model, the evidence "
        "or the comparison: these know the model's own answers alone."
    ]


def limits(study: StudyFolder) -> list[str]:
    """Dates that the tables do not reach, and what follows from the choice of the model."""
    found = study.document.movement
    if found is None:
        return []
    texts = []
    if found.out_of_reach:
        first = min(found.out_of_reach)
        last = max(found.out_of_reach)
        span = first if first == last else f"{first} to {last}"
        texts.append(f"Not looked at: {span} ({found.out_of_reach[last]}).")
    texts += [
        "Today's model has seen later dates than those it labels here. That does no harm where "
        "nothing is predicted: these labels serve to describe movement alone, and what came later "
        "is judged elsewhere.",
        "Features look back over a window, so a change shows up to a window after it happened.",
    ]
    return texts
