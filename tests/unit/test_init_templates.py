"""`init --template`: the exports of each vendor, and of several that know the same accounts."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from clustering.commands import check, init
from clustering.config import load_config
from clustering.errors import BadInputError
from clustering.tables import SourceTables, open_tables
from clustering.tables.init.drafting import Draft, draft_study, write_draft
from clustering.tables.init.vendors.template import templates
from clustering.tables.session import Session
from clustering.tables.sources import Sources, find_sources
from vendor_files import (
    CHARGEBEE_MONTHS,
    EXPORTS,
    SALESFORCE,
    STRIPE,
    STRIPE_INVOICES,
    put,
)

USAGE = "account_id,used_on,feature,events\n"
ACME, BANK = "001A00000000000AAA", "001B00000000000AAA"


def draft(folder: Path, exports: Path, *vendors: str) -> Draft:
    return draft_study("mine", folder, [exports], templates=vendors, as_of=date(2024, 1, 20))


OPEN: dict[Path, tuple[Session, Sources]] = {}


@pytest.fixture(autouse=True)
def _sessions_end_with_the_test() -> Iterator[None]:
    yield
    for session, _ in OPEN.values():
        session.close()
    OPEN.clear()


def rows(toml: Path, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of one mapping as the contract reads them, as text; a test opens its mappings once."""
    if toml not in OPEN:
        session = Session("UTC")
        OPEN[toml] = session, find_sources(session, load_config(toml).source)
    session, sources = OPEN[toml]
    chosen = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns)
    found = f"SELECT {chosen} FROM ({sources.relations[table].sql}) ORDER BY ALL"
    return session.execute(found).fetchall()


def written(folder: Path, exports: Path, *vendors: str) -> Path:
    return write_draft(draft(folder, exports, *vendors), "mine", folder)[0]


def alone(tmp_path: Path, vendor: str, more: dict[str, str] | None = None) -> Path:
    return written(tmp_path / "mine", put(tmp_path / "ex", EXPORTS[vendor] | (more or {})), vendor)


def opened(toml: Path, folder: Path, table: str, text: str) -> SourceTables:
    """The tables, with one more that makes a study of them."""
    (folder / f"{table}.csv").write_text(text)
    (toml.parent / "mapping" / f"{table}.sql").write_text(f"SELECT * FROM '{table}.csv'")
    return open_tables(load_config(toml))


def test_salesforce(tmp_path: Path) -> None:
    toml = alone(tmp_path, "salesforce")
    columns = ("account_id", "started_on", "csm", "parent_id", "employees")
    assert rows(toml, "accounts", *columns) == [
        (ACME, "2022-12-20", "Kim", None, "120"),
        (BANK, "2023-05-20", "Kim", ACME, "4000"),
    ]  # a prospect is no customer
    assert rows(toml, "subscriptions", "account_id", "started_on", "ended_on", "arr") == [
        (ACME, "2023-01-01", "2023-12-31", "1200.0"),
        (ACME, "2024-01-01", "2025-12-31", "2400.0"),  # 4800 for 24 months
        (BANK, "2023-06-01", "2024-05-31", "600.0"),
    ]
    assert rows(toml, "opportunities", "account_id", "kind", "closed_on", "amount") == [
        (ACME, "renewal", "2023-12-20", "4800"),
        (BANK, "expansion", None, "300"),  # its close date lies ahead: it is open
    ]
    assert rows(toml, "tickets", "account_id", "opened_on", "closed_on") == [
        (ACME, "2024-01-02", "2024-01-03")
    ]
    assert rows(toml, "engagements", "account_id", "held_on", "hours") == [
        (ACME, "2024-01-08", "1.5")
    ]
    assert 'end_is = "last_day"' in toml.read_text()
    usage = f"{USAGE}{ACME},2024-01-15,x,1\n"
    with opened(toml, tmp_path / "ex", "usage", usage) as tables:
        assert tables.row_counts["accounts"] == 2


def test_hubspot(tmp_path: Path) -> None:
    toml = alone(tmp_path, "hubspot")
    assert rows(toml, "accounts", "account_id", "started_on", "region", "csm") == [
        ("11", "2023-01-01", "Germany", "Kim"),
        ("12", "2023-06-01", "France", "Kim"),
    ]
    assert rows(toml, "subscriptions", "account_id", "started_on", "ended_on", "arr") == [
        ("11", "2023-01-01", "2024-01-01", "1200.0"),
        ("11", "2024-01-01", None, "2400.0"),
        ("12", "2023-06-01", None, "600.0"),
    ]
    assert rows(toml, "opportunities", "account_id", "kind", "closed_on") == [
        ("11", "renewal", "2024-01-01"),
        ("12", "expansion", None),
    ]
    assert rows(toml, "tickets", "account_id", "severity") == [("11", "HIGH")]
    assert rows(toml, "engagements", "kind", "hours") == [("QBR", "1.5")]
    assert rows(toml, "surveys", "account_id", "kind", "score") == [
        ("11", "nps", "9"),
        ("12", "csat", "4"),
    ]
    assert 'currency = "EUR"' in toml.read_text()


def test_stripe_without_invoices_says_that_amounts_are_of_today(tmp_path: Path) -> None:
    toml = alone(tmp_path, "stripe")
    assert rows(toml, "accounts", "account_id", "started_on", "region") == [
        ("cus_A", "2022-12-18", "DE"),
        ("cus_B", "2023-06-01", "FR"),
    ]
    assert rows(
        toml, "subscriptions", "account_id", "started_on", "ended_on", "arr", "product"
    ) == [
        ("cus_A", "2023-01-01", None, "1200.0", "Platform"),  # paid since the end of the trial
        ("cus_B", "2023-06-01", "2024-06-01", "600.0", "Platform"),
    ]
    sql = (toml.parent / "mapping" / "subscriptions.sql").read_text()
    assert "-- ASSUMED: A SUBSCRIPTION HOLDS ITS PRESENT PRICE ALONE" in sql


def test_stripe_with_invoices_has_what_was_paid_when(tmp_path: Path) -> None:
    toml = alone(tmp_path, "stripe", STRIPE_INVOICES)
    found = rows(toml, "subscriptions", "account_id", "started_on", "ended_on", "round(arr, 2)")
    assert found == [
        ("cus_A", "2024-01-01", "2024-02-01", f"{31 * 365.25 / 31:.2f}"),
        ("cus_A", "2024-02-01", "2024-03-01", f"{29 * 365.25 / 29:.2f}"),
    ]


def test_yen_have_no_smaller_unit(tmp_path: Path) -> None:
    prices = {"prices.csv": STRIPE["prices.csv"].replace(",eur,", ",jpy,")}
    toml = alone(tmp_path, "stripe", prices)
    assert rows(toml, "subscriptions", "arr", "currency")[0] == ("120000.0", "JPY")


def test_chargebee(tmp_path: Path) -> None:
    toml = alone(tmp_path, "chargebee")
    found = rows(toml, "subscriptions", "account_id", "started_on", "ended_on", "arr", "seats")
    assert found == [
        (ACME, "2023-01-01", None, "1206.0", "10"),
        ("cb_2", "2023-06-01", "2024-06-01", "600.0", "1"),
    ]


def test_chargebee_in_cents(tmp_path: Path) -> None:
    cents = EXPORTS["chargebee"]["Subscriptions.csv"]
    for amount in ("100.50", "50.00", "70.00"):
        cents = cents.replace(amount, amount.replace(".", ""))
    toml = alone(tmp_path, "chargebee", {"Subscriptions.csv": cents})
    assert [row[0] for row in rows(toml, "subscriptions", "arr")] == ["1206.0", "600.0"]


def test_chargebee_months_have_what_was_paid_when(tmp_path: Path) -> None:
    toml = alone(tmp_path, "chargebee", CHARGEBEE_MONTHS)
    assert rows(toml, "subscriptions", "account_id", "started_on", "ended_on", "arr") == [
        (ACME, "2024-01-01", "2024-02-01", "1200.0"),
        (ACME, "2024-02-01", None, "1440.0"),
        ("cb_2", "2024-01-01", "2024-02-01", "600.0"),
    ]


def test_gainsight_alone_makes_a_study(tmp_path: Path) -> None:
    toml = alone(tmp_path, "gainsight")
    with open_tables(load_config(toml)) as tables:
        assert tables.row_counts == {
            "accounts": 2, "milestones": 3, "engagements": 1, "surveys": 1
        }  # fmt: skip
    columns = ("account_id", "projected_on", "achieved_on", "recorded_on")
    assert rows(toml, "milestones", *columns) == [
        ("1P01", "2023-03-01", "2023-02-20", "2023-01-02"),
        ("1P01", "2024-01-31", "2024-01-10", "2023-06-02"),
        ("1P02", "2023-08-01", None, "2023-06-02"),  # closed as lost is not reached
    ]


def test_segment(tmp_path: Path) -> None:
    toml = alone(tmp_path, "segment")
    columns = ("account_id", "used_on", "feature", "events", "active_users")
    assert rows(toml, "usage", *columns) == [
        ("g1", "2024-01-02", "Report Exported", "3", "2"),
        ("g9", "2024-01-03", "Signed In", "1", "1"),
    ]
    assert rows(toml, "accounts", "account_id", "started_on", "name", "employees")[0] == (
        "g1", "2023-01-01", "Acme", "120",
    )  # fmt: skip
    with open_tables(load_config(toml)) as tables:
        assert tables.row_counts == {"accounts": 3, "usage": 2}


def test_segment_without_the_group_in_its_calls_takes_that_of_the_user(tmp_path: Path) -> None:
    text = EXPORTS["segment"]["tracks.csv"].replace("context_group_id", "context_page")
    toml = alone(tmp_path, "segment", {"tracks.csv": text})
    assert ("g2", "Signed In") in rows(toml, "usage", "account_id", "feature")


def test_mixpanel_with_a_crm(tmp_path: Path) -> None:
    put(tmp_path / "ex" / "salesforce", SALESFORCE)
    put(tmp_path / "ex" / "mixpanel", EXPORTS["mixpanel"])
    toml = written(tmp_path / "mine", tmp_path / "ex", "salesforce", "mixpanel")
    columns = ("account_id", "used_on", "feature", "events", "active_users")
    assert rows(toml, "usage", *columns) == [
        (ACME, "2024-01-02", "Report Exported", "2", "2"),  # an event that came twice counts once
        (BANK, "2024-01-03", "Signed In", "1", "1"),  # its group is a domain
    ]
    with open_tables(load_config(toml)) as tables:
        assert tables.unmatched == ()


def test_zendesk(tmp_path: Path) -> None:
    toml = alone(tmp_path, "zendesk")
    columns = ("account_id", "opened_on", "closed_on", "severity", "score")
    assert rows(toml, "tickets", *columns) == [
        ("36001", "2024-01-02", "2024-01-03", "high", "1"),
        ("36002", "2024-01-02", None, None, None),
        ("36003", "2024-01-02", None, "low", "0"),
    ]


def test_several_are_joined_and_what_does_not_match_is_counted(tmp_path: Path) -> None:
    for vendor in ("salesforce", "zendesk", "stripe", "segment"):
        put(tmp_path / "ex" / vendor, EXPORTS[vendor])
    folder, exports = tmp_path / "mine", tmp_path / "ex"
    made = draft(folder, exports, "salesforce", "zendesk", "stripe", "segment")
    toml = write_draft(made, "mine", folder)[0]
    assert (
        "Zendesk: 2 of 3 accounts matched with Salesforce (1 by an id, 1 by a domain); left out: "
        "the rows of 1" in made.matches
    )
    assert not any("without any in" in said for said in made.matches)
    assert not any("customers_metadata" in source for source in made.unused)
    # One customer of Stripe is found by metadata, not by a mailbox that many people have.
    assert any(said.startswith("Stripe: 2 of 3") for said in made.matches)
    assert rows(toml, "tickets", "account_id") == [(ACME,), (BANK,)]
    # Billing goes before the CRM in what was paid, the help desk in tickets.
    assert rows(toml, "subscriptions", "account_id", "arr") == [(ACME, "1200.0"), (BANK, "600.0")]
    assert "subscriptions: salesforce has it too; stripe gives it" in made.left
    with open_tables(load_config(toml)) as tables:
        counted = {(u.found_in, u.missing_in): u.n_accounts for u in tables.unmatched}
        assert counted == {
            ("zendesk", "salesforce"): 1, ("segment", "salesforce"): 1,
            ("stripe", "salesforce"): 1,
        }  # fmt: skip
        assert (
            "1 account of zendesk could not be found in salesforce by an id or a domain; first: "
            "36003; their rows are left out." in tables.notes
        )


def test_the_first_template_gives_the_accounts(tmp_path: Path) -> None:
    for vendor in ("salesforce", "stripe"):
        put(tmp_path / "ex" / vendor, EXPORTS[vendor])
    toml = written(tmp_path / "mine", tmp_path / "ex", "stripe", "salesforce")
    assert [row[0] for row in rows(toml, "accounts", "account_id")] == ["cus_A", "cus_B"]
    assert ("cus_B", "expansion") in rows(toml, "opportunities", "account_id", "kind")


def test_a_domain_of_two_accounts_leads_to_neither(tmp_path: Path) -> None:
    same = SALESFORCE["Account.csv"].replace("bank.example", "acme.example")
    put(tmp_path / "ex" / "salesforce", SALESFORCE | {"Account.csv": same})
    put(tmp_path / "ex" / "segment", EXPORTS["segment"])
    made = draft(tmp_path / "mine", tmp_path / "ex", "salesforce", "segment")
    assert made.matches[0].startswith("Segment: 0 of 3 accounts matched")


def test_moments_are_days_of_the_place_that_the_toml_names(tmp_path: Path) -> None:
    cases = SALESFORCE["Case.csv"].replace("2024-01-02T10", "2024-01-02T23")
    toml = alone(tmp_path, "salesforce", {"Case.csv": cases})
    toml.write_text(toml.read_text().replace('time_zone = "UTC"', 'time_zone = "Asia/Tokyo"'))
    usage = f"{USAGE}{ACME},2024-01-15,x,1\n"
    with opened(toml, tmp_path / "ex", "usage", usage) as tables:
        tickets = tables.frames["tickets"].collect("pandas").to_native()
    assert [str(day)[:10] for day in tickets["opened_on"]] == ["2024-01-03"]


def test_rows_that_are_marked_as_deleted_are_left_out(tmp_path: Path) -> None:
    marked = SALESFORCE["Case.csv"].replace("Priority\n", "Priority,IsDeleted\n")
    marked = marked.replace("High\n", "High,true\n").replace("Low\n", "Low,\n")
    marked += f"500C,{ACME},2024-01-09T10:00:00.000Z,,Low,false\n"
    toml = alone(tmp_path, "salesforce", {"Case.csv": marked})
    assert rows(toml, "tickets", "opened_on") == [("2024-01-09",)]


def test_ids_that_went_through_a_float_are_whole_again(tmp_path: Path) -> None:
    tables = {
        "organizations.csv": "id,name,created_at\n1,Acme,2023-01-01\n2,Bank,2023-01-01\n",
        "tickets.csv": "id,organization_id,created_at\n1,1.0,2024-01-02\n2,,2024-01-02\n",
    }
    toml = written(tmp_path / "mine", put(tmp_path / "ex", tables), "zendesk")
    assert rows(toml, "tickets", "account_id") == [("1",)]


def refused(tmp_path: Path, vendors: Sequence[str]) -> str:
    with pytest.raises(BadInputError) as error:
        draft(tmp_path / "mine", tmp_path / "ex", *vendors)
    assert not (tmp_path / "mine").exists()
    return str(error.value)


def test_what_cannot_be_drafted_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    put(tmp_path / "ex", EXPORTS["salesforce"], leave_out=("Account.csv",))
    assert "'salesfroce' is none. Did you mean 'salesforce'?" in refused(tmp_path, ["salesfroce"])
    assert "no file is of the export of Stripe" in refused(tmp_path, ["stripe"])
    assert "none of them gives the accounts (salesforce would need account" in (
        refused(tmp_path, ["salesforce"])
    )


def test_systems_without_a_key_in_common_are_not_joined(tmp_path: Path) -> None:
    no_keys = {"customers.csv": "id,created\ncus_A,2023-01-01\n"}
    put(tmp_path / "ex" / "stripe", no_keys | {"subscriptions.csv": STRIPE["subscriptions.csv"]})
    put(tmp_path / "ex" / "hubspot", EXPORTS["hubspot"])
    said = refused(tmp_path, ["stripe", "hubspot"])
    assert "HubSpot and Stripe have no key in common that was exported" in said


@pytest.mark.parametrize("vendor", sorted(EXPORTS))
def test_every_template_names_only_what_it_declares(vendor: str) -> None:
    template = templates()[vendor]
    sql = [
        text
        for table in template.tables
        for text in (table.source, table.where, table.qualify, *table.columns.values())
        if text
    ]
    sql += [part for view in template.views.values() for part in view.union]
    sql += [text for key in template.keys for text in (key.source, key.id, key.value)]
    known = {(name, column) for name, spec in template.objects.items() for column in spec.columns}
    known |= {(name, column) for name, view in template.views.items() for column in view.columns}
    named = {pair for text in sql for pair in template.columns_named(text)}
    assert named <= known
    for name, spec in template.objects.items():
        assert {*spec.needs, *spec.times, *spec.flags} <= set(spec.columns), name
    ours = {"home", "matched", "our_keys", "their_keys", "telling", "led", "keys", "tidy"}
    assert not ours & {*template.objects, *template.views}
    assert all(url.startswith("https://") for url in template.documents)


def test_the_command_takes_the_date_and_says_what_matches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    for command in (init, check):
        command.register(app)
    put(tmp_path / "ex" / "gainsight", EXPORTS["gainsight"])
    put(tmp_path / "ex" / "salesforce", SALESFORCE)
    asked = ["init", str(tmp_path / "mine"), "--template", "salesforce", "--template", "gainsight"]
    asked += ["--as-of", "2024-01-20", "--from", str(tmp_path / "ex")]
    said = CliRunner().invoke(app, asked, catch_exceptions=False).stdout
    assert "Gainsight: 1 of 3 accounts matched with Salesforce (1 by an id, 0 by a domain)" in said
    assert "engagements: salesforce has it too; gainsight gives it" in said
    assert "Set as_of" not in said
    assert "what is ASSUMED stands in them" in said
    assert "as_of = 2024-01-20" in (tmp_path / "mine" / "mine.toml").read_text()
