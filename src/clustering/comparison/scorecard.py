"""Every labelling in one table: groups, structure, variation, stability, agreement, gain.

All on the same accounts, in the same matrix, against the same tiers and with the same folds, so
that a rule of thumb, a column and a fitted model can be read beside each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustering.arrays import Floats, Ints
from clustering.columns import ARR_TIERS, NEEDS_SEGMENT, SEGMENT
from clustering.comparison.agreement.agreement import compare_partitions
from clustering.comparison.agreement.entries import Indices
from clustering.comparison.agreement.refits import RefittedAgreement
from clustering.comparison.base.labellings import Labelling, encode
from clustering.comparison.base.rates import Z95
from clustering.comparison.forward.entries import ForwardEntry
from clustering.comparison.forward.time_split import EarlierDates
from clustering.comparison.scorecard_entries import SCORECARD, Estimate, Score
from clustering.progress import SILENT, Progress
from clustering.schemes import CONTROLS, SCHEMES
from clustering.structure.criteria.silhouette import silhouettes
from clustering.wording import LEVEL

#: Accounts whose silhouettes are compared at most; each with all others of them.
MOST_ACCOUNTS = 2_000

#: Random groups of the same sizes that the silhouette is read against.
_RANDOM_GROUPS = 19

_NO_PAST = tuple(scheme.name for scheme in SCHEMES if not scheme.has_past)


@dataclass(frozen=True)
class Gains:
    """What labellings add to the tiers about the primary outcome, and the baselines beside it."""

    entries: Sequence[ForwardEntry] = ()
    baselines: Sequence[ForwardEntry] = ()


def scorecard(
    labels: Mapping[str, "pd.Series[str]"],
    values: Floats,
    pairs: Sequence[Indices],
    *,
    refitted: Mapping[str, RefittedAgreement] | None = None,
    gains: Gains = Gains(),
    earlier: EarlierDates | str = "",
    seed: int,
    progress: Progress = SILENT,
) -> list[Score]:
    """Score every labelling, the tiers first, then the segments, then the others.

    Parameters
    ----------
    labels : Series of shape (n_accounts,) by name, on one index
    values : float64 array of shape (n_accounts, n_features), the matrix of the segments
    pairs : agreement of the labellings, as from `compare_labellings`
    refitted : agreement of the segments with others under refits; their ceiling is stability
    gains : what each adds to the tiers about the primary outcome
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
    scores = []
    with progress.step("Scoring the labellings", len(order)) as advance:
        for name in order:
            coded = encode(labels[name], name)
            score = Score(
                labelling=name,
                control=name in CONTROLS,
                n_accounts=(coded.codes >= 0).sum(),
                n_groups=len(coded.levels),
                explained=variance_explained(values, coded.codes),
                resampled=_resampled(refitted or {}) if name == SEGMENT else None,
                over_time=_over_time(name, earlier, seed),
                with_segments=_agreement(agreed, name, SEGMENT),
                with_tiers=_agreement(agreed, name, ARR_TIERS),
                with_needs=_agreement(agreed, name, NEEDS_SEGMENT),
            )
            scores.append(with_gain(_with_structure(score, values, coded, seed), gains))
            advance(1)
    return scores


def score_table(scores: Sequence[Score]) -> pd.DataFrame:
    """One row a labelling; intervals as columns `<name>_low` and `<name>_high`."""
    columns = [column for name in Score.model_fields for column in _columns(name)]
    kinds = {"reason": "str", **SCORECARD.dtypes}
    rows = []
    for score in scores:
        row: dict[str, object] = {}
        for name in Score.model_fields:
            found = getattr(score, name)
            if isinstance(found, Estimate):
                bounds = found.interval or (None, None)
                row |= dict(zip(_columns(name), (found.value, *bounds), strict=True))
            else:
                row[name] = found
        rows.append(row)
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: kinds.get(name, "float64") for name in columns})


def _columns(name: str) -> tuple[str, ...]:
    is_estimate = Score.model_fields[name].annotation == (Estimate | None)
    return (name, f"{name}_low", f"{name}_high") if is_estimate else (name,)


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
    return _within_error(omega, error)


def _with_structure(score: Score, values: Floats, coded: Labelling, seed: int) -> Score:
    """The score with the silhouette of its groups against that of random ones."""
    known = np.flatnonzero(coded.codes >= 0)
    generator = np.random.default_rng(seed)
    if known.size > MOST_ACCOUNTS:
        known = np.sort(generator.choice(known, MOST_ACCOUNTS, replace=False))
    present, group = np.unique(coded.codes[known], return_inverse=True)
    if present.size < 2 or present.size == known.size:
        return score
    random = [generator.permutation(group) for _ in range(_RANDOM_GROUPS)]
    found = silhouettes(values[known], [group, *random], seed=seed)
    own, drawn = found[0].values, np.array([one.mean for one in found[1:]])
    mean, spread = float(drawn.mean()), float(drawn.std(ddof=1))
    over, error = float(own.mean()) - mean, float(own.std(ddof=1) / np.sqrt(own.size))
    error = float(np.hypot(error, spread))
    return score.model_copy(
        update={
            "silhouette": _within_error(over, error),
            "silhouette_raw": float(own.mean()),
            "silhouette_random": mean,
            "silhouette_z": over / spread if spread > 0 else None,
        }
    )


def _within_error(value: float, error: float) -> Estimate:
    return Estimate(value=value, interval=(value - Z95 * error, value + Z95 * error))


def _resampled(refitted: Mapping[str, RefittedAgreement]) -> Estimate | None:
    """The ceiling, which is the same whatever the segments are compared with."""
    return next((Estimate(value=one.ceiling.ami) for one in refitted.values()), None)


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
    return None if found.interval is None else _ami(found)


def _agreement(agreed: Mapping[frozenset[str], Indices], name: str, other: str) -> Estimate | None:
    found = agreed.get(frozenset((name, other)))
    return None if found is None or name == other else _ami(found)


def _ami(found: Indices) -> Estimate:
    return Estimate(
        value=found.ami, interval=None if found.interval is None else found.interval.ami
    )


def with_gain(score: Score, gains: Gains) -> Score:
    """The score with what the labelling told more than the tiers, or why that is not known.

    It told more where the interval of its gain lies above 0, still after the correction for the
    number of comparisons, and its gain above that of as many ARR bands and of random groups.
    """
    name = score.labelling
    if name == ARR_TIERS:
        return score.model_copy(update={"reason": "the baseline of all gains"})
    entry = next((entry for entry in gains.entries if entry.labelling == name), None)
    if entry is None or entry.gain is None:
        reason = entry.reason if entry else "it was not judged"
        return score.model_copy(update={"reason": reason})
    gain, p = entry.gain, entry.p_adjusted
    fair = [
        rival.gain.log_loss
        for rival in gains.baselines
        if rival.gain is not None
        and rival.labelling in (f"{name}: arr_bands", f"{name}: random_groups")
    ]
    rival_gain = max(fair, default=None)
    told_more = (
        gain.interval[0] > 0 and (p is None or p <= LEVEL) and gain.log_loss > (rival_gain or 0.0)
    )
    return score.model_copy(
        update={
            "gain": Estimate(value=gain.log_loss, interval=gain.interval),
            "p_adjusted": p,
            "rival_gain": rival_gain,
            "gains": told_more,
        }
    )
