"""The same with sliders, where Jupyter has its widgets; without them the plain calls do it all."""

from collections.abc import Callable
from typing import Any

from clustering.report.kit.html import Html, paragraphs
from clustering.report.subjects.what_if.shown import quadrants, segments, team
from clustering.results import StudyFolder

#: Groups that a slider goes to at most, and weights of a family of features.
_MOST_GROUPS, _MOST_WEIGHT = 12, 4.0


def families(study: StudyFolder) -> list[str]:
    """The families of the features that made the segments."""
    return sorted({entry.family for entry in study.document.features if entry.included})


def try_segments(study: StudyFolder, *, names: bool = True) -> Any:
    """Sliders for the number of groups, and for the weight of one family of features."""

    def show(k: int, family: str, weight: float) -> Html:
        return segments(study, k, {family: weight}, names=names)

    def made(widgets: Any) -> dict[str, Any]:
        k = len(study.document.segments)
        most = min(max(_MOST_GROUPS, k), study.document.n_accounts - 1)
        return {
            "k": widgets.IntSlider(k, 1, most, description="Groups", continuous_update=False),
            "family": widgets.Dropdown(options=families(study), description="Features"),
            "weight": _from_to(widgets, 1.0, _MOST_WEIGHT, "Weight"),
        }

    return _with_sliders(show, made, "what_if.segments(study, k=3, weights={'usage': 2.0})")


def try_quadrants(study: StudyFolder, *, names: bool = True) -> Any:
    """Sliders for where growth potential and churn risk are high."""

    def show(growth: float, risk: float) -> Html:
        return quadrants(study, growth, risk, names=names)

    def made(widgets: Any) -> dict[str, Any]:
        return {
            "growth": _from_to(widgets, 0.5, 1.0, "Growth from"),
            "risk": _from_to(widgets, 0.5, 1.0, "Risk from"),
        }

    return _with_sliders(show, made, "what_if.quadrants(study, growth=0.4, risk=0.6)")


def try_team(study: StudyFolder) -> Any:
    """A slider for the head count."""
    staffing = study.document.plan.staffing
    csms = 0 if staffing is None else staffing.csms

    def show(csms: int) -> Html:
        return team(study, csms)

    def made(widgets: Any) -> dict[str, Any]:
        most = max(2 * csms, 10)
        return {
            "csms": widgets.IntSlider(csms, 0, most, description="CSMs", continuous_update=False)
        }

    return _with_sliders(show, made, "what_if.team(study, csms=5)")


def _from_to(widgets: Any, value: float, most: float, title: str) -> Any:
    return widgets.FloatSlider(
        value, min=0.0, max=most, step=0.05, description=title, continuous_update=False
    )


def _with_sliders(
    show: Callable[..., Html], made: Callable[[Any], dict[str, Any]], call: str
) -> Any:
    try:
        import ipywidgets
    except ImportError:
        return paragraphs([f"ipywidgets is not installed. Without sliders: {call}"])
    return ipywidgets.interactive(show, **made(ipywidgets))
