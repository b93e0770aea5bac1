"""A gap must hold around the line between two clusters, not along it alone."""

import numpy as np
import pytest

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.models.kmeans import fit_kmeans
from clustering.structure.evidence import assess_structure
from clustering.structure.findings import Bridge
from clustering.structure.reasons import bridges_in_words
from clustering.structure.rules import bridged
from clustering.structure.separation.bridges import bridges_between
from clustering.structure.settings import ProtocolSettings

QUICK = EvidenceConfig(resamples=10, nulls=19)
GRID = ModelsConfig(k_max=3, n_init=3, algorithms=("kmeans",))
N, COLUMNS, NOISE = 700, 5, 0.3


def noisy(flat, rng):
    """A shape in the first columns, noise in all, turned at random."""
    values = np.zeros((N, COLUMNS))
    values[:, : flat.shape[1]] = flat
    values += NOISE * rng.normal(size=values.shape)
    return values @ np.linalg.qr(rng.normal(size=(COLUMNS, COLUMNS)))[0]


def arc(degrees, seed):
    rng = np.random.default_rng(seed)
    angle = np.deg2rad(degrees) * rng.random(N)
    return noisy(2 * np.column_stack([np.cos(angle), np.sin(angle)]), rng)


def simplex(seed):
    rng = np.random.default_rng(seed)
    return noisy(4 * rng.dirichlet(np.ones(3), N), rng)


def heaps(k, apart, seed, columns=COLUMNS):
    """Spherical clusters of unequal size, every pair so far apart in standard deviations."""
    rng = np.random.default_rng(seed)
    centres = apart / np.sqrt(2) * np.eye(max(k, columns))[:k, :columns]
    shares = np.arange(k + 1, 1, -1) / np.arange(k + 1, 1, -1).sum()
    return centres[rng.choice(k, N, p=shares)] + rng.normal(size=(N, columns))


def found(values, k):
    return bridges_between(values, fit_kmeans(values, k, n_init=5, seed=0).labels)


@pytest.mark.parametrize("degrees", [180, 240, 300])
def test_accounts_of_an_arc_lie_to_one_side_of_the_line(degrees):
    (bridge,) = found(arc(degrees, seed=1), 2)
    assert bridged([bridge])
    assert bridge.p_off_line < 1e-6


def test_both_ends_of_a_ring_come_together():
    """Cut in two, a ring is symmetric about the line: nothing lies to one side of it."""
    (bridge,) = found(arc(360, seed=2), 2)
    assert bridged([bridge])
    assert bridge.p_spread < 1e-6 < bridge.p_off_line


@pytest.mark.parametrize("k", [3, 4, 5])
def test_a_ring_is_connected_however_it_is_cut(k):
    assert bridged(found(arc(360, seed=3), k))


def test_a_filled_triangle_is_connected():
    assert bridged(found(simplex(seed=4), 3))


@pytest.mark.parametrize("k", [2, 3, 4])
def test_clusters_are_not_connected(k):
    assert not bridged(found(heaps(k, 4.0, seed=5), k))


def test_a_gap_between_bent_clusters_is_a_gap():
    """Two arcs of one circle with nothing between them: off the line, and apart."""
    rng = np.random.default_rng(6)
    half = rng.random(N) < 0.5
    angle = np.where(half, rng.uniform(0.0, 1.8, N), rng.uniform(np.pi, np.pi + 1.8, N))
    (bridge,) = found(noisy(4 * np.column_stack([np.cos(angle), np.sin(angle)]), rng), 2)
    assert not bridged([bridge])


def test_units_and_turns_change_nothing():
    values = arc(240, seed=7)
    labels = fit_kmeans(values, 2, n_init=5, seed=0).labels
    mixed = values @ np.random.default_rng(8).normal(size=(COLUMNS, COLUMNS)) + 100.0
    (one,), (other,) = (bridges_between(X, labels) for X in (values, mixed))
    assert other.density == pytest.approx(one.density, rel=1e-3)
    assert np.log(other.p) == pytest.approx(np.log(one.p), rel=0.05)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=(60, 3)) + 100.0 * np.repeat([[0], [1]], 30, axis=0),
        np.random.default_rng(0).normal(size=(60, 1)) * [[1.0, 1.0, 1.0]],
        np.random.default_rng(0).integers(0, 2, (60, 3)).astype(float),
        np.repeat([[0.0, 0.0], [1.0, 5.0]], 30, axis=0),
        np.random.default_rng(0).normal(size=(60, 1)),
        np.random.default_rng(0).normal(size=(10, 20)),
        np.column_stack([np.random.default_rng(0).normal(size=(60, 2)), [500.0] + [0.0] * 59]),
    ],
    ids=["far apart", "collinear", "ties", "two points", "one column", "few rows", "flat column"],
)
def test_degenerate_values_raise_nothing(values):
    labels = np.repeat([0, 1], len(values) // 2)
    for bridge in bridges_between(values, labels):
        assert 0.0 <= bridge.p <= 1.0
        assert bridge.density >= 0.0


def _bridge(first, second, p, density):
    signs = {"p_off_line": p, "p_spread": 1.0, "p_filled": 1.0}
    return Bridge(segments=(first, second), p=p, density=density, **signs)


def test_the_densest_bridge_is_said():
    thin = _bridge(1, 2, p=1e-5, density=0.5)
    thick = _bridge(2, 3, p=0.002, density=0.9)
    weak = _bridge(1, 3, p=0.5, density=2.0)
    empty = _bridge(1, 4, p=1e-9, density=0.1)
    assert bridged([thin, thick, weak, empty]) == (thick, thin)
    said = bridges_in_words(bridged([thin, thick]), "segment")
    assert "accounts connect segments 2 and 3 around it" in said
    assert "0.90 times as dense" in said
    assert "p = 0.002; 1 more such pair)" in said


@pytest.mark.parametrize("values", [arc(240, seed=9), arc(360, seed=9), simplex(seed=9)])
def test_a_bent_continuum_is_not_natural(values):
    evidence = assess_structure(
        values, ProtocolSettings(config=QUICK, models=GRID, seed=1, scale="zscore")
    )
    assert evidence.verdict != "natural"
    assert evidence.n_clusters == 1


def test_the_reason_is_said_in_words():
    evidence = assess_structure(
        arc(240, seed=9), ProtocolSettings(config=QUICK, models=GRID, seed=1, scale="zscore")
    )
    (said,) = [reason for reason in evidence.reasons if reason.startswith("At k = 2 the gap")]
    assert "along the straight line alone, but accounts connect segments 1 and 2" in said
    bridge = evidence.to_json()["kmeans"][1]["bridges"][0]
    assert bridge["segments"] == [1, 2]
    assert bridge["density"] > 0.4
    assert set(bridge) == {"segments", "p", "p_off_line", "p_spread", "p_filled", "density"}


def test_clusters_four_deviations_apart_stay_natural():
    evidence = assess_structure(
        heaps(3, 4.0, seed=10), ProtocolSettings(config=QUICK, models=GRID, seed=1, scale="zscore")
    )
    assert (evidence.verdict, evidence.n_clusters) == ("natural", 3)


def test_bent_clusters_with_a_gap_are_natural_and_their_borders_are_doubted():
    rng = np.random.default_rng(11)
    angle = rng.uniform(0.0, np.pi, N)
    side = rng.integers(0, 2, N)[:, np.newaxis]
    bows = 4 * np.column_stack([np.cos(angle), np.sin(angle)]) * np.where(side, -1, 1)
    values = noisy(bows + side * [3.0, -1.5], rng)
    evidence = assess_structure(
        values, ProtocolSettings(config=QUICK, models=GRID, seed=1, scale="zscore")
    )
    assert (evidence.verdict, evidence.n_clusters) == ("natural", 2)
    assert any("near a border" in reason for reason in evidence.reasons)
