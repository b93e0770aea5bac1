"""What would be otherwise: the setting of a study gives the study, another moves what it should."""

from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from clustering import results
from clustering.errors import BadInputError
from clustering.report.subjects import what_if as shown
from clustering.report.subjects.accounts.one import one_account
from clustering.results import StudyFolder
from clustering.scorer import Scorer
from clustering.what_if import other_quadrants, other_segments, other_team

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(rendered_study: Path) -> StudyFolder:
    return results.read(rendered_study)


def test_the_numbers_of_groups_are_those_asked_for(study: StudyFolder) -> None:
    for k in (1, 2, 5):
        found = other_segments(study, k)
        assert sorted(found.groups.unique()) == list(range(1, k + 1))
        sizes = found.groups.value_counts().sort_index().tolist()
        assert sizes == sorted(sizes, reverse=True)
        assert found.crosswalk.to_numpy().sum() == study.document.n_accounts


def test_the_setting_of_the_study_gives_the_groups_of_its_model(study: StudyFolder) -> None:
    found = other_segments(study)
    scorer = Scorer.load(study.path / "scorer")
    values = scorer.standardiser.transform(study.accounts.set_index("account_id"))
    assert adjusted_rand_score(scorer.model.labels(values), found.groups) > 0.95
    pd.testing.assert_frame_equal(found.crosswalk, other_segments(study).crosswalk)


def test_a_weight_counts_by_feature_and_by_family(study: StudyFolder) -> None:
    usage = [f.name for f in study.document.features if f.family == "usage" and f.included]
    family = other_segments(study, weights={"usage": 0.0})
    features = other_segments(study, weights=dict.fromkeys(usage, 0.0))
    assert family.groups.equals(features.groups)
    assert not family.groups.equals(other_segments(study).groups)
    same = other_segments(study, weights={"usage": 1.0})
    assert same.groups.equals(other_segments(study).groups)


@pytest.mark.parametrize(
    ("k", "weights", "message"),
    [
        (0, {}, "give a number from 1 to 239"),
        (240, {}, "give a number from 1 to 239"),
        (3, {"usge": 2.0, "sentiment": -1.0}, "'usge' is no feature.*'sentiment' is -1.0: give 0"),
    ],
)
def test_a_setting_that_cannot_be_is_one_message(
    study: StudyFolder, k: int, weights: dict[str, float], message: str
) -> None:
    with pytest.raises(BadInputError, match=message):
        other_segments(study, k, weights)
    assert "<p>" in shown.segments(study, k, weights).text  # in a notebook it is said, not raised


def test_cuts_move_the_accounts_between_them(study: StudyFolder) -> None:
    axes = study.accounts.set_index("account_id")[["growth_potential", "churn_risk"]]
    found = other_quadrants(study, growth=0.3, risk=0.6)
    known = axes.dropna()
    grow = known[(known["growth_potential"] >= 0.3) & (known["churn_risk"] < 0.6)]
    assert set(found.after[found.after == "grow"].index) == set(grow.index)
    assert found.after.isna().sum() == len(axes) - len(known)
    with pytest.raises(BadInputError, match=r"cannot be cut at 1\.5"):
        other_quadrants(study, growth=1.5)


def test_a_team_that_cannot_be_allocated_says_why(study: StudyFolder) -> None:
    with pytest.raises(BadInputError, match="give 0 or more"):
        other_team(study, -1)
    assert "Traceback" not in shown.team(study, 5).text


def test_an_account_is_found_by_its_id_and_by_its_name(study: StudyFolder) -> None:
    name, account_id = study.names.iloc[-1], study.names.index[-1]
    assert one_account(study, str(account_id)).account_id == account_id
    assert one_account(study, name.upper()).account_id == account_id
    largest = study.accounts.loc[study.accounts["arr"].idxmax(), "account_id"]
    assert one_account(study).account_id == largest
    with pytest.raises(BadInputError, match=r"the id or the name 'A-0024'\. Did you mean 'A-0"):
        one_account(study, "A-0024")
