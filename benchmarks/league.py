"""Who invents clusters, who misses them, who names the right number: methods side by side.

Every method sees the same books, those of `calibration.py` by the same seeds, z-scored, and says a
number of clusters; 1 is none. One line a book and method; a run that was stopped goes on where it
was. Methods whose package or program is not installed are named and left out (`pip install
--no-deps clustpy`; R with `mclust` and `prabclus`).

    python benchmarks/league.py --books 3 --rows 500 --out league.csv
    python benchmarks/league.py --summary league.csv
"""

import argparse
import csv
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import calibration
import numpy as np
import pandas as pd
from calibration import CONFIG, K_MAX
from calibration_curved import CURVED
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.metrics import calinski_harabasz_score, silhouette_score
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from statsmodels.stats.proportion import proportion_confint
from threadpoolctl import threadpool_limits

from clustering.models.kmeans import fit_kmeans
from clustering.models.labels import canonical_order
from clustering.structure.criteria.gap import gap_statistic
from clustering.structure.criteria.prediction import prediction_strength
from clustering.structure.evidence import zscore

Floats = NDArray[np.float64]
Method = Callable[[Floats, int], int]
FIELDS = ("scenario", "book", "truth", "method", "found", "seconds")
KS = range(1, K_MAX + 1)
COVARIANCES = ("full", "tied", "diag", "spherical")

#: What scenarios are summed up in one column, by their names; the first that fits.
GROUPS = {
    "bent": rf"^({'|'.join(CURVED)})$",
    "without clusters": r"^(?!.*(sd|apart))",
    "3 sd": r"3 sd$",
    "4 sd": r"4 sd$",
    "5 sd": r"5 sd$",
    "4 sd, noise": r"4 sd, noise$",
    "4 sd, outliers": r"4 sd, outliers$",
    "elongated": r"elongated",
}
#: The columns without clusters, in their order.
NOTHING = ["without clusters", "bent"]


def ours(values: Floats, seed: int) -> int:
    """Natural clusters of k-means by this project's protocol, as in `calibration.py`."""
    return max(calibration.natural_numbers(values, CONFIG, K_MAX, seed), default=1)


def ours_with_mixtures(values: Floats, seed: int) -> int:
    """The same with the trial of the mixture that ICL prefers, as in a study."""
    return calibration.natural_components(values, ours(values, seed), CONFIG, K_MAX, seed)


def _mixtures(values: Floats, seed: int, *, entropy: bool) -> int:
    scores = {}
    for k in KS:
        for kind in COVARIANCES:
            fit = GaussianMixture(k, covariance_type=kind, n_init=2, random_state=seed).fit(values)
            sure = np.maximum(fit.predict_proba(values), 1e-300)
            scores[k, kind] = fit.bic(values) - 2 * entropy * float((sure * np.log(sure)).sum())
    return int(min(scores, key=scores.__getitem__)[0])


def bayesian_mixture(values: Floats, seed: int) -> int:
    """Components of a Dirichlet process with at least 2 % of the weight."""
    fit = BayesianGaussianMixture(n_components=K_MAX, random_state=seed, max_iter=500).fit(values)
    return max(1, int((fit.weights_ >= 0.02).sum()))


def hdbscan(values: Floats, seed: int) -> int:
    """Clusters of at least 2 % of the rows, and of at least 10."""
    labels = HDBSCAN(min_cluster_size=max(10, len(values) // 50), copy=True).fit_predict(values)
    return max(1, int(labels.max()) + 1)


def _best_partition(values: Floats, seed: int, score: Callable[[Floats, Floats], float]) -> int:
    """The k of k-means with the best score; there is none for one cluster."""
    labels = {k: KMeans(k, n_init=5, random_state=seed).fit_predict(values) for k in KS[1:]}
    return max(labels, key=lambda k: score(values, labels[k]))


def gap(values: Floats, seed: int) -> int:
    """Gap statistic in the box of the principal axes, 20 references."""
    inertias = [fit_kmeans(values, k, n_init=5, seed=seed).inertia for k in KS]
    found = gap_statistic(values, KS, inertias, space="pca", n_references=20, seed=seed)
    return found.chosen_k or 1


def strength(values: Floats, seed: int) -> int:
    """The largest k whose prediction strength is at least 0.8, 20 splits."""
    found = prediction_strength(values, KS, n_splits=20, seed=seed)
    return max(k for k, mean in zip(KS, found.mean, strict=True) if k == 1 or mean >= 0.8)


def _of_clustpy(name: str) -> Method:
    def method(values: Floats, seed: int) -> int:
        from clustpy import centroid

        model = getattr(centroid, name)(n_clusters_init=1, max_n_clusters=K_MAX, random_state=seed)
        return int(model.fit(values).n_clusters_)

    return method


def _of_mclust(call: str) -> Method:
    def method(values: Floats, seed: int) -> int:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "values.csv"
            np.savetxt(file, values, delimiter=",")
            code = (
                f"suppressMessages({{library(mclust); library(prabclus)}}); set.seed({seed}); "
                f"x <- as.matrix(read.csv('{file}', header = FALSE)); cat({call})"
            )
            done = subprocess.run(
                ["Rscript", "-e", code], capture_output=True, text=True, check=True, timeout=600
            )
        return int(done.stdout.split()[-1])

    return method


def _cpu() -> float:
    """CPU seconds of this process and of the programs that it ran."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


METHODS: dict[str, Method] = {
    "this project": ours_with_mixtures,
    "this project, k-means alone": ours,
    "mixture, BIC": lambda values, seed: _mixtures(values, seed, entropy=False),
    "mixture, ICL": lambda values, seed: _mixtures(values, seed, entropy=True),
    "mixture, Dirichlet process": bayesian_mixture,
    "HDBSCAN": hdbscan,
    "gap statistic": gap,
    "prediction strength": strength,
    "silhouette": lambda values, seed: _best_partition(values, seed, silhouette_score),
    "Calinski-Harabasz": lambda values, seed: _best_partition(
        values, seed, calinski_harabasz_score
    ),
}
IN_CLUSTPY: dict[str, Method] = {
    "dip-means": _of_clustpy("DipMeans"),
    "projected dip-means": _of_clustpy("ProjectedDipMeans"),
    "G-means": _of_clustpy("GMeans"),
    "X-means": _of_clustpy("XMeans"),
}
_MCLUST = f"G = 1:{K_MAX}, verbose = FALSE"
IN_MCLUST: dict[str, Method] = {
    "mclust, BIC": _of_mclust(f"Mclust(x, {_MCLUST})$G"),
    "mclust, ICL": _of_mclust(
        f"as.integer(sub('.*,', '', names(summary(mclustICL(x, {_MCLUST}))[1])))"
    ),
    # The help of mclust starts its noise component from accounts that `NNclean` finds; components
    # are counted without it.
    "mclust, noise component": _of_mclust(
        f"Mclust(x, {_MCLUST}, initialization = list(noise = NNclean(x, k = 5)$z == 0))$G"
    ),
}


def installed() -> dict[str, Method]:
    """The methods that can be run here; the others are named."""
    found = dict(METHODS)
    for there, methods, where in (
        (importlib.util.find_spec("clustpy") is not None, IN_CLUSTPY, "clustpy"),
        (shutil.which("Rscript") is not None, IN_MCLUST, "R with mclust and prabclus"),
    ):
        if there:
            found |= methods
        else:
            print(f"Left out, {where} is not installed: {', '.join(methods)}.")
    return found


def run(args: argparse.Namespace) -> None:
    """Judge books until every scenario has as many as asked for; round by round."""
    calibration.N = args.rows
    out, methods, every = Path(args.out), installed(), calibration.scenarios()
    done: set[tuple[str, int, str]] = set()
    if out.exists():
        known = pd.read_csv(out)
        done = set(zip(known["scenario"], known["book"], known["method"], strict=True))
    with out.open("a", newline="", encoding="utf-8") as file, threadpool_limits(1):
        writer = csv.writer(file)
        if not done:
            writer.writerow(FIELDS)
        for book in range(args.books):
            for number, (name, (truth, draw)) in enumerate(every.items()):
                if not re.search(args.only, name) or group_of(name) == "":
                    continue
                seed = args.first_seed + 1000 * number + book
                values = draw(np.random.default_rng(seed))
                values = np.ascontiguousarray(zscore(values[canonical_order(values)]))
                for method, judge in methods.items():
                    if (name, book, method) in done:
                        continue
                    started = _cpu()
                    found = judge(values, seed)
                    seconds = round(_cpu() - started, 2)
                    writer.writerow((name, book, truth, method, found, seconds))
                    file.flush()


def group_of(scenario: str) -> str:
    """The column that a scenario is summed up in; empty where in none."""
    return next((group for group, names in GROUPS.items() if re.search(names, scenario)), "")


def summary(paths: list[str]) -> None:
    """Markdown: of books without clusters who invents, of others who misses and who is right."""
    frame = pd.concat([pd.read_csv(path) for path in paths])
    frame["group"] = frame["scenario"].map(group_of)
    ran = set(frame["method"])
    methods = [name for name in METHODS | IN_CLUSTPY | IN_MCLUST if name in ran]
    something = [group for group in GROUPS if group not in NOTHING]
    _table(frame, methods, NOTHING, "invents clusters", lambda rows: rows["found"] > 1)
    _table(frame, methods, something, "right number", lambda rows: rows["found"] == rows["truth"])
    _table(frame, methods, something, "sees none", lambda rows: rows["found"] == 1)
    seconds = frame.groupby("method")["seconds"].mean()
    print("CPU seconds a book: " + ", ".join(f"{m} {seconds[m]:.2f}" for m in methods) + ".")


def _table(
    frame: pd.DataFrame,
    methods: list[str],
    groups: list[str],
    what: str,
    of: Callable[[pd.DataFrame], "pd.Series[bool]"],
) -> None:
    print(f"| {what} | " + " | ".join(groups) + " |")
    print("| --- |" + " --- |" * len(groups))
    for method in methods:
        cells = []
        for group in groups:
            rows = frame[(frame["group"] == group) & (frame["method"] == method)]
            if rows.empty:
                cells.append("")
                continue
            n = int(of(rows).sum())
            low, high = proportion_confint(n, len(rows), method="wilson")
            cells.append(f"{n} of {len(rows)} ({low:.0%} to {high:.0%})")
        print(f"| {method} | " + " | ".join(cells) + " |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=3, help="books per scenario")
    parser.add_argument("--rows", type=int, default=500, help="accounts of a book")
    parser.add_argument("--only", default="", help="regular expression that a scenario matches")
    parser.add_argument("--first-seed", type=int, default=2_000_000)
    parser.add_argument("--out", default="league.csv", help="a line a book and method; resumed")
    parser.add_argument("--summary", nargs="+", help="print the tables of these files and stop")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")  # other people's fits that do not converge
    if not args.summary:
        run(args)
    summary(args.summary or [args.out])


if __name__ == "__main__":
    main()
