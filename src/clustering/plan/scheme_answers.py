"""The answers of the schemes that depend on settings: labels, agreement, CSMs, cost."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.arrays import Floats, Ints
from clustering.columns import ARR
from clustering.comparison.agreement.indices import adjusted_mutual_information
from clustering.comparison.base.labellings import pair
from clustering.config import SchemesConfig
from clustering.features.types import Snapshot
from clustering.plan.sensitivity import Answer, Kind, Setting, settings_of, vary
from clustering.schemes import SCHEMES, Axes, SchemeAbsentError
from clustering.schemes.axes import combine, quantities, score_parts
from clustering.schemes.scheme import Inputs, Scheme

#: With more accounts, a sample of so many serves.
MOST_ACCOUNTS = 5_000

_WEIGHTS = ("axes.growth_potential", "axes.churn_risk", "axes.health", "axes.guidance")

_PROFITABLE = "schemes.health_profitability.profitability.value"


def scheme_sensitivity(
    snapshot: Snapshot,
    segments: "pd.Series[int]",
    config: SchemesConfig,
    affordable_share: float,
    seed: int,
) -> pd.DataFrame:
    """Move thresholds, weights and costs of the schemes, and compute their answers again.

    The answers: ``labels`` (share of the accounts whose label a scheme changes; of the subject
    "all", whose label any scheme changes), ``agreement`` of a scheme with the segments (AMI),
    ``closest`` (which scheme of a rule agrees best with the segments), ``csms`` (books that the
    value method asks for) and ``cost_share`` (cost to serve over ARR, within or over the affordable
    share).

    Parameters
    ----------
    segments : number of the segment, by `account_id`
    affordable_share : of ARR that care may cost
    seed : draws the sample, where there are more than 5,000 accounts

    Returns
    -------
    DataFrame
        As `vary` gives it.
    """
    ids = snapshot.frame.index[snapshot.frame.index.isin(segments.index)]
    if len(ids) > MOST_ACCOUNTS:
        chosen = np.random.default_rng(seed).choice(len(ids), MOST_ACCOUNTS, replace=False)
        ids = ids[np.sort(chosen)]
    part = Snapshot(
        snapshot.as_of, snapshot.frame.loc[ids], snapshot.features, snapshot.attributes.loc[ids]
    )
    numbers = np.asarray(segments.loc[ids], np.int64)
    answers = _SchemeAnswers.of(part, numbers, affordable_share, config)
    return vary(config, _settings(config), answers.measure)


def _settings(config: SchemesConfig) -> tuple[Setting, ...]:
    found = settings_of(config, "schemes.", _kind)
    if config.arr_tiers.midmarket_from is not None:
        found = tuple(s for s in found if not s.name.startswith("schemes.arr_tiers.quantiles"))
    return tuple(replace(s, upper_share=True) if s.name == _PROFITABLE else s for s in found)


def _kind(name: str) -> Kind | None:
    if name.startswith(("own.", "axes.stages.")) or name == "axes.near_line":
        return None  # no label of a scheme of the comparison follows from them
    if name.startswith("axes.cost."):
        return "cost"
    return "weight" if name.startswith(_WEIGHTS) else "threshold"


class _Labels(NamedTuple):
    """Labels by a scheme under a configuration ("" where there is none), and their AMI."""

    text: NDArray[np.object_]
    agreement: float


@dataclass(eq=False)
class _SchemeAnswers:
    """Measures the answers; what a change does not touch is taken from the run before."""

    snapshot: Snapshot
    segments: Ints
    affordable_share: float
    known: pd.DataFrame
    scores: Mapping[str, Floats]
    labels: dict[object, _Labels | None] = field(default_factory=dict)
    base: dict[str, _Labels] = field(default_factory=dict)
    axes: tuple[str, Axes] | None = None

    @classmethod
    def of(
        cls, snapshot: Snapshot, segments: Ints, affordable_share: float, today: SchemesConfig
    ) -> "_SchemeAnswers":
        """Changes are counted from the labels of today."""
        known = quantities(snapshot)
        answers = cls(snapshot, segments, affordable_share, known, score_parts(known))
        answers.base = answers._all_labels(today)
        return answers

    def measure(self, config: SchemesConfig) -> dict[tuple[str, str], Answer]:
        """Every answer under a configuration."""
        answers = {**self._csms(config), **self._cost(self._axes(config))}
        changed = np.zeros(len(self.segments), dtype=bool)
        found = {n: one for n, one in self._all_labels(config).items() if n in self.base}
        for name, labels in found.items():
            moved = labels.text != self.base[name].text
            changed |= moved
            answers["labels", name] = Answer(float(moved.mean()))
            answers["agreement", name] = Answer(labels.agreement)
        answers["labels", "all"] = Answer(float(changed.mean()))
        if found and len(set(self.segments)) > 1:
            closest = max(found, key=lambda name: (round(found[name].agreement, 9), name))
            answers["closest", "all"] = Answer(found[closest].agreement, closest)
        return answers

    def _axes(self, config: SchemesConfig) -> Axes:
        key = config.axes.model_dump_json()
        if self.axes is None or self.axes[0] != key:
            self.axes = key, combine(self.known, self.scores, config.axes)
        return self.axes[1]

    def _all_labels(self, config: SchemesConfig) -> dict[str, _Labels]:
        given = Inputs(self.snapshot, self._axes(config), config)
        # A control could not win, and books have no labels that compare.
        proposed = [s for s in SCHEMES if s.levels_last and not s.control]
        in_run = [s for s in proposed if s.settings is not None or s.axes]
        found = {scheme.name: self._labels(scheme, given) for scheme in in_run}
        return {name: labels for name, labels in found.items() if labels is not None}

    def _labels(self, scheme: Scheme, given: Inputs) -> _Labels | None:
        """Labels by a scheme; None where it cannot be applied."""
        parts = tuple(getattr(given.config, name).model_dump_json() for name in scheme.all_settings)
        read = tuple(given.axes.frame[name].to_numpy().tobytes() for name in scheme.axes)
        key = (scheme.name, parts, read)
        if key not in self.labels:
            self.labels[key] = self._assigned(scheme, given)
        return self.labels[key]

    def _assigned(self, scheme: Scheme, given: Inputs) -> _Labels | None:
        try:
            found = scheme.assign(given).labels
        except SchemeAbsentError:
            return None
        has = found.notna().to_numpy()
        if not has.any():
            return None
        both = pair(self.segments[has], found[has]).contingency
        ami = adjusted_mutual_information(both).item()
        return _Labels(found.fillna("").to_numpy(dtype=object), ami)

    def _csms(self, config: SchemesConfig) -> dict[tuple[str, str], Answer]:
        total = self.known[ARR].clip(lower=0).sum()
        if not total > 0:
            return {}
        return {("csms", "all"): Answer(math.ceil(total / config.csm_book.arr_per_csm))}

    def _cost(self, axes: Axes) -> dict[tuple[str, str], Answer]:
        both = axes.frame["cost_to_serve"].notna() & (self.known[ARR] > 0)
        if not both.any():
            return {}
        share = float(axes.frame["cost_to_serve"][both].sum() / self.known[ARR][both].sum())
        words = "over the limit" if share > self.affordable_share else "within the limit"
        return {("cost_share", "all"): Answer(share, words)}
