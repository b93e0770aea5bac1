"""A cluster that is one value of one column is a rule, and is not called natural."""

import numpy as np

from clustering.config import EvidenceConfig, ModelsConfig
from clustering.structure.evidence import assess_structure
from clustering.structure.separation.point_masses import find_spike
from clustering.structure.settings import ProtocolSettings

QUICK = EvidenceConfig(resamples=20, nulls=39)
GRID = ModelsConfig(k_max=4, n_init=5, algorithms=("kmeans",))


def dormant_and_active(seed: int) -> np.ndarray:
    """A continuum of use, and a third of the accounts that use nothing at all."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=(900, 1))
    use = np.exp(level + rng.normal(0, 0.6, (900, 4)))
    use[rng.random(900) < 0.33] = 0.0
    return np.log1p(use) + np.column_stack([np.zeros((900, 3)), rng.normal(0, 1, 900)])


def test_dormant_accounts_are_a_rule() -> None:
    evidence = assess_structure(
        dormant_and_active(1), ProtocolSettings(config=QUICK, models=GRID, seed=1, scale="zscore")
    )
    assert evidence.verdict != "natural"
    assert evidence.n_clusters == 1


def test_the_rule_is_said() -> None:
    values = dormant_and_active(1)
    found = find_spike(values, (values[:, 0] > 0).astype(np.int64), list("abcd"))
    assert str(found).startswith("one cluster is the ")
    assert "lowest value of 'a'" in str(found)


def test_ties_that_are_no_cluster_are_no_rule() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(2, (300, 3)).astype(np.float64)
    assert find_spike(counts, rng.integers(0, 2, 300)) is None


def test_groups_that_are_apart_stay_natural() -> None:
    rng = np.random.default_rng(3)
    values = np.vstack([rng.normal(0, 1, (200, 3)), rng.normal(5, 1, (200, 3))])
    evidence = assess_structure(
        np.round(values, 1), ProtocolSettings(config=QUICK, models=GRID, seed=1, scale="zscore")
    )
    assert (evidence.verdict, evidence.n_clusters) == ("natural", 2)
