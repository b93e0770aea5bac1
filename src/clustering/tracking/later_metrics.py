"""Metrics of what happened next; groups are named by their level, no account is."""

from clustering.results import StudyFolder
from clustering.results.document import ForwardEntry


def later_metrics(study: StudyFolder) -> dict[str, float | None]:
    """Gains with their intervals and p-values, retention by group, tests inside tiers."""
    document = study.document
    metrics: dict[str, float | None] = {}
    for entry in [*document.forward, *document.forward_secondary]:
        metrics |= _entry(entry)
    if document.forward_split is not None:
        split = document.forward_split
        metrics["forward.out_of_time"] = float(split.design == "out of time")
        metrics["forward.frozen_ami"] = split.agreement
    if document.multiplicity is not None:
        metrics["forward.secondary"] = float(
            document.multiplicity.n_confirmatory + document.multiplicity.n_exploratory
        )
        metrics["forward.secondary_claimed"] = float(document.multiplicity.n_claimed)
    if document.differences is not None:
        metrics["differences.found"] = float(document.differences.n_found)
        metrics["differences.naive"] = float(document.differences.n_naive)
    if document.afterwards is not None:
        for inside in document.afterwards.inside_tiers:
            p = inside.cmh.get("p")
            metrics[f"cmh_p.{inside.outcome}"] = float(p) if isinstance(p, float) else None
    if study.has_table("retention"):
        for row in study.table("retention").to_dict("records"):
            group = f"{row['labelling']}.{row['level']}"
            metrics |= {f"nrr.{group}": float(row["nrr"]), f"grr.{group}": float(row["grr"])}
    return metrics


def _entry(entry: ForwardEntry) -> dict[str, float | None]:
    name = f"{entry.labelling}.{entry.outcome}"
    gain = entry.gain or {}
    low, high = gain.get("interval") or (None, None)
    return {
        f"gain_log_loss.{name}": gain.get("log_loss"),
        f"gain_low.{name}": low,
        f"gain_high.{name}": high,
        f"gain_p.{name}": entry.p_adjusted if entry.p_adjusted is not None else entry.p,
    }
