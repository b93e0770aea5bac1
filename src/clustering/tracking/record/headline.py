"""The few numbers that a list of studies shows: the metrics of a run."""

from clustering.report.kit.facts import TIERS, agreement_with, ami_interval, log_loss_gain
from clustering.report.subjects.first.happened import total_lost
from clustering.report.subjects.forward.words import own_forecast
from clustering.results import StudyFolder
from clustering.tracking.record.numbers import in_short


def headline_metrics(study: StudyFolder) -> dict[str, float]:
    """Sizes, agreement with the tiers, gain over them, money; what is not known is not there.

    MLflow draws the metrics of one prefix together, so that the four subjects are four groups of
    charts. All other numbers of a study are in one table (`numbers`).

    Returns
    -------
    dict
        ``study/`` counts, and shares from 0 to 1; ``tiers/`` adjusted mutual information;
        ``gain/`` log loss an account; ``money/`` shares of the amount. Each of few decimals.
    """
    return in_short(_size(study) | _tiers(study) | _gain(study) | _money(study))


def _size(study: StudyFolder) -> dict[str, float | None]:
    document = study.document
    stable = [one.jaccard for one in document.segments if one.jaccard is not None]
    return {
        "study/accounts": document.n_accounts,
        "study/features": sum(feature.included for feature in document.features),
        "study/k": len(document.segments),
        "study/natural_clusters": document.n_clusters,
        "study/least_share": min(segment.share for segment in document.segments),
        "study/least_jaccard": min(stable, default=None),
    }


def _tiers(study: StudyFolder) -> dict[str, float | None]:
    found = agreement_with(study, TIERS)
    if found is None:
        return {}
    low, high = ami_interval(found) or (None, None)
    return {"tiers/ami": found.ami, "tiers/ami_low": low, "tiers/ami_high": high}


def _gain(study: StudyFolder) -> dict[str, float | None]:
    """Of the one comparison that decides."""
    entry = own_forecast(study)
    found = None if entry is None else log_loss_gain(entry)
    if entry is None or found is None:
        return {}
    value, low, high = found
    p = entry.p if entry.p_adjusted is None else entry.p_adjusted
    return {"gain/log_loss": value, "gain/low": low, "gain/high": high, "gain/p": p}


def _money(study: StudyFolder) -> dict[str, float | None]:
    found = total_lost(study)
    share = None if found is None else found[0] / found[1]
    return {"money/cost_of_care": study.document.plan.cost_share, "money/lost": share}
