"""One run of the protocol on rows in canonical order: fitted, measured, judged, said in words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, InstanceOf

from clustering.arrays import Floats, Ints
from clustering.errors import BadInputError
from clustering.models.kmeans import KMeansFit, fit_kmeans
from clustering.models.mixture import as_clustering
from clustering.models.types import CandidateSpec, Clustering
from clustering.structure.choose import Choice, choose, chosen_by
from clustering.structure.criteria.hopkins import first_component, hopkins
from clustering.structure.findings import Dips, Findings, NullTest, Structure
from clustering.structure.measure import Measured, measure_kmeans, run_nulls
from clustering.structure.mixtures.candidates import Mixtures, fit_mixtures
from clustering.structure.mixtures.trial import TriedMixture, try_mixture
from clustering.structure.rules import LEAST_EFFECT, come_back, nulls_asked
from clustering.structure.separation.dip import dip
from clustering.structure.separation.multimodal_columns import columns_with_bumps
from clustering.structure.separation.point_masses import spikes_of
from clustering.structure.settings import Matrix, ProtocolSettings
from clustering.structure.simulated.small_books import seen_in_words
from clustering.structure.tables import candidate_table
from clustering.structure.verdict import decide


class Evidence(Findings):
    """The findings with the fitted partitions behind them, which no document holds.

    Attributes
    ----------
    clusterings : all fitted candidates; labels in the order of the rows that were handed in.
        Mixtures only where every account was fitted, but for the one that is offered
    account_stability : (n,), share of resamples in which an account stays in its cluster; NaN
        for accounts that were set aside, and for those outside the sample where there are too many
        to measure all
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    clusterings: tuple[InstanceOf[Clustering], ...] = Field(exclude=True)
    account_stability: InstanceOf[Floats] = Field(exclude=True)

    @property
    def chosen(self) -> Clustering:
        """The offered partition."""
        return next(one for one in self.clusterings if self.offered.is_spec_of(one))

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, text and None, by the keys of docs/method.md."""
        return self.model_dump(mode="json")

    def findings(self) -> Findings:
        """What a study stores, without the partitions."""
        return Findings.model_validate(self.to_json())

    def table(self) -> pd.DataFrame:
        """One row per candidate; missing where a criterion does not apply to it."""
        return candidate_table(self)


def in_order(evidence: Evidence, back: Ints) -> Evidence:
    """Labels and stability of the rows that the rows of the evidence stand for."""
    return evidence.model_copy(
        update={
            "clusterings": tuple(one.rows(back) for one in evidence.clusterings),
            "account_stability": evidence.account_stability[back],
        }
    )


def run_protocol(matrix: Matrix, settings: ProtocolSettings, notes: Sequence[str]) -> Evidence:
    """Fit, measure and judge; `notes` are added to the reasons.

    Parameters
    ----------
    matrix : its rows in canonical order; labels and stability come back in this order
    """
    config, models, seed, progress = (
        settings.config,
        settings.models,
        settings.seed,
        settings.progress,
    )
    sample, n = matrix.sample, len(matrix.values)
    k_max = _largest_k(sample, models.k_max)
    _check_asked(config.offered_segments, k_max)
    fits = _fit_kmeans(matrix.values, k_max, settings)
    nulls = run_nulls(matrix, tuple(range(2, k_max + 1)), settings)
    measured = measure_kmeans(matrix, fits, nulls, settings)
    mixtures = fit_mixtures(sample, k_max, models, seed, progress, matrix.columns)
    bumpy = columns_with_bumps(sample, matrix.columns, seed=seed)
    structure = _structure(sample, tuple(null.test for null in nulls), len(bumpy), settings)
    criteria = chosen_by(measured, mixtures, config)
    spikes = spikes_of(matrix.values, fits, matrix.columns)
    decision = decide(measured, structure.nulls, config, n, spikes, bumpy)
    shown = fits[decision.n_clusters - 1].labels[matrix.rows]
    tried = try_mixture(matrix, mixtures, shown, nulls_asked(bumpy), settings)
    choice = choose(decision, tried, mixtures, fits, measured, matrix, criteria, config)
    return Evidence(
        n=n,
        n_set_aside=0,
        d=matrix.values.shape[1],
        scale=settings.scale,
        seed=seed,
        verdict=choice.verdict,
        n_clusters=choice.n_clusters,
        offered=choice.offered,
        segments_return=_segments_return(choice, measured, settings),
        admissible=choice.admissible,
        reasons=(
            *choice.reasons,
            *(() if choice.verdict == "natural" else (seen_in_words(n),)),
            *_limits(matrix, k_max, models.k_max),
            *notes,
        ),
        chosen_by=criteria,
        structure=structure,
        kmeans=measured.rows,
        mixtures=mixtures.rows,
        trial=None if tried is None else tried.trial,
        clusterings=_clusterings(matrix, fits, mixtures, choice.mixture, settings),
        account_stability=_stability(matrix, measured, choice),
    )


def _largest_k(sample: Floats, k_max: int) -> int:
    return max(1, min(k_max, len(np.unique(sample, axis=0)) - 1, len(sample) // 4))


def _check_asked(k: int | None, k_max: int) -> None:
    if k is not None and k > k_max:
        raise BadInputError(
            f"evidence.offered_segments is {k}, and candidates have 1 to {k_max} segments: ask for "
            "one of these, or raise models.k_max (at most a quarter of the accounts)."
        )


def _limits(matrix: Matrix, largest: int, k_max: int) -> list[str]:
    """What the number of accounts did not allow."""
    sample, notes = matrix.sample, []
    if largest < k_max:
        notes.append(
            f"Limit: k above {largest} was not considered, with {len(sample)} accounts of which "
            f"{len(np.unique(sample, axis=0))} are distinct."
        )
    if not matrix.whole:
        notes.append(
            f"Limit: {len(matrix.values)} accounts; k-means, its sizes, inertia and indices are "
            f"of all of them, everything else of a random sample of {len(sample)}."
        )
    return notes


def _fit_kmeans(values: Floats, k_max: int, settings: ProtocolSettings) -> list[KMeansFit]:
    fits = []
    with settings.progress.step("k-means", k_max) as advance:
        for k in range(1, k_max + 1):
            fits.append(fit_kmeans(values, k, n_init=settings.models.n_init, seed=settings.seed))
            advance(1)
    return fits


def _structure(
    sample: Floats, nulls: tuple[NullTest, ...], n_bumpy: int, settings: ProtocolSettings
) -> Structure:
    found, dips = None, None
    if settings.complete:
        with settings.progress.step("structure"):
            found = hopkins(sample, seed=settings.seed)
            columns = tuple(dip(column) for column in sample.T)
            dips = Dips(columns=columns, pc1=dip(first_component(sample)))
    return Structure(
        hopkins=None if found is None else found.mean,
        hopkins_null=None if found is None else found.null_mean,
        dip=dips,
        nulls=nulls,
        least_effect=LEAST_EFFECT,
        n_bumpy=n_bumpy,
    )


def _segments_return(choice: Choice, measured: Measured, settings: ProtocolSettings) -> bool:
    """By what is asked of clusters where the segments are natural, else of bands."""
    k = choice.offered.k
    if k == 1 or (choice.verdict == "natural" and k in choice.admissible):
        return True
    return come_back(measured.rows[k - 1], settings.config)


def _stability(matrix: Matrix, measured: Measured, choice: Choice) -> Floats:
    """By account; NaN outside the sample."""
    found = np.full(len(matrix.values), np.nan)
    if choice.mixture is None:
        found[matrix.rows] = measured.account_stability[choice.offered.k]
    elif choice.mixture.account_stability is not None:
        found[matrix.rows] = choice.mixture.account_stability
    return found


def _clusterings(
    matrix: Matrix,
    fits: Sequence[KMeansFit],
    mixtures: Mixtures,
    offered: TriedMixture | None,
    settings: ProtocolSettings,
) -> tuple[Clustering, ...]:
    """All candidates.

    Mixtures only where every account was fitted, but for the one that is offered: it gives the
    accounts outside the sample their most probable component.
    """
    n_init, seed = settings.models.n_init, settings.seed
    found = [
        fit.clustering(CandidateSpec("kmeans", fit.k, None, n_init, 0.0, seed)) for fit in fits
    ]
    fitted = [fit for fit in mixtures.fits if fit is not None] if matrix.whole else []
    if offered is not None and not matrix.whole:
        fit = offered.fit
        fitted.append(replace(fit, responsibilities=fit.model.probabilities(matrix.values)))
    return (*found, *(as_clustering(fit, n_init=n_init, seed=seed) for fit in fitted))
