"""Measures every mixture of the grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustering.arrays import Floats, Ints
from clustering.config import ModelsConfig
from clustering.models.gaussian import n_free_parameters
from clustering.models.guards import ruled_out
from clustering.models.mixture import MixtureFit, fit_mixture
from clustering.models.starts import MixtureStarts
from clustering.models.types import CovarianceType
from clustering.progress import Progress
from clustering.resampling.engine import run_tasks
from clustering.structure.findings import MixtureChoice, MixtureDiagnostics


@dataclass(frozen=True, eq=False)
class Mixtures:
    """Rows of the evidence and the fits they come from (None where it was not fitted)."""

    rows: tuple[MixtureDiagnostics, ...]
    fits: tuple[MixtureFit | None, ...]

    def choice(self, criterion: str) -> MixtureChoice | None:
        """The best candidate by a criterion, as it is reported."""
        best = self.best(criterion)
        if best is None:
            return None
        return MixtureChoice(covariance_type=best.covariance_type, k=best.k)

    def best(self, criterion: str) -> MixtureDiagnostics | None:
        """The candidate with the lowest ``bic`` or ``icl_hard`` that nothing rules out."""
        open_rows = [row for row in self.rows if row.ruled_out is None]
        if not open_rows:
            return None
        return min(open_rows, key=lambda row: float(getattr(row, criterion)))

    def fit_of(self, row: MixtureDiagnostics) -> MixtureFit:
        """The fit behind a row that has one."""
        fit = self.fits[self.rows.index(row)]
        assert fit is not None
        return fit


def fit_mixtures(
    values: Floats,
    k_max: int,
    models: ModelsConfig,
    seed: int,
    progress: Progress,
    columns: Sequence[str] | None = None,
) -> Mixtures:
    """Fit every covariance type with every number of components.

    A mixture with more parameters than there are numbers in half of the matrix is not fitted: its
    likelihood would describe the accounts one by one.
    """
    if "mixture" not in models.algorithms:
        return Mixtures((), ())
    n, d = values.shape
    starts = MixtureStarts(values, seed=seed)

    def task(number: int, rng: np.random.Generator) -> list[MixtureFit | None]:
        kind = models.covariance_types[number]
        found: list[MixtureFit | None] = []
        for k in range(1, k_max + 1):
            if n_free_parameters(k, d, kind) > n * d / 2:
                found.append(None)
                continue
            before = found[-1] if found else None
            extra = [] if before is None else splits(before, values)
            found.append(
                fit_mixture(
                    values, k, kind, n_init=models.n_init, seed=seed, starts=starts, extra=extra
                )
            )
        return found

    by_kind = run_tasks(
        task, len(models.covariance_types), seed=seed, purpose="mixtures", progress=progress
    )
    grid = [(kind, k) for kind in models.covariance_types for k in range(1, k_max + 1)]
    fits = [fit for of_kind in by_kind for fit in of_kind]
    rows = tuple(
        _unfitted(kind, k, n, d) if fit is None else _row(fit, columns)
        for (kind, k), fit in zip(grid, fits, strict=True)
    )
    return Mixtures(rows, tuple(fits))


def splits(fit: MixtureFit, values: Floats) -> list[Ints]:
    """Partitions with one component more: each component in turn cut across its longest axis.

    The best mixture of k-1 components is often a step away from that of k.

    Examples
    --------
    >>> from clustering.models.mixture import fit_from_labels
    >>> X = np.arange(10.0)[:, None]
    >>> one = fit_from_labels(X, np.zeros(10, dtype=np.int64), "full")
    >>> splits(one, X)[0].tolist() in ([0] * 5 + [1] * 5, [1] * 5 + [0] * 5)
    True
    """
    labels = fit.labels
    found = []
    for j in range(fit.k):
        spread = np.sqrt(np.diagonal(fit.covariances[j]))
        _, axes = np.linalg.eigh(fit.covariances[j] / np.outer(spread, spread))
        side = ((values - fit.means[j]) / spread) @ axes[:, -1] > 0
        cut = np.where((labels == j) & side, fit.k, labels).astype(np.int64)
        if len(np.unique(cut)) == fit.k + 1:
            found.append(cut)
    return found


def _unfitted(kind: CovarianceType, k: int, n: int, d: int) -> MixtureDiagnostics:
    p = n_free_parameters(k, d, kind)
    reason = f"mixture k={k} {kind}: not fitted, {p} parameters for {n} accounts x {d} columns"
    return MixtureDiagnostics(covariance_type=kind, k=k, n_parameters=p, ruled_out=reason)


def _row(fit: MixtureFit, columns: Sequence[str] | None) -> MixtureDiagnostics:
    order = np.argsort(fit.means[:, 0], kind="stable")
    sizes = np.bincount(fit.labels, minlength=fit.k)[order]
    return MixtureDiagnostics(
        covariance_type=fit.covariance_type,
        k=fit.k,
        n_parameters=fit.n_parameters,
        log_likelihood=fit.log_likelihood,
        bic=fit.bic,
        icl_hard=fit.icl_hard,
        icl_soft=fit.icl_soft,
        smallest_eigenvalue_ratio=fit.smallest_eigenvalue_ratio,
        sizes=tuple(sizes.tolist()),
        ruled_out=ruled_out(fit, columns),
    )
