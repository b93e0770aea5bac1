"""Tasks on threads, draws, and fits of resamples."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from clustering.errors import BadInputError
from clustering.progress import Advance
from clustering.resampling.draws import bootstrap, distinct, halves, subset
from clustering.resampling.engine import available_cores, run_tasks, streams
from clustering.resampling.fits import Starts, competing_optima, fit_resample


class _Counted:
    def __init__(self) -> None:
        self.name = ""
        self.total: int | None = None
        self.done = 0

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Advance]:
        self.name, self.total = name, total

        def advance(units: int) -> None:
            self.done += units

        yield advance


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_results_come_in_order_and_do_not_depend_on_threads(n_threads):
    def draw(number: int, rng: np.random.Generator) -> float:
        time.sleep(0.001 * (number % 3))
        return float(number + rng.random())

    progress = _Counted()
    results = run_tasks(draw, 20, seed=5, purpose="draws", progress=progress, n_threads=n_threads)
    assert results == run_tasks(draw, 20, seed=5, purpose="draws", n_threads=1)
    assert [int(result) for result in results] == list(range(20))
    assert (progress.name, progress.total, progress.done) == ("draws", 20, 20)


def test_streams_differ_by_seed_purpose_and_number():
    states = {
        tuple(stream.generate_state(4))
        for seed in (0, 1)
        for purpose in ("gap", "nulls")
        for stream in streams(seed, purpose, 3)
    }
    assert len(states) == 12


def test_the_first_streams_do_not_depend_on_how_many_there_are():
    few, many = streams(0, "gap", 2), streams(0, "gap", 9)
    assert few[1].generate_state(1) == many[1].generate_state(1)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_first_error_cancels_what_has_not_begun(error, n_threads):
    begun = []

    def task(number: int, rng: np.random.Generator) -> int:
        begun.append(number)
        if number == 3:
            raise error
        time.sleep(0.002)
        return number

    with pytest.raises(error):
        run_tasks(task, 500, seed=0, purpose="stopped", n_threads=n_threads)
    assert len(begun) < 100


def test_no_tasks():
    assert run_tasks(lambda number, rng: number, 0, seed=0, purpose="nothing") == []


def test_fewer_threads_can_be_asked_for(monkeypatch):
    monkeypatch.setenv("CLUSTERING_THREADS", "1")
    assert available_cores() == 1
    monkeypatch.setenv("CLUSTERING_THREADS", "many")
    with pytest.raises(BadInputError, match="found 'many'"):
        available_cores()


def test_draws():
    rng = np.random.default_rng(0)
    assert bootstrap(50, rng).weights.sum() == 50
    assert set(distinct(50, rng).weights) == {1.0}
    shares = [len(distinct(1000, rng).rows) / 1000 for _ in range(50)]
    assert np.mean(shares) == pytest.approx(1 - np.exp(-1), abs=0.01)
    half = subset(51, rng)
    assert len(half.rows) == len(np.unique(half.rows)) == 25
    first, second = halves(51, rng)
    assert sorted([*first.rows, *second.rows]) == list(range(51))


def test_a_resample_is_the_same_as_its_rows_repeated():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(8, 1, (60, 2))])
    draw = bootstrap(120, rng)
    repeated = values[np.repeat(draw.rows, draw.weights.astype(int))]
    (fit,) = fit_resample(values, draw, (2,), rng, Starts(warm=False))
    total = sum(
        ((part - part.mean(axis=0)) ** 2).sum()
        for part in (repeated[repeated[:, 0] < 4], repeated[repeated[:, 0] >= 4])
    )
    assert fit.inertia == pytest.approx(total, rel=1e-12)
    assert fit.converged


def test_a_resample_with_fewer_distinct_accounts_than_clusters():
    values = np.repeat([[0.0], [1.0]], 5, axis=0)
    draw = bootstrap(10, np.random.default_rng(0))
    (fit,) = fit_resample(values, draw, (4,), np.random.default_rng(1), Starts(warm=False))
    assert fit.inertia == 0.0
    assert len(np.unique(fit.labels)) == 2
    assert np.isinf(fit.centres).all(axis=1).sum() == 2


def test_a_warm_start_rescues_cold_ones_that_are_clearly_worse():
    rng = np.random.default_rng(2)
    centres = rng.normal(size=(20, 2)) * 40
    values = np.concatenate([rng.normal(centre, 1, (30, 2)) for centre in centres])
    means = np.stack([values[30 * j : 30 * j + 30].mean(axis=0) for j in range(20)])
    everyone = bootstrap(600, rng)
    poor = Starts(n_cold=1, n_long=1)
    (cold,) = fit_resample(values, everyone, (20,), np.random.default_rng(3), poor)
    (warm,) = fit_resample(values, everyone, (20,), np.random.default_rng(3), poor, [means[None]])
    assert warm.inertia < cold.inertia


def test_competing_optima_begin_with_the_best():
    values = np.random.default_rng(0).normal(size=(300, 2))
    optima = competing_optima(values, (3,), n_init=10)[3]
    inertias = [
        ((values[:, None] - centres[None]) ** 2).sum(axis=2).min(axis=1).sum() for centres in optima
    ]
    assert len(optima) > 1
    assert inertias == sorted(inertias)


@pytest.mark.parametrize("field", ["n_cold", "n_long", "n_agree", "rough_size"])
def test_no_starts(field):
    with pytest.raises(BadInputError, match=f"{field}=0"):
        Starts(**{field: 0})


def test_starts_say_how_a_resample_was_fitted():
    assert "warm starts where they are clearly better" in str(Starts())
    assert "warm" not in str(Starts(warm=False))
