"""Sentences on what happened next; each says no more than its number and its interval."""

import pandas as pd

from clustering.comparison.forward.entries import TimeSplit
from clustering.comparison.observed.entries import Expansion, InsideTiers
from clustering.report.kit.facts import (
    decimal,
    group_words,
    learned,
    percent,
    primary_outcome,
)
from clustering.report.subjects.observed.tables import CONTRACTED
from clustering.results import StudyFolder
from clustering.wording import LEVEL, estimate_in_words, names_in_words, p_in_words

#: Corrected rates that differ more than this from the modal ones are mentioned.
_NOTICED = 0.01


def how_judged(study: StudyFolder) -> list[str]:
    """How the forward comparison was split: in time, or over folds, and why."""
    split = study.document.forward_split
    groups = group_words(study)
    if split.design != "out of time":
        often = f", dealt {split.n_foldings} times" if split.n_foldings > 1 else ""
        text = (
            f"Judged on five folds of the accounts{often}, each by models fitted on the other "
            f"four, not on a later period: {names_in_words(split.reason.rstrip('.'))}."
        )
        return [text, *companies(split)]
    dates = " and ".join(sorted(split.train_dates))
    text = (
        f"Judged out of time: models were fitted on {split.n_train_accounts:,} accounts as they "
        f"were known on {dates} ({split.n_train_rows:,} in all, some on both), and on what "
        f"happened after, all of it known by {split.test_date}; then judged on "
        f"{split.n_test_accounts:,} accounts of {split.test_date} and what happened later. "
        f"{split.n_in_both:,} accounts are in both parts."
    )
    if split.agreement is not None:
        text += (
            f" The {groups} judged are those that would have been made on "
            f"{max(split.train_dates)}, applied unchanged; they agree with the {groups} of this "
            f"study with an adjusted mutual information of {decimal(split.agreement)}."
        )
    return [text, *companies(split), *split.notes]


def companies(split: TimeSplit) -> list[str]:
    """That the accounts of a company are no independent witnesses, where some share one."""
    if split.n_companies is None:
        return []
    return [
        f"{split.n_sharing:,} accounts share their company with others: the {split.n_companies:,} "
        "companies are dealt into folds, and drawn for the intervals of gains and retention, not "
        "the accounts. Rates by group, tests inside the tiers, agreement with the tiers and the "
        "evidence for segments take accounts as independent."
    ]


def multiplicity(study: StudyFolder) -> list[str]:
    """How many comparisons stand beside the one that decides."""
    found = study.document.multiplicity
    n = found.n_confirmatory + found.n_exploratory
    if n == 0:
        return []
    survive = "none survives" if found.n_claimed == 0 else f"{found.n_claimed} survive"
    if found.n_claimed == 1:
        survive = "1 survives"
    return [
        f"One comparison decides: the {group_words(study)} about '{found.primary_outcome}'. "
        f"Beside it stand {found.n_confirmatory} of other labellings, controls among them, "
        f"about the same outcome (corrected by Holm) and {found.n_exploratory} about other "
        "outcomes (exploratory, "
        f"corrected by Benjamini and Hochberg); {survive} the correction with a gain above 0."
    ]


def inside_tiers(study: StudyFolder) -> list[str]:
    """Whether two accounts of one tier fare differently: the primary outcome, then the others."""
    found = study.document.afterwards.inside_tiers
    return [_inside(study, found[0]), *_others(study, found[1:])] if found else []


def _inside(study: StudyFolder, entry: InsideTiers) -> str:
    tiers = f"{study.document.amount_name} tiers"
    groups = group_words(study)
    cmh = entry.cmh
    if cmh.p is None:
        why = entry.reason or cmh.reason or "there are too few accounts"
        return f"Whether '{entry.outcome}' differs inside the {tiers} is not known: {why}."
    test = (
        f"Cochran-Mantel-Haenszel chi-square {cmh.stat:.1f}, {cmh.df} df, {p_in_words(cmh.p)}; "
        f"{entry.n_events:,} of {entry.n:,} accounts"
    )
    if cmh.p > LEVEL:
        return (
            f"No evidence that accounts of the same tier fare differently by "
            f"{group_words(study, 1)} about '{entry.outcome}' ({test})."
        )
    text = (
        f"Two accounts of the same tier are different in what happens to them: inside the {tiers}, "
        f"'{entry.outcome}' differs between the {groups} ({test})."
    )
    if entry.variance_within is not None and entry.explained is not None:
        text += (
            f" {percent(entry.variance_within)} of its variance lies inside the tiers, and the "
            f"{groups} account for {percent(max(0.0, entry.explained))} of that."
        )
    held = [test.tier for test in entry.tiers if test.p_holm is not None and test.p_holm <= LEVEL]
    tested = sum(test.p_holm is not None for test in entry.tiers)
    if tested:
        text += f" Tier by tier it holds in {len(held)} of {tested} (Holm)."
    return text


def _others(study: StudyFolder, entries: list[InsideTiers]) -> list[str]:
    told = [(e.outcome, e.cmh.p) for e in entries if e.cmh.p is not None]
    if not told:
        return []
    listed = "; ".join(f"'{outcome}' {p_in_words(p)}" for outcome, p in told)
    return [f"The same test of the other outcomes, exploratory and not corrected: {listed}."]


def what_happened(study: StudyFolder) -> list[str]:
    """Retention, renewals and expansion by segment, and what assignment error hides."""
    found = study.document.afterwards
    return [
        *_retention(study),
        *_renewals(study),
        *_expansion(study, found.expansion),
        *_correction(study),
        *found.notes,
    ]


def _retention(study: StudyFolder) -> list[str]:
    frame = _own(study, "retention")
    if len(frame) < 2:
        return []
    amount = study.document.amount_name
    ordered = frame.sort_values("nrr", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    less, more = (
        estimate_in_words(row["nrr"], (row["nrr_low"], row["nrr_high"]), least=0, most=2)
        for row in (low, high)
    )
    text = (
        f"Of 1 unit of {amount}, {less[0]} is left after {study.document.horizon_days} days in "
        f"'{low['level']}' (95 % interval {less[1]} to {less[2]}) and {more[0]} in "
        f"'{high['level']}' ({more[1]} to {more[2]}), expansion included."
    )
    if low["nrr_high"] >= high["nrr_low"]:
        text += " The intervals overlap."
    shift = (frame["nrr"] - frame["nrr_winsorised"]).abs().max()
    if shift > _NOTICED:
        text += (
            f" Single accounts matter: with extreme ones cut, a figure moves by {decimal(shift)}."
        )
    return [text]


def _renewals(study: StudyFolder) -> list[str]:
    frame = _own(study, "renewals")
    if frame.empty or study.document.amount_name != CONTRACTED:
        return []  # nobody renews where there is no contract
    due, censored = int(frame["n_due"].sum()), int(frame["n_censored"].sum())
    days, asked = int(frame["days"].max()), study.document.horizon_days
    text = (
        f"{due:,} accounts had a contract that ended in the {days} days; {censored:,} had none due "
        "and count neither as renewed nor as lost."
    )
    if days < asked:
        text += f" The window of {asked} days ends after the data, which stops at day {days}."
    return [text]


def _expansion(study: StudyFolder, found: Expansion | None) -> list[str]:
    if found is None:
        return []
    groups = group_words(study)
    told = []
    if found.gain is not None:
        _, *ends = estimate_in_words(found.gain.log_loss, found.gain.interval)
        numbers = f"95 % interval of the gain {ends[0]} to {ends[1]}"
        told.append(
            f"whether an account expands, the {groups} tell beside the tiers ({numbers})"
            if found.gain.interval[0] > 0
            else f"no evidence that the {groups} tell whether an account expands ({numbers})"
        )
    if (amount := found.out_of_sample) is not None:
        low, high = amount.gain_interval
        numbers = (
            f"out-of-sample R squared {decimal(amount.r2_both)} against "
            f"{decimal(amount.r2_tier)} of the tiers, difference {decimal(low)} to "
            f"{decimal(high)}"
        )
        told.append(
            f"by how much, they tell ({numbers})"
            if low > 0
            else f"no evidence that they tell by how much ({numbers})"
        )
    if not told:
        return [f"Expansion: {names_in_words(found.reason)}."] if found.reason else []
    return [f"Expansion ({found.n_expanded:,} of {found.n:,} accounts): {'; '.join(told)}."]


def _correction(study: StudyFolder) -> list[str]:
    frame = _own(study, "rates")
    primary = primary_outcome(study)
    frame = frame[(frame["outcome"] == primary) & frame["corrected"].notna()]
    if frame.empty:
        return []
    spread, corrected = (float(frame[c].max() - frame[c].min()) for c in ("raw", "corrected"))
    if abs(corrected - spread) <= _NOTICED:
        return []
    return [
        f"Accounts near a border blur the rates: between the {group_words(study)} '{primary}' "
        f"differs by {percent(spread)} as assigned, and by {percent(min(1.0, corrected))} with "
        "assignment error corrected (BCH, given the model's probabilities of membership)."
    ]


def differences(study: StudyFolder) -> list[str]:
    """In which features segments differ by tests that know how the segments were made."""
    found = study.document.differences
    texts = []
    if found.n_tests:
        agreement = ""
        if found.agreement is not None:
            agreement = (
                f" The groups tested agree with the {group_words(study)} of this study with an "
                f"adjusted Rand index of {decimal(found.agreement)}."
            )
        texts = [
            f"Of {found.n_tests:,} differences between two {group_words(study)} in one feature, "
            f"{found.n_found:,} are established by tests that allow for how the "
            f"{group_words(study)} were found (Holm); the usual test, which does not, would have "
            f"called {found.n_naive:,} significant.{agreement}",
            found.conditions,
        ]
    return [*texts, *found.notes]


def _own(study: StudyFolder, table: str) -> pd.DataFrame:
    frame = study.table(table)
    return frame[frame["labelling"] == learned(study).name]
