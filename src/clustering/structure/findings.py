"""What the evidence says, as `study.json` and the JSON of `clustering evidence` hold it.

The rooms that measure give these entries as their results. They need nothing of what measured them:
who reads a study loads no statistics.
"""

from typing import Any, Literal

import numpy as np
from pydantic import Field

from clustering.models.types import Algorithm, Clustering, CovarianceType
from clustering.schema import Entry

NullName = Literal["gaussian", "copula_margins", "copula_unimodal"]
Scale = Literal["zscore", "none"]
VerdictName = Literal["natural", "reproducible", "constructive"]


class Dip(Entry):
    """Hartigan's dip test of one column."""

    D: float = Field(description="Hartigan's dip statistic.")
    p: float = Field(description="p-value against the uniform.")


class Dips(Entry):
    """Dip tests of the matrix."""

    columns: tuple[Dip, ...] = Field(description="Of every column.")
    pc1: Dip = Field(description="Of the first principal component.")


class NullTest(Entry):
    """The statistic beside its distribution under one null."""

    name: NullName = Field(description="gaussian, copula_margins or copula_unimodal.")
    statistic: str = Field(description="What is compared, in words.")
    observed: float = Field(description="Of these accounts.")
    mean: float = Field(description="Over the draws without clusters.")
    sd: float = Field(description="Over the draws without clusters.")
    p: float = Field(description="(1 + draws at least as large) / (draws + 1).")
    z: float = Field(description="Standard deviations of the null above its mean.")
    replicates: int = Field(description="Draws.")


def margins_asked(n_bumpy: int) -> bool:
    """Whether natural clusters must exceed the null copula_margins.

    Drawn with the margins of several columns with several bumps, data has clusters itself: a grid
    of them. It is then no data without clusters, and exceeding it no condition.
    """
    return n_bumpy < 2


class Structure(Entry):
    """Is there structure at all?"""

    hopkins: float | None = Field(description="Hopkins' statistic; null in a study.")
    hopkins_null: float | None = Field(description="Its mean under one Gaussian, likewise.")
    dip: Dips | None = Field(description="Tests of one peak; null in a study.")
    nulls: tuple[NullTest, ...] = Field(description="Tests against data without clusters.")
    least_effect: float = Field(description="Least z that is taken for structure.")
    n_bumpy: int = Field(
        0,
        description="Columns with several bumps; from two on the null copula_margins has clusters "
        "itself and is not asked.",
    )


class GapRow(Entry):
    """Gap statistic of one k against one reference space."""

    log_w: float | None = Field(description="Log of half the within-cluster sum of squares.")
    expected_log_w: float | None = Field(description="Its mean over the reference sets.")
    gap: float | None = Field(description="The second less the first.")
    se: float | None = Field(description="Standard error of the gap.")


class Gaps(Entry):
    """Gap statistic against both reference spaces."""

    pca: GapRow = Field(description="Uniform in the box along the principal axes.")
    box: GapRow | None = Field(None, description="In the box of the columns; null in a study.")


class JaccardRow(Entry):
    """Mean clusterwise Jaccard similarity by scheme of resampling, one value a cluster."""

    bootstrap: tuple[float, ...] = Field(description="Accounts drawn twice count twice.")
    distinct: tuple[float, ...] | None = Field(
        None, description="They count once; null in a study."
    )
    subset: tuple[float, ...] | None = Field(None, description="Half of them; null in a study.")
    noise: tuple[float, ...] | None = Field(None, description="5 % replaced; null in a study.")


class Saddle(Entry):
    """Held-out accounts between every cluster and its nearest one; by cluster, canonical order.

    All are medians over the repeats of the folds.
    """

    p: float = Field(description="Of the counts of all clusters together.")
    p_by_cluster: tuple[float, ...] = Field(
        description="Against 'no fewer in the valley than at both centres'."
    )
    depth: tuple[float, ...] = Field(
        description="Count in the valley over the smaller one at the centres; below 1: a valley."
    )


class Bridge(Entry):
    """What lies around the straight line between two neighbouring clusters.

    The p-values hold if both clusters are normal with one common shape: nothing would then connect
    them but their tails.
    """

    segments: tuple[int, int] = Field(description="The two clusters, from 1.")
    p: float = Field(description="Of the three signs (Fisher), times the number of pairs.")
    p_off_line: float = Field(description="Accounts of the gap lie to one side of the line.")
    p_spread: float = Field(description="They are spread otherwise than those at the centres.")
    p_filled: float = Field(description="There are more than the tails of two clusters leave.")
    density: float = Field(
        description="At the accounts in the gap, relative to the thinner centre, in the line and "
        "the two directions that bend most."
    )


class NullBand(Entry):
    """Average silhouette of one k where there are no clusters (null with unimodal margins)."""

    mean: float = Field(description="Over the draws.")
    sd: float = Field(description="Over the draws.")


class KMeansDiagnostics(Entry):
    """Everything measured about k-means with one k; None where it is not defined."""

    k: int = Field(description="Number of clusters.")
    sizes: tuple[int, ...] = Field(
        description="Accounts by cluster, with those that were set aside."
    )
    inertia: float = Field(description="Within-cluster sum of squares.")
    silhouette: float | None = Field(description="Average silhouette.")
    calinski_harabasz: float | None = Field(description="Index; null in a study.")
    davies_bouldin: float | None = Field(description="Index; null in a study.")
    gap: Gaps = Field(description="Gap statistic.")
    prediction_strength: float = Field(description="Mean over splits in halves.")
    instability: float | None = Field(description="Mean over pairs of bootstrap samples.")
    seed_ari: float | None = Field(description="Mean agreement of runs from other seeds.")
    jaccard: JaccardRow = Field(description="Does every cluster come back under resampling?")
    valley_share: float | None = Field(description="Share of pairs with a held-out valley.")
    saddle: Saddle | None = Field(description="The cross-fitted saddle test.")
    bridges: tuple[Bridge, ...] = Field(description="Around the lines between neighbours.")
    silhouette_null: NullBand | None = Field(description="Silhouette without clusters.")

    @property
    def least_jaccard(self) -> float:
        """Of the least stable cluster, under the bootstrap."""
        return min(self.jaccard.bootstrap)

    @property
    def calibrated(self) -> float:
        """Average silhouette in standard deviations above its mean without clusters."""
        band = self.silhouette_null
        if band is None or self.silhouette is None or band.sd <= 0:
            return -np.inf
        return (self.silhouette - band.mean) / band.sd


class MixtureDiagnostics(Entry):
    """Everything measured about one mixture; numbers are None where it could not be fitted."""

    covariance_type: CovarianceType = Field(description="Of the components.")
    k: int = Field(description="Components.")
    log_likelihood: float | None = Field(None, description="Of all accounts.")
    n_parameters: int = Field(description="Free parameters.")
    bic: float | None = Field(None, description="Lower is better.")
    icl_hard: float | None = Field(None, description="BIC with accounts in one component each.")
    icl_soft: float | None = Field(None, description="BIC with the entropy of the components.")
    smallest_eigenvalue_ratio: float | None = Field(None, description="Near 0: degenerate.")
    ruled_out: str | None = Field(description="Why a guard ruled it out.")
    sizes: tuple[int, ...] = Field((), exclude=True, description="Accounts by component.")


class Offered(Entry):
    """The model whose segments the study works with."""

    algorithm: Algorithm = Field(description="Kind of model.")
    k: int = Field(description="Number of segments.")
    covariance_type: CovarianceType | None = Field(
        None, description="Of a mixture; null for k-means."
    )

    @property
    def name(self) -> str:
        """As in "mixture k=3 diag"."""
        kind = "" if self.covariance_type is None else f" {self.covariance_type}"
        return f"{self.algorithm} k={self.k}{kind}"

    def is_spec_of(self, clustering: Clustering) -> bool:
        """Whether this is what the clustering was fitted as."""
        return self.name == clustering.spec.name


class MixtureChoice(Entry):
    """The mixture that a criterion prefers."""

    covariance_type: CovarianceType = Field(description="Of the components.")
    k: int = Field(description="Components.")


class ChosenBy(Entry):
    """The k that each criterion would choose by itself; None where it cannot choose."""

    gap_pca: int | None = Field(description="Gap statistic, box along the principal axes.")
    gap_box: int | None = Field(None, description="Gap statistic, box of columns; null in a study.")
    prediction_strength: int | None = Field(description="The largest k that is strong enough.")
    instability: int | None = Field(description="The least unstable k.")
    silhouette: int | None = Field(description="The largest average silhouette.")
    bic: MixtureChoice | None = Field(description="The mixture of least BIC.")
    icl: MixtureChoice | None = Field(description="The mixture of least ICL.")

    @property
    def votes(self) -> dict[str, int]:
        """The number of groups by criterion, of those that name one."""
        chosen: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        ks = {name: getattr(one, "k", one) for name, one in chosen.items()}
        return {name: k for name, k in ks.items() if k is not None}


class Trial(Entry):
    """What was found about the best mixture; None and empty from the first that it failed on."""

    covariance_type: CovarianceType = Field(description="Of the components.")
    k: int = Field(description="Components.")
    passed: bool = Field(description="Whether its components are natural clusters.")
    reason: str = Field(description="The outcome in words.")
    saddle: Saddle | None = Field(description="Cross-fitted, refitted in every fold.")
    bridges: tuple[Bridge, ...] = Field((), description="Around the lines between neighbours.")
    jaccard: tuple[float, ...] = Field((), description="Bootstrap, by component.")
    nulls: tuple[NullTest, ...] = Field((), description="Gain in ICL, against the same.")


class Findings(Entry):
    """What was measured on a matrix and what follows from it."""

    n: int = Field(description="Accounts that were judged.")
    n_set_aside: int = Field(
        0,
        description="Of them, those far from all others: they took no part in what is measured, "
        "and got the nearest segment.",
    )
    d: int = Field(description="Columns.")
    scale: Scale = Field(description="What was done to the columns first.")
    seed: int = Field(description="Every draw follows from it.")
    verdict: VerdictName = Field(description="natural, reproducible or constructive.")
    n_clusters: int = Field(description="Natural clusters; 1 when there are none.")
    offered: Offered = Field(description="The segments that a study works with.")
    segments_return: bool = Field(
        description="Whether these come back when the study is repeated on other accounts."
    )
    admissible: tuple[int, ...] = Field(description="Every k that is not ruled out.")
    reasons: tuple[str, ...] = Field(
        description="The verdict in words, with dissent, business limits and limits of evidence."
    )
    chosen_by: ChosenBy = Field(description="What each criterion would choose by itself.")
    structure: Structure = Field(description="Is there structure at all?")
    kmeans: tuple[KMeansDiagnostics, ...] = Field(description="One row a k, from 1.")
    mixtures: tuple[MixtureDiagnostics, ...] = Field(description="One row a mixture.")
    trial: Trial | None = Field(
        description="Of the mixture that ICL prefers; null where it claims no other clusters than "
        "k-means has shown."
    )

    @property
    def are_clusters(self) -> bool:
        """Whether the offered segments are the natural ones; bands must not be called clusters."""
        return self.verdict == "natural" and self.offered.k in self.admissible

    @property
    def segment_jaccard(self) -> tuple[float, ...]:
        """Bootstrap Jaccard of every offered segment, in canonical order."""
        if self.offered.algorithm == "mixture":
            return () if self.trial is None else self.trial.jaccard
        return self.kmeans[self.offered.k - 1].jaccard.bootstrap

    @property
    def segment_nulls(self) -> tuple[NullTest, ...]:
        """The tests against data without clusters that decided about the offered segments."""
        if self.offered.algorithm == "mixture" and self.trial is not None and self.trial.nulls:
            return self.trial.nulls
        asked = margins_asked(self.structure.n_bumpy)
        return tuple(
            null for null in self.structure.nulls if asked or null.name != "copula_margins"
        )

    @property
    def ruled_out(self) -> tuple[str, ...]:
        """Reasons of the candidates that a guard ruled out."""
        return tuple(row.ruled_out for row in self.mixtures if row.ruled_out is not None)
