"""The verdict: natural, reproducible or constructive, and what a study may work with.

The three words are Dolnicar and Leisch's (2010). The rules are in docs/method.md. Nothing here
sees an outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from clustering.config import EvidenceConfig
from clustering.structure.diagnostics import ChosenBy, KMeansDiagnostics, Structure
from clustering.structure.nulls.homogeneous import NullTest
from clustering.structure.separation.bridges import Bridge
from clustering.structure.separation.point_masses import Spike
from clustering.structure.separation.saddle import Saddle
from clustering.structure.separation.valleys import Valley
from clustering.wording import p_in_words

VerdictName = Literal["natural", "reproducible", "constructive"]

#: An excess over a null of fewer of its standard deviations is not taken for structure.
LEAST_EFFECT = 3.0
#: The saddle test: its level, and the most accounts in the valley, relative to the lower peak.
SADDLE_LEVEL = 0.005
SADDLE_DEPTH = 0.8
#: A gap is bent around where clusters without a connection would look so with at most this
#: p-value, and the accounts in it are at least so dense, relative to the thinner centre.
BRIDGE_LEVEL = 0.01
BRIDGE_DENSITY = 0.4
#: From this density on, borders between natural clusters of unequal shape are doubted.
BORDER_DENSITY = 0.2
ALONG_THE_LINE = "the gap is there along the straight line alone"
#: Agreement of runs from other seeds below which a k-means solution is not called unique.
UNIQUE = 0.9
#: Held-out accounts per pair of clusters below which the valley test has little power.
ENOUGH_HELD_OUT = 100


@dataclass(frozen=True)
class Decision:
    """The verdict with its reasons, in words.

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


def _least_size(n: int, config: EvidenceConfig) -> float:
    """Accounts that the smallest segment must have to be useful to the business."""
    return max(float(config.smallest_segment), config.smallest_share * n)


def decide(
    rows: Sequence[KMeansDiagnostics],
    structure: Structure,
    config: EvidenceConfig,
    n: int,
    spikes: Mapping[int, Spike] | None = None,
    bumpy: Sequence[str] = (),
) -> Decision:
    """Combine the evidence; there is no majority vote.

    Natural needs all of: both copula nulls rejected, a held-out gap beside every cluster that no
    accounts bend around, every cluster coming back under resampling, and none that is one value of
    one column (`spikes`, by k). Where single columns explain the grouping, those with several bumps
    are named (`bumpy`). Prediction strength is not asked of clusters with a gap: it is the least
    over clusters on half of the accounts, and breaks on small ones. Otherwise the segments are
    bands of a continuum: reproducible when they come back and predict each other, constructive when
    not.
    """
    structured, reasons = _gate(structure.nulls, config, bumpy)
    several = [row for row in rows if row.k > 1]
    apart = [
        row.k
        for row in several
        if structured and separated(row, config) and _every_cluster_returns(row, config)
    ]
    rules = {k: spike for k, spike in (spikes or {}).items() if k in apart}
    bent = {row.k: bridged(row.bridges) for row in several if row.k in apart}
    natural = [k for k in apart if k not in rules and not bent[k]]
    stable = [row.k for row in several if come_back(row, config)]
    workable = [row.k for row in several if is_workable(row.k, min(row.sizes), config, n)]
    admissible = [k for k in stable if k in workable]
    verdict: VerdictName
    verdict = "natural" if natural else "reproducible" if stable else "constructive"
    n_clusters = max(natural) if natural else 1
    if natural:
        admissible = [k for k in natural if k in workable]
    k, why = _offer(several, natural, admissible, workable, config, n)
    reasons += [
        f"At k = {k} {spike}: cut that column with a rule; such a cluster is not called natural."
        for k, spike in rules.items()
    ]
    reasons += [
        f"At k = {k} {ALONG_THE_LINE}, {in_words(bridges, 'segment')}: one continuum that bends, "
        "and no natural clusters at this k."
        for k, bridges in bent.items()
        if bridges
    ]
    reasons += _separation_reasons(several, structured, apart, config)
    reasons += _stability_reasons(several, natural, stable, config)
    reasons += _shape_reasons(several, n_clusters)
    reasons += why
    reasons += _seed_reasons(rows[k - 1])
    offered_set = admissible if natural else [1, *admissible]
    return Decision(verdict, n_clusters, k, tuple(offered_set), tuple(reasons))


def rejected(test: NullTest, config: EvidenceConfig) -> bool:
    """Whether a null is rejected, and by more than a whisker."""
    return test.p <= config.alpha and test.z >= LEAST_EFFECT


def _gate(
    nulls: Sequence[NullTest], config: EvidenceConfig, bumpy: Sequence[str]
) -> tuple[bool, list[str]]:
    """Whether the data is more clustered than both copula nulls, and what that means."""
    tests = {test.name: test for test in nulls}
    if not {"copula_margins", "copula_unimodal"} <= set(tests):
        return False, ["The data is too small to be compared with data without clusters."]
    beyond = rejected(tests["copula_margins"], config)
    above = rejected(tests["copula_unimodal"], config)
    margins, unimodal = _number(tests["copula_margins"]), _number(tests["copula_unimodal"])
    if beyond and above:
        return True, [
            "The data is more clustered than data without clusters that has the same margins and "
            f"rank correlations ({margins}; with unimodal margins {unimodal})."
        ]
    if above:
        return False, [
            "The grouping is explained by the margins of single features and their correlation "
            f"({margins}), though not by unimodal ones ({unimodal}). {_cut(bumpy)}"
        ]
    return False, [
        "Data without clusters, with the skewness, ties and correlation of this data, looks as "
        f"clustered as this data does (with unimodal margins {unimodal}; with the same margins "
        f"{margins})."
    ]


def _cut(bumpy: Sequence[str]) -> str:
    if not bumpy:
        return "A rule on single features would do; no clustering is needed."
    several = "has" if len(bumpy) == 1 else "have"
    return (
        f"{', '.join(bumpy)} {several} several bumps (dip test, ties spread, Holm): cut there with "
        "a rule; no clustering is needed."
    )


def _number(test: NullTest) -> str:
    return (
        f"silhouette {test.observed:.3f} against {test.mean:.3f}, sd {test.sd:.3f}, "
        f"{p_in_words(test.p)} from {test.replicates} draws"
    )


def separated(row: KMeansDiagnostics, config: EvidenceConfig) -> bool:
    """Whether held-out accounts show a gap beside every cluster, by either test.

    The valley test needs no model; the saddle test sees small clusters and looks through columns
    of noise. Both look along straight lines: whether the gap is bent around, `bridged` says.
    """
    return has_valleys(row.valley, config) or has_saddles(row.saddle)


def has_valleys(valley: Valley | None, config: EvidenceConfig) -> bool:
    """Whether most neighbouring pairs, and the nearest pair of every cluster, show a dip."""
    if valley is None:
        return False
    return min(valley.share, *valley.nearest) >= config.min_valley_share


def has_saddles(saddle: Saddle | None) -> bool:
    """Whether the saddle test finds a valley beside every cluster."""
    return (
        saddle is not None and saddle.pooled_p <= SADDLE_LEVEL and max(saddle.depth) <= SADDLE_DEPTH
    )


def bridged(bridges: Sequence[Bridge]) -> tuple[Bridge, ...]:
    """The pairs of neighbouring clusters that accounts connect around the line, densest first."""
    found = [
        bridge
        for bridge in bridges
        if bridge.p <= BRIDGE_LEVEL and bridge.density >= BRIDGE_DENSITY
    ]
    return tuple(sorted(found, key=lambda bridge: -bridge.density))


def in_words(bridges: Sequence[Bridge], what: str) -> str:
    """The densest bridge, as in "but accounts connect segments 1 and 2 around it (...)"."""
    densest = bridges[0]
    first, second = (number + 1 for number in densest.pair)
    others = len(bridges) - 1
    more = f"; {others} more such pair{'s' if others > 1 else ''}" if others else ""
    return (
        f"but accounts connect {what}s {first} and {second} around it (in the gap they are "
        f"{densest.density:.2f} times as dense as at the thinner centre; two separate clusters "
        f"look so with {p_in_words(densest.p)}{more})"
    )


def _every_cluster_returns(row: KMeansDiagnostics, config: EvidenceConfig) -> bool:
    """Whether every cluster is found again in resamples of the accounts."""
    return row.least_jaccard >= config.min_jaccard


def come_back(row: KMeansDiagnostics, config: EvidenceConfig) -> bool:
    """Whether segments are found again in resamples, and predict those of other accounts."""
    return row.prediction_strength >= config.min_prediction_strength and _every_cluster_returns(
        row, config
    )


def is_workable(k: int, smallest: float, config: EvidenceConfig, n: int) -> bool:
    """What the business asks of `k` segments of `n` accounts; no statistics in it."""
    few = config.most_segments is None or k <= config.most_segments
    return few and smallest >= _least_size(n, config)


def _offer(
    rows: Sequence[KMeansDiagnostics],
    natural: Sequence[int],
    admissible: Sequence[int],
    workable: Sequence[int],
    config: EvidenceConfig,
    n: int,
) -> tuple[int, list[str]]:
    """The k that a study works with, and why."""
    limits = _business_reasons(rows, workable, config, n)
    if not rows:
        return 1, ["There are too few distinct accounts for two segments.", *limits]
    if natural and admissible:
        return max(admissible), limits
    if natural and workable:
        return _best_calibrated(rows, workable), [
            *limits,
            "No number of natural clusters meets the limits that the business sets; what is "
            "offered meets them and is a set of bands.",
        ]
    if admissible:
        return _best_calibrated(rows, admissible), limits
    if workable:
        return _best_calibrated(rows, workable), limits
    return 1, [
        *limits,
        "No number of segments meets the limits that the business sets: all accounts stay in one.",
    ]


def _best_calibrated(rows: Sequence[KMeansDiagnostics], among: Sequence[int]) -> int:
    """The smallest k within one null standard deviation of the best calibrated silhouette."""
    candidates = [row for row in rows if row.k in among]
    best = max(row.calibrated for row in candidates)
    return min(row.k for row in candidates if row.calibrated >= best - 1.0)


def _business_reasons(
    rows: Sequence[KMeansDiagnostics], workable: Sequence[int], config: EvidenceConfig, n: int
) -> list[str]:
    left_out = [str(row.k) for row in rows if row.k not in workable]
    if not left_out:
        return []
    most = "" if config.most_segments is None else f", at most {config.most_segments} segments"
    return [
        f"Business limit: k = {', '.join(left_out)} left out, because a segment must have at "
        f"least {_least_size(n, config):.0f} accounts{most}."
    ]


def _ks(ks: Sequence[int]) -> str:
    return "k = " + ", ".join(str(k) for k in ks)


def _shape_reasons(rows: Sequence[KMeansDiagnostics], n_clusters: int) -> list[str]:
    """Natural clusters that are bent or unlike in shape: the gap is certain, the border is not."""
    natural = [row for row in rows if row.k == n_clusters]
    doubted = [
        bridge
        for row in natural
        for bridge in row.bridges
        if bridge.p <= BRIDGE_LEVEL and bridge.density >= BORDER_DENSITY
    ]
    if not doubted:
        return []
    return [
        f"Limit: the clusters at k = {n_clusters} are bent, or of different shapes. There is a gap "
        "between them, but k-means draws straight borders half-way between centres: on which side "
        "an account near a border belongs need not be right."
    ]


def _separation_reasons(
    rows: Sequence[KMeansDiagnostics],
    structured: bool,
    returning: Sequence[int],
    config: EvidenceConfig,
) -> list[str]:
    tested = [row for row in rows if row.valley is not None]
    if not tested:
        return []
    apart = [row for row in tested if separated(row, config)]
    reasons = []
    if apart:
        reasons.append(
            "Held-out accounts show a valley beside every cluster at "
            f"{_ks([row.k for row in apart])} ({'; '.join(map(_valley_numbers, apart))})."
        )
    else:
        best = max(tested, key=lambda row: row.valley.share if row.valley else 0.0)
        reasons.append(
            "For no number of clusters do held-out accounts show a valley beside every cluster "
            f"(largest share of pairs: {_valley_numbers(best)}). That means no visible gap, not "
            "that all accounts are alike: clusters closer than about four standard deviations "
            "overlap."
        )
    if apart and structured and not returning:
        reasons.append("But the separated clusters do not come back under resampling.")
    judged = [row.valley for row in apart or tested if row.valley]
    fewest = min(valley.fewest_points for valley in judged)
    if fewest < ENOUGH_HELD_OUT:
        reasons.append(
            f"Limit: the smallest pair of clusters has {fewest:.0f} held-out accounts; the valley "
            f"test wants {ENOUGH_HELD_OUT}."
        )
    return reasons


def _valley_numbers(row: KMeansDiagnostics) -> str:
    share = "" if row.valley is None else f"dips in {row.valley.share:.0%} of neighbouring pairs"
    saddle = "" if row.saddle is None else f", saddle test {p_in_words(row.saddle.pooled_p)}"
    return f"k = {row.k}: {share}{saddle}"


def _stability_reasons(
    rows: Sequence[KMeansDiagnostics],
    natural: Sequence[int],
    stable: Sequence[int],
    config: EvidenceConfig,
) -> list[str]:
    if not rows:
        return []
    asked = (
        f"prediction strength and least Jaccard; asked: {config.min_prediction_strength:g}, of "
        f"bands only, and {config.min_jaccard:g} of every cluster"
    )
    if natural:
        numbers = "; ".join(_stability_numbers(row) for row in rows if row.k in natural)
        return [f"The clusters come back under resampling at {_ks(natural)} ({numbers}; {asked})."]
    if stable:
        numbers = "; ".join(_stability_numbers(row) for row in rows if row.k in stable)
        return [f"Segments come back under resampling at {_ks(stable)} ({numbers}; {asked})."]
    best = max(rows, key=lambda row: min(row.prediction_strength, row.least_jaccard))
    return [
        "For no number of segments do they come back under resampling "
        f"(best, {_stability_numbers(best)}; {asked})."
    ]


def _seed_reasons(row: KMeansDiagnostics) -> list[str]:
    if row.seed_ari is None or row.seed_ari >= UNIQUE:
        return []
    return [
        f"Limit: k-means with {row.k} has no unique solution: runs that differ in their random "
        f"starts alone agree with a mean adjusted Rand index of {row.seed_ari:.2f}."
    ]


def _stability_numbers(row: KMeansDiagnostics) -> str:
    return f"k = {row.k}: {row.prediction_strength:.2f} and {row.least_jaccard:.2f}"


def dissent(chosen_by: ChosenBy, n_clusters: int, largest: int) -> list[str]:
    """The criteria that would choose another number of clusters; `largest` is the most tried."""
    named = {
        "the gap statistic (principal axes)": chosen_by.gap_pca,
        "the gap statistic (box)": chosen_by.gap_box,
        "prediction strength": chosen_by.prediction_strength,
        "instability": chosen_by.instability,
        "the silhouette": chosen_by.silhouette,
        "BIC": None if chosen_by.bic is None else chosen_by.bic.k,
        "ICL": None if chosen_by.icl is None else chosen_by.icl.k,
    }
    others = [
        f"{name} says {k}{' (the largest tried)' if k == largest else ''}"
        for name, k in named.items()
        if k not in (None, n_clusters)
    ]
    if not others:
        return []
    return [
        "Dissent: " + ", ".join(others) + ". Silhouette and instability cannot say 1; BIC counts "
        "components, not clusters."
    ]
