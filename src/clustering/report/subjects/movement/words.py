"""Sentences on time, by rules: no sentence claims more than its number."""

from collections.abc import Hashable, Mapping
from typing import Any

from clustering.movement.drift.population import MODERATE
from clustering.report.kit.facts import group_words, percent
from clustering.results import StudyFolder
from clustering.wording import name_in_words, names_in_words

#: From this share on a labelling is said to be another one every time.
_WAVERS = 0.25


def answer(study: StudyFolder) -> list[str]:
    """Movement, a re-cut, or neither: the study's own verdict, or why there is none."""
    found = study.document.movement
    if found is None:
        return [names_in_words(study.document.movement_absent)]
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
            f"stability index below {MODERATE:g}, or one that exchanging the dates gives too among "
            f"{len(study.table('drift'))} features."
        ]
    names = ", ".join(map(name_in_words, found.drifted))
    n = len(found.drifted)
    return [
        f"{n} {'feature has' if n == 1 else 'features have'} drifted since {found.dates[0]} "
        f"(population stability index of {MODERATE:g} or more, beyond what exchanging the dates "
        f"gives among {len(study.table('drift'))} features): {names}."
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


def succession(study: StudyFolder) -> list[str]:
    """How the segments of the previous study go on; every sentence but the first is of one."""
    found = study.document.succession
    if found is None:
        return ["No previous study was named (`previous`): the ids of all segments are new."]
    counts = {
        "go on as they were": found.n_survived,
        "split": found.n_split,
        "were absorbed by others": found.n_absorbed,
        "are gone": found.n_gone,
    }
    became = ", ".join(f"{n} {words}" for words, n in counts.items() if n)
    new = f"{found.n_new} of today's are new" if found.n_new else "none of today's is new"
    rows = study.table("succession").to_dict("records")
    names = {row["segment_id"]: f"'{row['segment_name']}' ({row['segment_id']})" for row in rows}
    return [
        f"Of the {sum(counts.values())} segments of study '{found.study}' (as of {found.as_of}) "
        f"{became}; {new}. {percent(found.same_id)} of the "
        f"{found.n_accounts:,} accounts have the segment id that the previous model gives them on "
        "today's values.",
        *(_FATES[_fate(row)].format(**_told(row, names)) for row in rows if _fate(row) in _FATES),
        *(_called(row, names) for row in rows if row["no_longer"]),
    ]


_FATES = {
    "split": "{own} split: the part with {stayed} of its accounts keeps id and name; others are "
    "in {others}.",
    "split, not here": "{own} split into {others}: no part holds more than half of it and little "
    "else, so its id is not used any more.",
    "absorbed, not here": "{own} was absorbed: most of its accounts are in {others}, which are "
    "mainly others. Its id is not used any more.",
    "gone, not here": "{own} is gone: its accounts are spread over {others}. Its id is not used "
    "any more.",
    "new": "{own} is new: its accounts were in {others}.",
}


def _fate(row: dict[Hashable, Any]) -> str:
    return str(row["fate"]) if row["is_here"] else f"{row['fate']}, not here"


def _told(row: dict[Hashable, Any], names: Mapping[str, str]) -> dict[str, str]:
    others = [names[one] for one in str(row["others"]).split("; ") if one]
    told = " and ".join(others) or "several, each with less than a tenth"
    return {"own": names[row["segment_id"]], "others": told, "stayed": percent(row["stayed"])}


def _called(row: dict[Hashable, Any], names: Mapping[str, str]) -> str:
    other = row["would_be_called"]
    today = f" By today's rule it would be called '{other}'." if other else ""
    return (
        f'{names[row["segment_id"]]} keeps its name, although "{row["no_longer"]}" does not set '
        f"it apart any more.{today} To rename it: clustering rename STUDY {row['segment_id']} NAME"
    )


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
        texts.append(f"Not looked at: {span} ({names_in_words(found.out_of_reach[last])}).")
    texts += [
        "Today's model has seen later dates than those it labels here. That does no harm where "
        "nothing is predicted: these labels serve to describe movement alone, and what came later "
        "is judged elsewhere.",
        "Features look back over a window, so a change shows up to a window after it happened.",
    ]
    return texts
