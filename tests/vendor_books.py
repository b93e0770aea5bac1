"""A simulated book as two or more vendors would export it: their objects, fields, ids and habits.

Nothing here knows the contract's names on the other side: what is written is what a customer of
these vendors holds in their hands, with companies that only one of the systems knows.
"""

import hashlib
from pathlib import Path

import pandas as pd

from clustering.simulation import Book

#: Companies of the product's events that bought nothing, and one in so many customers without any.
_TRIALS, _WITHOUT_EVENTS = 7, 25


def salesforce_id(prefix: str, key: object) -> str:
    """An id of 18 letters."""
    return prefix + hashlib.sha256(str(key).encode()).hexdigest()[:15].upper()


def website(account_id: str) -> str:
    return f"https://www.{account_id.lower()}.example/start"


def write_salesforce(book: Book, folder: Path) -> None:
    """Account, Contract, Opportunity, Case and Event, a CSV file each."""
    folder.mkdir(parents=True)
    tables = book.tables
    accounts = tables["accounts"]
    prospects = [f"P{number:03d}" for number in range(5)]
    pd.DataFrame(
        {
            "Id": [salesforce_id("001", a) for a in [*accounts["account_id"], *prospects]],
            "Name": [*accounts["name"], *prospects],
            "Industry": [*accounts["industry"], *[None] * 5],
            "BillingCountry": [*accounts["region"], *[None] * 5],
            "NumberOfEmployees": [*accounts["employees"], *[None] * 5],
            "Website": [website(a) for a in [*accounts["account_id"], *prospects]],
            "CreatedDate": ["2020-01-01T09:00:00.000Z"] * (len(accounts) + 5),
            "Type": ["Customer - Direct"] * len(accounts) + ["Prospect"] * 5,
        }
    ).to_csv(folder / "Account.csv", index=False)
    lines = tables["subscriptions"].reset_index(drop=True)
    starts, ends = pd.to_datetime(lines["started_on"]), pd.to_datetime(lines["ended_on"])
    months = ((ends - starts).dt.days / 30.4375).round().clip(lower=1).fillna(12)
    account = [salesforce_id("001", a) for a in lines["account_id"]]
    contract = [salesforce_id("800", n) for n in lines.index]
    pd.DataFrame(
        {
            "Id": contract,
            "AccountId": account,
            "StartDate": starts.dt.strftime("%Y-%m-%d"),
            "EndDate": (ends - pd.Timedelta(days=1)).dt.strftime("%Y-%m-%d"),
            "ContractTerm": months.astype(int),
            "Status": "Activated",
        }
    ).to_csv(folder / "Contract.csv", index=False)
    won = pd.DataFrame(
        {
            "Id": [salesforce_id("006", n) for n in lines.index],
            "AccountId": account,
            "ContractId": contract,
            "Amount": (lines["arr"] * months / 12).round(2),
            "CreatedDate": (starts - pd.Timedelta(days=60)).dt.strftime("%Y-%m-%dT08:00:00.000Z"),
            "CloseDate": starts.dt.strftime("%Y-%m-%d"),
            "Type": "New Business",
            "StageName": "Closed Won",
            "IsWon": "true",
            "IsClosed": "true",
        }
    )
    sales = tables["opportunities"]
    others = pd.DataFrame(
        {
            "Id": [salesforce_id("006", f"o{n}") for n in range(len(sales))],
            "AccountId": [salesforce_id("001", a) for a in sales["account_id"]],
            "Amount": sales["amount"],
            "CreatedDate": pd.to_datetime(sales["opened_on"]).dt.strftime("%Y-%m-%dT08:00:00.000Z"),
            "CloseDate": pd.to_datetime(sales["closed_on"]).dt.strftime("%Y-%m-%d"),
            "Type": sales["kind"].map(
                {
                    "renewal": "Renewal",
                    "expansion": "Existing Business",
                    "new_use_case": "New Use Case",
                }
            ),
            "StageName": sales["stage"],
            "IsWon": "false",
            "IsClosed": sales["closed_on"].notna().map({True: "true", False: "false"}),
        }
    )
    pd.concat([won, others]).to_csv(folder / "Opportunity.csv", index=False)
    tickets = tables["tickets"]
    pd.DataFrame(
        {
            "Id": [salesforce_id("500", n) for n in range(len(tickets))],
            "AccountId": [salesforce_id("001", a) for a in tickets["account_id"]],
            "CreatedDate": pd.to_datetime(tickets["opened_on"]).dt.strftime(
                "%Y-%m-%dT10:00:00.000Z"
            ),
            "ClosedDate": pd.to_datetime(tickets["closed_on"]).dt.strftime(
                "%Y-%m-%dT17:00:00.000Z"
            ),
            "Priority": tickets["severity"],
        }
    ).to_csv(folder / "Case.csv", index=False)
    meetings = tables["engagements"]
    pd.DataFrame(
        {
            "AccountId": [salesforce_id("001", a) for a in meetings["account_id"]],
            "ActivityDate": pd.to_datetime(meetings["held_on"]).dt.strftime("%Y-%m-%d"),
            "DurationInMinutes": (meetings["hours"] * 60).round().astype(int),
            "Type": meetings["kind"],
        }
    ).to_csv(folder / "Event.csv", index=False)


def write_segment(book: Book, folder: Path, most: int = 3) -> None:
    """Tracks and groups of a warehouse; at most so many calls for a row of the book's usage."""
    folder.mkdir(parents=True)
    accounts = book.tables["accounts"]["account_id"].astype(str)
    trials = [f"trial{number}.example" for number in range(_TRIALS)]
    known = accounts[[number % _WITHOUT_EVENTS != 0 for number in range(len(accounts))]]
    workspaces = {a: f"ws_{number}" for number, a in enumerate(known)}
    pd.DataFrame(
        {
            "id": range(len(known) + _TRIALS),
            "group_id": [*workspaces.values(), *[f"wt_{n}" for n in range(_TRIALS)]],
            "name": [*(a.title() for a in known), *trials],
            "website": [*(website(a).replace("/start", "") for a in known), *trials],
            "received_at": "2022-07-01 00:00:00",
        }
    ).to_parquet(folder / "groups.parquet", index=False)
    usage = book.tables["usage"]
    usage = usage[usage["account_id"].isin(workspaces)]
    calls = usage.loc[usage.index.repeat(usage["active_users"].clip(1, most))].reset_index()
    nth = calls.groupby("index").cumcount()
    pd.DataFrame(
        {
            "id": range(len(calls)),
            "event": calls["feature"].astype(str),
            "user_id": calls["account_id"].astype(str) + "-" + nth.astype(str),
            "context_group_id": calls["account_id"].astype(str).map(workspaces),
            "timestamp": pd.to_datetime(calls["used_on"]) + pd.to_timedelta(9 + nth, unit="h"),
        }
    ).to_parquet(folder / "tracks.parquet", index=False)
