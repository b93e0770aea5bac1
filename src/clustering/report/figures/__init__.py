"""Figures that draw what a study folder holds; they compute nothing that a study could get wrong.

Each takes the opened study and gives a `Drawn`: the matplotlib figure, the finding as its title
and alternative text. A figure whose columns a study does not have gives None.
"""

from clustering.report.figures.accounts import (
    account_map,
    amount_by_tier,
    growth_against_risk,
    silhouettes,
)
from clustering.report.figures.agreement import agreement_dots, forward_gains
from clustering.report.figures.choice import choice_curves
from clustering.report.figures.evidence import clustergram, coassignment, valley_projections
from clustering.report.figures.features import feature_coverage
from clustering.report.figures.flow import tier_flow
from clustering.report.figures.leakage import ablation
from clustering.report.figures.plan import (
    cost_by_labelling,
    cost_of_care,
    delivery_audit,
    head_count,
    segment_value,
)
from clustering.report.figures.profiles import profile_heatmap
from clustering.report.figures.rates import forward_rates
from clustering.report.figures.scorecard import agreement_matrix, scorecard
from clustering.report.figures.sensitivity import tornado
from clustering.report.figures.structure import null_tests, segment_stability

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
