"""How far the odds of a segment can be believed, by how much is known of the account.

The model takes features for independent given the segment (k-means), or for as it estimated them
(mixtures), so its odds are too large, and the more so the less is known. The log odds by which
segments are behind the best one are therefore taken to the power 3/4 (`models.model.flattened`:
large ones are believed less than small ones), and multiplied by one number for each number of
known features, found on accounts that the parameters had not seen, with features masked: such that
the segment that the known features give is the one that all of them give as often as the mean
probability says. The odds of all segments are changed alike, so the segment itself never changes.

References
----------
Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks, ICML: one
temperature. That the mean probability must be the share of hits, instead of their most likely
value, keeps one account that is sure and wrong from deciding alone.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering.arrays import Flags, Floats, Ints
from clustering.matrix.types import FeatureMatrix
from clustering.models.model import Model, flattened
from clustering.models.types import Clustering
from clustering.scorer.calibration import MOST_TEMPERATURE, Tenth
from clustering.scorer.fitting.held_out import N_FOLDS, fold_of, without

#: Times that every account is masked, in either of two ways: single features, whole families;
#: and different masks each time.
_ROUNDS = 8
_MASKS = 4
#: Accounts with so many known features more or fewer speak too, the less the further (one
#: standard deviation): a number of features that few masks leave is not left to chance.
_WIDTH = 1.5
_LEAST_WEIGHT = 0.02
_HALVINGS = 40
#: Accounts that are masked; more change no digit that matters.
_MOST_ACCOUNTS = 4000


@dataclass(frozen=True, eq=False)
class _Trial:
    """Masked accounts: their log odds behind the best segment, hits, and what was known.

    Attributes
    ----------
    gaps : float64 array of shape (k, n), flattened log odds behind the most probable segment: 0 or
        more
    hits : bool array of shape (n,): whether all that is known gives the same segment
    n_known : int64 array of shape (n,)
    """

    gaps: Floats
    hits: Flags
    n_known: Ints


@dataclass(frozen=True, eq=False)
class Calibration:
    """The fitted factors, and how often probabilities came true with them.

    Attributes
    ----------
    temperature : float64 array of shape (n_features + 1,), positive; the first is never used
        (nothing is known)
    tenths : those that have answers, from small to large
    """

    temperature: Floats
    tenths: tuple[Tenth, ...]


def calibrate(clustering: Clustering, matrix: FeatureMatrix) -> Calibration:
    """Factors of the flattened log odds by the number of known features, and what they achieve.

    Parameters
    ----------
    clustering : the fitted segments
    matrix : what they were fitted on. The hash of an account's id decides when the account is held
        out, and the order of the masks, so that the order of the accounts changes nothing; nothing
        of the ids is stored.
    """
    d = matrix.values.shape[1]
    if clustering.model.k == 1:
        return Calibration(np.ones(d + 1), ())
    trial = _joined([*_trials(clustering, matrix)])
    found = [_matching(trial, n_known) for n_known in range(1, d + 1)]
    temperature = np.array([found[0], *found])
    return Calibration(temperature, tuple(_tenths(trial, temperature)))


def _tenths(trial: _Trial, temperature: Floats) -> Iterator[Tenth]:
    asked = trial.n_known > 0
    gaps, hits = trial.gaps[:, asked], trial.hits[asked]
    probability = 1.0 / np.exp(-temperature[trial.n_known[asked]] * gaps).sum(axis=0)
    numbers = np.minimum((10 * probability).astype(int), 9)
    for number in range(10):
        inside = numbers == number
        if inside.any():
            yield Tenth(
                share=float(inside.mean()),
                said=float(probability[inside].mean()),
                came_true=float(hits[inside].mean()),
            )


def _trials(clustering: Clustering, matrix: FeatureMatrix) -> Iterator[_Trial]:
    account_ids, families = matrix.account_ids, np.asarray(matrix.families)
    hashes = np.array([zlib.crc32(account.encode()) for account in account_ids])
    order = np.lexsort((np.asarray(account_ids), hashes))
    folds = fold_of(account_ids)
    rng = np.random.default_rng(0)
    chosen = order[:_MOST_ACCOUNTS]
    for fold in range(N_FOLDS):
        held_out = chosen[folds[chosen] == fold]
        if not held_out.size:
            continue
        learned = folds != fold
        model = without(clustering, matrix.values, learned if learned.any() else ~learned)
        columns = np.ascontiguousarray(matrix.known[held_out].T)
        whole = model.log_scores(columns)[0].argmax(axis=0)
        for number in range(_ROUNDS):
            for by_family in (False, True):
                share = (number + rng.random(_MASKS)) / _ROUNDS
                masks = _masks(rng, families, share, by_family)[:, np.arange(whole.size) % _MASKS]
                yield _trial(model, np.where(masks, np.nan, columns), whole)


def _masks(
    rng: np.random.Generator,
    families: NDArray[np.str_],
    share: Floats,
    by_family: bool,
) -> Flags:
    """Which features (d, n) each mask hides: about `share` (n,) of them."""
    d, n = families.size, share.size
    place = rng.random((d, n))
    if by_family:
        numbered = np.unique(families, return_inverse=True)[1]
        place += 2.0 * rng.random((numbered.max() + 1, n)).argsort(axis=0)[numbered]
    return np.asarray(place.argsort(axis=0).argsort(axis=0) < np.rint(share * d))


def _trial(model: Model, columns: Floats, whole: Ints) -> _Trial:
    scores, sharpness = model.log_scores(columns)
    gaps = flattened(sharpness * (scores.max(axis=0) - scores))
    n_known = np.count_nonzero(~np.isnan(columns), axis=0)
    return _Trial(gaps, scores.argmax(axis=0) == whole, n_known)


def _joined(trials: Sequence[_Trial]) -> _Trial:
    return _Trial(
        np.concatenate([one.gaps for one in trials], axis=1),
        np.concatenate([one.hits for one in trials]),
        np.concatenate([one.n_known for one in trials]),
    )


def _matching(trial: _Trial, n_known: int) -> float:
    """The factor with which the mean probability is the share of hits, near to `n_known`."""
    weights = np.exp(-0.5 * ((trial.n_known - n_known) / _WIDTH) ** 2)
    near = weights >= _LEAST_WEIGHT
    if not near.any():
        return 1.0
    weights, gaps = weights[near], trial.gaps[:, near]
    share = float(np.average(trial.hits[near], weights=weights))
    low, high = -np.log(MOST_TEMPERATURE), np.log(MOST_TEMPERATURE)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        probability = 1.0 / np.exp(-np.exp(middle) * gaps).sum(axis=0)
        if float(np.average(probability, weights=weights)) < share:
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2))
