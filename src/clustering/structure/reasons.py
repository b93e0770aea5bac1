"""The verdict in words: each reason says its numbers and no more than they allow."""

from collections.abc import Mapping, Sequence

from clustering.config import EvidenceConfig
from clustering.structure.findings import Bridge, ChosenBy, KMeansDiagnostics, NullTest
from clustering.structure.rules import BORDER_DENSITY, bridged, least_size
from clustering.structure.separation.valleys import Valley
from clustering.wording import listed, p_in_words, share_in_words

ALONG_THE_LINE = "the gap is there along the straight line alone"
#: Agreement of runs from other seeds below which a k-means solution is not called unique.
UNIQUE = 0.9
#: Held-out accounts per pair of clusters below which the valley test has little power.
ENOUGH_HELD_OUT = 100
_CRITERIA = {
    "gap_pca": "the gap statistic (principal axes)",
    "gap_box": "the gap statistic (box)",
    "prediction_strength": "prediction strength",
    "instability": "instability",
    "silhouette": "the silhouette",
    "bic": "BIC",
    "icl": "ICL",
}


def structured(margins: NullTest, unimodal: NullTest) -> str:
    """More clustered than both kinds of data without clusters."""
    return (
        "The data is more clustered than data without clusters that has the same margins and "
        f"rank correlations ({_against(margins)}; with unimodal margins {_against(unimodal)})."
    )


def explained_by_margins(margins: NullTest, unimodal: NullTest, bumpy: Sequence[str]) -> str:
    """More clustered than unimodal margins allow, not more than these margins do."""
    cut = (
        "No feature alone has several bumps (dip test, ties spread, Holm): there is no cut to name."
    )
    if bumpy:
        cut = (
            f"{bumpy[0]} has several bumps (dip test, ties spread, Holm): cut there with a rule; "
            "no clustering is needed."
        )
    return (
        "The grouping is explained by the margins of single features and their correlation "
        f"({_against(margins)}), though not by unimodal ones ({_against(unimodal)}). {cut}"
    )


def bumps_in_several(margins: NullTest, unimodal: NullTest, bumpy: Sequence[str]) -> str:
    """More clustered than unimodal margins allow, and several columns have bumps."""
    return (
        "The data is more clustered than data without clusters that has unimodal margins and the "
        f"same rank correlations ({_against(unimodal)}). {', '.join(bumpy)} have several bumps "
        "each (dip test, ties spread, Holm): data drawn with the margins as they are has clusters "
        f"itself ({_against(margins)}) and is no comparison. Whether there are clusters, the gaps "
        "between them say."
    )


def unstructured(margins: NullTest, unimodal: NullTest) -> str:
    """No more clustered than data without clusters."""
    return (
        "Data without clusters, with the skewness, ties and correlation of this data, looks as "
        f"clustered as this data does (with unimodal margins {_against(unimodal)}; with the same "
        f"margins {_against(margins)})."
    )


def _against(test: NullTest) -> str:
    return (
        f"silhouette {test.observed:.3f} against {test.mean:.3f}, sd {test.sd:.3f}, "
        f"{p_in_words(test.p)} from {test.replicates} draws"
    )


def bridges_in_words(bridges: Sequence[Bridge], what: str) -> str:
    """The densest bridge, as in "but accounts connect segments 1 and 2 around it (...)"."""
    densest = bridges[0]
    first, second = densest.segments
    others = len(bridges) - 1
    more = f"; {others} more such pair{'s' if others > 1 else ''}" if others else ""
    return (
        f"but accounts connect {what}s {first} and {second} around it (in the gap they are "
        f"{densest.density:.2f} times as dense as at the thinner centre; two separate clusters "
        f"look so with {p_in_words(densest.p)}{more})"
    )


def bent(k: int, bridges: Sequence[Bridge]) -> str:
    """Separated along straight lines, and connected around them."""
    return (
        f"At k = {k} {ALONG_THE_LINE}, {bridges_in_words(bridges, 'segment')}: one continuum that "
        "bends, and no natural clusters at this k."
    )


def business_limits(
    rows: Sequence[KMeansDiagnostics], workable: Sequence[int], config: EvidenceConfig, n: int
) -> list[str]:
    """What the limits of the business leave out."""
    left_out = [str(row.k) for row in rows if row.k not in workable]
    if not left_out:
        return []
    most = "" if config.most_segments is None else f", at most {config.most_segments} segments"
    return [
        f"Business limit: k = {', '.join(left_out)} left out, because a segment must have at "
        f"least {least_size(n, config):.0f} accounts{most}."
    ]


def numbers(ks: Sequence[int], k_max: int) -> list[str]:
    """Which numbers of clusters are left open, `ks` by `rules.not_excluded`.

    Examples
    --------
    >>> print(numbers((3, 4), 8)[0])
    How many: the data does not exclude 3 or 4 clusters. With fewer than 3 a gap would lie inside \
of one; 4 come back under resampling, though not every one has a gap beside it.
    >>> print(numbers((3,), 8)[0])
    How many: of the numbers up to 8 the data leaves 3 clusters alone. With fewer a gap would lie \
inside of one; no larger number comes back under resampling.
    """
    if not ks:
        return []
    least, *more = map(str, ks)
    if not more:
        return [
            f"How many: of the numbers up to {k_max} the data leaves {least} clusters alone. With "
            "fewer a gap would lie inside of one; no larger number comes back under resampling."
        ]
    return [
        f"How many: the data does not exclude {listed([least, *more], 'or')} clusters. With "
        f"fewer than {least} a gap would lie inside of one; {listed(more)} come back "
        "under resampling, though not every one has a gap beside it."
    ]


def shape(rows: Sequence[KMeansDiagnostics], n_clusters: int) -> list[str]:
    """Natural clusters that are bent or unlike in shape: the gap is certain, the border is not."""
    if not any(bridged(row.bridges, BORDER_DENSITY) for row in rows if row.k == n_clusters):
        return []
    return [
        f"Limit: the clusters at k = {n_clusters} are bent, or of different shapes. There is a gap "
        "between them, but k-means draws straight borders half-way between centres: on which side "
        "an account near a border belongs need not be right."
    ]


def separation(
    rows: Sequence[KMeansDiagnostics], valleys: Mapping[int, Valley], apart: Sequence[int]
) -> list[str]:
    """Where held-out accounts show a gap beside every cluster, at `apart` or nowhere."""
    tested = [row for row in rows if row.k in valleys]
    if not tested:
        return []
    found = [row for row in tested if row.k in apart]
    if not found:
        best = max(tested, key=lambda row: valleys[row.k].share)
        return [
            "For no number of clusters do held-out accounts show a valley beside every cluster "
            f"(largest share of pairs: {_valley_numbers(best)}). That means no visible gap, not "
            "that all accounts are alike: clusters closer than about four standard deviations "
            "overlap."
        ]
    return [
        "Held-out accounts show a valley beside every cluster at "
        f"{_ks([row.k for row in found])} ({'; '.join(map(_valley_numbers, found))})."
    ]


def few_held_out(valleys: Sequence[Valley]) -> list[str]:
    """A limit of the valley test where a pair of clusters has few held-out accounts."""
    fewest = min((valley.fewest_points for valley in valleys), default=ENOUGH_HELD_OUT)
    if fewest >= ENOUGH_HELD_OUT:
        return []
    return [
        f"Limit: the smallest pair of clusters has {fewest:.0f} held-out accounts; the valley "
        f"test wants {ENOUGH_HELD_OUT}."
    ]


def _ks(ks: Sequence[int]) -> str:
    return "k = " + ", ".join(str(k) for k in ks)


def _valley_numbers(row: KMeansDiagnostics) -> str:
    dips = (
        ""
        if row.valley_share is None
        else f"dips in {share_in_words(row.valley_share)} of neighbouring pairs"
    )
    saddle = "" if row.saddle is None else f", saddle test {p_in_words(row.saddle.p)}"
    return f"k = {row.k}: {dips}{saddle}"


def stability(
    rows: Sequence[KMeansDiagnostics],
    natural: Sequence[int],
    stable: Sequence[int],
    config: EvidenceConfig,
) -> list[str]:
    """Which clusters, or else which segments, come back under resampling."""
    if not rows:
        return []
    asked = (
        f"prediction strength and least Jaccard; asked: {config.min_prediction_strength:g}, of "
        f"bands only, and {config.min_jaccard:g} of every cluster"
    )
    ks = natural or stable
    if not ks:
        best = max(rows, key=lambda row: min(row.prediction_strength, row.least_jaccard))
        return [
            "For no number of segments do they come back under resampling "
            f"(best, {_stability_numbers(best)}; {asked})."
        ]
    numbers = "; ".join(_stability_numbers(row) for row in rows if row.k in ks)
    what = "The clusters" if natural else "Segments"
    return [f"{what} come back under resampling at {_ks(ks)} ({numbers}; {asked})."]


def _stability_numbers(row: KMeansDiagnostics) -> str:
    return f"k = {row.k}: {row.prediction_strength:.2f} and {row.least_jaccard:.2f}"


def asked_for(k: int, otherwise: int, admissible: Sequence[int]) -> list[str]:
    """A number of segments that the settings ask for, whatever the evidence says of it.

    Examples
    --------
    >>> asked_for(4, 3, (3,))[0]
    'Asked for: 4 segments are offered because the settings say so; the evidence speaks for 3.'
    >>> asked_for(3, 3, (3,))
    []
    """
    if k == otherwise:
        return []
    evidence = (
        f"the evidence does not rule them out, and speaks for {otherwise}"
        if k in admissible
        else f"the evidence speaks for {otherwise}"
    )
    return [f"Asked for: {k} segments are offered because the settings say so; {evidence}."]


def seeds(row: KMeansDiagnostics) -> list[str]:
    """A limit where other random starts give other segments."""
    if row.seed_ari is None or row.seed_ari >= UNIQUE:
        return []
    return [
        f"Limit: k-means with {row.k} has no unique solution: runs that differ in their random "
        f"starts alone agree with a mean adjusted Rand index of {row.seed_ari:.2f}."
    ]


def labels_beside(offered: str, others: Mapping[str, float]) -> list[str]:
    """How far the labels are those of the next best partitions, by name with adjusted Rand index.

    Examples
    --------
    >>> print(*labels_beside("kmeans k=3", {"kmeans k=2": 0.714}))
    Labels: the verdict is about whether there are clusters, not about the place of each account. \
The labels of kmeans k=3 agree with those of kmeans k=2 with an adjusted Rand index of 0.71: \
another choice would place some accounts otherwise.
    """
    if not others:
        return []
    told = [
        f"those of {name} with an adjusted Rand index of {ari:.2f}" for name, ari in others.items()
    ]
    moved = (
        "hardly any account would be placed otherwise"
        if min(others.values()) >= UNIQUE
        else "another choice would place some accounts otherwise"
    )
    return [
        "Labels: the verdict is about whether there are clusters, not about the place of each "
        f"account. The labels of {offered} agree with {listed(told)}: {moved}."
    ]


def dissent(chosen_by: ChosenBy, n_clusters: int, largest: int) -> list[str]:
    """The criteria that would choose another number of clusters; `largest` is the most tried."""
    others = [
        f"{_CRITERIA[name]} says {k}{' (the largest tried)' if k == largest else ''}"
        for name, k in chosen_by.votes.items()
        if k != n_clusters
    ]
    if not others:
        return []
    return [
        "Dissent: " + ", ".join(others) + ". Silhouette and instability cannot say 1; BIC counts "
        "components, not clusters."
    ]
