"""The best mixture before the same judges as k-means.

K-means cuts elongated clusters across. Where the mixture that ICL prefers holds more separate
heaps than k-means has natural clusters, or as many others, it is tried: the cross-fitted saddle
test, the bootstrap, and the nulls, each with the mixture refitted, and the look around its gaps. It
has to pass all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Flags, Floats, Ints
from clustering.models.labels import adjusted_rand, cross_counts
from clustering.models.mixture import MixtureFit, fit_mixture
from clustering.models.starts import MixtureStarts
from clustering.models.types import CovarianceType
from clustering.models.unimodality import merge_components
from clustering.resampling.draws import bootstrap
from clustering.resampling.engine import run_tasks
from clustering.structure.criteria.stability import clusterwise_jaccard, match_clusters
from clustering.structure.findings import NullName, NullTest, Trial
from clustering.structure.mixtures.candidates import Mixtures
from clustering.structure.nulls.homogeneous import null_sampler, nulls_test
from clustering.structure.reasons import ALONG_THE_LINE, bridges_in_words
from clustering.structure.rules import bridged, has_saddles, rejected
from clustering.structure.separation.bridges import bridges_between
from clustering.structure.separation.saddle import mixture_saddle
from clustering.structure.settings import Matrix, ProtocolSettings
from clustering.wording import p_in_words

#: Above so many accounts the trial is held on a random sample of so many.
TRIAL_ROWS = 4000
#: Starts of every refit: the Ward tree, k-means and random rows; the best of them runs on.
REFIT_STARTS = 3
#: The gain in ICL is compared on at most so many accounts, with at most so many draws.
NULL_ROWS = 500
MOST_NULLS = 99
#: Two partitions that agree less are not the same clusters.
SAME_CLUSTERS = 0.9
STATISTIC = "largest gain in ICL per account over one component"


@dataclass(frozen=True, eq=False)
class TriedMixture:
    """A mixture with what its trial found.

    Attributes
    ----------
    fit : components in the order of its own; those of the trial are in canonical order
    account_stability : (n,), share of resamples in which each account stays in its component; NaN
        outside the sample of the trial; None where it failed
    """

    trial: Trial
    fit: MixtureFit
    account_stability: Floats | None = None


def try_mixture(
    matrix: Matrix,
    mixtures: Mixtures,
    shown: Ints,
    nulls: Sequence[NullName],
    settings: ProtocolSettings,
) -> TriedMixture | None:
    """Judge the mixture that ICL prefers, if it claims more or other clusters than k-means shows.

    Parameters
    ----------
    matrix : of which `mixtures` were fitted on the sample
    shown : (m,), natural clusters of k-means in the sample; one where there are none
    nulls : that the gain in ICL has to exceed (`rules.nulls_asked`)

    Returns
    -------
    None where there is nothing to try: ICL prefers fewer components, or as many that are the same
    clusters, or some share a heap

    Examples
    --------
    >>> from clustering.config import EvidenceConfig, ModelsConfig
    >>> from clustering.progress import SILENT
    >>> from clustering.structure.mixtures.candidates import fit_mixtures
    >>> rng = np.random.default_rng(1)
    >>> long = rng.normal(size=(400, 2)) * [4.0, 0.5] + np.repeat([[0, 0], [0, 4]], 200, axis=0)
    >>> X = long @ np.array([[1.0, 1.0], [-1.0, 1.0]])
    >>> grid = ModelsConfig(k_max=3, n_init=3, covariance_types=("tied",))
    >>> mixtures = fit_mixtures(X, 3, grid, 0, SILENT)
    >>> quick = ProtocolSettings(seed=0, config=EvidenceConfig(resamples=10, nulls=19))
    >>> same = lambda drawn: drawn
    >>> matrix = Matrix(X, X, same, same, None, np.arange(400))
    >>> one, asked = np.zeros(400, dtype=np.int64), ("copula_unimodal",)
    >>> try_mixture(matrix, mixtures, one, asked, quick).trial.passed
    True
    """
    best = mixtures.best("icl_hard")
    n_clusters = int(shown.max()) + 1
    if best is None or best.k < max(n_clusters, 2):
        return None
    fit = mixtures.fit_of(best)
    if best.k == n_clusters and adjusted_rand(shown, fit.labels) >= SAME_CLUSTERS:
        return None
    if len(np.unique(merge_components(fit))) < fit.k:
        return None
    return _Trial(matrix.sample, matrix, fit, tuple(nulls), settings).run()


@dataclass(frozen=True, eq=False)
class _Trial:
    values: Floats
    matrix: Matrix
    fit: MixtureFit
    asked: tuple[NullName, ...]
    settings: ProtocolSettings

    def run(self) -> TriedMixture:
        """The judges in turn, the cheapest first."""
        config, kind = self.settings.config, self.fit.covariance_type
        rows = self._rows()
        sample = np.ascontiguousarray(self.values[rows])
        order = np.argsort(self.fit.means[:, 0], kind="stable")
        seed, progress = self.settings.seed, self.settings.progress
        saddle = mixture_saddle(sample, self.fit.means[order], kind, seed=seed, progress=progress)
        trial = Trial(covariance_type=kind, k=self.fit.k, passed=False, reason="", saddle=saddle)
        if saddle is None or not has_saddles(saddle):
            return self._failed("held-out accounts show no valley beside each of them", trial)
        base = np.argsort(order)[self.fit.scores(sample).argmax(axis=0)].astype(np.int64)
        bridges = bridges_between(sample, base)
        trial = trial.model_copy(update={"bridges": bridges})
        if bridged(bridges):
            why = f"{ALONG_THE_LINE}, {bridges_in_words(bridged(bridges), 'component')}"
            return self._failed(why, trial)
        jaccard, of_sample = self._resample(sample, base)
        trial = trial.model_copy(update={"jaccard": jaccard})
        if min(jaccard) < config.min_jaccard:
            why = f"they do not all come back under resampling (least Jaccard {min(jaccard):.2f})"
            return self._failed(why, trial)
        step = 1 + (len(rows) - 1) // NULL_ROWS
        nulls = tuple(self._null(name, rows[::step]) for name in self.asked)
        trial = trial.model_copy(update={"nulls": nulls})
        if not all(rejected(null, config) for null in nulls):
            return self._failed(f"data without clusters gains as much ({_gains(nulls)})", trial)
        stability = np.full(len(self.values), np.nan)
        stability[rows] = of_sample
        reason = (
            f"{self._said} holds clusters that k-means cuts across: held-out accounts show a "
            f"valley beside each (saddle test {p_in_words(saddle.p)}), each comes back under "
            f"resampling (least Jaccard {min(jaccard):.2f}), and data without clusters gains less "
            f"({_gains(nulls)})."
        )
        passed = trial.model_copy(update={"passed": True, "reason": reason})
        return TriedMixture(passed, self.fit, stability)

    @property
    def _said(self) -> str:
        kind = self.fit.covariance_type
        return f"The mixture that ICL prefers ({kind}, {self.fit.k} components)"

    def _failed(self, why: str, trial: Trial) -> TriedMixture:
        reason = f"{self._said} was tried too: {why}."
        return TriedMixture(trial.model_copy(update={"reason": reason}), self.fit)

    def _rows(self) -> Ints:
        n = len(self.values)
        if n <= TRIAL_ROWS:
            return np.arange(n)
        rng = np.random.default_rng([self.settings.seed, n, TRIAL_ROWS])
        return np.sort(rng.choice(n, TRIAL_ROWS, replace=False))

    def _resample(self, sample: Floats, base: Ints) -> tuple[tuple[float, ...], Floats]:
        """Mean Jaccard by component in canonical order, and the stability of every account."""
        k = self.fit.k

        def task(number: int, rng: np.random.Generator) -> tuple[Floats, Flags]:
            draw = bootstrap(len(sample), rng)
            rows = np.repeat(draw.rows, draw.weights.astype(np.int64))
            drawn, seed = sample[rows], int(rng.integers(2**31))
            starts = MixtureStarts(drawn, seed=seed)
            again = _fit(drawn, k, self.fit.covariance_type, starts, seed, base[rows])
            labels = again.scores(sample).argmax(axis=0)
            counts = cross_counts(base[draw.rows], labels[draw.rows], draw.weights, k, k)
            return clusterwise_jaccard(counts).max(axis=1), match_clusters(counts)[base] == labels

        results = run_tasks(
            task,
            self.settings.config.resamples,
            seed=self.settings.seed,
            purpose="Jaccard stability, mixture",
            progress=self.settings.progress,
        )
        jaccard = np.mean([one for one, _ in results], axis=0)
        stable = np.sum([one.astype(np.int64) for _, one in results], axis=0)
        return tuple(jaccard.tolist()), stable / self.settings.config.resamples

    def _null(self, name: NullName, rows: Ints) -> NullTest:
        draw = null_sampler(name, self.matrix.raw_sample[rows])
        kind, seed = self.fit.covariance_type, self.settings.seed

        def task(number: int, rng: np.random.Generator) -> float:
            return _icl_gain(self.matrix.prepare(draw(rng)), self.fit.k, kind, rng)

        drawn = run_tasks(
            task,
            min(self.settings.config.nulls, MOST_NULLS),
            seed=seed,
            purpose=f"null '{name}', mixture",
            progress=self.settings.progress,
        )
        observed = _icl_gain(self.values[rows], self.fit.k, kind, np.random.default_rng([seed, 2]))
        return nulls_test(name, STATISTIC, observed, drawn)


def _fit(
    values: Floats,
    k: int,
    kind: CovarianceType,
    starts: MixtureStarts,
    seed: int,
    warm: Ints | None = None,
) -> MixtureFit:
    extra = [] if warm is None or len(np.unique(warm)) < k else [warm]
    return fit_mixture(
        values,
        k,
        kind,
        n_init=REFIT_STARTS,
        seed=seed,
        starts=starts,
        extra=extra,
        quick_runs=1,
    )


def _icl_gain(values: Floats, k: int, kind: CovarianceType, rng: np.random.Generator) -> float:
    """Largest fall of ICL per account from one component to 2 .. k."""
    alone = fit_mixture(values, 1, kind, seed=0).icl_hard
    draw = int(rng.integers(2**31))
    starts = MixtureStarts(values, seed=draw)
    least = min(_fit(values, several, kind, starts, draw).icl_hard for several in range(2, k + 1))
    return (alone - least) / len(values)


def _gains(nulls: tuple[NullTest, ...]) -> str:
    """As in "gain in ICL per account 1.20 against 0.01, sd 0.01, p = 0.005 from 199 draws"."""
    worst = max(nulls, key=lambda null: (null.p, -null.z))
    return (
        f"gain in ICL per account {worst.observed:.2f} against {worst.mean:.2f}, sd "
        f"{worst.sd:.2f}, {p_in_words(worst.p)} from {worst.replicates} draws"
    )
