"""The mapped real data sets: counts as measured on the files, and the same in `check`."""

from datetime import date
from pathlib import Path

import pytest

from clustering.config import load_config
from clustering.tables import open_tables
from shared_data import shared_folder

ROOT = Path(__file__).parents[2]


@pytest.mark.real_input
@pytest.mark.slow
def test_online_retail_as_measured() -> None:
    folder = shared_folder("data", "online_retail")
    config = load_config(ROOT / "experiments/online_retail.toml", [f"source.folder='{folder}'"])
    with open_tables(config) as tables:
        assert tables.session is not None
        own, row = tables.session.own, tables.session.row
        # 4,339 customers with a positive quantity, 38 countries in all (SOURCE.md of the data).
        assert tables.row_counts["accounts"] == 4339
        assert tables.date_ranges["usage"] == (date(2010, 12, 1), date(2011, 12, 9))
        # No contract is longer than the 90 days of the run-rate, none is negative.
        longest, least = row(
            f"SELECT max(ended_on - started_on), min(arr) FROM {own('subscriptions')}"
        )
        assert longest == 90
        assert least > 0
        # The two largest orders of the file (168,470 and 77,184) were cancelled within minutes;
        # what is left is the third one.
        (largest,) = row(f"SELECT max(arr) * 90 / 365 FROM {own('subscriptions')}")
        assert largest == pytest.approx(71_601.44, abs=0.01)
        # 30.4 % of the customers of 2011-06-10 order nothing in the six months after it; here
        # the day itself counts as known, and orders are those of products.
        active, dormant = row(
            f"SELECT count(*), count(*) FILTER (WHERE u.account_id IS NULL) "
            f"FROM {own('accounts')} a LEFT JOIN (SELECT DISTINCT account_id FROM {own('usage')} "
            "WHERE used_on > DATE '2011-06-10' AND used_on <= DATE '2011-06-10' + 182) u "
            "USING (account_id) WHERE a.started_on <= DATE '2011-06-10'"
        )
    assert active == 2811
    assert dormant / active == pytest.approx(0.304, abs=0.005)


@pytest.mark.real_input
@pytest.mark.slow
def test_the_run_rate_is_trailing_90_day_revenue() -> None:
    """The sum of active periods equals revenue x 365/90, counted from the file on its own."""
    folder = shared_folder("data", "online_retail")
    config = load_config(ROOT / "experiments/online_retail.toml", [f"source.folder='{folder}'"])
    with open_tables(config) as tables:
        assert tables.session is not None
        own, row = tables.session.own, tables.session.row
        (mapped,) = row(
            f"SELECT sum(arr) FROM {own('subscriptions')} WHERE account_id = '14646' "
            "AND started_on <= DATE '2011-06-10' AND ended_on > DATE '2011-06-10'"
        )
        (revenue,) = row(
            "SELECT sum(CAST(Quantity AS INTEGER) * CAST(UnitPrice AS DOUBLE)) "
            f"FROM read_csv('{folder}/online_retail.csv.gz', all_varchar = true) "
            "WHERE CustomerID = '14646' AND CAST(InvoiceDate AS DATE) "
            "BETWEEN DATE '2011-03-13' AND DATE '2011-06-10' AND CAST(Quantity AS INTEGER) > 0 "
            "AND Description NOT IN ('POSTAGE', 'CARRIAGE', 'Manual')"
        )
    assert mapped == pytest.approx(revenue * 365 / 90, rel=0.01)


@pytest.mark.real_input
@pytest.mark.slow
def test_ravenstack_as_measured() -> None:
    folder = shared_folder("data", "ravenstack")
    config = load_config(ROOT / "experiments/ravenstack.toml", [f"source.folder='{folder}'"])
    with open_tables(config) as tables:
        assert tables.row_counts == {
            "accounts": 500,
            "subscriptions": 5000,
            "usage": 25000,
            "tickets": 2000,
        }
        assert tables.session is not None
        own, row = tables.session.own, tables.session.row
        (answered,) = row(f"SELECT count(score) FROM {own('tickets')}")
        (open_accounts,) = row(
            f"SELECT count(DISTINCT account_id) FROM {own('subscriptions')} WHERE ended_on IS NULL"
        )
        (started,) = row(
            f"SELECT count(*) FROM {own('accounts')} WHERE started_on <= DATE '2024-07-01'"
        )
    assert answered == 2000 - 825
    assert open_accounts == 500
    assert started == 348
    notes = "\n".join(tables.notes)
    assert "tickets: 1 077 of 2 000 rows (53.9 %) have opened_on before" in notes
    assert "usage: 13 198 of 25 000 rows (52.8 %) have used_on before" in notes
