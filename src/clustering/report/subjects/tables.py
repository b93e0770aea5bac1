"""Tables of the report: what the study folder holds, formatted, ids where accounts are named.

`names=True` shows the names of the accounts too; the rendered pages get them at the last step.
"""

import math
from collections.abc import Iterable

import pandas as pd

from clustering.report.kit.cells import (
    MISSING,
    amount,
    named_accounts,
    number,
    share,
    text,
)
from clustering.report.kit.facts import (
    amount_title,
    percent,
)
from clustering.report.kit.html import Account, Cell, Column, Html, Number, table, table_of
from clustering.results import StudyFolder
from clustering.wording import number_in_words


def segments(study: StudyFolder) -> Html:
    """Every segment with its size, ARR and stability."""
    document = study.document
    columns = [
        Column(document.group_word.singular.capitalize(), text("name")),
        Column("What sets it apart", text("description")),
        Column("Accounts", amount("n_accounts")),
        Column("Share", share("share")),
        Column(amount_title(study), amount("arr")),
        Column(f"Share of {document.amount_name}", share("arr_share")),
        Column("Stability (Jaccard)", number("jaccard")),
    ]
    return table_of(f"The {document.group_word.plural}", columns, document.segments)


def typical(study: StudyFolder, *, names: bool = False, most: int = 3) -> Html:
    """The accounts nearest to the centre of each segment."""
    frame = study.typical[study.typical["rank"] <= most].sort_values(["segment", "rank"])
    rows: list[list[Cell]] = [
        [row["segment_name"], Account(row["account_id"]), Number(f"{row['distance']:.2f}")]
        for row in frame.to_dict("records")
    ]
    columns = [study.document.group_word.singular.capitalize(), "Account", "Distance to the centre"]
    return named_accounts(table("Typical accounts", columns, rows), study, names)


def features(study: StudyFolder) -> Html:
    """Every feature that entered the matrix, with its meaning."""
    rows: list[list[Cell]] = [
        [f.name, f.family, f.unit, f.meaning, f.null_means, Number(percent(f.missing_share))]
        for f in study.document.features
        if f.included
    ]
    columns = ["Feature", "Family", "Unit", "Meaning", "A missing value means", "Missing"]
    return table("Features in the matrix", columns, rows)


def left_out(study: StudyFolder) -> Html:
    """Every feature that was left out or could not be computed, with the reason."""
    document = study.document
    rows: list[list[Cell]] = [[f.name, f.reason or ""] for f in document.features if not f.included]
    rows += [[name, why] for name, why in document.not_computed.items()]
    return table("Features left out, and why", ["Feature", "Reason"], rows)


def profiles(study: StudyFolder) -> Html:
    """Median and quartiles of every feature in every segment; no p-values, by design."""
    frame = study.profiles
    names = [segment.name for segment in study.document.segments]
    rows: list[list[Cell]] = []
    for feature, part in frame.groupby("feature", sort=False):
        by_name = part.set_index("segment_name")
        unit = str(part["unit"].iloc[0])
        rows.append([f"{feature} ({unit})", *(_quartiles(by_name, name) for name in names)])
    return table("Median (lower to upper quartile)", ["Feature", *names], rows)


def _quartiles(by_name: pd.DataFrame, name: str) -> Number:
    rows = by_name.loc[by_name.index == name, ["median", "q25", "q75"]].dropna().to_numpy()
    if len(rows) == 0:
        return Number(MISSING)
    median, low, high = (number_in_words(value) for value in rows[0])
    return Number(f"{median} ({low} to {high})")


def candidates(study: StudyFolder) -> Html:
    """Every candidate that no guard ruled out, with its criteria."""
    frame = study.candidates
    frame = frame[frame["ruled_out"].isna()]
    criteria = {
        "silhouette": "Silhouette",
        "prediction_strength": "Prediction strength",
        "jaccard_min": "Least Jaccard",
        "instability": "Instability",
        "seed_ari": "Agreement over seeds",
        "valley_share": "Valleys",
        "bic": "BIC",
        "icl_soft": "ICL",
    }
    present = {column: title for column, title in criteria.items() if column in frame.columns}
    rows: list[list[Cell]] = []
    for _, row in frame.iterrows():
        kind = row["covariance_type"]
        name = f"{row['algorithm']} k = {row['k']}" + (f" {kind}" if isinstance(kind, str) else "")
        marks = ["chosen"] * bool(row["chosen"]) + ["admissible"] * bool(row["admissible"])
        rows.append([name, ", ".join(marks), *(_number(row[column]) for column in present)])
    columns = ["Candidate", "Status", *present.values()]
    return table("Candidates and their criteria", columns, rows)


def ruled_out(study: StudyFolder) -> Html:
    """Candidates that a guard ruled out, each with its reason."""
    rows: list[list[Cell]] = [[text] for text in study.document.ruled_out]
    return table("Candidates ruled out", ["Candidate and reason"], rows)


def labellings(study: StudyFolder) -> Html:
    """Every labelling of the accounts, and those that the input did not allow."""
    kinds = {"learned": "learned here", "rule": "a rule", "own": "the company's own"}
    rows: list[list[Cell]] = [
        [
            entry.title,
            kinds[entry.kind],
            Number(str(len(entry.levels))),
            _count(entry.n_accounts),
            entry.rule,
        ]
        for entry in study.document.labellings
    ]
    absent = study.document.labellings_absent.items()
    rows += [[name, f"absent: {why}", Number("0"), Number("0"), ""] for name, why in absent]
    columns = ["Labelling", "Kind", "Levels", "Accounts", "Rule"]
    return table("Labellings of the accounts", columns, rows)


def provenance(study: StudyFolder) -> Html:
    """What would have to be equal for the study to come out equal."""
    document = study.document
    record = document.provenance
    rows: list[list[Cell]] = [
        ["as of", document.as_of],
        ["written at", document.created_at],
        ["seed", str(document.seed)],
        ["configuration (SHA-256)", record.config_hash],
    ]
    rows += [
        [f"table {name}", f"{entry.rows:,} rows, fingerprint {entry.fingerprint}"]
        for name, entry in record.inputs.items()
    ]
    rows.append(["versions", _pairs(record.versions.items())])
    return table("Provenance", ["What", "Value"], rows)


def _pairs(items: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {value}" for name, value in items)


def _count(n: int) -> Number:
    return Number(f"{n:,}")


def _number(value: float | None) -> Number:
    if value is None or math.isnan(value):
        return Number(MISSING)
    return Number(number_in_words(value))
