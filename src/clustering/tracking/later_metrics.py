"""Metrics of what happened next; groups are named by their level, no account is."""

from clustering.comparison.forward.entries import ForwardEntry
from clustering.results import StudyFolder


def later_metrics(study: StudyFolder) -> dict[str, float | None]:
    """Gains with their intervals and p-values, retention by group, tests inside tiers."""
    document = study.document
    metrics: dict[str, float | None] = {}
    for entry in [*document.forward, *document.forward_secondary]:
        metrics |= _entry(entry)
    split, counted = document.forward_split, document.multiplicity
    metrics |= {
        "forward.out_of_time": float(split.design == "out of time"),
        "forward.frozen_ami": split.agreement,
        "forward.secondary": float(counted.n_confirmatory + counted.n_exploratory),
        "forward.secondary_claimed": float(counted.n_claimed),
        "differences.found": float(document.differences.n_found),
        "differences.naive": float(document.differences.n_naive),
    }
    for inside in document.afterwards.inside_tiers:
        metrics[f"cmh_p.{inside.outcome}"] = inside.cmh.p
    for row in study.table("retention").to_dict("records"):
        group = f"{row['labelling']}.{row['level']}"
        metrics |= {f"nrr.{group}": float(row["nrr"]), f"grr.{group}": float(row["grr"])}
    return metrics


def _entry(entry: ForwardEntry) -> dict[str, float | None]:
    name = f"{entry.labelling}.{entry.outcome}"
    gain = entry.gain
    low, high = (None, None) if gain is None else gain.interval
    return {
        f"gain_log_loss.{name}": None if gain is None else gain.log_loss,
        f"gain_low.{name}": low,
        f"gain_high.{name}": high,
        f"gain_p.{name}": entry.p_adjusted if entry.p_adjusted is not None else entry.p,
    }
