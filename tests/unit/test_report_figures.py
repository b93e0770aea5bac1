"""Figures draw any study that the schema allows, and say in words what they show."""

import hashlib
import html
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib import colors
from matplotlib.figure import Figure
from PIL import Image

from clustering import results
from clustering.report import figures
from clustering.report.kit import canvas
from clustering.report.kit.facts import feature_titles
from clustering.report.kit.figure import ReportFigure
from clustering.report.kit.marks import marks_of, segment_marks
from clustering.results import StudyFolder
from figure_geometry import colours_of, faults
from study_folders import Recipe, build_study

RECIPES = {
    "two bands, a currency sign in names": Recipe(k=2, forward=True, amount_name="$ARR$"),
    "four clusters, thirty features": Recipe(
        k=4, verdict="natural", n_features=30, n_accounts=900, algorithm="mixture"
    ),
    "twelve bands of hostile names": Recipe(k=12, n_accounts=1200, forward=True, hostile=True),
    "one segment": Recipe(k=1, verdict="constructive"),
}


OF_SEGMENTS = {
    "account_map",
    "coassignment",
    "cost_of_care",
    "delivery_audit",
    "forward_rates",
    "growth_against_risk",
    "profile_heatmap",
    "segment_stability",
    "segment_value",
    "silhouettes",
    "tier_flow",
    "valley_projections",
}
SEGMENT_COLOURS = {mark.colour.lower() for mark in segment_marks(8)}


@pytest.fixture(scope="module", params=list(RECIPES))
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    folder = tmp_path_factory.mktemp("figures") / "study"
    return results.read(build_study(folder, RECIPES[request.param]))


@pytest.mark.slow
@pytest.mark.parametrize("name", figures.__all__)
def test_every_figure_draws_every_study(study: StudyFolder, name: str) -> None:
    drawn = getattr(figures, name)(study)
    if drawn is None:
        return
    assert isinstance(drawn, ReportFigure)
    assert isinstance(drawn.figure, Figure)
    assert drawn.png().startswith(b"\x89PNG")
    assert len(drawn.title) > 20
    assert len(drawn.alt) > 40
    shown = drawn._repr_html_()
    (alt,) = re.findall(r'alt="([^"]*)"', shown)
    assert 40 < len(html.unescape(alt)) <= 300
    assert 'src="data:image/png;base64,' in shown
    assert faults(drawn.figure) == []
    if name not in OF_SEGMENTS:
        assert not colours_of(drawn.figure) & SEGMENT_COLOURS


def test_figures_that_need_what_is_absent_are_left_out(tmp_path: Path) -> None:
    bare = Recipe(with_arr=False, needs=False, axes=False, names=False)
    study = results.read(build_study(tmp_path / "s", bare))
    absent = {name for name in figures.__all__ if getattr(figures, name)(study) is None}
    assert absent == {
        "ablation",
        "agreement_dots",
        "agreement_matrix",
        "amount_by_tier",
        "cost_by_labelling",
        "cost_of_care",
        "delivery_audit",
        "forward_gains",
        "forward_rates",
        "growth_against_risk",
        "head_count",
        "scorecard",
        "segment_value",
        "tier_flow",
    }


def test_the_same_study_gives_the_same_picture(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    first = figures.account_map(study).png()
    again = figures.account_map(results.read(study.path))
    assert hashlib.sha256(first).digest() == hashlib.sha256(again.png()).digest()
    with Image.open(io.BytesIO(first)) as picture:
        assert picture.mode == "P"
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    slide = figures.account_map(study).svg()
    assert slide == again.svg()
    assert ElementTree.fromstring(slide).get("width") == "960pt"
    assert again.title.encode() in slide


def test_a_segment_looks_the_same_in_every_figure(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    marks = marks_of(study)
    colours = [mark.colour for mark in marks.values()]
    (scatter,) = figures.account_map(study).figure.axes
    assert [colors.to_hex(points.get_facecolor()[0]).upper() for points in scatter.collections] == (
        [colour.upper() for colour in colours]
    )
    drawn = figures.segment_stability(study)
    assert drawn is not None
    dots = [line for line in drawn.figure.axes[0].lines if line.get_marker() != "None"]
    assert [(dot.get_color(), dot.get_marker()) for dot in dots] == [
        (mark.colour, mark.marker) for mark in marks.values()
    ]
    drawn = figures.cost_of_care(study)
    assert drawn is not None
    names = [text.get_text().replace("\n", " ") for text in drawn.figure.axes[0].get_yticklabels()]
    bars = [colors.to_hex(bar.get_facecolor()).upper() for bar in drawn.figure.axes[0].patches]
    assert bars[: len(names)] == [marks[name].colour.upper() for name in names]


def test_a_sample_of_points_is_said_and_does_not_depend_on_the_order(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(n_accounts=5000)))
    drawn = figures.account_map(study)
    (axes,) = drawn.figure.axes
    assert "4,000 of 5,000 accounts, drawn by a hash of their id" in axes.get_xlabel()
    assert sum(len(points.get_offsets()) for points in axes.collections) == 4000
    assert "4,000 accounts" in drawn.alt
    turned = results.read(study.path)
    turned.__dict__["accounts"] = study.accounts.iloc[::-1]
    again = figures.account_map(turned).figure.axes[0]
    for one, other in zip(axes.collections, again.collections, strict=True):
        assert sorted(map(tuple, one.get_offsets())) == sorted(map(tuple, other.get_offsets()))


def test_dissent_is_in_the_title_and_in_the_picture(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(k=3)))
    drawn = figures.choice_curves(study)
    assert "4 of the 6 criteria that name a k prefer the chosen k = 3" in drawn.title
    assert "dissent: silhouette 2, ICL 2" in drawn.title
    silhouette = next(ax for ax in drawn.figure.axes if ax.get_title(loc="left") == "Silhouette")
    filled = [line for line in silhouette.lines if line.get_markersize() == 8]
    assert [line.get_xdata().tolist() for line in filled] == [[2]]


def test_a_null_band_is_drawn_where_the_study_has_one(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    drawn = figures.choice_curves(study)
    silhouette = next(ax for ax in drawn.figure.axes if ax.get_title(loc="left") == "Silhouette")
    assert len(silhouette.collections) >= 1


def test_the_flow_keeps_every_account(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    drawn = figures.tier_flow(study)
    assert drawn is not None
    assert [ax.get_title(loc="left") for ax in drawn.figure.axes] == ["by accounts", "by ARR (USD)"]
    bars = [patch for patch in drawn.figure.axes[0].patches if hasattr(patch, "get_height")]
    left = sum(bar.get_height() for bar in bars if bar.get_x() < 0.5)
    right = sum(bar.get_height() for bar in bars if bar.get_x() > 0.5)
    assert left == pytest.approx(1.0)
    assert right == pytest.approx(1.0)


def test_the_heatmap_names_the_largest_difference(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    top = study.profiles.loc[study.profiles["mean_z"].abs().idxmax()]
    drawn = figures.profile_heatmap(study)
    assert f"'{top['segment_name']}'" in drawn.title
    assert feature_titles(study, with_unit=False)[str(top["feature"])] in drawn.title
    assert f"{abs(top['mean_z']):.1f} standard deviations" in drawn.title


def test_colours_of_eight_segments_can_be_told_apart() -> None:
    rgb = [colors.to_rgb(colour) for colour in sorted(SEGMENT_COLOURS)]
    assert len(rgb) == 8
    for i, one in enumerate(rgb):
        for other in rgb[:i]:
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) > 0.05


def test_a_dollar_sign_is_not_mathematics() -> None:
    assert canvas.wrap("$ARR$ tiers", 40) == r"\$ARR\$ tiers"


def test_the_clustergram_says_where_groups_mix(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    flows = pd.DataFrame(
        {
            "k": [1, 2, 2, 3, 3, 3, 3],
            "cluster": [0, 0, 1, 0, 1, 1, 2],
            "size": [10, 6, 4, 4, 4, 4, 2],
            "position": [0.0, -1.0, 1.0, -2.0, 0.0, 0.0, 2.0],
            "from_cluster": pd.array([None, 0, 0, 0, 0, 1, 1], dtype="Int64"),
            "n_shared": pd.array([None, 6, 4, 4, 2, 2, 2], dtype="Int64"),
        }
    )
    study.__dict__["clustergram"] = flows
    drawn = figures.clustergram(study)
    assert drawn is not None
    assert "at the step to k = 3 only 80 % of the accounts come from the main" in drawn.title
    study.__dict__["clustergram"] = flows.assign(cluster=[0, 0, 1, 0, 1, 2, 3])
    drawn = figures.clustergram(study)
    assert drawn is not None
    assert "at every step all of the accounts come from the main" in drawn.title
    study.__dict__["clustergram"] = flows[flows["k"] < 3]
    assert figures.clustergram(study) is None


def test_the_co_assignment_says_its_averages_and_its_sample(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(k=2)))
    by_segment = study.accounts.groupby("segment")["account_id"]
    (a, b), (c, d) = (list(ids[:2]) for _, ids in by_segment)
    pairs = [(a, b, 0.9), (a, c, 0.1), (a, d, 0.3), (b, c, 0.1), (b, d, 0.3), (c, d, 0.7)]
    frame = pd.DataFrame(pairs, columns=["first", "second", "share"])
    study.__dict__["coassignment"] = frame.assign(n_refits=50, n_accounts=240)
    drawn = figures.coassignment(study)
    assert drawn is not None
    assert drawn.title == (
        "In 50 refits two accounts of one band are together 80 % of the time, two of different "
        "bands are together 20 % of the time (4 of 240 accounts)"
    )
    (image,) = drawn.figure.axes[0].images
    assert image.get_array().tolist()[0] == [1.0, 0.9, 0.1, 0.3]


def test_valleys_are_counted_after_adjustment(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s"))
    frame = study.valleys.assign(dip_p=0.03, dip_p_holm=0.06, n_held_out=120)
    study.__dict__["valleys"] = frame
    drawn = figures.valley_projections(study)
    assert drawn is not None
    n_pairs = len(frame.drop_duplicates(["first_segment", "second_segment"]))
    assert n_pairs > 1
    assert drawn.title.startswith(f"None of {n_pairs} pairs of neighbouring bands shows a valley")
    assert "on 120 held-out accounts" in drawn.title
    assert "fewer than 100 accounts a valley may go unseen" in drawn.figure.get_supxlabel()
    study.__dict__["valleys"] = frame.assign(dip_p_holm=0.04)
    drawn = figures.valley_projections(study)
    assert drawn is not None
    assert drawn.title.startswith(f"{n_pairs} of {n_pairs} pairs of neighbouring bands show a")
    one = frame[frame["second_segment"] == 1][: len(frame) // n_pairs].assign(dip_p_holm=0.03)
    study.__dict__["valleys"] = one
    drawn = figures.valley_projections(study)
    assert drawn is not None
    assert drawn.title.startswith("The pair of neighbouring bands shows a valley on 120")
    shown = sum(bar.get_height() for bar in drawn.figure.axes[0].patches)
    assert shown == one["count"].sum()


def rates(study: StudyFolder, low: float, high: float) -> pd.DataFrame:
    """A rates table: the first segment's interval ends at `low`, the second's starts at `high`."""
    names = [segment.name for segment in study.document.segments]
    rows = [
        ("segment", names[0], 0.1, low - 0.1, low, False),
        ("segment", names[1], 0.4, high, high + 0.1, False),
        ("segment", names[2], 0.9, 0.8, 0.95, True),
        ("arr_tiers", "smb", 0.2, 0.15, 0.25, False),
    ]
    columns = ["labelling", "level", "raw", "wilson_low", "wilson_high", "suppressed"]
    frame = pd.DataFrame(rows, columns=columns)
    corrected = {name: float("nan") for name in ("corrected", "corrected_low", "corrected_high")}
    return frame.assign(outcome="churned", n=80, events=8, shrunken=frame["raw"], **corrected)


def test_rates_differ_where_their_intervals_part(tmp_path: Path) -> None:
    study = results.read(build_study(tmp_path / "s", Recipe(k=3)))
    assert figures.forward_rates(study) is None
    names = [segment.name for segment in study.document.segments]
    rates(study, 0.2, 0.3).to_parquet(study.path / "rates.parquet")
    drawn = figures.forward_rates(study)
    assert drawn is not None
    assert drawn.title == (
        f"The bands differ in how often accounts churned: '{names[1]}' 40 %, '{names[0]}' 10 %; "
        "their intervals do not meet"
    )
    assert names[2] not in drawn.alt  # too few accounts
    assert "smb: 20 %, 95 % interval 15 % to 25 %" in drawn.alt
    rates(study, 0.3, 0.3).to_parquet(study.path / "rates.parquet")
    drawn = figures.forward_rates(study)
    assert drawn is not None
    assert drawn.title.startswith("The intervals of no two bands part: they cannot be said to")
