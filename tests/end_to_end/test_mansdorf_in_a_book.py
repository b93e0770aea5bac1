"""Mansdorf's companies A and B, inside an ordinary book, are found and named with their reasons."""

from datetime import date

import pandas as pd
import pytest

from clustering.config import FeaturesConfig, SchemesConfig
from clustering.features import build_snapshot
from clustering.features.types import Snapshot
from clustering.plan.accounts.misjudged import misjudged_accounts
from clustering.schemes import Labelling, assign_all, compute_axes
from clustering.simulation import simulate, write_book
from clustering.tables import open_folder
from mansdorf import COMPANY_A, COMPANY_B, companies


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("book")
    book = simulate("needs", 200, seed=3)
    write_book(book, folder)
    as_of: date = book.manifest.as_of
    for name, rows in companies(as_of).items():
        file = folder / f"{name}.parquet"
        ordinary = pd.read_parquet(file)
        rows = rows.reindex(columns=ordinary.columns)
        pd.concat([ordinary, rows.astype(ordinary.dtypes)]).to_parquet(file, index=False)
    with open_folder(folder) as tables:
        return build_snapshot(tables, as_of, FeaturesConfig())


@pytest.fixture(scope="module")
def labellings(snapshot: Snapshot) -> dict[str, Labelling]:
    return {x.name: x for x in assign_all(snapshot, SchemesConfig())[0]}


def test_both_come_out_as_mansdorf_says(labellings: dict[str, Labelling]) -> None:
    touch = labellings["lifecycle_touch"].labels
    assert touch[COMPANY_A] == "low_touch, enterprise, retention"
    assert touch[COMPANY_B] == "high_touch, smb, adoption"


def test_the_tier_on_arr_gives_both_the_opposite(labellings: dict[str, Labelling]) -> None:
    tiers = labellings["arr_tiers"].labels
    assert (tiers[COMPANY_A], tiers[COMPANY_B]) == ("enterprise", "smb")


def test_both_are_listed_first_with_their_reasons(
    snapshot: Snapshot, labellings: dict[str, Labelling]
) -> None:
    config = SchemesConfig()
    found = misjudged_accounts(
        snapshot,
        compute_axes(snapshot, config.axes),
        labellings["arr_tiers"],
        labellings["lifecycle_touch"],
        config,
    ).set_index("account_id")
    much, little = (found[found["care"] == care] for care in ("too much", "too little"))
    assert much.index[0] == COMPANY_A  # the most ARR of all
    assert little.index[0] == COMPANY_B  # the largest open expansion
    assert much.loc[COMPANY_A, "why"].startswith(
        "enterprise by its amount, yet there is little to win or to lose: growth potential 0."
    )
    assert (
        "; fully adopted (share of due milestones reached: 0.95, drawn towards one half)"
        in much.loc[COMPANY_A, "why"]
    )
    assert "250,000 of expansion open" in little.loc[COMPANY_B, "why"]
    assert little.loc[COMPANY_B, "at_stake"] > 250_000
    assert len(found) < 0.5 * len(snapshot.frame)  # an ordinary book is not all misjudged


def test_a_small_account_may_be_strategic_and_a_playbook_starts(
    labellings: dict[str, Labelling],
) -> None:
    """Pickens calls B strategic on its upsell; Mong puts it into high touch; Farmer grows it."""
    assert labellings["strategic_enterprise_smb"].labels[COMPANY_B] == "strategic"
    assert labellings["expansion_touch"].labels[COMPANY_B] == "high"
    assert labellings["growth_risk"].labels[COMPANY_B] == "grow"
    assert labellings["growth_risk"].labels[COMPANY_A] == "sustain"
