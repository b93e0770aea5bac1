"""Sentences on sensitivity: which answers flip when one setting moves by a fifth."""

from typing import Any

import pandas as pd

from clustering.report.kit.facts import percent, title_of
from clustering.report.subjects.plan.setting_words import setting
from clustering.results import StudyFolder
from clustering.wording import number_in_words

_MOST_SETTINGS = 4


def answer_name(study: StudyFolder, answer: str, subject: str) -> str:
    """What readers know an answer as."""
    amount = study.document.amount_name
    title = title_of(study, subject)
    return {
        "labels": f"labels of '{title}'" if subject != "all" else "labels of any scheme",
        "agreement": f"agreement of '{title}' with the segments",
        "closest": "the scheme of a rule that agrees best with the segments",
        "csms": f"CSMs that the value method asks for ({amount} per CSM)",
        "cost_share": f"the care of today over {amount}",
        "plan_csms": "CSMs that the plan takes",
        "plan_cost_share": f"the plan's cost over {amount}",
        "plan_label": f"the plan's cost for '{subject}' over {amount}",
    }[answer]


def fragile(study: StudyFolder) -> list[str]:
    """Every answer that flips, with the settings that flip it; then what moves most."""
    entry = study.document.next_steps
    frame = study.table("sensitivity")
    flips = frame[frame["flips"]]
    if flips.empty:
        first = [
            f"None of the answers that are a yes, a no or a name flips when any one of the "
            f"{entry.settings_moved} settings (thresholds, weights, touches, costs) moves by 20 %."
        ]
    else:
        first = [
            _one_fragile(study, str(answer), str(subject), part)
            for (answer, subject), part in flips.groupby(["answer", "subject"], sort=False)
        ]
    limit = (
        f"{entry.settings_moved} settings were moved one at a time, everything else as it is; what "
        "several do together was not computed. Of a quantile above one half it is the rest that "
        "moves; whole numbers below 5 stay."
    )
    return [*first, *_labels(study, frame), limit]


def _one_fragile(study: StudyFolder, answer: str, subject: str, part: pd.DataFrame) -> str:
    today = part.iloc[0]
    ways = []
    for row in part.to_dict("records"):
        for side in ("low", "high"):
            words = row[f"{side}_answer"]
            if words not in ("", row["base_answer"]):
                shown = _said(study, answer, words, row[side])
                ways.append(f"{shown} with {_moved(study, row, side)}")
    more = len(ways) - _MOST_SETTINGS
    rest = f"; and {more} further ways" if more > 0 else ""
    name = answer_name(study, answer, subject)
    base = _said(study, answer, today["base_answer"], today["base"])
    return f"Fragile: {name}. Today it is {base}; {'; '.join(ways[:_MOST_SETTINGS])}{rest}."


def _said(study: StudyFolder, answer: str, words: str, value: float) -> str:
    if answer == "closest":
        return f"'{title_of(study, words)}' (AMI {value:.2f})"
    return f"{100 * value:.1f} %, {words}"


def _labels(study: StudyFolder, frame: pd.DataFrame) -> list[str]:
    """The scheme whose labels one setting moves most."""
    labels = frame[(frame["answer"] == "labels") & (frame["subject"] != "all")]
    largest = labels[["low", "high"]].max(axis=1)
    if labels.empty or not largest.max() > 0:
        return []
    row = labels.iloc[int(largest.to_numpy().argmax())]
    side = "high" if not row["low"] >= row["high"] else "low"
    return [
        f"The {answer_name(study, 'labels', str(row['subject']))} hang most on one setting: "
        f"{percent(float(row[side]))} of the accounts get another one with "
        f"{_moved(study, row, side)}."
    ]


def _moved(study: StudyFolder, row: Any, side: str) -> str:
    """The setting as it was moved, and as it is."""
    moved, base = (
        number_in_words(float(row[name]), 6) for name in (f"{side}_setting", "base_setting")
    )
    return f"{moved} in place of {base}: {setting(study, row['setting'])}"
