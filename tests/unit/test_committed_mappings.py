"""The committed mappings on a few lines written for the purpose: what each rule in them does."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from clustering.config import StudyConfig, load_config
from clustering.tables import SourceTables, open_tables

ROOT = Path(__file__).parents[2]
LINES = """Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
RED LANTERN,10,2011-01-03 08:00:00,2.00,17000,France
RED LANTERN,5,2011-01-03 08:00:00,2.00,17000,France
JUMBO BAG PINK,1,2011-01-03 09:00:00,1.50,17000,Spain
POSTAGE,1,2011-01-03 09:00:00,40.00,17000,France
PAPER CHAIN,1000,2011-02-01 09:00:00,1.00,12000,Germany
PAPER CHAIN,-1000,2011-02-01 09:05:00,1.00,12000,Germany
RED LANTERN,4,2011-03-01 09:00:00,2.00,12000,Germany
RED LANTERN,-4,2011-03-08 09:00:00,2.00,12000,Germany
RED LANTERN,-1,2011-01-05 09:00:00,2.00,13000,Italy
RED LANTERN,7,2011-01-05 09:00:00,2.00,,Italy
"""


@pytest.fixture
def orders(tmp_path: Path) -> SourceTables:
    with gzip.open(tmp_path / "online_retail.csv.gz", "wt") as file:
        file.write(LINES)
    config = load_config(
        ROOT / "experiments/online_retail.toml",
        [f"source.folder='{tmp_path}'", "as_of=2011-03-05"],
    )
    return open_tables(config)


def frame(tables: SourceTables, name: str, *by: str) -> pd.DataFrame:
    found: pd.DataFrame = tables.frames[name].collect("pandas").to_native()
    return found.sort_values(list(by)).reset_index(drop=True)


def test_customers_are_those_who_ordered_with_their_commonest_country(orders: SourceTables) -> None:
    accounts = frame(orders, "accounts", "account_id")
    assert accounts["account_id"].tolist() == ["12000", "17000"]
    assert accounts["region"].tolist() == ["Germany", "France"]
    assert [str(day)[:10] for day in accounts["started_on"]] == ["2011-02-01", "2011-01-03"]


def test_usage_counts_lines_of_product_families_without_returns_and_charges(
    orders: SourceTables,
) -> None:
    usage = frame(orders, "usage", "account_id", "used_on", "feature")
    assert usage[["account_id", "feature", "events"]].values.tolist() == [
        ["12000", "stationery", 1],
        ["12000", "lighting", 1],
        ["17000", "bags and lunch", 1],
        ["17000", "lighting", 2],
    ]


def test_the_run_rate_nets_the_day_and_lasts_90_days(orders: SourceTables) -> None:
    periods = frame(orders, "subscriptions", "account_id", "started_on")
    # 2011-02-01 was cancelled the same day; the return of 2011-03-08 is a day without an order.
    assert periods["account_id"].tolist() == ["12000", "17000"]
    assert periods["arr"].tolist() == pytest.approx([8.0 * 365 / 90, 31.5 * 365 / 90], abs=0.005)
    lengths = pd.to_datetime(periods["ended_on"]) - pd.to_datetime(periods["started_on"])
    assert lengths.dt.days.tolist() == [90, 90]


def test_ravenstack_gives_usage_to_the_account_of_the_subscription(tmp_path: Path) -> None:
    (tmp_path / "ravenstack_accounts.csv").write_text(
        "account_id,account_name,industry,country,signup_date,churn_flag\n"
        "A-1,One,EdTech,US,2023-01-01,True\nA-2,Two,FinTech,IN,2023-02-01,False\n"
    )
    (tmp_path / "ravenstack_subscriptions.csv").write_text(
        "subscription_id,account_id,start_date,end_date,plan_tier,seats,arr_amount,churn_flag\n"
        "S-1,A-1,2023-01-05,2023-12-01,Pro,5,1200,True\nS-2,A-2,2023-02-05,,Basic,9,0,False\n"
    )
    (tmp_path / "ravenstack_feature_usage.csv").write_text(
        "usage_id,subscription_id,usage_date,feature_name,usage_count\n"
        "U-1,S-2,2023-03-01,feature_1,4\nU-1,S-1,2022-12-01,feature_2,3\n"
    )
    (tmp_path / "ravenstack_support_tickets.csv").write_text(
        "ticket_id,account_id,submitted_at,closed_at,priority,satisfaction_score\n"
        "T-1,A-1,2023-02-01,2023-02-02 03:00:00,high,\n"
    )
    config = load_config(
        ROOT / "experiments/ravenstack.toml", [f"source.folder='{tmp_path}'", "as_of=2023-03-05"]
    )
    with open_tables(config) as tables:
        usage = frame(tables, "usage", "account_id")
        tickets = frame(tables, "tickets", "account_id")
        subscriptions = frame(tables, "subscriptions", "account_id")
    assert usage[["account_id", "feature", "events"]].values.tolist() == [
        ["A-1", "feature_2", 3],
        ["A-2", "feature_1", 4],
    ]
    assert tickets["score"].isna().all()
    assert str(tickets["closed_on"].iloc[0])[:10] == "2023-02-02"
    assert subscriptions["ended_on"].isna().tolist() == [False, True]


def read_by(name: str) -> str:
    files = sorted((ROOT / "data/mappings" / name).glob("*.sql"))
    assert files
    lines = [line for file in files for line in file.read_text().splitlines()]
    return "\n".join(line for line in lines if not line.strip().startswith("--"))


@pytest.mark.parametrize("flag", ["churn_flag", "upgrade_flag", "downgrade_flag", "churn_events"])
def test_undated_flags_are_never_read(flag: str) -> None:
    assert flag not in read_by("ravenstack")


@pytest.mark.parametrize("name", ["online_retail", "ravenstack"])
def test_the_committed_studies_say_their_limits(name: str) -> None:
    config: StudyConfig = load_config(ROOT / f"experiments/{name}.toml")
    assert config.note
    assert config.source.mapping == ROOT / "data/mappings" / name


def test_the_mapping_in_the_guide_runs_as_printed(tmp_path: Path) -> None:
    guide = (ROOT / "docs/bring_your_data.md").read_text(encoding="utf-8")
    (tmp_path / "mapping").mkdir()
    sql = guide.partition("```sql\n")[2].partition("```")[0]
    (tmp_path / "mapping/usage.sql").write_text(sql)
    (tmp_path / "mapping/accounts.sql").write_text(
        "SELECT * FROM read_csv('accounts.csv', all_varchar = true)"
    )
    (tmp_path / "accounts.csv").write_text(
        "account_id,started_on\n007,2023-01-01\n008,2023-01-01\n"
    )
    with gzip.open(tmp_path / "events.csv.gz", "wt") as file:
        file.write("customer_no,happened_at,event_name,user_id\n")
        file.write("007,2024-01-02 10:00:00,export,u1\n007,2024-01-04 10:00:00,export,u1\n")
    config = StudyConfig.model_validate(
        {
            "name": "trial",
            "as_of": "2024-01-10",
            "source": {"folder": tmp_path, "mapping": tmp_path / "mapping"},
        }
    )
    with open_tables(config) as tables:
        usage = frame(tables, "usage", "account_id")
    assert usage[["account_id", "feature", "events", "active_users"]].values.tolist() == [
        ["007", "export", 2, 1]
    ]
    assert str(usage["used_on"].iloc[0])[:10] == "2024-01-01"
