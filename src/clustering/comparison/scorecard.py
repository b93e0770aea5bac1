"""Every labelling in one table: groups, structure, variation, stability, agreement, gain.

All on the same accounts, in the same matrix, against the same tiers and with the same folds, so
that a rule of thumb, a column and a fitted model can be read beside each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clustering.arrays import Floats, Ints
from clustering.columns import ARR_TIERS, NEEDS_SEGMENT, SEGMENT
from clustering.comparison.agreement.agreement import compare_partitions
from clustering.comparison.agreement.refits import RefittedAgreement
from clustering.comparison.agreement.report import Agreement, Range
from clustering.comparison.base.labellings import Labelling, encode
from clustering.comparison.forward.evaluate import ForwardEntry
from clustering.comparison.forward.time_split import EarlierDates
from clustering.progress import SILENT, Progress
from clustering.schemes import CONTROLS, SCHEMES
from clustering.structure.criteria.silhouette import silhouettes

#: Accounts whose silhouettes are compared at most; each with all others of them.
MOST_ACCOUNTS = 2_000

#: Random groups of the same sizes that the silhouette is read against.
_RANDOM_GROUPS = 19

_NO_PAST = tuple(scheme.name for scheme in SCHEMES if not scheme.has_past)

_Z = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; None where there is none to be told."""

    value: float
    interval: Range | None


@dataclass(frozen=True)
class Score:
    """One labelling.

    Attributes
    ----------
    n_accounts, n_groups : those that it labels, and its groups
    silhouette : mean in the matrix, less that of random groups of the same sizes
    silhouette_raw, silhouette_random : the two, and `silhouette_z` the difference in standard
        deviations of the random groups
    explained : omega squared: share of the features' variance that lies between groups, beyond
        chance
    resampled : agreement (AMI) with its own refits; None for a rule, which is not estimated
    over_time : agreement (AMI) with itself on an earlier date, of the accounts known on both
    with_segments, with_tiers, with_needs : agreement (AMI); None with itself
    gain : in held-out log loss over the tiers about the primary outcome; None for the tiers
    p_adjusted : of the gain, corrected for the number of comparisons
    rival_gain : the largest gain of as many ARR bands or of random groups of its sizes
    reason : why there is no gain
    """

    labelling: str
    n_accounts: int
    n_groups: int
    silhouette: Estimate | None
    silhouette_raw: float | None
    silhouette_random: float | None
    silhouette_z: float | None
    explained: Estimate | None
    resampled: Estimate | None
    over_time: Estimate | None
    with_segments: Estimate | None
    with_tiers: Estimate | None
    with_needs: Estimate | None
    gain: Estimate | None
    p_adjusted: float | None = None
    rival_gain: float | None = None
    reason: str = ""

    @property
    def is_control(self) -> bool:
        """Whether it is there to compare with, and nobody proposes it."""
        return self.labelling in CONTROLS

    @property
    def gains(self) -> bool:
        """Whether it told more than the tiers: interval above 0, corrected, above its rivals."""
        if self.gain is None or self.gain.interval is None:
            return False
        return (
            self.gain.interval[0] > 0
            and (self.p_adjusted is None or self.p_adjusted <= 0.05)
            and self.gain.value > (self.rival_gain or 0.0)
        )


def scorecard(
    labels: Mapping[str, "pd.Series[str]"],
    values: Floats,
    pairs: Sequence[Agreement],
    *,
    refitted: Mapping[str, RefittedAgreement] | None = None,
    entries: Sequence[ForwardEntry] = (),
    rivals: Sequence[ForwardEntry] = (),
    earlier: EarlierDates | str = "",
    seed: int,
    progress: Progress = SILENT,
) -> tuple[Score, ...]:
    """Score every labelling, the tiers first, then the segments, then the others.

    Parameters
    ----------
    labels : Series of shape (n_accounts,) by name, on one index
    values : float64 array of shape (n_accounts, n_features), the matrix of the segments
    pairs : agreement of the labellings, as from `compare_labellings`
    refitted : agreement of the segments with others under refits; their ceiling is stability
    entries, rivals : what each adds to the tiers about the primary outcome
    earlier : the same accounts on earlier dates, for stability over time
    seed, progress : of the random groups, and who is told

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> kind = rng.integers(0, 2, 200)
    >>> labels = {"made": pd.Series(kind).map({0: "a", 1: "b"}),
    ...           "other": pd.Series(rng.choice(["x", "y"], 200))}
    >>> made, other = scorecard(labels, kind[:, None] * 3.0 + rng.normal(size=(200, 1)), [], seed=1)
    >>> made.explained.value > 0.5, other.explained.value < 0.05, other.gain is None
    (True, True, True)
    """
    order = sorted(labels, key=[ARR_TIERS, SEGMENT, *labels].index)
    agreed = {frozenset((pair.first, pair.second)): pair for pair in pairs}
    judged = {entry.labelling: entry for entry in entries}
    scores = []
    with progress.step("Scoring the labellings", len(order)) as advance:
        for name in order:
            coded = encode(labels[name], name)
            scores.append(
                Score(
                    labelling=name,
                    n_accounts=int((coded.codes >= 0).sum()),
                    n_groups=len(coded.levels),
                    **_structure(values, coded, seed),
                    explained=variance_explained(values, coded.codes),
                    resampled=_resampled(refitted or {}) if name == SEGMENT else None,
                    over_time=_over_time(name, earlier, seed),
                    with_segments=_agreement(agreed, name, SEGMENT),
                    with_tiers=_agreement(agreed, name, ARR_TIERS),
                    with_needs=_agreement(agreed, name, NEEDS_SEGMENT),
                    **_gain(name, judged, rivals),
                )
            )
            advance(1)
    return tuple(scores)


def variance_explained(values: Floats, codes: Ints) -> Estimate | None:
    """Omega squared of groups, over all columns, with a first-order interval over accounts.

    Accounts with a code below 0 are left out. The interval takes the groups as given; its error
    is that of the influence of single accounts on the share. None with one group, or where no
    accounts are left over to tell chance by.

    Examples
    --------
    >>> values = np.array([[0.0], [1.0], [9.0], [10.0]] * 10)
    >>> found = variance_explained(values, np.array([0, 0, 1, 1] * 10))
    >>> round(found.value, 3), found.interval[0] < found.value < found.interval[1]
    (0.987, True)
    """
    known = codes >= 0
    present, group = np.unique(codes[known], return_inverse=True)
    n, k = group.size, present.size
    if k < 2 or n <= k:
        return None
    x = values[known] - values[known].mean(axis=0)
    sums = np.stack([np.bincount(group, column, k) for column in x.T], axis=1)
    centred = x - (sums / np.bincount(group, minlength=k)[:, None])[group]
    around_all, around_own = (x**2).sum(axis=1), (centred**2).sum(axis=1)
    total, within = float(around_all.sum()), float(around_own.sum())
    if total == 0:
        return None
    noise = within / (n - k)
    omega = (total - within - (k - 1) * noise) / (total + noise)
    influence = (within / total * around_all - around_own) / (total / n)
    error = float(np.sqrt((influence**2).mean() / n))
    return Estimate(omega, (omega - _Z * error, omega + _Z * error))


def _structure(values: Floats, coded: Labelling, seed: int) -> dict[str, Any]:
    none: dict[str, Any] = dict.fromkeys(
        ("silhouette", "silhouette_raw", "silhouette_random", "silhouette_z")
    )
    known = np.flatnonzero(coded.codes >= 0)
    generator = np.random.default_rng(seed)
    if known.size > MOST_ACCOUNTS:
        known = np.sort(generator.choice(known, MOST_ACCOUNTS, replace=False))
    present, group = np.unique(coded.codes[known], return_inverse=True)
    if present.size < 2 or present.size == known.size:
        return none
    random = [generator.permutation(group) for _ in range(_RANDOM_GROUPS)]
    found = silhouettes(values[known], [group, *random], seed=seed)
    own, drawn = found[0].values, np.array([one.mean for one in found[1:]])
    mean, spread = float(drawn.mean()), float(drawn.std(ddof=1))
    over, error = float(own.mean()) - mean, float(own.std(ddof=1) / np.sqrt(own.size))
    error = float(np.hypot(error, spread))
    return {
        "silhouette": Estimate(over, (over - _Z * error, over + _Z * error)),
        "silhouette_raw": float(own.mean()),
        "silhouette_random": mean,
        "silhouette_z": over / spread if spread > 0 else None,
    }


def _resampled(refitted: Mapping[str, RefittedAgreement]) -> Estimate | None:
    """The ceiling, which is the same whatever the segments are compared with."""
    return next((Estimate(one.ceiling.ami, None) for one in refitted.values()), None)


def _over_time(name: str, earlier: EarlierDates | str, seed: int) -> Estimate | None:
    """Agreement of the labels on the as-of date with those on the newest earlier date."""
    if isinstance(earlier, str) or not earlier.train or name in _NO_PAST:
        return None
    now, then = earlier.test.labels.get(name), earlier.train[0].labels.get(name)
    if now is None or then is None:
        return None
    both = now.notna() & then.reindex(now.index).notna()
    if not both.any():
        return None
    found = compare_partitions(
        then.reindex(now.index)[both].to_numpy(), now[both].to_numpy(), n_permutations=1,
        n_bootstrap=400, seed=seed,
    )  # fmt: skip
    return None if found.interval is None else Estimate(found.ami, found.interval.ami)


def _agreement(
    agreed: Mapping[frozenset[str], Agreement], name: str, other: str
) -> Estimate | None:
    found = agreed.get(frozenset((name, other)))
    if found is None or name == other:
        return None
    return Estimate(found.ami, None if found.interval is None else found.interval.ami)


def _gain(
    name: str, judged: Mapping[str, ForwardEntry], rivals: Sequence[ForwardEntry]
) -> dict[str, Any]:
    if name == ARR_TIERS:
        return {"gain": None, "reason": "the baseline of all gains"}
    entry = judged.get(name)
    if entry is None or entry.gain is None:
        return {"gain": None, "reason": entry.reason if entry else "it was not judged"}
    fair = [
        rival.gain.log_loss
        for rival in rivals
        if rival.gain is not None
        and rival.labelling in (f"{name}: arr_bands", f"{name}: random_groups")
    ]
    return {
        "gain": Estimate(entry.gain.log_loss, entry.gain.interval),
        "p_adjusted": entry.p_adjusted,
        "rival_gain": max(fair, default=None),
    }
