"""Rules and lists recover what was planted in the simulated books."""

from dataclasses import dataclass

import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from clustering.config import FeaturesConfig, MatrixConfig, SchemesConfig
from clustering.features import Snapshot, build_snapshot
from clustering.matrix import FeatureMatrix, standardise
from clustering.models.types import Clustering
from clustering.plan.accounts.champions import find_champions
from clustering.plan.accounts.discovery import discovery_list
from clustering.plan.scheme_answers import scheme_sensitivity
from clustering.profiles import profile
from clustering.schemes import Labelling, assign_all, compute_axes
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from snapshots import kmeans_clustering

pytestmark = pytest.mark.slow

GUIDANCE = ("strategy_guidance", "execution_guidance", "first_steps")


@dataclass(frozen=True, eq=False)
class Seen:
    """What a study sees of a book, and the truth about the same accounts."""

    snapshot: Snapshot
    matrix: FeatureMatrix
    labellings: dict[str, Labelling]
    truth: "pd.Series[str]"

    def agreement(self, scheme: str) -> float:
        labels = self.labellings[scheme].labels.dropna()
        return float(adjusted_mutual_info_score(self.truth.reindex(labels.index), labels))


def seen(scenario: str, folder: pytest.TempPathFactory) -> Seen:
    book = simulate(scenario, 600, 7)
    place = folder.mktemp(scenario)
    write_book(book, place)
    with open_folder(place) as tables:
        snapshot = build_snapshot(tables, book.manifest.as_of, FeaturesConfig())
    matrix, _ = standardise(snapshot, MatrixConfig())
    labellings = {x.name: x for x in assign_all(snapshot, SchemesConfig())[0]}
    truth = book.truth.set_index("account_id")["true_segment"].astype("str")
    return Seen(snapshot, matrix, labellings, truth.reindex(snapshot.frame.index))


@pytest.fixture(scope="module")
def needs(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return seen("needs", tmp_path_factory)


@pytest.fixture(scope="module")
def tiers(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return seen("tiers", tmp_path_factory)


class TestNeeds:
    def test_the_guidance_drawn_tells_the_planted_need(self, needs: Seen) -> None:
        drawn = needs.labellings["needs"].labels
        guided = needs.truth.isin(GUIDANCE) & drawn.notna()
        table = pd.crosstab(needs.truth[guided], drawn[guided])
        for kind in GUIDANCE:
            assert table.loc[kind].idxmax() == kind
        assert (needs.truth[guided] == drawn[guided]).mean() >= 0.65

    def test_those_who_direct_themselves_are_healthy_and_safe(self, needs: Seen) -> None:
        alone = needs.truth == "self_directed"
        health = needs.labellings["health_profitability"].labels[alone].dropna()
        risk = needs.labellings["growth_risk"].labels[alone].dropna()
        assert health.isin(["champion", "nurture"]).mean() >= 0.9
        assert risk.isin(["grow", "sustain"]).mean() >= 0.9

    def test_the_tiers_know_nothing_of_it(self, needs: Seen) -> None:
        assert needs.agreement("arr_tiers") < 0.05
        assert needs.agreement("health_profitability") > 5 * needs.agreement("arr_tiers")

    def test_interviews_reach_every_planted_need(self, needs: Seen) -> None:
        chosen = kmeans_clustering(needs.matrix.values, 4)
        found = interviews(needs, chosen)
        medoids = found[found["kind"] == "medoid"]
        of = needs.truth.reindex(medoids["account_id"]).to_numpy()
        by_segment = medoids.assign(truth=of).groupby("segment")["truth"].agg(set)
        assert all(len(kinds) == 1 for kinds in by_segment)
        assert len(set.union(*by_segment)) == 4

    def test_champions_are_near_to_those_who_are_like_them(self, needs: Seen) -> None:
        config = SchemesConfig()
        axes = compute_axes(needs.snapshot, config.axes)
        growth = needs.labellings["growth_risk"]
        table = find_champions(needs.snapshot, needs.matrix, axes, growth, config).table
        champions = set(table["champion_id"])
        # every champion of this book directs itself, so such accounts have the shortest way
        assert set(needs.truth[list(champions)]) == {"self_directed"}
        nearest = table[table["rank"] == 1].drop_duplicates("account_id").set_index("account_id")
        far = nearest["distance"].groupby(needs.truth.reindex(nearest.index)).median()
        assert far.idxmin() == "self_directed"
        assert far["first_steps"] > 1.5 * far["self_directed"]
        assert not champions & set(table["account_id"])


class TestTiers:
    def test_the_tiers_are_the_truth_and_agree_best_with_the_segments(self, tiers: Seen) -> None:
        assert tiers.agreement("arr_tiers") == pytest.approx(1.0)
        codes = pd.Series(pd.factorize(tiers.truth)[0], index=tiers.truth.index)
        found = scheme_sensitivity(tiers.snapshot, codes, SchemesConfig(), 0.15, seed=0)
        closest = found[found["answer"] == "closest"]
        assert set(closest["base_answer"]) == {"arr_tiers"}
        # only where the tiers are cut elsewhere than they were planted can another rule be closer
        assert closest.loc[closest["flips"], "setting"].str.startswith("schemes.arr_tiers").all()


def interviews(found: Seen, chosen: Clustering) -> pd.DataFrame:
    ids = pd.Index(found.matrix.account_ids)
    scores = pd.DataFrame({"probability": 1.0, "runner_up": "", "margin": 1.0}, index=ids)
    axes = compute_axes(found.snapshot, SchemesConfig().axes)
    profiles = profile(found.snapshot, found.matrix, chosen)
    return discovery_list(found.snapshot, found.matrix, chosen, profiles, scores, axes)
