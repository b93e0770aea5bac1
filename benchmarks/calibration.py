"""How often is "natural" said where there is nothing, and where there are clusters?

Every book is a matrix drawn afresh and judged as by `clustering evidence`: one line per
book in a CSV file. A run that was stopped goes on where it was; other processes may have parts.

Only what the verdict "natural" rests on is computed, with its functions and seeds: the held-out
tests, then the bootstrap, then the copula nulls, each only while the book can still be natural.
`--mixtures` adds the trial of the mixture that ICL prefers; `--whole` leaves nothing out;
`--around` asks only whether the look around the gaps lets k-means with the true number pass.

    python benchmarks/calibration.py --books 200 --out calibration.csv
    python benchmarks/calibration.py --summary calibration.csv
"""

import argparse
import csv
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_curved import CURVED, laid
from calibration_summary import summary
from numpy.typing import NDArray

from clustering.arrays import Flags
from clustering.config import EvidenceConfig, ModelsConfig
from clustering.matrix.outliers import far_rows
from clustering.models.kmeans import KMeansFit, fit_kmeans
from clustering.models.labels import canonical_order
from clustering.progress import SILENT
from clustering.structure.criteria.stability import jaccard_stability
from clustering.structure.evidence import assess_structure, zscore
from clustering.structure.mixtures.candidates import fit_mixtures
from clustering.structure.mixtures.trial import try_mixture
from clustering.structure.nulls.null_search import search, search_nulls
from clustering.structure.outliers import setting_aside
from clustering.structure.rules import bridged, has_saddles, has_valleys, nulls_asked, rejected
from clustering.structure.separation.bridges import bridges_between
from clustering.structure.separation.multimodal_columns import columns_with_bumps
from clustering.structure.separation.point_masses import find_spike
from clustering.structure.separation.saddle import cross_fitted_saddles
from clustering.structure.separation.valleys import held_out_valleys
from clustering.structure.settings import Matrix, Prepare, ProtocolSettings
from clustering.structure.unrelated import leaving_out_unrelated, unrelated_columns

Floats = NDArray[np.float64]
N, D = 1000, 6
SHARES = {
    2: (0.65, 0.35),
    3: (0.5, 0.3, 0.2),
    4: (0.4, 0.3, 0.2, 0.1),
    5: (0.35, 0.25, 0.2, 0.12, 0.08),
}
FIELDS = ("scenario", "book", "verdict", "n_clusters", "truth", "seconds")


def gaussian(rng: np.random.Generator) -> Floats:
    """One Gaussian with two common factors of random loadings."""
    loadings = rng.normal(size=(D, 2))
    covariance = loadings @ loadings.T + 1.5 * np.eye(D)
    spread = np.sqrt(np.diag(covariance))
    return rng.multivariate_normal(np.zeros(D), covariance / np.outer(spread, spread), N)


def bent(rng: np.random.Generator) -> Floats:
    """A bent gradient: uniform along a parabola, with noise."""
    t = rng.uniform(-1, 1, N)
    columns = [3 * t, 4 * t**2, *(rng.normal() * t for _ in range(D - 2))]
    return np.column_stack(columns) + 0.5 * rng.normal(size=(N, D))


def counts(rng: np.random.Generator) -> Floats:
    """Correlated Poisson counts with many ties."""
    return rng.poisson(np.exp(0.5 * gaussian(rng) + 0.7)).astype(np.float64)


def heavy_tails(rng: np.random.Generator) -> Floats:
    """Multivariate t with 3 degrees of freedom."""
    return gaussian(rng) / np.sqrt(rng.chisquare(3, N) / 3)[:, None]


def zero_inflated(rng: np.random.Generator) -> Floats:
    """log1p of log-normal amounts of which 20 to 60 % are zero, column by column."""
    values = np.log1p(np.exp(gaussian(rng) + 1))
    values[rng.random((N, D)) < rng.uniform(0.2, 0.6, D)] = 0
    return values


def one_feature(rng: np.random.Generator) -> Floats:
    """One column with two bumps 6 sd apart, independent of the others."""
    values = gaussian(rng)
    values[:, 0] = rng.normal(size=N) + np.where(rng.random(N) < 0.4, 6.0, 0.0)
    return values


def one_feature_correlated(rng: np.random.Generator) -> Floats:
    """Likewise, with the rank correlations of the Gaussian kept."""
    values = gaussian(rng)
    bumps = np.sort(rng.normal(size=N) + np.where(rng.random(N) < 0.4, 6.0, 0.0))
    values[:, 0] = bumps[values[:, 0].argsort().argsort()]
    return values


def independent_with_bumps(rng: np.random.Generator) -> Floats:
    """Independent columns, one of them with two bumps 6 sd apart."""
    values = rng.normal(size=(N, D))
    values[:, 0] += np.where(rng.random(N) < 0.4, 6.0, 0.0)
    return values


def with_noise(values: Floats, rng: np.random.Generator) -> Floats:
    """The columns and five more that hold nothing."""
    return np.column_stack([values, rng.normal(size=(N, 5))])


NULLS: dict[str, Callable[[np.random.Generator], Floats]] = {
    "gaussian": gaussian,
    "log-normal": lambda rng: np.exp(gaussian(rng)),
    "log-normal, log1p": lambda rng: np.log1p(np.exp(gaussian(rng))),
    "bent gradient": bent,
    "correlated counts": counts,
    "heavy tails (t3)": heavy_tails,
    "zero inflation": zero_inflated,
    "one bimodal feature": one_feature,
    "one bimodal feature, correlated": one_feature_correlated,
}


def clusters(rng: np.random.Generator, k: int, sd_apart: float, noise: int, out: float) -> Floats:
    """Spherical clusters, every pair `sd_apart` apart, of unequal size; turned at random.

    `noise` columns hold nothing; a share `out` of the rows is scattered four times as wide.
    """
    member = rng.choice(k, N, p=SHARES[k])
    centres = np.zeros((k, D))
    centres[np.arange(k), np.arange(k)] = sd_apart / np.sqrt(2)
    turn = np.linalg.qr(rng.normal(size=(D, D)))[0]
    values = (centres[member] + rng.normal(size=(N, D))) @ turn
    values = np.column_stack([values, rng.normal(size=(N, noise))])
    scattered = int(out * N)
    values[:scattered] = values.mean(axis=0) + 4 * values.std(axis=0) * rng.normal(
        size=(scattered, D + noise)
    )
    return values


def elongated(rng: np.random.Generator, k: int, sd_apart: float) -> Floats:
    """The same clusters without noise, four times as long in a direction that they share."""
    member = rng.choice(k, N, p=SHARES[k])
    centres = np.zeros((k, D))
    centres[np.arange(k), np.arange(k)] = sd_apart / np.sqrt(2)
    values = centres[member] + rng.normal(size=(N, D)) * np.array([1.0] * (D - 1) + [4.0])
    return values @ np.linalg.qr(rng.normal(size=(D, D)))[0]


def scenarios() -> dict[str, tuple[int, Callable[[np.random.Generator], Floats]]]:
    """Name, true number of clusters, and what draws a book."""
    found = {name: (1, draw) for name, draw in NULLS.items()}
    for sd_apart in (4, 5, 3):
        for k in SHARES:
            for label, noise, out in (("", 0, 0.0), (", noise", 5, 0.0), (", outliers", 0, 0.02)):
                name = f"{k} clusters, {sd_apart} sd{label}"
                found[name] = (
                    k,
                    lambda rng, k=k, s=sd_apart, m=noise, o=out: clusters(rng, k, s, m, o),
                )
    for k in (2, 3, 4):
        name = f"{k} elongated clusters, 5 apart"
        found[name] = (k, lambda rng, k=k: elongated(rng, k, 5.0))
    for name, shape in CURVED.items():
        found[name] = (1, lambda rng, shape=shape: laid(shape, N, D, rng))
    for name in ("gaussian", "log-normal", "one bimodal feature"):
        found[f"{name}, noise"] = (1, lambda rng, draw=NULLS[name]: with_noise(draw(rng), rng))
    found["independent columns"] = (1, lambda rng: rng.normal(size=(N, D)))
    found["independent columns, log-normal"] = (1, lambda rng: np.exp(rng.normal(size=(N, D))))
    found["independent columns, one bimodal"] = (1, independent_with_bumps)
    return found


N_INIT, K_MAX = 5, 6
CONFIG = EvidenceConfig(resamples=20, nulls=39)


def natural_numbers(
    raw: Floats, config: EvidenceConfig, k_max: int, seed: int, related: Flags | None = None
) -> set[int]:
    """Numbers at which k-means finds natural clusters, as in a study; it takes the largest.

    `related` are the columns that are judged, as in `clustering evidence`; None: all of them.
    """
    raw, scaled, prepare = kept(raw, config, seed, related)
    ks = range(2, k_max + 1)
    fits = {k: fit_kmeans(scaled, k, n_init=N_INIT, seed=seed) for k in ks}
    found = {k for k in ks if find_spike(scaled, fits[k].labels, None) is None}
    found = {k for k in found if not bridged(bridges_between(scaled, fits[k].labels))}
    if found:
        found &= separated(scaled, {k: fit.centres for k, fit in fits.items()}, config, seed)
    found = {k for k in found if returns(scaled, fits[k], config, seed)}
    if not found or not structured(scaled, raw, prepare, tuple(ks), config, seed):
        return set()
    return found


def kept(
    raw: Floats, config: EvidenceConfig, seed: int, related: Flags | None = None
) -> tuple[Floats, Floats, Prepare]:
    """Rows that are not far from all others, the same scaled, and what prepares the nulls."""
    all_related = related is None or bool(related.all())
    values = raw if all_related else raw[:, related]
    far = far_rows(zscore(values), share=config.most_set_aside, seed=seed).rows
    prepare = zscore if all_related else leaving_out_unrelated(zscore, seed=seed)
    aside = setting_aside(prepare, zscore, ProtocolSettings(seed=seed, config=config))
    return raw[~far], np.ascontiguousarray(zscore(values[~far])), aside if far.any() else prepare


def separated(
    scaled: Floats, centres: dict[int, Floats], config: EvidenceConfig, seed: int
) -> set[int]:
    """Every k at which held-out accounts show a gap beside every cluster, by either test."""
    saddles = cross_fitted_saddles(scaled, centres, seed=seed)
    apart = {k for k, saddle in saddles.items() if has_saddles(saddle)}
    valleys = held_out_valleys(scaled, centres, seed=seed)
    return apart | {k for k, valley in valleys.items() if has_valleys(valley, config)}


def returns(scaled: Floats, fit: KMeansFit, config: EvidenceConfig, seed: int) -> bool:
    """Whether every cluster comes back under the bootstrap."""
    (jaccard,) = jaccard_stability(
        scaled,
        [fit.labels],
        n_resamples=config.resamples,
        optima={} if fit.optima is None else {fit.k: fit.optima},
        seed=seed,
    )
    return float(jaccard.mean.min()) >= config.min_jaccard


def structured(
    scaled: Floats,
    raw: Floats,
    prepare: Prepare,
    ks: tuple[int, ...],
    config: EvidenceConfig,
    seed: int,
) -> bool:
    """Whether both copula nulls are rejected."""
    observed = search(scaled, ks, np.random.default_rng([seed, 1]))
    return all(
        rejected(
            search_nulls(name, raw, prepare, ks, observed, replicates=config.nulls, seed=seed).test,
            config,
        )
        for name in nulls_asked(columns_with_bumps(scaled, seed=seed))
    )


def natural_components(
    raw: Floats,
    n_clusters: int,
    config: EvidenceConfig,
    k_max: int,
    seed: int,
    related: Flags | None = None,
) -> int:
    """Likewise with the trial of the mixture that ICL prefers."""
    raw, scaled, prepare = kept(raw, config, seed, related)
    grid = ModelsConfig(k_max=k_max, n_init=N_INIT)
    mixtures = fit_mixtures(scaled, k_max, grid, seed, SILENT)
    matrix = Matrix(scaled, raw, prepare, prepare, None, np.arange(len(scaled)))
    shown = fit_kmeans(scaled, n_clusters, n_init=N_INIT, seed=seed).labels
    asked = nulls_asked(columns_with_bumps(scaled, seed=seed))
    settings = ProtocolSettings(seed=seed, config=config)
    tried = try_mixture(matrix, mixtures, shown, asked, settings)
    if tried is None or not tried.trial.passed or find_spike(scaled, tried.fit.labels):
        return n_clusters
    return tried.trial.k


def around(raw: Floats, k: int, seed: int) -> int:
    """The true number, where the look around the gaps lets k-means with it pass; else 1."""
    _, scaled, _ = kept(raw, EvidenceConfig(), seed)
    labels = fit_kmeans(scaled, k, n_init=N_INIT, seed=seed).labels
    return 1 if bridged(bridges_between(scaled, labels)) else k


def judge_book(
    draw: Callable[[np.random.Generator], Floats], truth: int, seed: int, args: argparse.Namespace
) -> tuple[str, int]:
    """Verdict and number of natural clusters of one book."""
    values = draw(np.random.default_rng(seed))
    related = ~unrelated_columns(values, seed=seed)
    order = canonical_order(values[:, related])
    if args.around:
        passed = around(np.ascontiguousarray(values[order][:, related]), truth, seed)
        return "natural" if passed > 1 else "not natural", passed
    config = EvidenceConfig(resamples=args.resamples, nulls=args.nulls)
    if not args.whole:
        raw = np.ascontiguousarray(values[order])
        found = natural_numbers(raw, config, args.k_max, seed, related)
        n_clusters = max(found, default=1)
        if args.mixtures:
            n_clusters = natural_components(raw, n_clusters, config, args.k_max, seed, related)
        return "natural" if n_clusters > 1 else "not natural", n_clusters
    models = ModelsConfig(k_max=args.k_max, n_init=N_INIT)
    evidence = assess_structure(
        values[:, related],
        ProtocolSettings(config=config, models=models, seed=seed, scale="zscore"),
        raw=values,
        prepare=zscore if related.all() else leaving_out_unrelated(zscore, seed=seed),
    )
    return evidence.verdict, evidence.n_clusters


def run(args: argparse.Namespace) -> None:
    """Judge books until every scenario has as many as asked for; round by round."""
    out = Path(args.out)
    done: set[tuple[str, int]] = set()
    if out.exists():
        done = set(pd.read_csv(out)[["scenario", "book"]].itertuples(index=False, name=None))
    todo = {
        name: value
        for number, (name, value) in enumerate(scenarios().items())
        if re.search(args.only, name) and number % args.parts == args.part
    }
    with out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if not done:
            writer.writerow(FIELDS)
        for book in range(args.books):
            for name, (truth, draw) in todo.items():
                if (name, book) in done:
                    continue
                started = time.process_time()
                seed = args.first_seed + 1000 * list(scenarios()).index(name) + book
                verdict, n_clusters = judge_book(draw, truth, seed, args)
                seconds = round(time.process_time() - started, 2)
                writer.writerow((name, book, verdict, n_clusters, truth, seconds))
                file.flush()


def main() -> None:
    global N
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=200, help="books per scenario")
    parser.add_argument("--out", default="calibration.csv", help="one line per book; resumed")
    parser.add_argument("--only", default="", help="regular expression that a scenario matches")
    parser.add_argument("--part", type=int, default=0, help="which part of the scenarios")
    parser.add_argument("--parts", type=int, default=1, help="in how many parts they are split")
    parser.add_argument("--resamples", type=int, default=CONFIG.resamples)
    parser.add_argument("--nulls", type=int, default=CONFIG.nulls)
    parser.add_argument("--k-max", type=int, default=K_MAX)
    parser.add_argument("--rows", type=int, default=N, help="accounts of a book")
    parser.add_argument("--first-seed", type=int, default=100_000)
    parser.add_argument("--mixtures", action="store_true", help="with the trial of mixtures")
    parser.add_argument("--around", action="store_true", help="the look around the gaps alone")
    parser.add_argument("--whole", action="store_true", help="leave nothing out")
    parser.add_argument("--summary", nargs="+", help="print the table of these files and stop")
    args = parser.parse_args()
    N = args.rows
    if args.summary:
        summary(args.summary, list(scenarios()))
    else:
        run(args)


if __name__ == "__main__":
    main()
