"""Lasting movement: what wavers, becomes known or drifts for all is not movement."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from clustering.movement.track.history import follow
from clustering.movement.track.hysteresis import ABSENT
from clustering.movement.track.lasting import lasting_movement, shared_change
from snapshots import AS_OF, book, scorer_of

STEP = timedelta(days=91)
CENTRES = np.array([[-1.0] * 6, [1.0] * 6])
FAMILIES = np.kron(np.eye(3), np.ones((2, 1)))


@pytest.fixture(scope="module")
def latest():
    return book(n=300, missing=0.02)


@pytest.fixture(scope="module")
def scorer(latest):
    return scorer_of(latest, k=3)


def movement(latest, scorer, *frames):
    days = [AS_OF - STEP * back for back in range(len(frames) - 1, -1, -1)]
    taken = [replace(latest, frame=f, as_of=day) for f, day in zip(frames, days, strict=True)]
    return lasting_movement(follow(taken, scorer), taken, scorer)


def test_accounts_that_stay_do_not_move(latest, scorer):
    growth = movement(latest, scorer, latest.frame, latest.frame, latest.frame)
    assert (growth.value, growth.interval, growth.over_window) == (0.0, (0.0, 0.0), 0.0)
    assert growth.n_accounts == len(latest.frame)


def test_accounts_that_become_like_others_have_moved(latest, scorer):
    now = latest.frame
    labels = scorer.score_features(now)["segment"]
    first = now.copy()
    movers = now.index[labels == 0][:60]
    others = now.index[labels == 1][:60]
    n = min(len(movers), len(others))
    first.loc[movers[:n]] = now.loc[others[:n]].to_numpy()
    growth = movement(latest, scorer, first, first, now)
    assert growth.over_window == pytest.approx(n / len(now), abs=0.02)
    assert growth.interval[0] > 0
    assert growth.value == pytest.approx(growth.over_window, rel=0.5)


def test_values_that_became_known_are_not_movement(latest, scorer):
    now, rng = latest.frame, np.random.default_rng(3)
    early = now.mask(rng.random(now.shape) < 0.35)
    growth = movement(latest, scorer, early, early, now)
    assert growth.over_window > 0
    assert growth.value == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_slow_wavering_in_single_families_is_not_movement(seed):
    """Two families waver each on its own, so slowly that a year changes more than a quarter."""
    rng = np.random.default_rng(seed)
    change = (rng.normal(0, 1.5, (2000, 3)) @ FAMILIES.T) + rng.normal(0, 0.3, (2000, 6))
    ends = np.tile([[0, 1]], (2000, 1))
    found = shared_change(change, CENTRES, FAMILIES, ends)
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(2000)
    movers = change.copy()
    movers[:400] += 2.0
    movers[400:800] -= 2.0
    found = shared_change(movers, CENTRES, FAMILIES, ends)
    assert found.mean() == pytest.approx(0.4, abs=0.05)


def test_what_all_accounts_have_in_common_is_not_movement():
    change = np.full((50, 6), 2.0)
    ends = np.tile([[0, 1]], (50, 1))
    assert shared_change(change, CENTRES, FAMILIES, ends).tolist() == [0.0] * 50


def test_one_family_alone_cannot_tell():
    change, ends = np.zeros((50, 6)), np.zeros((50, 2), np.int64)
    assert shared_change(change, CENTRES, np.ones((6, 1)), ends) is None


def test_too_few_accounts_or_dates_tell_nothing(latest, scorer):
    few = latest.frame.iloc[:29]
    assert movement(latest, scorer, few, few, few) is None
    assert movement(latest, scorer, latest.frame, latest.frame) is None


def test_accounts_that_were_not_there_throughout_are_not_followed(latest, scorer):
    entered = latest.frame.iloc[40:]
    growth = movement(latest, scorer, entered, latest.frame, latest.frame)
    assert growth.n_accounts == len(latest.frame) - 40
    taken = [replace(latest, frame=f) for f in (entered, latest.frame)]
    history = follow(taken, scorer)
    assert history.followed.sum() == len(entered)
    assert (history.labels[~history.followed, 0] == ABSENT).all()
    assert isinstance(history.accounts, pd.Index)
