"""The verdict: natural, reproducible or constructive, and what a study may work with.

The three words are Dolnicar and Leisch's (2010). The rules are in docs/method.md. Nothing here
sees an outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clustering.config import EvidenceConfig
from clustering.structure import reasons
from clustering.structure.findings import KMeansDiagnostics, NullTest, VerdictName, margins_asked
from clustering.structure.measure import Measured
from clustering.structure.rules import (
    bridged,
    come_back,
    every_cluster_returns,
    is_workable,
    not_excluded,
    rejected,
    separated,
)
from clustering.structure.separation.point_masses import Spike


@dataclass(frozen=True)
class Decision:
    """The verdict on k-means with its reasons, in words.

    Attributes
    ----------
    n_clusters : number of natural clusters, 1 when there are none
    k : of the k-means partition that a study works with
    admissible : every k that the evidence does not rule out
    """

    verdict: VerdictName
    n_clusters: int
    k: int
    admissible: tuple[int, ...]
    reasons: tuple[str, ...]


def decide(
    measured: Measured,
    nulls: Sequence[NullTest],
    config: EvidenceConfig,
    n: int,
    spikes: Mapping[int, Spike],
    bumpy: Sequence[str],
) -> Decision:
    """Combine the evidence; there is no majority vote.

    Natural needs all of: both copula nulls rejected, a held-out gap beside every cluster that no
    accounts bend around, every cluster coming back under resampling, and none that is one value of
    one column (`spikes`, by k). Where a single column explains the grouping, it is named (`bumpy`,
    those with several bumps); where several have bumps, the null with their margins has clusters
    itself and is not asked. Prediction strength is not asked of clusters with a gap: it is the
    least over clusters on half of the accounts, and breaks on small ones. Otherwise the segments
    are bands of a continuum: reproducible when they come back and predict each other, constructive
    when not.
    """
    structured, said = _gate(nulls, config, bumpy)
    several = [row for row in measured.rows if row.k > 1]
    apart = [row for row in several if separated(row, measured.valleys.get(row.k), config)]
    returning = [row for row in apart if structured and every_cluster_returns(row, config)]
    rules = {row.k: spikes[row.k] for row in returning if row.k in spikes}
    bent = {row.k: found for row in returning if (found := bridged(row.bridges))}
    natural = [row.k for row in returning if row.k not in rules and row.k not in bent]
    stable = [row.k for row in several if come_back(row, config)]
    workable = [row.k for row in several if is_workable(row.k, min(row.sizes), config, n)]
    admissible = [k for k in natural or stable if k in workable]
    n_clusters = max(natural) if natural else 1
    k, why = _offer(several, natural, admissible, workable)
    if config.offered_segments is not None:
        k, why = config.offered_segments, reasons.asked_for(config.offered_segments, k, admissible)
    tested = [measured.valleys[row.k] for row in apart or several if row.k in measured.valleys]
    said += [
        f"At k = {k} {spike}: cut that column with a rule; such a cluster is not called natural."
        for k, spike in rules.items()
    ]
    said += [reasons.bent(k, bridges) for k, bridges in bent.items()]
    said += reasons.separation(several, measured.valleys, [row.k for row in apart])
    if tested and apart and structured and not returning:
        said.append("But the separated clusters do not come back under resampling.")
    said += reasons.few_held_out(tested)
    said += reasons.stability(several, natural, stable, config)
    said += reasons.numbers(not_excluded(several, natural, config), len(measured.rows))
    said += reasons.shape(several, n_clusters)
    said += [*reasons.business_limits(several, workable, config, n), *why]
    said += reasons.seeds(measured.rows[k - 1])
    return Decision(
        verdict="natural" if natural else "reproducible" if stable else "constructive",
        n_clusters=n_clusters,
        k=k,
        admissible=tuple(admissible if natural else [1, *admissible]),
        reasons=tuple(said),
    )


def _gate(
    nulls: Sequence[NullTest], config: EvidenceConfig, bumpy: Sequence[str]
) -> tuple[bool, list[str]]:
    """Whether the data is more clustered than both copula nulls, and what that means."""
    tests = {test.name: test for test in nulls}
    if not {"copula_margins", "copula_unimodal"} <= set(tests):
        return False, ["The data is too small to be compared with data without clusters."]
    margins, unimodal = tests["copula_margins"], tests["copula_unimodal"]
    if not rejected(unimodal, config):
        return False, [reasons.unstructured(margins, unimodal)]
    if rejected(margins, config):
        return True, [reasons.structured(margins, unimodal)]
    if margins_asked(len(bumpy)):
        return False, [reasons.explained_by_margins(margins, unimodal, bumpy)]
    return True, [reasons.bumps_in_several(margins, unimodal, bumpy)]


def _offer(
    rows: Sequence[KMeansDiagnostics],
    natural: Sequence[int],
    admissible: Sequence[int],
    workable: Sequence[int],
) -> tuple[int, list[str]]:
    """The k that a study works with, and why."""
    if not rows:
        return 1, ["There are too few distinct accounts for two segments."]
    if natural and admissible:
        return max(admissible), []
    if natural and workable:
        return _best_calibrated(rows, workable), [
            "No number of natural clusters meets the limits that the business sets; what is "
            "offered meets them and is a set of bands.",
        ]
    if admissible or workable:
        return _best_calibrated(rows, admissible or workable), []
    return 1, [
        "No number of segments meets the limits that the business sets: all accounts stay in one.",
    ]


def _best_calibrated(rows: Sequence[KMeansDiagnostics], among: Sequence[int]) -> int:
    """The smallest k within one null standard deviation of the best calibrated silhouette."""
    candidates = [row for row in rows if row.k in among]
    best = max(row.calibrated for row in candidates)
    return min(row.k for row in candidates if row.calibrated >= best - 1.0)
