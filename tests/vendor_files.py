"""Small exports of every vendor that has a template: their file names, columns and forms."""

# ruff: noqa: E501  # exports are as wide as they are

import json
from pathlib import Path

SALESFORCE = {
    "Account.csv": """Id,Name,Industry,BillingCountry,NumberOfEmployees,ParentId,OwnerId,Website,CreatedDate
001A00000000000AAA,Acme,Retail,DE,120,,005A,https://www.acme.example/shop,2020-01-05T08:00:00.000Z
001B00000000000AAA,Bank,Finance,FR,4000,001A00000000000AAA,005A,bank.example,2020-02-05T08:00:00.000Z
001C00000000000AAA,Cold,Food,DE,15,,005A,cold.example,2020-03-05T08:00:00.000Z
""",
    "User.csv": "Id,Name\n005A,Kim\n",
    "Contract.csv": """Id,AccountId,StartDate,EndDate,ContractTerm,Status
800A,001A00000000000AAA,2023-01-01,2023-12-31,12,Activated
800B,001A00000000000AAA,2024-01-01,2025-12-31,24,Activated
800C,001B00000000000AAA,2023-06-01,2024-05-31,12,Activated
""",
    "Opportunity.csv": """Id,AccountId,ContractId,Amount,CreatedDate,CloseDate,Type,StageName,IsWon,IsClosed
006A,001A00000000000AAA,800A,1200,2022-11-01T09:00:00.000Z,2022-12-20,New Business,Closed Won,true,true
006B,001A00000000000AAA,800B,4800,2023-10-01T09:00:00.000Z,2023-12-20,Renewal,Closed Won,true,true
006C,001B00000000000AAA,800C,600,2023-04-01T09:00:00.000Z,2023-05-20,New Business,Closed Won,true,true
006D,001B00000000000AAA,,300,2024-01-01T09:00:00.000Z,2024-09-01,Existing Business,Proposal,false,false
006E,001C00000000000AAA,,900,2024-01-01T09:00:00.000Z,2024-09-01,New Business,Proposal,false,false
""",
    "Case.csv": """Id,AccountId,CreatedDate,ClosedDate,Priority
500A,001A00000000000AAA,2024-01-02T10:00:00.000Z,2024-01-03T10:00:00.000Z,High
500B,001C00000000000AAA,2024-01-02T10:00:00.000Z,,Low
""",
    "Event.csv": """Id,AccountId,ActivityDate,DurationInMinutes,Type
00UA,001A00000000000AAA,2024-01-08,90,Meeting
""",
}
HUBSPOT = {
    "hubspot-crm-exports-all-companies-2024-06-30.csv": """Record ID,Company name,Company Domain Name,Create Date,Industry,Country/Region,Number of Employees,Company owner
11,Acme,acme.example,2020-01-05 08:00,Retail,Germany,120,Kim
12,Bank,bank.example,2020-02-05 08:00,Finance,France,4000,Kim
13,Cold,cold.example,2020-03-05 08:00,Food,Germany,15,
""",
    "hubspot-crm-exports-all-deals.csv": """Record ID,Deal Name,Deal Stage,Close Date,Create Date,Amount,Currency,Deal Type,Is Closed Won,Is Deal Closed?,Recurring revenue amount,Recurring revenue inactive date,Associated Company IDs
21,Acme first,Closed Won,2023-01-01 10:00,2022-11-01 10:00,1200,EUR,New Business,true,true,100,2024-01-01 10:00,11
22,Acme renewal,Closed Won,2024-01-01 10:00,2023-10-01 10:00,2400,EUR,Renewal,true,true,200,,11;99
23,Bank first,Closed Won,2023-06-01 10:00,2023-04-01 10:00,600,EUR,New Business,true,true,50,,12
24,Bank more,Proposal,2024-09-01 10:00,2024-01-01 10:00,300,EUR,Existing Business,false,false,,,12
""",
    "tickets.csv": """Ticket ID,Create date,Close date,Priority,Associated Company IDs
31,2024-01-02 10:00,2024-01-03 10:00,HIGH,11
32,2024-01-02 10:00,,LOW,13
""",
    "meetings.csv": """Record ID,Meeting start time,Meeting end time,Call and meeting type,Associated Company IDs
41,2024-01-08 10:00,2024-01-08 11:30,QBR,11
""",
    "feedback_submissions.csv": """Record ID,Survey type,Rating,Submission date,Associated Company IDs
51,NPS,9,2024-01-10 10:00,11
52,CSAT,4,2024-01-11 10:00,12
""",
}
STRIPE = {
    "customers.csv": """id,name,email,created,address_country,currency
cus_A,Acme,pay@acme.example,2022-12-01 08:00:00,DE,eur
cus_B,Bank,someone@gmail.com,2023-05-01 08:00:00,FR,eur
cus_C,Cold,c@cold.example,2023-05-01 08:00:00,FR,eur
""",
    "customers_metadata.csv": "customer_id,key,value\ncus_B,crm_id,001B00000000000AAA\n",
    "subscriptions.csv": """id,customer_id,status,start_date,trial_start,trial_end,ended_at,canceled_at
sub_1,cus_A,active,2022-12-18 10:00:00,2022-12-18 10:00:00,2023-01-01 10:00:00,,
sub_2,cus_B,canceled,2023-06-01 10:00:00,,,2024-06-01 10:00:00,2024-05-01 10:00:00
sub_3,cus_C,incomplete_expired,2023-06-01 10:00:00,,,,
""",
    "subscription_items.csv": "id,subscription_id,price_id,quantity\nsi_1,sub_1,price_m,4\nsi_2,sub_2,price_y,1\n",
    "prices.csv": """id,product_id,unit_amount,currency,recurring_interval,recurring_interval_count
price_m,prod_1,2500,eur,month,1
price_y,prod_1,60000,eur,year,1
""",
    "products.csv": "id,name\nprod_1,Platform\n",
}
#: Beside `STRIPE` for the history of amounts.
STRIPE_INVOICES = {
    "invoices.csv": "id,customer_id,status\nin_1,cus_A,paid\nin_2,cus_A,paid\nin_3,cus_A,void\n",
    "invoice_line_items.csv": """id,invoice_id,amount,currency,quantity,period_start,period_end,subscription,price_id
il_1,in_1,3100,eur,1,2024-01-01 00:00:00,2024-02-01 00:00:00,sub_1,price_m
il_2,in_2,2900,eur,1,2024-02-01 00:00:00,2024-03-01 00:00:00,sub_1,price_m
il_3,in_3,9900,eur,1,2024-03-01 00:00:00,2024-04-01 00:00:00,sub_1,price_m
il_4,in_2,500,eur,1,2024-02-01 00:00:00,2024-03-01 00:00:00,,
""",
}
CHARGEBEE = {
    "Customers.csv": """Customer Id,Company,Email,Created At,Billing Address Country
001A00000000000AAA,Acme,pay@acme.example,2022-12-01 08:00:00,DE
cb_2,Bank,pay@bank.example,2023-05-01 08:00:00,FR
""",
    "Subscriptions.csv": """Subscription Id,Customer Id,Status,Plan Id,Plan Quantity,Currency Code,MRR,Started At,Activated At,Cancelled At
s1,001A00000000000AAA,active,pro,10,EUR,100.50,2022-12-18 10:00:00,2023-01-01 10:00:00,
s2,cb_2,cancelled,basic,1,EUR,50.00,2023-06-01 10:00:00,2023-06-01 10:00:00,2024-06-01 10:00:00
s3,cb_2,future,pro,1,EUR,70.00,2025-06-01 10:00:00,,
""",
}
CHARGEBEE_MONTHS = {
    "subscription_mrr_monthly_summary.csv": """id,customer_id,subscription_id,reporting_month,status,mrr_billing_currency,billing_currency_code
1,001A00000000000AAA,s1,2024-01-31,active,100,EUR
2,001A00000000000AAA,s1,2024-02-29,active,120,EUR
3,cb_2,s2,2024-01-31,active,50,EUR
4,cb_2,s2,2024-02-29,cancelled,0,EUR
""",
}
GAINSIGHT = {
    "Company.csv": """Company ID,Name,Industry,Employees,CSM Name,Original Contract Date,SFDC Account ID,ARR
1P01,Acme,Retail,120,Kim,2023-01-01,001A00000000000,9999
1P02,Bank,Finance,4000,Kim,2023-06-01,,9999
1P03,Prospect,Finance,10,Kim,,,
""",
    "Activity Timeline.csv": """Company ID,Activity Date,Duration (in Mins),Activity Type,Subject
1P01,2024-01-08 10:00:00,90,Meeting,Review
1P01,2024-01-09 10:00:00,,Email,Hello
""",
    "Call To Action.csv": """Company ID,Name,Type,Status,Due Date,Closed Date,Created Date
1P01,Go live,Objective,Closed Success,2023-03-01,2023-02-20,2023-01-02
1P01,Go live,Objective,Open,2024-03-01,,2024-01-02
1P01,Second team,Objective,Closed Success,2024-01-31,2024-01-10,2023-06-02
1P02,Go live,Objective,Closed Lost,2023-08-01,2023-09-01,2023-06-02
1P02,Call them,Risk,Open,2024-03-01,,2024-01-02
""",
    "NPS Survey Response.csv": "Company ID,NPS Score,Responded Date\n1P01,9,2024-01-10 10:00:00\n",
}
SEGMENT = {
    "tracks.csv": """id,event,event_text,user_id,anonymous_id,context_group_id,timestamp
t1,report_exported,Report Exported,u1,,g1,2024-01-02 10:00:00
t2,report_exported,Report Exported,u1,,g1,2024-01-02 12:00:00
t3,report_exported,Report Exported,u2,,g1,2024-01-02 13:00:00
t4,signed_in,Signed In,u3,,,2024-01-03 10:00:00
t5,signed_in,Signed In,u9,,g9,2024-01-03 10:00:00
""",
    "groups.csv": """id,group_id,user_id,name,website,employees,created_at,received_at
1,g1,u1,Acme,https://acme.example,120,2023-01-01 00:00:00,2023-01-05 00:00:00
2,g2,u3,Bank,bank.example,4000,2023-06-01 00:00:00,2023-06-05 00:00:00
3,g9,u9,Nobody,nobody.example,1,2023-06-01 00:00:00,2023-06-05 00:00:00
""",
}
_EVENTS = (
    ("Report Exported", 1704189600, "u1", "001A00000000000AAA", "i1"),
    ("Report Exported", 1704189600, "u1", "001A00000000000AAA", "i1"),
    ("Report Exported", 1704200000, "u2", "001A00000000000AAA", "i2"),
    ("$mp_web_page_view", 1704200000, "u2", "001A00000000000AAA", "i3"),
    ("Signed In", 1704276000, "u3", "bank.example", "i4"),
    ("Signed In", 1704276000, "u4", None, "i5"),
)
MIXPANEL = {
    "mixpanel_export.jsonl": "".join(
        json.dumps(
            {
                "event": event,
                "properties": {
                    "time": time,
                    "distinct_id": user,
                    "$insert_id": insert,
                    **({} if group is None else {"company_id": group}),
                },
            }
        )
        + "\n"
        for event, time, user, group, insert in _EVENTS
    )
}
ZENDESK = {
    "organizations.json": json.dumps(
        [
            {"id": 36001, "name": "Acme", "external_id": None, "domain_names": ["acme.example"],
             "created_at": "2023-01-01T08:00:00Z"},
            {"id": 36002, "name": "Bank", "external_id": "001B00000000000AAA", "domain_names": [],
             "created_at": "2023-06-01T08:00:00Z"},
            {"id": 36003, "name": "Nobody", "external_id": None, "domain_names": ["nobody.example"],
             "created_at": "2023-06-01T08:00:00Z"},
        ]
    ),
    "tickets.json": json.dumps(
        [
            {"id": 1, "organization_id": 36001, "created_at": "2024-01-02T10:00:00Z",
             "priority": "high", "satisfaction_rating": {"score": "good"}, "tags": ["a"]},
            {"id": 2, "organization_id": 36002, "created_at": "2024-01-02T10:00:00Z",
             "priority": None, "satisfaction_rating": {"score": "offered"}, "tags": []},
            {"id": 3, "organization_id": None, "created_at": "2024-01-02T10:00:00Z",
             "priority": "low", "satisfaction_rating": {"score": "unoffered"}, "tags": []},
            {"id": 4, "organization_id": 36003, "created_at": "2024-01-02T10:00:00Z",
             "priority": "low", "satisfaction_rating": {"score": "bad"}, "tags": []},
        ]
    ),
    "ticket_metrics.json": json.dumps([{"ticket_id": 1, "solved_at": "2024-01-03T10:00:00Z"}]),
}  # fmt: skip
EXPORTS = {
    "salesforce": SALESFORCE,
    "hubspot": HUBSPOT,
    "stripe": STRIPE,
    "chargebee": CHARGEBEE,
    "gainsight": GAINSIGHT,
    "segment": SEGMENT,
    "mixpanel": MIXPANEL,
    "zendesk": ZENDESK,
}


def put(folder: Path, files: dict[str, str], *, leave_out: tuple[str, ...] = ()) -> Path:
    """Write files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if name not in leave_out:
            (folder / name).write_text(text, encoding="utf-8")
    return folder
