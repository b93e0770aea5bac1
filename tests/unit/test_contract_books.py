"""Books of contracts written by hand; what is right is worked out beside each of them.

Tiers: smb below 10,000, midmarket from 10,000, enterprise from 100,000. ARR is the sum of the lines
active on a day; NRR and GRR compare it with the last day of the horizon.
"""

import re
from pathlib import Path

import pytest

from clustering.errors import TableContractError
from contract_studies import tell, write_tables

DOCS = Path(__file__).parents[2] / "docs"


def recipe(title: str) -> str:
    """A mapping of docs/recipes.md, by the words in its first line."""
    blocks = re.findall(r"```sql\n(.*?)```", (DOCS / "recipes.md").read_text(), re.DOTALL)
    (found,) = [block for block in blocks if title in block.splitlines()[0]]
    return str(found)


def mapped(source: Path, mapping: Path, **sql: str) -> dict[str, Path]:
    """A mapping folder: the given SQL, and the tables that stand in `source` as they are."""
    mapping.mkdir()
    for table in ("accounts", "usage"):
        (mapping / f"{table}.sql").write_text(f"SELECT * FROM '{table}.csv'")
    for table, text in sql.items():
        (mapping / f"{table}.sql").write_text(text)
    return {"folder": source, "mapping": mapping}


def test_terms_that_end_on_their_last_day(tmp_path: Path) -> None:
    """Terms of the calendar year; the next one begins on 1 January."""
    write_tables(
        tmp_path,
        [
            ("renews", "2024-01-01", "2024-12-31", 20_000),
            ("renews", "2025-01-01", "2025-12-31", 22_000),
            ("leaves", "2024-07-01", "2025-06-30", 5_000),
        ],
        used=("2024-06-01", "2025-12-31"),
    )
    # On 2024-12-31, the last day of its term, `renews` pays 20,000; on 2025-12-31 it pays 22,000.
    # NRR 22/20, GRR 1. `leaves` pays 5,000 and nothing after 2025-06-30.
    # The book: ARR 25,000; NRR 22,000 / 25,000; GRR (20,000 + 0) / 25,000.
    found = tell(tmp_path, "2024-12-31", subscriptions={"end_is": "last_day"})
    assert found.of("renews") == (20_000, "midmarket", False, 1.1, 1.0)
    assert found.of("leaves") == (5_000, "smb", True, 0.0, 0.0)
    assert (found.arr, found.nrr, found.grr) == (25_000, 0.88, 0.8)
    assert found.accounts["renewed"].tolist() == [False, True]
    # Read as first days without, `renews` has no contract on 2024-12-31: the check says why.
    wrong = tell(tmp_path, "2024-12-31")
    assert wrong.arr == 5_000
    assert 'set subscriptions.end_is = "last_day"' in wrong.said("1 of 1 next terms begin one day")


def test_growth_and_shrinking_at_renewal_and_between(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        [
            # 100,000 + an add-on of 30,000 within the term; renewed at 130,000.
            ("grows", "2024-03-01", "2025-03-01", 100_000),
            ("grows", "2024-09-01", "2025-03-01", 30_000),
            ("grows", "2025-03-01", "2026-03-01", 130_000),
            # 40,000, renewed at 25,000.
            ("shrinks", "2024-04-01", "2025-04-01", 40_000),
            ("shrinks", "2025-04-01", "2026-04-01", 25_000),
            # Not due in the horizon.
            ("waits", "2023-12-01", "2026-12-01", 9_999),
        ],
        used=("2024-01-01", "2025-06-30"),
    )
    # as_of 2024-06-30: 100,000 + 40,000 + 9,999 (the add-on begins later).
    # 2025-06-30: 130,000 + 25,000 + 9,999.
    found = tell(tmp_path, "2024-06-30")
    assert found.of("grows") == (100_000, "enterprise", False, 1.3, 1.0)
    assert found.of("shrinks") == (40_000, "midmarket", False, 0.625, 0.625)
    assert found.of("waits") == (9_999, "smb", False, 1.0, 1.0)
    assert found.arr == 149_999
    assert found.nrr == pytest.approx(164_999 / 149_999)
    assert found.grr == pytest.approx((100_000 + 25_000 + 9_999) / 149_999)
    assert found.accounts["renewed"].isna().tolist() == [False, False, True]  # censored


def test_credits_and_amendments_that_cancel_are_summed(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        [
            ("credit", "2024-01-01", "2026-01-01", 12_000),
            ("credit", "2024-01-01", "2025-01-01", -3_000),  # a discount of the first year
            ("cancels", "2024-01-01", "2026-01-01", 50_000),
            ("cancels", "2024-10-01", "2026-01-01", -50_000),  # terminated in October
            ("cancelled", "2023-01-01", "2026-01-01", 8_000),
            ("cancelled", "2024-02-01", "2026-01-01", -8_000),  # before as_of
        ],
        used=("2024-01-01", "2025-06-30"),
    )
    # as_of 2024-06-30: 12,000 - 3,000 = 9,000; 50,000; 8,000 - 8,000 = 0.
    # 2025-06-30: 12,000; 50,000 - 50,000 = 0; 0.
    found = tell(tmp_path, "2024-06-30")
    assert found.of("credit") == (9_000, "smb", False, 12_000 / 9_000, 1.0)
    assert found.of("cancels") == (50_000, "midmarket", True, 0.0, 0.0)
    assert found.of("cancelled") == (0, "smb", None, None, None)  # nothing at risk
    assert found.arr == 59_000
    assert found.nrr == pytest.approx(12_000 / 59_000)
    assert found.grr == pytest.approx(9_000 / 59_000)
    assert "cancelled, cancels, credit" in found.said("3 of 6 lines have an amount below 0")


def test_an_upgrade_beside_the_row_that_it_replaces(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        [
            ("upgraded", "2023-05-01", "", 10_000),
            ("upgraded", "2024-05-01", "", 15_000),
            ("plain", "2023-05-01", "", 10_000),
        ],
        used=("2024-01-01", "2025-06-30"),
    )
    # As the lines stand they are summed: 25,000, and the check counts and names them.
    found = tell(tmp_path, "2024-06-30")
    assert found.of("upgraded")[0] == 25_000
    note = found.said("1 of 3 lines begin while an earlier line of the same account runs on")
    assert "1 of them beside one without an end; first account_id: upgraded." in note
    # With the recipe the later line replaces the earlier one: 15,000 on both days.
    (tmp_path / "contracts.csv").write_text(
        "account_id,started_on,ended_on,arr,product\n"
        "upgraded,2023-05-01,,10000,crm\nupgraded,2024-05-01,,15000,crm\n"
        "plain,2023-05-01,,10000,crm\n"
    )
    source = mapped(tmp_path, tmp_path / "mapping", subscriptions=recipe("each line ends where"))
    right = tell(tmp_path, "2024-06-30", source=source)
    assert right.of("upgraded") == (15_000, "midmarket", False, 1.0, 1.0)
    assert (right.arr, right.nrr, right.grr) == (25_000, 1.0, 1.0)
    assert not [note for note in right.notes if "runs on" in note]


def test_a_gap_between_terms(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        [
            ("a day", "2023-07-01", "2024-06-30", 7_000),
            ("a day", "2024-07-01", "2025-07-01", 7_000),
            ("two months", "2023-08-01", "2024-08-01", 6_000),
            ("two months", "2024-10-01", "2025-10-01", 6_600),
            ("on time", "2023-09-01", "2024-09-01", 5_000),
            ("on time", "2024-09-01", "2025-09-01", 5_000),
        ],
        used=("2024-01-01", "2025-06-30"),
    )
    # On 2024-06-30 `a day` has no contract: its ARR is 0, it is not at risk, and the check says so.
    # `two months` left and came back within the horizon: it has not churned; 6,600 / 6,000.
    found = tell(tmp_path, "2024-06-30")
    assert found.of("a day") == (0, "smb", None, None, None)
    assert found.of("two months") == (6_000, "smb", False, 1.1, 1.0)
    assert found.of("on time") == (5_000, "smb", False, 1.0, 1.0)
    assert (found.arr, found.nrr, found.grr) == (11_000, pytest.approx(11_600 / 11_000), 1.0)
    assert "first account_id: a day" in found.said("1 of 2 next terms begin one day after")
    assert "first account_id: a day" in found.said("have had no contract for at most 120 days")


@pytest.mark.parametrize(
    ("as_of", "first", "ended"),
    [
        ("2024-01-01", "2024-01-01", "2025-01-01"),  # a 29 February lies inside
        ("2023-01-01", "2023-01-01", "2024-01-01"),  # none does
        ("2024-02-29", "2024-02-29", "2025-02-28"),  # the term begins on it
        ("2023-03-01", "2023-03-01", "2024-03-01"),  # on the day after it
    ],
)
def test_a_book_of_one_term_date_is_due_within_a_year(
    tmp_path: Path, as_of: str, first: str, ended: str
) -> None:
    """Every term of a year that begins at as_of is due in a horizon of 365 days."""
    write_tables(
        tmp_path,
        [
            ("renews", first, ended, 30_000),
            ("renews", ended, "2026-06-01", 33_000),
            ("leaves", first, ended, 10_000),
        ],
        used=("2022-10-01", "2025-03-31"),
    )
    # ARR 40,000; on the last day 33,000 of `renews` alone. 2 of 2 due, 1 renewed.
    found = tell(tmp_path, as_of)
    assert found.of("renews") == (30_000, "midmarket", False, 1.1, 1.0)
    assert found.of("leaves") == (10_000, "midmarket", True, 0.0, 0.0)
    assert found.accounts["renewed"].tolist() == [False, True]
    assert (found.arr, found.nrr, found.grr) == (40_000, 0.825, 0.75)


def _left(folder: Path) -> Path:
    return write_tables(
        folder,
        [
            ("stays", "2023-01-01", "", 40_000),
            ("closed", "2023-01-01", "", 20_000),  # closed on its row in March, contract open
            ("closes", "2023-01-01", "", 10_000),  # closed on its row in October
            ("former", "2021-01-01", "2022-01-01", 90_000),  # nobody closed it
            ("lapsed", "2023-05-01", "2024-05-01", 9_000),  # 60 days ago
            ("runs out", "2023-09-01", "2024-09-01", 5_000),
        ],
        used=("2024-01-01", "2025-06-30"),
        accounts={"closed": "2024-03-15", "closes": "2024-10-01", "free": ""},
    )


@pytest.mark.parametrize(
    ("left_by", "active", "churned", "arr"),
    [
        # `closed` and `former` have left. At risk: 40,000 + 10,000 + 5,000; `closes` and `runs
        # out` are gone a year later: NRR 40/55.
        ("either", "closes free lapsed runs-out stays", "closes runs-out", 55_000),
        # ended_on is not believed: `closed` is a customer of 20,000. Of 75,000 only `runs out` is
        # lost: NRR 70/75.
        ("contracts", "closed closes free lapsed runs-out stays", "runs-out", 75_000),
        # ended_on alone: `former` is a customer of no ARR, and `runs out` has not churned (NRR 0).
        ("accounts", "closes former free lapsed runs-out stays", "closes", 55_000),
    ],
)
def test_who_has_left(tmp_path: Path, left_by: str, active: str, churned: str, arr: float) -> None:
    found = tell(_left(tmp_path), "2024-06-30", accounts={"left_by": left_by})
    frame = found.accounts.rename(index=lambda name: name.replace(" ", "-"))
    assert list(frame.index) == active.split()
    assert list(frame.index[frame["churned"].fillna(value=False)]) == churned.split()
    assert found.arr == arr
    kept = 70_000 if left_by == "contracts" else 40_000
    assert (found.nrr, found.grr) == (pytest.approx(kept / arr), pytest.approx(kept / arr))
    assert found.of("lapsed") == (0, "smb", None, None, None)
    assert found.of("free") == (None, None, None, None, None)
    # Each kind is counted, named, and said with the setting that decides.
    for kind, name in [
        ("are closed in 'accounts' while a contract runs on", "closed"),
        ("have no ended_on, and their last contract ended more than 120 days", "former"),
        ("have had no contract for at most 120 days", "lapsed"),
        ("are open in 'accounts' and never had a contract", "free"),
    ]:
        note = found.said(kind)
        assert note.startswith("1 of 7 accounts ")
        assert f"first account_id: {name}. " in note
        assert f'(accounts.left_by = "{left_by}")' in note


def test_three_years_with_a_price_for_each(tmp_path: Path) -> None:
    write_tables(
        tmp_path,
        [
            # One contract of three years in three lines of a year: 100,000, 105,000, 110,250.
            ("steps", "2023-02-01", "2024-02-01", 100_000),
            ("steps", "2024-02-01", "2025-02-01", 105_000),
            ("steps", "2025-02-01", "2026-02-01", 110_250),
            # One line of three years.
            ("flat", "2023-02-01", "2026-02-01", 12_000),
        ],
        used=("2024-01-01", "2025-06-30"),
    )
    found = tell(tmp_path, "2024-06-30")
    assert found.of("steps") == (105_000, "enterprise", False, 1.05, 1.0)
    assert found.of("flat") == (12_000, "midmarket", False, 1.0, 1.0)
    assert (found.arr, found.grr) == (117_000, 1.0)
    assert found.nrr == pytest.approx(122_250 / 117_000)
    # The next line of the same contract counts as renewed; the line of three years was not due.
    assert found.accounts["renewed"].isna().tolist() == [True, False]


def test_contracts_that_end_before_the_horizon(tmp_path: Path) -> None:
    """Exported on 2024-12-31, while usage goes on to 2025-06-30."""
    write_tables(
        tmp_path,
        [
            ("due later", "2024-03-01", "2025-03-01", 10_000),
            ("left", "2023-10-01", "2024-10-01", 5_000),
        ],
        used=("2024-01-01", "2025-06-30"),
    )
    # A year: whether `due later` renewed in March nobody can know, so nothing is told of contracts.
    # Half a year, to 2024-12-27: 10,000 of 15,000 are left; dormancy is told either way.
    complete = {"complete_to": "2024-12-31"}
    year = tell(tmp_path, "2024-06-30", subscriptions=complete)
    assert year.of("due later") == (10_000, "midmarket", None, None, None)
    assert (year.arr, year.nrr) == (15_000, None)
    assert year.accounts["dormant"].tolist() == [False, False]
    assert "it reaches to 2024-12-31" in year.said("what became of the contracts is not known")
    half = tell(tmp_path, "2024-06-30", 180, subscriptions=complete)
    assert half.of("due later") == (10_000, "midmarket", False, 1.0, 1.0)
    assert half.of("left") == (5_000, "smb", True, 0.0, 0.0)
    assert (half.nrr, half.grr) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_monthly_snapshots_of_mrr(tmp_path: Path) -> None:
    write_tables(
        tmp_path, [("grows", "2024-01-01", "", 0.0)], used=("2024-01-01", "2025-06-30"),
        accounts={"leaves": "", "back": ""},
    )  # fmt: skip
    months = [f"{year}-{month:02d}-01" for year in (2024, 2025) for month in range(1, 13)][:18]
    rows = []
    for month in months:
        rows.append(f"grows,{month},{1_000 if month < '2024-11' else 1_250}")
        if month < "2025-02":
            rows.append(f"leaves,{month},500")
        if not "2024-09" <= month < "2025-01":
            rows.append(f"back,{month},200")
    (tmp_path / "mrr.csv").write_text("\n".join(["account_id,month,mrr", *rows, ""]))
    source = mapped(tmp_path, tmp_path / "mapping", subscriptions=recipe("monthly snapshots"))
    # as_of 2024-06-30: 12 x (1,000 + 500 + 200) = 20,400. In June 2025: 12 x (1,250 + 0 + 200).
    found = tell(tmp_path, "2024-06-30", source=source)
    assert found.of("grows") == (12_000, "midmarket", False, 1.25, 1.0)
    assert found.of("leaves") == (6_000, "smb", True, 0.0, 0.0)
    assert found.of("back") == (2_400, "smb", False, 1.0, 1.0)
    assert found.arr == 20_400
    assert found.nrr == pytest.approx(17_400 / 20_400)
    assert found.grr == pytest.approx(14_400 / 20_400)


def test_amounts_in_several_currencies(tmp_path: Path) -> None:
    write_tables(tmp_path, [("eu", "2023-01-01", "", 1.0)], used=("2024-01-01", "2025-06-30"))
    lines = "account_id,started_on,ended_on,amount,currency\n"
    lines += "eu,2023-01-01,,10000,EUR\nus,2023-01-01,2024-12-01,20000,USD\n"
    (tmp_path / "contracts.csv").write_text(lines)
    (tmp_path / "accounts.csv").write_text("account_id,started_on\neu,2020-01-01\nus,2020-01-01\n")
    (tmp_path / "rates.csv").write_text("currency,rate\nEUR,1.1\nUSD,1\n")
    plain = "SELECT account_id, started_on, ended_on, amount AS arr, currency FROM 'contracts.csv'"
    source = mapped(tmp_path, tmp_path / "mapping", subscriptions=plain)
    with pytest.raises(TableContractError, match="different currencies cannot be summed") as caught:
        tell(tmp_path, "2024-06-30", source=source)
    assert "(rows: EUR 1, USD 1)" in str(caught.value)
    (tmp_path / "mapping" / "subscriptions.sql").write_text(recipe("in the currency of the study"))
    # 10,000 EUR x 1.1 = 11,000 USD, kept; 20,000 USD, lost.
    found = tell(tmp_path, "2024-06-30", source=source)
    assert found.of("eu") == (11_000, "midmarket", False, 1.0, 1.0)
    assert found.of("us") == (20_000, "midmarket", True, 0.0, 0.0)
    assert found.nrr == found.grr == pytest.approx(11 / 31)
