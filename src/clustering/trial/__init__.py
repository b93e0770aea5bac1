"""A trial of a playbook: how many accounts it needs, and who of them is treated first.

What a study foresees is not what will help: that is known after some accounts were treated and
others, alike and drawn by lot, had to wait.
"""

from clustering.trial.arms import ARMS, draw_arms
from clustering.trial.design import TrialDesign, TrialGroup, design_trial, known_design, trial_group

__all__ = [
    "ARMS",
    "TrialDesign",
    "TrialGroup",
    "design_trial",
    "draw_arms",
    "known_design",
    "trial_group",
]
