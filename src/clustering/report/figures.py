"""Figures that draw what a study folder holds; they compute nothing that a study could get wrong.

Each takes the opened study and gives a `ReportFigure`: the matplotlib figure, the finding as its
title and alternative text. A figure whose columns a study does not have gives None.
"""

from clustering.report.subjects.agreement.figures import agreement_dots
from clustering.report.subjects.agreement.flow_figures import tier_flow
from clustering.report.subjects.agreement.leakage_figures import ablation
from clustering.report.subjects.forward.gain_figures import forward_gains
from clustering.report.subjects.forward.rate_figures import forward_rates
from clustering.report.subjects.forward.scorecard_figures import agreement_matrix, scorecard
from clustering.report.subjects.groups.account_figures import (
    account_map,
    amount_by_tier,
    growth_against_risk,
    silhouettes,
)
from clustering.report.subjects.groups.choice_figures import choice_curves
from clustering.report.subjects.groups.evidence_figures import (
    clustergram,
    coassignment,
    valley_projections,
)
from clustering.report.subjects.groups.feature_figures import feature_coverage
from clustering.report.subjects.groups.profile_figures import profile_heatmap
from clustering.report.subjects.groups.structure_figures import null_tests, segment_stability
from clustering.report.subjects.plan.figures import (
    cost_by_labelling,
    cost_of_care,
    delivery_audit,
    head_count,
    segment_value,
)
from clustering.report.subjects.plan.sensitivity_figures import tornado

__all__ = [
    "ablation",
    "account_map",
    "agreement_dots",
    "agreement_matrix",
    "amount_by_tier",
    "choice_curves",
    "clustergram",
    "coassignment",
    "cost_by_labelling",
    "cost_of_care",
    "delivery_audit",
    "feature_coverage",
    "forward_gains",
    "forward_rates",
    "growth_against_risk",
    "head_count",
    "null_tests",
    "profile_heatmap",
    "scorecard",
    "segment_stability",
    "segment_value",
    "silhouettes",
    "tier_flow",
    "tornado",
    "valley_projections",
]
