"""Types that overlap: a graded verdict that was tried and is not offered (docs/calibration.md).

Every book of `calibration.py` is judged by one rule; a line a book says on which step it ended:
`types` where it passed all. Clusters 3 standard deviations apart are to pass, and no other book.

    python benchmarks/overlapping.py --books 5 --only 'crescent|clusters, 3 sd$' --out types.csv
"""

import argparse
import re
from collections.abc import Callable
from dataclasses import replace

import calibration
import numpy as np
import pandas as pd
from calibration import CONFIG, Floats
from scipy.stats import chi2
from statsmodels.stats.proportion import proportion_confint

from clustering.models.labels import canonical_order, cross_counts
from clustering.models.mixture import MixtureFit, fit_mixture
from clustering.models.starts import MixtureStarts
from clustering.models.unimodality import merge_components
from clustering.structure.criteria.stability import clusterwise_jaccard
from clustering.structure.nulls.homogeneous import null_sampler
from clustering.structure.rules import nulls_asked
from clustering.structure.separation.bridges import bridges_between
from clustering.structure.separation.multimodal_columns import columns_with_bumps
from clustering.structure.unrelated import unrelated_columns

MOST, RESAMPLES, DRAWS, FITS = 8, 10, 10, 39
LEAST_JACCARD, LEAST_P, LEAST_FIT, LEAST_Z = 0.75, 1e-3, 0.1, 3.0


def tied(values: Floats, k: int, seed: int, starts: int) -> MixtureFit:
    """Normal components with one covariance."""
    first = MixtureStarts(values, seed=seed)
    return fit_mixture(values, k, "tied", n_init=starts, seed=seed, starts=first, quick_runs=1)


def drawn(fit: MixtureFit, n: int, seed: list[int], towards: float = 1.0) -> Floats:
    """Rows of the mixture, its means at a share `towards` of their way from the common mean."""
    rng, centre = np.random.default_rng(seed), fit.weights @ fit.means
    means = centre + towards * (fit.means - centre)
    member = rng.choice(fit.k, n, p=fit.weights)
    return means[member] + rng.multivariate_normal(0 * centre, fit.covariances[0], n)


def closest_unimodal(fit: MixtureFit) -> float:
    """The largest share of their way at which the means make one heap."""
    centre, low, high = fit.weights @ fit.means, 0.0, 1.0
    for _ in range(8):
        middle = (low + high) / 2
        pulled = replace(fit, means=centre + middle * (fit.means - centre))
        one = len(np.unique(merge_components(pulled))) == 1
        low, high = (middle, high) if one else (low, middle)
    return low


def least_jaccard(values: Floats, fit: MixtureFit, seed: int) -> float:
    """Of the component that comes back worst from bootstrap samples."""
    found = []
    for number in range(RESAMPLES):
        rows = np.random.default_rng([seed, number]).integers(0, len(values), len(values))
        labels = tied(values[rows], fit.k, number, 3).scores(values).argmax(axis=0)
        shared = cross_counts(fit.labels, labels, np.ones(len(values)), fit.k, fit.k)
        found.append(clusterwise_jaccard(shared).max(axis=1))
    return float(np.mean(found, axis=0).min())


def bend(values: Floats, labels: np.ndarray) -> tuple[float, float, int]:
    """Fisher's sums over all pairs: of the three looks around the lines, and of the last."""
    looked = [b for b in bridges_between(values, labels) if (b.p_filled, b.p_off_line) != (0, 1)]
    sums = [
        -2 * sum(np.log(max(getattr(b, look), 1e-300)) for b in looked)
        for look in ("p_off_line", "p_spread", "p_filled")
    ]
    return sum(sums), sums[2], len(looked)


def judged(draw: Callable[[np.random.Generator], Floats], seed: int) -> tuple[int, str]:
    """Number of components that BIC prefers, and the step on which the book ended."""
    values = draw(np.random.default_rng(seed))
    values = values[:, ~unrelated_columns(values, seed=seed)]
    raw = np.ascontiguousarray(values[canonical_order(values)])
    raw, scaled, prepare = calibration.kept(raw, CONFIG, seed)
    n, grid = len(scaled), [tied(scaled, k, seed, 4) for k in range(1, MOST + 1)]
    fit = min(grid, key=lambda one: one.bic)
    if not 1 < fit.k < MOST:
        return fit.k, "number"
    if round(least_jaccard(scaled, fit, seed), 2) < LEAST_JACCARD:
        return fit.k, "come back"
    every, filled, n_pairs = bend(scaled, fit.labels)
    simulated = [drawn(fit, n, [seed, 7, i]) for i in range(FITS)]
    again = np.array([bend(rows, fit.scores(rows).argmax(axis=0))[:2] for rows in simulated])
    as_far = (1 + (again >= (every, filled)).sum(axis=0)) / (FITS + 1)
    if as_far.min() <= LEAST_FIT or (n_pairs and chi2.sf(every, 6 * n_pairs) <= LEAST_P):
        return fit.k, "bend"
    observed = 2 * (fit.log_likelihood - grid[0].log_likelihood) / n
    share = closest_unimodal(fit)
    if not beyond(observed, fit.k, [drawn(fit, n, [seed, 8, i], share) for i in range(DRAWS)]):
        return fit.k, "one heap"
    for name in nulls_asked(columns_with_bumps(scaled, seed=seed)):
        sampler = null_sampler(name, raw)
        draws = [prepare(sampler(np.random.default_rng([seed, 9, i]))) for i in range(DRAWS)]
        if not beyond(observed, fit.k, draws):
            return fit.k, "nulls"
    return fit.k, "types"


def beyond(observed: float, k: int, draws: list[Floats]) -> bool:
    """Whether k components gain more over one than in the draws, by three standard deviations."""
    gains = []
    for seed, rows in enumerate(draws):
        one = fit_mixture(rows, 1, "tied", seed=seed)
        gains.append(2 * (tied(rows, k, seed, 2).log_likelihood - one.log_likelihood) / len(rows))
    return bool((observed - np.mean(gains)) / np.std(gains, ddof=1) > LEAST_Z)


def summary(frame: pd.DataFrame) -> None:
    """Markdown: how many books of a scenario pass, and with the right number."""
    print("| scenario | books | types | 95 % interval | right number |")
    print("| --- | ---: | ---: | --- | ---: |")
    for name, rows in frame.groupby("scenario", sort=False):
        passed = rows["stage"] == "types"
        low, high = proportion_confint(passed.sum(), len(rows), method="wilson")
        right = (passed & (rows["k"] == rows["truth"])).sum()
        print(f"| {name} | {len(rows)} | {passed.sum()} | {low:.1%} to {high:.1%} | {right} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=5, help="books per scenario")
    parser.add_argument("--only", default="", help="regular expression that a scenario matches")
    parser.add_argument("--first-seed", type=int, default=7_400_000)
    parser.add_argument("--out", default="types.csv", help="a line a book")
    args = parser.parse_args()
    rows = []
    for number, (name, (truth, draw)) in enumerate(calibration.scenarios().items()):
        for book in range(args.books if re.search(args.only, name) else 0):
            seed = args.first_seed + 1000 * number + book
            rows.append((name, truth, seed, *judged(draw, seed)))
    frame = pd.DataFrame(rows, columns=["scenario", "truth", "seed", "k", "stage"])
    frame.to_csv(args.out, index=False)
    summary(frame)


if __name__ == "__main__":
    main()
