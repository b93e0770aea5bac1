"""The rules of the verdict, one by one: what is asked of a null, a gap, a cluster, a segment.

They are explained in docs/method.md.
"""

from collections.abc import Sequence

from clustering.config import EvidenceConfig
from clustering.structure.findings import (
    Bridge,
    KMeansDiagnostics,
    NullName,
    NullTest,
    Saddle,
    margins_asked,
)
from clustering.structure.separation.valleys import Valley

#: An excess over a null of fewer of its standard deviations is not taken for structure.
LEAST_EFFECT = 3.0
#: The saddle test: its level, and the most accounts in the valley, relative to the lower peak.
SADDLE_LEVEL = 0.005
SADDLE_DEPTH = 0.9
#: A gap is bent around where clusters without a connection would look so with at most this
#: p-value, and the accounts in it are at least so dense, relative to the thinner centre.
BRIDGE_LEVEL = 0.01
BRIDGE_DENSITY = 0.4
#: From this density on, borders between natural clusters of unequal shape are doubted.
BORDER_DENSITY = 0.2


def rejected(test: NullTest, config: EvidenceConfig) -> bool:
    """Whether a null is rejected, and the excess is large enough to matter."""
    return test.p <= config.alpha and test.z >= LEAST_EFFECT


def nulls_asked(bumpy: Sequence[str]) -> tuple[NullName, ...]:
    """The nulls that natural clusters must exceed, by the columns with several bumps."""
    if margins_asked(len(bumpy)):
        return ("copula_margins", "copula_unimodal")
    return ("copula_unimodal",)


def separated(row: KMeansDiagnostics, valley: Valley | None, config: EvidenceConfig) -> bool:
    """Whether held-out accounts show a gap beside every cluster, by either test.

    The valley test needs no model; the saddle test sees small clusters and looks through columns
    of noise. Both look along straight lines: whether the gap is bent around, `bridged` says.
    """
    return has_valleys(valley, config) or has_saddles(row.saddle)


def has_valleys(valley: Valley | None, config: EvidenceConfig) -> bool:
    """Whether most neighbouring pairs, and the nearest pair of every cluster, show a dip."""
    if valley is None:
        return False
    return min(valley.share, *valley.nearest) >= config.min_valley_share


def has_saddles(saddle: Saddle | None) -> bool:
    """Whether the saddle test finds a valley beside every cluster."""
    return saddle is not None and saddle.p <= SADDLE_LEVEL and max(saddle.depth) <= SADDLE_DEPTH


def bridged(bridges: Sequence[Bridge], density: float = BRIDGE_DENSITY) -> tuple[Bridge, ...]:
    """The pairs of neighbouring clusters that accounts connect around the line, densest first."""
    found = [one for one in bridges if one.p <= BRIDGE_LEVEL and one.density >= density]
    return tuple(sorted(found, key=lambda bridge: -bridge.density))


def every_cluster_returns(row: KMeansDiagnostics, config: EvidenceConfig) -> bool:
    """Whether every cluster is found again in resamples of the accounts."""
    return row.least_jaccard >= config.min_jaccard


def come_back(row: KMeansDiagnostics, config: EvidenceConfig) -> bool:
    """Whether segments are found again in resamples, and predict those of other accounts."""
    strong = row.prediction_strength >= config.min_prediction_strength
    return strong and every_cluster_returns(row, config)


def not_excluded(
    rows: Sequence[KMeansDiagnostics], natural: Sequence[int], config: EvidenceConfig
) -> tuple[int, ...]:
    """Numbers of clusters that the data leaves open, where there are natural ones.

    Fewer than the largest natural number would hide a gap. A larger one has none beside every
    cluster, but a small or near cluster may lack one that is seen: it stays open as long as every
    cluster comes back. How often the true number is among these, docs/calibration.md says.
    """
    if not natural:
        return ()
    largest = max(natural)
    more = [row.k for row in rows if row.k > largest and every_cluster_returns(row, config)]
    return (largest, *more)


def least_size(n: int, config: EvidenceConfig) -> float:
    """Accounts that the smallest segment must have to be useful to the business."""
    return max(float(config.smallest_segment), config.smallest_share * n)


def is_workable(k: int, smallest: float, config: EvidenceConfig, n: int) -> bool:
    """What the business asks of `k` segments of `n` accounts; no statistics in it."""
    few = config.most_segments is None or k <= config.most_segments
    return few and smallest >= least_size(n, config)
