"""Homogeneous nulls that keep everything not meant by "cluster", and the test against them.

Every null data set goes through the whole pipeline: the preparation of the raw columns, the
scaling, the search over k. Observed data and nulls are treated alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from clustering.arrays import Floats
from clustering.structure.findings import NullName, NullTest
from clustering.structure.nulls.marginals import (
    Quantiles,
    empirical_quantiles,
    unimodal_quantiles,
)

NULL_NAMES: tuple[NullName, ...] = get_args(NullName)

#: Rows simulated to see how much correlation ties and spikes take away from the latent normals.
CALIBRATION_ROWS = 4000


class DataSet(Protocol):
    """Draws one data set of the shape of the observed one."""

    def __call__(self, rng: np.random.Generator) -> Floats:
        """(n, d)"""
        ...


@dataclass(frozen=True, eq=False)
class _Gaussian:
    n: int
    mean: Floats
    root: Floats

    def __call__(self, rng: np.random.Generator) -> Floats:
        drawn: Floats = self.mean + rng.standard_normal((self.n, len(self.mean))) @ self.root
        return drawn


@dataclass(frozen=True, eq=False)
class _Copula:
    n: int
    root: Floats
    margins: tuple[Quantiles, ...]

    def __call__(self, rng: np.random.Generator) -> Floats:
        latent = rng.standard_normal((self.n, len(self.margins))) @ self.root
        return _through_margins(latent, self.margins)


def _through_margins(latent: Floats, margins: Sequence[Quantiles]) -> Floats:
    u = np.clip(ndtr(latent), 1e-12, 1.0 - 1e-12)
    return np.column_stack([margin(u[:, j]) for j, margin in enumerate(margins)])


def null_sampler(name: NullName, values: Floats) -> DataSet:
    """What draws data sets of one null, fitted to the observed values.

    Parameters
    ----------
    name : ``gaussian`` (one multivariate normal with the sample's mean and covariance),
        ``copula_margins`` (a Gaussian copula with the empirical margins: structure beyond the
        margins is taken away) or ``copula_unimodal`` (with unimodal margins: bumps of single
        columns are taken away too)
    values : (n, d) raw values, before any preparation

    References
    ----------
    Hennig and Lin (2015), Statistics and Computing 25:821.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draw = null_sampler("copula_margins", rng.lognormal(size=(500, 2)))
    >>> bool((draw(rng) > 0).all())
    True
    """
    n, d = values.shape
    if name == "gaussian":
        covariance = np.atleast_2d(np.cov(values, rowvar=False)) if n > 1 else np.zeros((d, d))
        return _Gaussian(n, values.mean(axis=0), _root(covariance))
    fit = empirical_quantiles if name == "copula_margins" else unimodal_quantiles
    margins = tuple(fit(values[:, j]) for j in range(d))
    return _Copula(n, _root(_latent_correlation(values, margins)), margins)


def _root(covariance: Floats) -> Floats:
    """A matrix with ``root.T @ root`` equal to the covariance, singular or not."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    root: Floats = np.sqrt(np.maximum(eigenvalues, 0.0))[:, None] * vectors.T
    return root


def _normal_scores(values: Floats) -> Floats:
    n = len(values)
    scores: Floats = ndtri((rankdata(values, axis=0) - 0.5) / n)
    return scores


def _correlation(scores: Floats) -> Floats:
    centred = scores - scores.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    unit = centred / np.where(norms > 0, norms, 1.0)
    correlation: Floats = unit.T @ unit
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _as_correlation(matrix: Floats) -> Floats:
    """The matrix with eigenvalues below zero cut off and a unit diagonal."""
    eigenvalues, vectors = np.linalg.eigh(matrix)
    if eigenvalues[0] < 0:
        matrix = (vectors * np.maximum(eigenvalues, 1e-10)) @ vectors.T
    scale = np.sqrt(np.diagonal(matrix))
    cleaned: Floats = matrix / np.outer(scale, scale)
    return cleaned


def _latent_correlation(values: Floats, margins: Sequence[Quantiles]) -> Floats:
    """Correlation of the latent normals whose draws have the observed rank correlations.

    Ties and spikes weaken the correlation of what is drawn; the latent one is raised until
    simulated normal scores correlate as the observed ones do.
    """
    target = _correlation(_normal_scores(values))
    tied = any(len(np.unique(column)) < len(column) for column in values.T)
    if not tied:
        return target
    rng = np.random.default_rng(0)
    base = rng.standard_normal((CALIBRATION_ROWS, values.shape[1]))
    latent = target
    for _ in range(4):
        drawn = _through_margins(base @ _root(latent), margins)
        step = target - _correlation(_normal_scores(drawn))
        moved = np.clip(latent + step, -0.999, 0.999)
        np.fill_diagonal(moved, 1.0)
        latent = _as_correlation(moved)
    return latent


def nulls_test(
    name: NullName,
    statistic: str,
    observed: float,
    drawn: Sequence[float] | Floats,
) -> NullTest:
    """The test of one observed statistic against its draws under a null.

    Examples
    --------
    >>> nulls_test("gaussian", "silhouette", 0.9, [0.1, 0.2, 0.3]).p
    0.25
    """
    values = np.asarray(drawn, dtype=np.float64)
    mean, sd = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
    exceed = int((values >= observed - 1e-12).sum())
    return NullTest(
        name=name,
        statistic=statistic,
        observed=observed,
        mean=mean,
        sd=sd,
        p=(1 + exceed) / (len(values) + 1),
        z=(observed - mean) / sd if sd > 0 else 0.0,
        replicates=len(values),
    )
