"""Which features are known, for how many accounts, and which of them made the segments."""

import math

from matplotlib.patches import Patch

from clustering.report.kit.canvas import INK, PALE, STRONG, one_panel, tidy
from clustering.report.kit.facts import feature_titles
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import InWords
from clustering.results import StudyFolder
from clustering.results.document import FeatureEntry
from clustering.wording import percent_in_words


def feature_coverage(study: StudyFolder) -> ReportFigure:
    """Share of accounts with a value, per feature; left-out features are pale."""
    features = sorted(study.document.features, key=lambda f: (f.family, f.name))
    title = _title(features)
    figure, ax = one_panel(title, height=1.5 + 0.25 * len(features))
    known = [1.0 - feature.missing_share for feature in features]
    titles = feature_titles(study, with_unit=False)
    ax.barh(
        range(len(features)),
        known,
        height=0.62,
        color=[STRONG if feature.included else PALE for feature in features],
    )
    for row, share in enumerate(known):
        ax.text(share + 0.008, row, f"{_percent(share)} %", va="center", fontsize=8.5, color=INK)
    ax.set_yticks(
        range(len(features)), [f"{f.family}: {titles[f.name]}" for f in features], fontsize=9
    )
    ax.set_ylim(len(features) - 0.4, -0.6)
    ax.set_xlim(0, 1.08)
    ax.xaxis.set_major_formatter(InWords(percent_in_words))
    ax.set_xlabel("share of accounts with a value", fontsize=10)
    tidy(ax, grid="x")
    figure.legend(
        handles=[Patch(color=STRONG, label="in the matrix"), Patch(color=PALE, label="left out")],
        loc="outside lower left",
        ncols=2,
        frameon=False,
        fontsize=9,
    )
    return ReportFigure("feature_coverage", figure, title, _alt(features, titles))


def _title(features: list[FeatureEntry]) -> str:
    included = [feature for feature in features if feature.included]
    if not included:
        return "No feature entered the matrix"
    worst = max(included, key=lambda feature: feature.missing_share)
    return (
        f"{len(included)} of {len(features)} features made the matrix; each is known for at least "
        f"{_percent(1 - worst.missing_share)} % of the accounts"
    )


def _alt(features: list[FeatureEntry], titles: dict[str, str]) -> str:
    said = "; ".join(
        f"{titles[f.name]} {_percent(1 - f.missing_share)} %{'' if f.included else ' (left out)'}"
        for f in features
    )
    return f"Bar per feature. {said}."


def _percent(share: float) -> int:
    """Rounded down: 100 % is printed only where no account lacks the value."""
    return math.floor(100 * share + 1e-9)
