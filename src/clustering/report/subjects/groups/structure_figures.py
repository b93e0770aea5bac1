"""Is there structure: the tests against homogeneous books; and does each segment come back."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from clustering.report.kit.canvas import (
    ASKED,
    INK,
    PALE,
    STRONG,
    new_figure,
    one_panel,
    tidy,
    wrap,
    wrap_apart,
)
from clustering.report.kit.facts import asked, come_back, group_words, stands_out
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.marks import marks_of
from clustering.results import StudyFolder
from clustering.structure.findings import NullTest
from clustering.wording import number_in_words, p_in_words

_NULL_NAMES = {
    "gaussian": "one Gaussian cloud",
    "copula_margins": "same distributions and correlations",
    "copula_unimodal": "the same, each with one peak",
}


def null_tests(study: StudyFolder) -> ReportFigure | None:
    """The observed statistic beside its distribution in books without groups."""
    tests = study.document.evidence.segment_nulls
    if not tests:
        return None
    title = _null_title(study, tests)
    statistics = list(dict.fromkeys(test.statistic for test in tests))
    figure = new_figure(title, height=1.6 + 0.75 * len(tests))
    grid = figure.subplots(
        len(statistics),
        1,
        squeeze=False,
        height_ratios=[sum(t.statistic == s for t in tests) for s in statistics],
    )[:, 0]
    for ax, statistic in zip(grid, statistics, strict=True):
        _null_panel(ax, [test for test in tests if test.statistic == statistic], statistic)
    figure.legend(
        handles=[
            Line2D([], [], color=STRONG, marker="o", markersize=9, linestyle="none",
                   label="these accounts"),
            Patch(color=PALE, label="books without groups, mean (line) ± 2 sd"),
        ],
        loc="outside lower left", ncols=2, frameon=False, fontsize=9,
    )  # fmt: skip
    said = "; ".join(
        f"{test.statistic} against {_null_name(test)}: {number_in_words(test.observed)}, "
        f"null {number_in_words(test.mean)} with sd {number_in_words(test.sd, 2)}, "
        f"{p_in_words(test.p)}"
        for test in tests
    )
    return ReportFigure("null_tests", figure, title, f"Observed values against null bands. {said}.")


def _null_title(study: StudyFolder, tests: Sequence[NullTest]) -> str:
    kept = [test for test in tests if not stands_out(study, test)]
    largest = max(test.p for test in tests)
    if not kept:
        return (
            f"A book without groups would not look like this: all {len(tests)} tests reject "
            f"(largest {p_in_words(largest)})"
        )
    return (
        f"{len(kept)} of {len(tests)} tests cannot tell these accounts from a book without "
        f"groups (largest {p_in_words(largest)})"
    )


def _null_name(test: NullTest) -> str:
    return _NULL_NAMES[test.name]


def _null_panel(ax: Axes, tests: Sequence[NullTest], statistic: str) -> None:
    for row, test in enumerate(tests):
        low, high = test.mean - 2 * test.sd, test.mean + 2 * test.sd
        ax.barh(row, high - low, left=low, height=0.42, color=PALE)
        ax.plot([test.mean] * 2, [row - 0.21, row + 0.21], color=INK, linewidth=1)
        ax.plot(test.observed, row, "o", color=STRONG, markersize=9)
        ax.annotate(
            f"{p_in_words(test.p)}  ({test.replicates} draws)",
            (test.observed, row - 0.24),
            ha="center",
            va="bottom",
            fontsize=9,
            color=INK,
        )
    ax.set_yticks(range(len(tests)), [wrap(_null_name(t), 24) for t in tests], fontsize=9.5)
    ax.set_ylim(len(tests) - 0.5, -0.75)
    ax.use_sticky_edges = False
    ax.margins(x=0.12)
    name = str(statistic).replace("_", " ")
    ax.set_xlabel(name, fontsize=10)
    tidy(ax, grid="x")


def segment_stability(study: StudyFolder) -> ReportFigure | None:
    """Jaccard of every segment under the bootstrap; None for a single segment."""
    segments = study.document.segments
    jaccard = [segment.jaccard for segment in segments if segment.jaccard is not None]
    if len(jaccard) < len(segments):
        return None
    threshold = asked(study).min_jaccard
    title = _stability_title(study, threshold)
    figure, ax = one_panel(title, height=1.9 + 0.6 * len(segments))
    ax.axvline(threshold, **ASKED)
    for place, (value, mark) in enumerate(zip(jaccard, marks_of(study).values(), strict=True)):
        ax.plot(value, place, marker=mark.marker, color=mark.colour, markersize=9)
    titles = wrap_apart([s.name for s in segments], 34, lines=2)
    labels = [
        f"{title}\n{s.n_accounts:,} accounts" for title, s in zip(titles, segments, strict=True)
    ]
    ax.set_yticks(range(len(segments)), labels, fontsize=9.5)
    ax.set_ylim(len(segments) - 0.5, -0.6)
    ax.set_xlim(0, 1.02)
    ax.set_xlabel(
        f"mean Jaccard with the most similar group in a resample (line: {threshold:g})", fontsize=10
    )
    tidy(ax, grid="x")
    said = "; ".join(f"{s.name}: {s.jaccard:.2f}" for s in segments)
    return ReportFigure("segment_stability", figure, title, f"Dots per segment. {said}.")


def _stability_title(study: StudyFolder, threshold: float) -> str:
    segments = study.document.segments
    groups = group_words(study)
    failing = [s for s in segments if (s.jaccard or 0.0) < threshold]
    worst = min(segments, key=lambda s: s.jaccard or 0.0)
    if not failing and not come_back(study):
        return (
            f"The {len(segments)} {groups} overlap with those of resampled accounts (mean Jaccard "
            f"at least {worst.jaccard:.2f}), but do not predict those of other accounts"
        )
    if not failing:
        return (
            f"Each of the {len(segments)} {groups} comes back when accounts are resampled "
            f"(mean Jaccard at least {worst.jaccard:.2f})"
        )
    return (
        f"{len(failing)} of {len(segments)} {groups} do not come back reliably when accounts are "
        f"resampled; least: '{worst.name}' ({worst.jaccard:.2f}, below {threshold:g})"
    )
