"""Settings of the schemes that make no sense, as a user meets them: in a file, all at once."""

from pathlib import Path

import pytest

from clustering.config import load_config
from clustering.errors import ConfigError

HEAD = 'name = "x"\nas_of = 2025-06-30\n[source]\nfolder = "."\n'


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "study.toml"
    file.write_text(HEAD + text)
    with pytest.raises(ConfigError) as found:
        load_config(file)
    return str(found.value)


def test_every_mistake_of_every_scheme_is_listed(tmp_path: Path) -> None:
    message = refused(
        tmp_path,
        """
        [schemes.arr_tiers]
        midmarket_from = 100
        enterprise_from = 50
        [schemes.employee_bands]
        midmarket_from = 3000
        [schemes.expansion_touch]
        medium_from = 2.0
        high_from = 1.0
        [schemes.axes.health]
        milestones = 0
        outcomes = 0
        regularity = 0
        seat_utilisation = 0
        sentiment = 0
        [schemes.axes.cost]
        hour = 0
        [schemes.csm_book]
        arr_per_csm = -1
        [schemes.axes.churn_risk]
        overdue_milestones = -0.5
        [schemes.axes.growth_potential]
        pipelin = 0.5
        """,
    )
    assert "(8 breaches)" in message
    for words in (
        "'schemes.arr_tiers': midmarket_from must be below enterprise_from",
        "'schemes.employee_bands': midmarket_from must be below enterprise_from",
        "'schemes.expansion_touch': medium_from must be below high_from",
        "'schemes.axes.health': at least one weight must be above zero",
        "'schemes.axes.cost.hour': Input should be greater than 0, found 0",
        "'schemes.csm_book.arr_per_csm': Input should be greater than 0, found -1",
        "'schemes.axes.churn_risk.overdue_milestones': Input should be greater than or equal to 0",
        "'schemes.axes.growth_potential.pipelin' is not a known key. Did you mean 'pipeline'?",
    ):
        assert words in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[schemes.arr_tiers]\nquantiles = [0.9, 0.6]", "first quantile must be below the second"),
        ("[schemes.arr_tiers]\nmidmarket_from = 5.0", "give both midmarket_from and enterprise_"),
        ("[schemes.growth_risk.risk]\nquantile = 1.5", "less than or equal to 1, found 1.5"),
        ("[schemes.expansion_trigger]\ntriggers = 0", "greater than or equal to 1, found 0"),
        ("[schemes.lifecycle_touch]\nadopted_from = 2", "less than or equal to 1, found 2"),
        ("[schemes.axes]\nleast_evidence = -0.1", "greater than or equal to 0, found -0.1"),
    ],
)
def test_one_mistake(tmp_path: Path, text: str, words: str) -> None:
    assert words in refused(tmp_path, text)
