"""What sets the segments apart: mean z by segment and feature."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from clustering.arrays import Flags, Floats
from clustering.report.kit.cache import drawn_once
from clustering.report.kit.canvas import (
    BAD_TO_GOOD,
    INK,
    MUTED,
    ink_on,
    one_panel,
    wrap,
    wrap_apart,
)
from clustering.report.kit.facts import (
    decimal,
    feature_titles,
    group_words,
    known_features,
    segment_names,
)
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.labels import mark_ticks
from clustering.report.kit.marks import marks_of
from clustering.report.subjects.accounts.features import as_feature
from clustering.results import StudyFolder

_LIMIT = 2.0  # standard deviations at which the colours end; the numbers go on
_GREY = "#c4c4c4"
_MOST_UPRIGHT = 4  # columns; the names of more are written at an angle


@drawn_once
def profile_heatmap(study: StudyFolder) -> ReportFigure | None:
    """Rows are features by family, columns segments; every cell holds its number."""
    names = segment_names(study)
    if len(names) == 1:
        return None
    features = study.profiles.drop_duplicates("feature")[["feature", "family"]]
    features = features.sort_values("family", kind="stable")
    table = study.profiles.pivot_table(
        index="feature", columns="segment_name", values="mean_z", dropna=False, observed=True
    ).reindex(index=features["feature"], columns=names)
    used = {feature.name for feature in study.document.features if feature.included}
    # Standard deviations have no unit of the feature.
    titles, starred = feature_titles(study, with_unit=False), set(table.index) - used
    table.index = [
        f"{titles.get(name, name)}{' *' if name in starred else ''}" for name in table.index
    ]
    title = _title(table, study)
    figure, ax = one_panel(title, height=2.6 + 0.26 * len(table))
    values = table.to_numpy(dtype=float)
    known = known_features(study)
    better = {one.name: as_feature(one, known).higher_is_better for one in study.document.features}
    sides = _sides([better.get(name) for name in features["feature"]])
    painted = _painted(values, sides)
    ax.imshow(painted, aspect="auto")
    _write_numbers(ax, values, painted, worse=sides * values < 0.0)
    _label_axes(ax, study, table, features["family"].tolist())
    _explain(figure, ax)
    return ReportFigure("profile_heatmap", figure, title, _alt(table, study))


def _title(table: pd.DataFrame, study: StudyFolder) -> str:
    values = table.to_numpy(dtype=float)
    if not np.isfinite(values).any():
        return f"Profiles of the {group_words(study)}"
    row, column = divmod(int(np.nanargmax(np.abs(values))), values.shape[1])
    feature, segment, z = table.index[row], table.columns[column], values[row, column]
    side = "above" if z > 0 else "below"
    return (
        f"The largest difference: '{segment}' lies {abs(z):.1f} standard deviations {side} "
        f"the mean of all accounts in {feature.removesuffix(' *')}"
    )


def _sides(better: list[bool | None]) -> Floats:
    """1 where more is better, -1 where less is, 0 where neither, (n_features, 1)."""
    return np.array([0.0 if one is None else 1.0 if one else -1.0 for one in better])[:, None]


def _painted(values: Floats, sides: Floats) -> Floats:
    """Colour of every cell, (n_features, n_segments, 4).

    Teal is better and brown worse than usual; grey where neither end is better.
    """
    strength = np.clip(np.nan_to_num(values) / _LIMIT, -1.0, 1.0)
    judged = BAD_TO_GOOD(0.5 + sides * strength / 2)
    grey = np.ones_like(judged)
    grey[..., :3] -= 0.45 * np.abs(strength)[..., None]
    painted: Floats = np.where(sides[..., None] == 0.0, grey, judged)
    return painted


def _write_numbers(ax: Axes, values: Floats, painted: Floats, worse: Flags) -> None:
    """What is worse than usual is bold: without colours brown and teal are one grey."""
    size = 9 if values.shape[1] <= 6 else 8
    for (row, column), value in np.ndenumerate(values):
        if not np.isfinite(value):
            ax.text(column, row, "–", ha="center", va="center", fontsize=size, color=MUTED)
            continue
        colour = ink_on(painted[row, column, :3])
        text = f"+{decimal(value, 1)}" if value >= 0.05 else decimal(value, 1)
        weight = "bold" if worse[row, column] and abs(value) >= 0.05 else "normal"
        ax.text(column, row, text, ha="center", va="center", fontsize=size, color=colour,
                fontweight=weight)  # fmt: skip


def _explain(figure: Figure, ax: Axes) -> None:
    scale = ScalarMappable(Normalize(-_LIMIT, _LIMIT), BAD_TO_GOOD)
    bar = figure.colorbar(scale, ax=ax, shrink=0.6, pad=0.015, extend="both", aspect=25)
    bar.set_ticks([-_LIMIT, 0.0, _LIMIT], labels=["worse", "usual", "better"])
    bar.ax.tick_params(labelsize=9, colors=MUTED, length=0)
    bar.outline.set_visible(False)
    figure.legend(
        handles=[Patch(facecolor=_GREY, label="grey: neither is better; bold: worse")],
        loc="outside lower right", frameon=False, fontsize=9,
    )  # fmt: skip


def _label_axes(ax: Axes, study: StudyFolder, table: pd.DataFrame, families: list[str]) -> None:
    segments = study.document.segments
    many = len(segments) > _MOST_UPRIGHT
    width = 28 if many else max(12, 54 // len(segments))
    titles = wrap_apart([s.name for s in segments], width, lines=2 if many else 5)
    labels = [f"{title}\n({s.n_accounts:,})" for title, s in zip(titles, segments, strict=True)]
    ax.set_xticks(range(len(labels)), labels, fontsize=9 if len(labels) <= 5 else 8, color=INK)
    ax.xaxis.tick_top()
    if many:
        ax.tick_params(axis="x", labelrotation=45)
        for label in ax.get_xticklabels():
            label.set(ha="left", rotation_mode="anchor")
    mark_ticks(ax, list(marks_of(study).values()), "x", top=True)
    is_starred = any(name.endswith(" *") for name in table.index)
    note = "; * not in the matrix, shown for comparison" if is_starred else ""
    ax.set_xlabel(
        f"standard deviations from the mean of all accounts; accounts in brackets{note}",
        fontsize=8.5, color=MUTED,
    )  # fmt: skip
    rows = [wrap(name, 46, lines=1) for name in table.index]
    ax.set_yticks(range(len(table)), rows, fontsize=9, color=INK)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    for row in range(1, len(families)):
        if families[row] != families[row - 1]:
            ax.axhline(row - 0.5, color="white", linewidth=4)


def _alt(table: pd.DataFrame, study: StudyFolder) -> str:
    parts = []
    for name in table.columns:
        column = table[name].dropna()
        strongest = column.reindex(column.abs().sort_values(ascending=False).index)[:2]
        said = ", ".join(f"{feature} {value:+.1f}" for feature, value in strongest.items())
        parts.append(f"{name}: {said}")
    return (
        f"Heat map of {len(table)} features by {len(table.columns)} {group_words(study)}, in "
        f"standard deviations from the mean of all accounts. Strongest: {'; '.join(parts)}."
    )
