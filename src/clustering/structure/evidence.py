"""The whole protocol on one matrix: measured, judged, and said in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustering.arrays import Floats, Ints
from clustering.config import EvidenceConfig, ModelsConfig
from clustering.errors import BadInputError, breaches_message
from clustering.models.kmeans import KMeansFit, checked_values, fit_kmeans
from clustering.models.labels import canonical_rows
from clustering.models.mixture import as_clustering
from clustering.models.types import CandidateSpec, Clustering
from clustering.progress import SILENT, Progress
from clustering.structure.candidates import Mixtures, fit_mixtures
from clustering.structure.choose import Choice, choose, chosen_by
from clustering.structure.criteria.hopkins import first_component, hopkins
from clustering.structure.diagnostics import (
    ChosenBy,
    KMeansDiagnostics,
    MixtureRow,
    Offered,
    Structure,
)
from clustering.structure.document import document
from clustering.structure.measure import Measured, measure_kmeans, run_nulls
from clustering.structure.nulls.homogeneous import NullTest
from clustering.structure.repeats import Repeats, find_repeats
from clustering.structure.separation.dip import dip
from clustering.structure.separation.multimodal_columns import columns_with_bumps
from clustering.structure.separation.point_masses import Spike, find_spike
from clustering.structure.table import candidate_table
from clustering.structure.trial import Trial, try_mixture
from clustering.structure.verdict import VerdictName, come_back, decide

Scale = Literal["zscore", "none"]

LEAST_ROWS = 8
#: Above so many accounts everything but k-means itself is measured on a random sample of them.
ALL_ROWS = 20_000
SAMPLE_ROWS = 10_000


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was measured and what follows from it.

    Attributes
    ----------
    verdict : "natural", "reproducible" or "constructive"
    n_clusters : number of natural clusters, 1 when there are none
    offered : the segments a study works with
    admissible : every k that the evidence does not rule out
    reasons : the verdict in words, with dissent, business limits and limits of the evidence
    kmeans, mixtures : one row per candidate
    chosen : the offered partition; labels in the order of the rows that were handed in
    clusterings : all fitted candidates, likewise
    account_stability : (n,), share of resamples in which an account stays in its cluster; NaN
        for accounts outside the sample where there are too many to measure all
    trial : of the mixture that ICL prefers; None where it claims no more clusters than k-means
        has shown
    segments_return : whether the offered segments come back when the study is repeated
    """

    n: int
    d: int
    scale: Scale
    seed: int
    verdict: VerdictName
    n_clusters: int
    offered: Offered
    admissible: tuple[int, ...]
    reasons: tuple[str, ...]
    chosen_by: ChosenBy
    structure: Structure
    kmeans: tuple[KMeansDiagnostics, ...]
    mixtures: tuple[MixtureRow, ...]
    chosen: Clustering
    clusterings: tuple[Clustering, ...]
    account_stability: Floats
    trial: Trial | None
    segments_return: bool

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
    def ruled_out(self) -> tuple[str, ...]:
        """Reasons of the candidates that a guard ruled out."""
        return tuple(row.ruled_out for row in self.mixtures if row.ruled_out is not None)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, text and None, by the keys of docs/method.md."""
        return document(self)

    def table(self) -> pd.DataFrame:
        """One row per candidate; missing where a criterion does not apply to it."""
        return candidate_table(self.kmeans, self.mixtures, self.offered, self.admissible)


def zscore(values: Floats) -> Floats:
    """Columns at mean 0 and standard deviation 1 (divisor n-1, as R's `scale`).

    A constant column becomes 0.

    Examples
    --------
    >>> zscore(np.array([[1.0], [2.0], [3.0]])).ravel().tolist()
    [-1.0, 0.0, 1.0]
    """
    spread = values.std(axis=0, ddof=1)
    scaled: Floats = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled


def judge(
    values: ArrayLike,
    *,
    raw: ArrayLike | None = None,
    prepare: Callable[[Floats], Floats] | None = None,
    config: EvidenceConfig | None = None,
    models: ModelsConfig | None = None,
    seed: int,
    scale: Scale = "none",
    columns: Sequence[str] | None = None,
    accounts: Sequence[object] | None = None,
    notes: Sequence[str] = (),
    progress: Progress = SILENT,
) -> Evidence:
    """Run the protocol of docs/method.md on a matrix.

    The rows are sorted first, so that their order changes nothing; labels and stability come
    back in the given order. An account is judged once, however many rows repeat it. Without
    `accounts` equal rows may be different accounts: where they are many, the distinct rows are
    judged as well, and the weaker of the two verdicts holds.

    Parameters
    ----------
    values : (n, d) finite, no constant column
    raw, prepare : the columns before preparation, (n, d_raw), and what turned them into `values`.
        The nulls are fitted to `raw` and go through `prepare`, so that they run the whole
        pipeline. Give both or neither
    scale : "zscore" scales the columns first (divisor n-1)
    columns : names of the columns, for the reasons of the guards
    accounts : (n,), whose each row is; rows of one account must be equal
    notes : what is already known to limit the evidence; added to the reasons
    seed : every draw follows from it

    Raises
    ------
    BadInputError
        Values that cannot be judged, all breaches at once.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (150, 3)), rng.normal(6, 1, (150, 3))])
    >>> quick = EvidenceConfig(resamples=10, nulls=19)
    >>> grid = ModelsConfig(k_max=3, n_init=2)
    >>> evidence = judge(X, config=quick, models=grid, seed=1, scale="zscore")
    >>> evidence.verdict, evidence.n_clusters
    ('natural', 2)
    """
    matrix = _checked(values)
    if (raw is None) != (prepare is None):
        raise BadInputError("give both the raw columns and what prepares them, or neither.")
    source = matrix if raw is None else checked_values(raw)
    rescale = zscore if scale == "zscore" else _identity
    repeats = find_repeats(matrix, accounts)
    if len(repeats.first) < LEAST_ROWS:
        raise BadInputError(
            f"{len(matrix)} rows, of which {len(repeats.first)} are different; at least "
            f"{LEAST_ROWS} different ones are needed to judge anything. If each row is an account "
            "of its own, name the column of the account."
        )

    def run(rows: Ints, words: Sequence[str]) -> Evidence:
        order = rows[canonical_rows(matrix[rows])]
        protocol = _Protocol(
            values=np.ascontiguousarray(rescale(np.ascontiguousarray(matrix[order]))),
            raw=source[order],
            prepare=rescale if prepare is None else prepare,
            rescale=rescale,
            config=config or EvidenceConfig(),
            models=models or ModelsConfig(),
            seed=seed,
            scale=scale,
            columns=columns,
            notes=(*notes, *words),
            progress=progress,
        )
        position = np.empty(len(matrix), dtype=np.int64)
        position[order] = np.arange(len(order))
        return protocol.run(position[rows])

    if accounts is not None:
        return _spread(run(repeats.first, _once_each(repeats)), repeats.back)
    if not repeats.matter:
        return run(np.arange(len(matrix)), _equal_rows(repeats))
    return _weaker(
        run(np.arange(len(matrix)), _equal_rows(repeats)),
        _spread(run(repeats.first, _equal_rows(repeats)), repeats.back),
    )


def _once_each(repeats: Repeats) -> list[str]:
    if not repeats.count:
        return []
    return [
        f"Repeats: {len(repeats.back)} rows are of {len(repeats.first)} accounts; each account is "
        "judged once."
    ]


def _equal_rows(repeats: Repeats) -> list[str]:
    if not repeats.count:
        return []
    return [
        f"Repeats: {repeats.count} of {len(repeats.back)} rows are equal to an earlier row in "
        f"every column ({len(repeats.first)} are different). If they repeat accounts, name the "
        "column of the account; here each counts as an account of its own."
    ]


def _weaker(every_row: Evidence, distinct: Evidence) -> Evidence:
    """The verdict that holds on all rows and on the distinct ones: the weaker of the two."""
    strength = {name: rank for rank, name in enumerate(reversed(get_args(VerdictName)))}

    def claim(evidence: Evidence) -> tuple[int, int]:
        return strength[evidence.verdict], evidence.n_clusters

    if claim(every_row) <= claim(distinct):
        return every_row
    unheld = (
        f"Repeats: with every row counted the verdict would be {every_row.verdict}"
        + (f", {every_row.n_clusters} clusters" if every_row.verdict == "natural" else "")
        + "; it does not hold on the rows that are different, so all of this is of those "
        f"{distinct.n} rows."
    )
    return replace(distinct, reasons=(*distinct.reasons, unheld))


def _spread(evidence: Evidence, back: Ints) -> Evidence:
    """The evidence of rows that stand for others, with labels and stability of all rows."""
    clusterings = tuple(_in_order(one, back) for one in evidence.clusterings)
    chosen = next(one for one in clusterings if evidence.offered.is_spec_of(one))
    return replace(
        evidence,
        chosen=chosen,
        clusterings=clusterings,
        account_stability=evidence.account_stability[back],
    )


def _identity(values: Floats) -> Floats:
    return values


def _checked(values: ArrayLike) -> Floats:
    matrix = checked_values(values)
    breaches = []
    if len(matrix) < LEAST_ROWS:
        breaches.append(f"{len(matrix)} rows; at least {LEAST_ROWS} are needed to judge anything")
    constant = np.flatnonzero(matrix.min(axis=0) == matrix.max(axis=0))
    if constant.size:
        breaches.append(f"columns {(constant + 1).tolist()} are constant; leave them out")
    if breaches:
        raise BadInputError(breaches_message("the values cannot be judged", breaches))
    return matrix


@dataclass(frozen=True, eq=False)
class _Protocol:
    """One run, on rows in canonical order."""

    values: Floats
    raw: Floats
    prepare: Callable[[Floats], Floats]
    rescale: Callable[[Floats], Floats]
    config: EvidenceConfig
    models: ModelsConfig
    seed: int
    scale: Scale
    columns: Sequence[str] | None
    notes: tuple[str, ...]
    progress: Progress

    def run(self, back: Ints) -> Evidence:
        rows = self._measured_rows()
        sample = np.ascontiguousarray(self.values[rows])
        k_max, notes = self._largest_k(sample)
        fits = self._fit_kmeans(k_max)
        searched = tuple(range(2, k_max + 1))
        nulls = run_nulls(
            sample,
            self.raw[rows],
            self.prepare,
            self.rescale,
            searched,
            self.config,
            self.seed,
            self.progress,
        )
        measured = measure_kmeans(
            self.values, fits, rows, nulls, self.config, self.seed, self.progress
        )
        mixtures = fit_mixtures(sample, k_max, self.models, self.seed, self.progress, self.columns)
        structure = self._structure(sample, tuple(null.test for null in nulls))
        criteria = chosen_by(measured, mixtures)
        decision = decide(
            measured.rows,
            structure,
            self.config,
            len(self.values),
            self._spikes(fits),
            columns_with_bumps(sample, self.columns, seed=self.seed),
        )
        trial = try_mixture(
            sample,
            self.raw[rows],
            self.prepare,
            mixtures,
            decision.n_clusters,
            self.config,
            self.seed,
            self.progress,
        )
        adopted = choose(
            decision,
            trial,
            mixtures,
            fits,
            sample,
            rows,
            criteria,
            self.config,
            len(self.values),
            self.columns,
        )
        if len(rows) < len(self.values):
            notes.append(
                f"Limit: {len(self.values)} accounts; k-means, its sizes, inertia and indices are "
                f"of all of them, everything else of a random sample of {len(rows)}."
            )
        return self._assemble(
            back, rows, fits, measured, mixtures, structure, criteria, adopted, trial, notes
        )

    def _measured_rows(self) -> Ints:
        n = len(self.values)
        if n <= ALL_ROWS:
            return np.arange(n)
        rng = np.random.default_rng([self.seed, n])
        return np.sort(rng.choice(n, SAMPLE_ROWS, replace=False))

    def _largest_k(self, sample: Floats) -> tuple[int, list[str]]:
        n_distinct = len(np.unique(sample, axis=0))
        largest = max(1, min(self.models.k_max, n_distinct - 1, len(sample) // 4))
        if largest == self.models.k_max:
            return largest, []
        return largest, [
            f"Limit: k above {largest} was not considered, with {len(sample)} accounts of which "
            f"{n_distinct} are distinct."
        ]

    def _fit_kmeans(self, k_max: int) -> list[KMeansFit]:
        fits = []
        with self.progress.step("k-means", k_max) as advance:
            for k in range(1, k_max + 1):
                fits.append(fit_kmeans(self.values, k, n_init=self.models.n_init, seed=self.seed))
                advance(1)
        return fits

    def _spikes(self, fits: list[KMeansFit]) -> dict[int, Spike]:
        several = [fit for fit in fits if fit.k > 1]
        found = {fit.k: find_spike(self.values, fit.labels, self.columns) for fit in several}
        return {k: spike for k, spike in found.items() if spike is not None}

    def _structure(self, sample: Floats, nulls: tuple[NullTest, ...]) -> Structure:
        with self.progress.step("structure"):
            return Structure(
                hopkins=hopkins(sample, seed=self.seed),
                dip_columns=tuple(dip(column) for column in sample.T),
                dip_pc1=dip(first_component(sample)),
                nulls=nulls,
            )

    def _assemble(
        self,
        back: Ints,
        rows: Ints,
        fits: list[KMeansFit],
        measured: Measured,
        mixtures: Mixtures,
        structure: Structure,
        criteria: ChosenBy,
        adopted: Choice,
        trial: Trial | None,
        notes: list[str],
    ) -> Evidence:
        offered = adopted.offered
        clusterings = self._clusterings(back, rows, fits, mixtures, adopted)
        n = len(self.values)
        stability = np.full(n, np.nan)
        if adopted.trial is None:
            stability[rows] = measured.account_stability[offered.k]
        elif adopted.trial.account_stability is not None:
            stability[rows] = adopted.trial.account_stability
        return Evidence(
            n=n,
            d=self.values.shape[1],
            scale=self.scale,
            seed=self.seed,
            verdict=adopted.verdict,
            n_clusters=adopted.n_clusters,
            offered=offered,
            admissible=adopted.admissible,
            reasons=(*adopted.reasons, *notes, *self.notes),
            chosen_by=criteria,
            structure=structure,
            kmeans=measured.rows,
            mixtures=mixtures.rows,
            chosen=next(one for one in clusterings if offered.is_spec_of(one)),
            clusterings=clusterings,
            account_stability=stability[back],
            trial=trial,
            segments_return=self._segments_return(offered, measured, adopted),
        )

    def _segments_return(self, offered: Offered, measured: Measured, adopted: Choice) -> bool:
        """By what is asked of clusters where the segments are natural, else of bands."""
        if offered.k == 1 or (adopted.verdict == "natural" and offered.k in adopted.admissible):
            return True
        return come_back(measured.rows[offered.k - 1], self.config)

    def _clusterings(
        self,
        back: Ints,
        rows: Ints,
        fits: list[KMeansFit],
        mixtures: Mixtures,
        adopted: Choice,
    ) -> tuple[Clustering, ...]:
        """All candidates in the caller's order.

        Mixtures only where every account was fitted, but for the one that is offered: it gives
        the accounts outside the sample their most probable component.
        """
        n_init = self.models.n_init
        found = [
            fit.clustering(CandidateSpec("kmeans", fit.k, None, n_init, 0.0, self.seed))
            for fit in fits
        ]
        if len(rows) == len(self.values):
            found += [
                as_clustering(fit, n_init=n_init, seed=self.seed)
                for fit in mixtures.fits
                if fit is not None
            ]
        elif adopted.trial is not None:
            fit = adopted.trial.fit
            everyone = replace(fit, responsibilities=fit.model.probabilities(self.values))
            found.append(as_clustering(everyone, n_init=n_init, seed=self.seed))
        return tuple(_in_order(one, back) for one in found)


def _in_order(clustering: Clustering, back: Ints) -> Clustering:
    shares = clustering.responsibilities
    return replace(
        clustering,
        labels=clustering.labels[back],
        responsibilities=None if shares is None else shares[back],
    )
