"""What figures, tables and sentences look up in a study folder: selection, no computation.

Every reader of a study goes through these few functions, so that a figure and the sentence
beside it cannot disagree about which row they mean.
"""

from dataclasses import dataclass

import pandas as pd

from clustering.columns import SEGMENT
from clustering.comparison.agreement.entries import StudyAgreement
from clustering.comparison.forward.entries import ForwardEntry
from clustering.config import EvidenceConfig, FeaturesConfig
from clustering.features.registry import definitions
from clustering.features.types import Feature
from clustering.results import StudyFolder
from clustering.results.document import LabellingEntry
from clustering.structure.findings import NullTest
from clustering.wording import decimal_in_words, feature_title, name_in_words, named, share_in_words

TIERS = "arr_tiers"
"""Name of the labelling that is the baseline of every study."""

GROWTH_RISK = "growth_risk"
"""Name of the scheme of growth potential against churn risk."""


VOTE_NAMES = {
    "gap_pca": "gap (PCA box)",
    "silhouette": "silhouette",
    "prediction_strength": "prediction strength",
    "instability": "instability",
    "bic": "BIC",
    "icl": "ICL",
}
"""Criteria that name a k, and what readers know them as."""


@dataclass(frozen=True)
class TierShare:
    """One level of a labelling and the segment that most of its accounts are in."""

    level: str
    segment: str
    n_accounts: int
    share: float


percent = share_in_words
"""A share in whole percent, as every sentence of a study says it."""


decimal = decimal_in_words
"""A number with so many decimals, as every sentence of a study says it."""


def under_amount_name(study: StudyFolder, text: str) -> str:
    """A note of the tables under the name that the study gives to the yearly amount."""
    return named(text, study.document.amount_name)


def amount_title(study: StudyFolder) -> str:
    """The yearly amount and its currency, as a column of a table is headed."""
    return f"{study.document.amount_name} ({study.document.currency})"


def primary_outcome(study: StudyFolder) -> str:
    """The outcome that the comparison was to decide on; empty where none was configured."""
    return str(study.document.configuration["comparison"]["primary_outcome"])


def asked(study: StudyFolder) -> EvidenceConfig:
    """What the study asked of the evidence."""
    return EvidenceConfig.model_validate(study.document.configuration["evidence"])


def preferences(study: StudyFolder) -> dict[str, int]:
    """The k that each criterion prefers by its own rule, as the study recorded it."""
    votes = study.document.evidence.chosen_by.votes
    return {name: votes[name] for name in VOTE_NAMES if name in votes}


def k_in_words(study: StudyFolder, k: int) -> str:
    """A number of segments; the largest one that was tried says no more than "so many or more"."""
    largest = max(row.k for row in study.document.evidence.kmeans)
    return f"{k} (the largest tried)" if k == largest else str(k)


def stands_out(study: StudyFolder, test: NullTest) -> bool:
    """Whether the accounts differ from a kind of book without groups, as the verdict asks it."""
    least = study.document.evidence.structure.least_effect
    return test.p <= asked(study).alpha and test.z >= least


def segment_names(study: StudyFolder) -> list[str]:
    """Names of the segments in their order."""
    return [segment.name for segment in study.document.segments]


def group_words(study: StudyFolder, n: int | None = None) -> str:
    """What the segments may be called: singular for one, else plural."""
    word = study.document.group_word
    return word.singular if n == 1 else word.plural


def are_clusters(study: StudyFolder) -> bool:
    """Whether the segments themselves are natural clusters; all others are called bands."""
    return study.document.group_word.singular == "cluster"


def come_back(study: StudyFolder) -> bool:
    """Whether the segments come back when the study is repeated on other accounts."""
    return study.document.segments_return


def feature_titles(study: StudyFolder, *, with_unit: bool = True) -> dict[str, str]:
    """What readers know every feature as, by its name; in a sentence without its unit."""
    known = known_features(study)
    titles = {}
    for one in study.document.features:
        shown = known[one.name].shown if one.name in known else ""
        titles[one.name] = feature_title(one.name, one.unit, with_unit=with_unit, shown=shown)
    return titles


def known_features(study: StudyFolder) -> dict[str, Feature]:
    """Every feature that there is under the settings of a study, as it is described."""
    config = FeaturesConfig.model_validate(study.document.configuration.get("features", {}))
    return {feature.name: feature for feature in definitions(config)}


def short_title(study: StudyFolder, name: str) -> str:
    """What a labelling is called where there is little room."""
    entry = labelling(study, name)
    if entry is None:
        return name
    if entry.kind == "learned":
        return f"{group_words(study)} of this study".capitalize()
    return entry.title


def learned(study: StudyFolder) -> LabellingEntry:
    """The labelling that the study learned."""
    return next(entry for entry in study.document.labellings if entry.kind == "learned")


def labelling(study: StudyFolder, name: str) -> LabellingEntry | None:
    """One labelling by name, None where the study has none of it."""
    return next((entry for entry in study.document.labellings if entry.name == name), None)


def title_of(study: StudyFolder, name: str) -> str:
    """What readers know a labelling as; its name in words where the study has none of it."""
    entry = labelling(study, name)
    return name_in_words(name) if entry is None else entry.title


def other_labellings(study: StudyFolder) -> list[LabellingEntry]:
    """Every labelling but the learned one."""
    own = learned(study).name
    return [entry for entry in study.document.labellings if entry.name != own]


def playbook_titles(study: StudyFolder) -> dict[str, str]:
    """What readers know a playbook of the plan as, by its name."""
    return {book.name: book.title for book in study.document.plan.playbooks}


def label_in_words(study: StudyFolder, label: str) -> str:
    """A label of the plan: the name of a segment as it is, one of a rule without underscores."""
    return label if study.document.plan.labelling == SEGMENT else name_in_words(label)


def plan_table(study: StudyFolder, name: str) -> pd.DataFrame:
    """A table of the plan, its labels as readers know them."""
    frame = study.table(name)
    shown = {str(one): label_in_words(study, str(one)) for one in frame["label"].dropna().unique()}
    return frame.assign(label=frame["label"].map(shown))


def account_names(study: StudyFolder) -> dict[str, str]:
    """Name by account id, those that are known."""
    known = study.names.dropna()
    return {str(key): str(name) for key, name in zip(known.index, known, strict=True)}


def agreements_of_segments(study: StudyFolder) -> list[tuple[LabellingEntry, StudyAgreement]]:
    """Every labelling that was compared with the segments, with that agreement."""
    pairs = ((entry, agreement_with(study, entry.name)) for entry in other_labellings(study))
    return [(entry, agreement) for entry, agreement in pairs if agreement is not None]


def agreement_with(study: StudyFolder, other: str) -> StudyAgreement | None:
    """Agreement of the segments with another labelling, None where it was not computed."""
    wanted = {learned(study).name, other}
    return next(
        (entry for entry in study.document.agreements if {entry.first, entry.second} == wanted),
        None,
    )


def ami_interval(agreement: StudyAgreement) -> tuple[float, float] | None:
    """The 95 % interval of the AMI; None where one of the two labellings has one group only."""
    return None if agreement.interval is None else agreement.interval.ami


def log_loss_gain(entry: ForwardEntry) -> tuple[float, float, float] | None:
    """Gain in log loss over the tiers with its interval; None where it is not known."""
    return None if entry.gain is None else (entry.gain.log_loss, *entry.gain.interval)


def rivals_of(study: StudyFolder, name: str) -> list[ForwardEntry]:
    """The baselines of fairness beside which a labelling's gain must be read."""
    return [e for e in study.document.forward_rivals if e.labelling.startswith(f"{name}: ")]


def crosswalk_with(study: StudyFolder, other: str) -> pd.DataFrame:
    """Accounts and ARR by level of `other` and segment.

    Returns
    -------
    DataFrame
        ``level``, ``segment``, ``n_accounts``, ``arr``, ``share_of_level``,
        ``share_of_segment``; empty where the two were not compared.
    """
    own = learned(study).name
    frame = study.crosswalk
    straight = frame[(frame["first"] == own) & (frame["second"] == other)].rename(
        columns={
            "first_label": "segment",
            "second_label": "level",
            "share_of_first": "share_of_segment",
            "share_of_second": "share_of_level",
        }
    )
    turned = frame[(frame["second"] == own) & (frame["first"] == other)].rename(
        columns={
            "second_label": "segment",
            "first_label": "level",
            "share_of_second": "share_of_segment",
            "share_of_first": "share_of_level",
        }
    )
    columns = ["level", "segment", "n_accounts", "arr", "share_of_level", "share_of_segment"]
    chosen = turned if straight.empty else straight
    return chosen[columns].reset_index(drop=True)


def tier_shares(study: StudyFolder, other: str = TIERS) -> list[TierShare]:
    """For every level of `other`, in its order, the segment that most of its accounts are in."""
    frame = crosswalk_with(study, other)
    entry = labelling(study, other)
    levels = [] if entry is None else entry.levels
    shares = []
    for level in levels:
        rows = frame[frame["level"] == level]
        if rows.empty:
            continue
        top = rows.sort_values("n_accounts", ascending=False, kind="stable").iloc[0]
        n_accounts = int(rows["n_accounts"].sum())
        shares.append(TierShare(level, str(top["segment"]), n_accounts, top["share_of_level"]))
    return shares
