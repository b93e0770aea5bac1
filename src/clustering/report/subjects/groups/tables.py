"""Tables of the segments, their features and candidates: what the study folder holds, formatted.

`names=True` shows the names of the accounts too; the rendered pages get them at the last step.
"""

from collections.abc import Container
from functools import partial
from typing import Any

import pandas as pd

from clustering.report.kit.cells import (
    MISSING,
    account,
    amount,
    named_accounts,
    number,
    share,
    text,
)
from clustering.report.kit.facts import amount_title, feature_titles, known_features
from clustering.report.kit.html import Column, Html, Number, table_of
from clustering.results import StudyFolder
from clustering.wording import number_in_words, percent_in_words


def segments(study: StudyFolder) -> Html:
    """Every segment with its size, ARR and stability."""
    document = study.document
    columns = [
        Column(document.group_word.singular.capitalize(), text("name")),
        Column("Id", text("segment_id")),
        Column("What sets it apart", text("description")),
        Column("Accounts", amount("n_accounts")),
        Column("Share", share("share")),
        Column(amount_title(study), amount("arr")),
        Column(f"Share of {document.amount_name}", share("arr_share")),
        Column("Overlap when repeated", number("jaccard")),
    ]
    return table_of(f"The {document.group_word.plural}", columns, document.segments)


def typical(study: StudyFolder, *, names: bool = False, most: int = 3) -> Html:
    """The accounts nearest to the centre of each segment."""
    frame = study.typical[study.typical["rank"] <= most].sort_values(["segment", "rank"])
    columns = [
        Column(study.document.group_word.singular.capitalize(), text("segment_name")),
        Column("Account", account()),
        Column("Distance to the centre", number("distance", ".2f")),
    ]
    made = table_of("Typical accounts", columns, frame.to_dict("records"))
    return named_accounts(made, study, names)


def features(study: StudyFolder) -> Html:
    """Every feature that entered the matrix, with its meaning."""
    columns = [
        Column("Feature", text("name")),
        Column("Family", text("family")),
        Column("Unit", text("unit")),
        Column("Meaning", text("meaning")),
        Column("A missing value means", text("null_means")),
        Column("Missing", share("missing_share")),
        Column("Carries of the separation", share("separation_share")),
    ]
    included = [feature for feature in study.document.features if feature.included]
    return table_of("Features in the matrix", columns, included)


def left_out(study: StudyFolder) -> Html:
    """Every feature that was left out or could not be computed, with the reason."""
    document = study.document
    reasons = {f.name: f.reason or "" for f in document.features if not f.included}
    columns = [
        Column("Feature", lambda item: str(item[0])),
        Column("Reason", lambda item: str(item[1])),
    ]
    every = [*reasons.items(), *document.not_computed.items()]
    return table_of("Features left out, and why", columns, every)


def profiles(study: StudyFolder) -> Html:
    """Median and quartiles of every feature in every segment; no p-values, by design."""
    parts = [part for _, part in study.profiles.groupby("feature", sort=False)]
    titles = feature_titles(study)
    binary = {name for name, one in known_features(study).items() if one.scale == "binary"}
    columns = [Column("Feature", lambda part: titles[part["feature"].iloc[0]])]
    columns += [
        Column(segment.name, partial(_quartiles, segment=segment.name, binary=binary))
        for segment in study.document.segments
    ]
    return table_of("Median (lower to upper quartile)", columns, parts)


def _quartiles(part: pd.DataFrame, segment: str, binary: Container[str]) -> Number:
    rows = part.loc[part["segment_name"] == segment, ["median", "q25", "q75"]].dropna().to_numpy()
    if len(rows) == 0:
        return Number(MISSING)
    spread = float((part["q75"] - part["q25"]).max())
    if part["feature"].iloc[0] in binary:  # its median is the share of yes
        return Number(percent_in_words(float(rows[0][0]), 2))
    median, low, high = (number_in_words(value, spread=spread) for value in rows[0])
    return Number(f"{median} ({low} to {high})")


def candidates(study: StudyFolder) -> Html:
    """Every candidate that no guard ruled out, with its criteria."""
    frame = study.candidates
    columns = [
        Column("Candidate", _candidate),
        Column("Status", _status),
        Column("Silhouette", number("silhouette")),
        Column("Prediction strength", number("prediction_strength")),
        Column("Least Jaccard", number("jaccard_min")),
        Column("Instability", number("instability")),
        Column("Agreement over seeds", number("seed_ari")),
        Column("Valleys", number("valley_share")),
        Column("BIC", number("bic")),
        Column("ICL", number("icl_soft")),
    ]
    rows = frame[frame["ruled_out"].isna()].to_dict("records")
    return table_of("Candidates and their criteria", columns, rows)


def _candidate(row: dict[str, Any]) -> str:
    kind = row["covariance_type"]
    return f"{row['algorithm']} k = {row['k']}" + (f" {kind}" if isinstance(kind, str) else "")


def _status(row: dict[str, Any]) -> str:
    return ", ".join(mark for mark in ("chosen", "admissible") if row[mark])


def ruled_out(study: StudyFolder) -> Html:
    """Candidates that a guard ruled out, each with its reason."""
    columns = [Column("Candidate and reason", str)]
    return table_of("Candidates ruled out", columns, study.document.ruled_out)


def labellings(study: StudyFolder) -> Html:
    """Every labelling of the accounts, and those that the input did not allow."""
    kinds = {"learned": "learned here", "rule": "a rule", "own": "the company's own"}
    known = [
        {
            "title": entry.title,
            "kind": kinds[entry.kind],
            "n_levels": len(entry.levels),
            "n_accounts": entry.n_accounts,
            "rule": entry.rule,
        }
        for entry in study.document.labellings
    ]
    absent = [
        {"title": name, "kind": f"absent: {why}", "n_levels": 0, "n_accounts": 0, "rule": ""}
        for name, why in study.document.labellings_absent.items()
    ]
    columns = [
        Column("Labelling", text("title")),
        Column("Kind", text("kind")),
        Column("Levels", amount("n_levels")),
        Column("Accounts", amount("n_accounts")),
        Column("Rule", text("rule")),
    ]
    return table_of("Labellings of the accounts", columns, [*known, *absent])


def provenance(study: StudyFolder) -> Html:
    """What would have to be equal for the study to come out equal."""
    document = study.document
    record = document.provenance
    rows = {
        "as of": document.as_of,
        "written at": document.created_at,
        "seed": str(document.seed),
        "configuration (SHA-256)": record.config_hash,
        **{
            f"table {name}": f"{entry.rows:,} rows, fingerprint {entry.fingerprint}"
            for name, entry in record.inputs.items()
        },
        "versions": ", ".join(f"{name} {value}" for name, value in record.versions.items()),
    }
    columns = [
        Column("What", lambda item: str(item[0])),
        Column("Value", lambda item: str(item[1])),
    ]
    return table_of("Provenance", columns, rows.items())
