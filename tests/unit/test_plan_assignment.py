"""Which playbook a label gets: the file first, then what its accounts need."""

import numpy as np
import pandas as pd
import pytest

from clustering.plan.playbooks.assignment import assign_playbooks
from clustering.plan.playbooks.library import PRESENT_CARE, load_playbooks
from clustering.schemes.axes import Axes

INDEX = list("abcdefgh")
LABELS = pd.Series(["one"] * 4 + ["two"] * 4, index=INDEX)


def playbooks(**axes: list[float]) -> dict[str, str]:
    frame = pd.DataFrame(axes, index=INDEX)
    known = Axes(frame, frame.notna().astype(float))
    found = assign_playbooks("segment", LABELS, ("one", "two", "empty"), known, load_playbooks())
    assert all(one.rule for one in found)
    return {one.label: one.playbook for one in found}


def test_the_guidance_drawn_most_beyond_all_accounts_decides() -> None:
    found = playbooks(
        guidance_strategy=[0.9, 0.8, 0.9, 0.8, 0.3, 0.2, 0.3, 0.2],
        guidance_execution=[0.1, 0.1, 0.2, 0.1, 0.2, 0.1, 0.1, 0.1],
        guidance_first_steps=[0.1, 0.2, 0.1, 0.2, 0.6, 0.7, 0.6, 0.7],
    )
    assert found == {"one": "strategy_guidance", "two": "first_steps", "empty": "standard"}


def test_a_healthy_segment_at_low_risk_is_let_run_whatever_it_draws() -> None:
    found = playbooks(
        health=[0.9, 0.8, 0.9, 0.8, 0.3, 0.2, 0.3, 0.2],
        churn_risk=[0.1, 0.1, 0.2, 0.1, 0.7, 0.6, 0.7, 0.8],
        guidance_strategy=[0.9, 0.8, 0.9, 0.8, 0.3, 0.2, 0.3, 0.2],
    )
    assert found["one"] == "self_directed"


def test_without_guidance_the_quadrant_of_farmer_decides() -> None:
    found = playbooks(
        growth_potential=[0.9, 0.8, 0.9, 0.8, 0.3, 0.2, 0.3, 0.2],
        churn_risk=[0.7, 0.6, 0.7, 0.8, 0.1, 0.1, 0.2, 0.1],
    )
    assert found == {"one": "invest", "two": "sustain", "empty": "standard"}


def test_accounts_that_are_all_alike_get_standard_care() -> None:
    found = playbooks(growth_potential=[0.5] * 8, churn_risk=[0.5] * 8)
    assert set(found.values()) == {"standard"}


def test_a_label_that_the_file_names_needs_no_axes() -> None:
    labels = pd.Series(["smb", "enterprise"], index=["a", "b"])
    empty = Axes(pd.DataFrame(index=["a", "b"]), pd.DataFrame(index=["a", "b"]))
    found = assign_playbooks("arr_tiers", labels, ("smb", "enterprise"), empty, load_playbooks())
    assert [one.playbook for one in found] == ["low_touch", "high_touch"]
    assert found[0].rule == "the playbooks assign it to this label"


def quadrant_of(n: int, shift: float, seed: int = 0) -> tuple[str, str]:
    """Playbook and rule of a segment of n accounts, `shift` standard deviations from n others."""
    rng = np.random.default_rng(seed)
    labels = pd.Series(["one"] * n + ["two"] * n)
    axes = {
        name: np.concatenate([(x := rng.normal(size=n)) - x.mean() + shift,
                              (y := rng.normal(size=n)) - y.mean()])
        for name in ("growth_potential", "churn_risk")
    }  # fmt: skip
    frame = pd.DataFrame(axes)
    known = Axes(frame, frame.notna().astype(float))
    (found,) = assign_playbooks("segment", labels, ("one",), known, load_playbooks(), PRESENT_CARE)
    return found.playbook, found.rule


@pytest.mark.parametrize(
    ("n", "shift", "playbook"),
    [
        (20, 0.3, PRESENT_CARE),  # two errors are sqrt(2 / 20) = 0.32 of half the difference
        (400, 0.6, "invest"),
        (100_000, 0.02, PRESENT_CARE),  # beyond its errors, and of no size that matters
    ],
)
def test_a_difference_within_its_noise_gives_no_playbook(
    n: int, shift: float, playbook: str
) -> None:
    found, rule = quadrant_of(n, shift)
    assert found == playbook
    assert rule.startswith("near the line: ") == (playbook == PRESENT_CARE)


def test_guidance_that_two_kinds_share_gives_no_playbook() -> None:
    rng = np.random.default_rng(3)
    drawn = np.repeat([0.6, 0.2], 200)
    frame = pd.DataFrame(
        {
            "guidance_strategy": drawn + rng.normal(0, 0.1, 400),
            "guidance_execution": drawn + rng.normal(0, 0.1, 400),
        }
    )
    labels = pd.Series(["one"] * 200 + ["two"] * 200)
    known = Axes(frame, frame.notna().astype(float))
    (found,) = assign_playbooks("segment", labels, ("one",), known, load_playbooks(), PRESENT_CARE)
    assert found.playbook == PRESENT_CARE
    assert "of which neither is clearly drawn more" in found.rule
