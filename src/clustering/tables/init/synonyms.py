"""What tables and columns of the contract are called elsewhere; `clustering init` guesses by it.

Words are in lower case, singular, parted by blanks. The first ones are the commonest.
"""

#: Amounts per month, which become yearly ones.
MONTHLY = ("mrr", "mrr amount", "monthly recurring revenue", "monthly amount", "monthly revenue")
#: Amounts of a whole term, which become yearly ones where the months of the term are known.
TOTAL = ("tcv", "total contract value", "contract value", "total value", "total amount")
TERM_MONTHS = (
    "contract term months", "term months", "contract term", "term in months", "contract months",
    "term", "duration months", "billing term months",
)  # fmt: skip
#: What a column that names the currency of an amount is called.
CURRENCY = (
    "currency", "currency code", "currency iso code", "iso currency code", "curr",
    "annual value currency",
)  # fmt: skip

TABLE_SYNONYMS: dict[str, tuple[str, ...]] = {
    "accounts": ("account", "customer", "client", "company", "organisation", "tenant"),
    "subscriptions": ("subscription", "contract", "billing", "licence", "revenue", "mrr", "arr"),
    "usage": ("usage", "feature usage", "product usage", "event", "activity", "telemetry", "login"),
    "milestones": (
        "milestone", "onboarding", "journey", "adoption", "success plan", "first use",
        "first usage", "activation", "feature activation",
    ),
    "outcomes": ("outcome", "kpi", "result", "goal", "metric", "value realised"),
    "opportunities": ("opportunity", "deal", "pipeline", "opp"),
    "engagements": ("engagement", "meeting", "touchpoint", "interaction", "call", "visit"),
    "tickets": ("ticket", "support ticket", "support", "case", "incident", "issue"),
    "surveys": ("survey", "nps", "csat", "ces", "feedback", "answer", "response"),
    "overrides": ("override", "segment override", "decision"),
}  # fmt: skip

_STARTED = ("started on", "start date", "start", "begin", "valid from", "effective date")
_ENDED = ("ended on", "end date", "end", "valid to", "expiry date", "termination date")
_OPENED = ("opened on", "opened at", "open date", "created at", "created on", "created date")
_CLOSED = ("closed on", "closed at", "close date", "closed date", "resolved at", "resolved on")

#: For every column; what is said for one table alone stands under "table.column".
COLUMN_SYNONYMS: dict[str, tuple[str, ...]] = {
    "account_id": (
        "account id", "customer id", "client id", "company id", "organisation id",
        "organization id", "org id", "tenant id", "account number", "account no",
        "customer number", "customer no", "account", "customer", "client",
        "acct id", "cust id", "kundennummer",
    ),
    "accounts.account_id": ("id",),
    "accounts.started_on": (
        *_STARTED, "customer since", "client since", "signup date", "sign up date", "signed up on",
        "created at", "created date", "onboarding date", "go live date", "first contract date",
    ),
    "accounts.ended_on": (
        *_ENDED, "churn date", "churned on", "churned at", "cancelled on", "cancelled at",
        "cancelled date", "canceled at", "cancellation date", "closed on", "closed date", "left on",
    ),
    "accounts.name": (
        "name", "account name", "customer name", "company name", "company", "client name",
        "organisation name",
    ),
    "accounts.industry": ("industry", "sector", "vertical", "branch"),
    "accounts.region": ("region", "country", "territory", "geo", "market"),
    "accounts.employees": (
        "employees", "employee count", "number of employees", "headcount", "company size", "staff",
    ),
    "accounts.is_champion": ("is champion", "champion", "has champion"),
    "accounts.needs_segment": ("needs segment", "need segment", "needs based segment"),
    "accounts.current_segment": ("current segment", "segment", "customer segment", "customer tier"),
    "accounts.parent_id": (
        "parent id", "parent account id", "parent account", "parent", "parent company id",
        "ultimate parent id", "parentid",
    ),
    "accounts.csm": (
        "csm", "customer success manager", "account manager", "owner", "account owner", "csm name",
    ),
    "subscriptions.started_on": _STARTED,
    "subscriptions.ended_on": (
        *_ENDED, "renewal date", "cancelled on", "cancelled at", "canceled at", "ended at",
    ),
    "subscriptions.arr": (
        "arr", "arr amount", "annual recurring revenue", "annual amount", "annual value",
        "yearly amount", "acv", "annual contract value", "arr usd", "arr eur",
    ),
    "subscriptions.seats": (
        "seats", "seat count", "licences", "licenses", "users bought", "quantity",
    ),
    "subscriptions.product": (
        "product", "plan", "plan name", "plan tier", "package", "edition", "sku",
    ),
    "usage.used_on": (
        "used on", "usage date", "date", "day", "week", "event date", "activity date", "timestamp",
        "week start", "occurred at",
    ),
    "usage.feature": (
        "feature", "feature name", "module", "event name", "event type", "capability", "action",
    ),
    "usage.events": (
        "events", "event count", "usage count", "count", "uses", "number of events", "clicks",
        "sessions", "total events",
    ),
    "usage.active_users": ("active users", "users", "user count", "distinct users", "dau", "wau"),
    "milestones.milestone": (
        "milestone", "milestone name", "step", "stage", "phase", "feature", "feature name",
        "module", "capability", "event name",
    ),
    "milestones.projected_on": (
        "projected on", "projected date", "due date", "due on", "planned date", "target date",
        "expected date",
    ),
    "milestones.achieved_on": (
        "achieved on", "achieved date", "completed on", "completed at", "completion date",
        "completed date", "actual date", "reached on", "done on", "first used on",
        "first used at", "first used", "first use date", "first use", "first seen", "activated on",
        "activated at", "activation date",
    ),
    "recorded_on": ("recorded on", "recorded at", "record date", "entered on", "logged on"),
    "milestones.achieved_recorded_on": (
        "achieved recorded on", "completion recorded on", "completion entered on",
    ),
    "currency": ("currency", "currency code", "currency iso code", "iso currency"),
    "milestones.is_expand_trigger": ("is expand trigger", "expansion trigger", "expand trigger"),
    "outcomes.outcome": (
        "outcome", "outcome name", "kpi", "kpi name", "metric", "metric name", "goal",
    ),
    "outcomes.measured_on": ("measured on", "measured at", "measurement date", "date", "period"),
    "outcomes.value": ("value", "actual", "actual value", "result", "measured value"),
    "outcomes.target": ("target", "target value", "goal value", "aim"),
    "outcomes.higher_is_better": ("higher is better", "increase is good"),
    "opportunities.opened_on": _OPENED,
    "opportunities.closed_on": _CLOSED,
    "opportunities.kind": ("kind", "type", "opportunity type", "deal type", "category"),
    "opportunities.amount": ("amount", "value", "deal value", "opportunity amount", "amount usd"),
    "opportunities.stage": ("stage", "stage name", "status", "sales stage"),
    "engagements.held_on": (
        "held on", "meeting date", "date", "activity date", "engagement date", "occurred on",
    ),
    "engagements.kind": ("kind", "type", "engagement type", "meeting type", "activity type"),
    "engagements.hours": ("hours", "duration hours", "time spent", "hours spent", "effort"),
    "tickets.opened_on": (*_OPENED, "submitted at", "submitted on", "reported on"),
    "tickets.closed_on": _CLOSED,
    "tickets.severity": ("severity", "priority", "urgency"),
    "tickets.score": ("score", "satisfaction score", "csat", "satisfaction", "rating"),
    "surveys.answered_on": (
        "answered on", "answer date", "response date", "responded at", "submitted at", "date",
        "survey date",
    ),
    "surveys.kind": ("kind", "type", "survey type", "survey", "question type"),
    "surveys.score": ("score", "rating", "answer", "nps", "nps score", "value"),
    "overrides.segment": ("segment", "new segment", "override segment"),
    "overrides.decided_by": ("decided by", "approved by", "by", "user"),
    "overrides.reason": ("reason", "comment", "why", "justification"),
    "overrides.decided_on": ("decided on", "decision date", "date", "created at"),
    "overrides.valid_until": ("valid until", "expires on", "expiry date", "until", "valid to"),
}  # fmt: skip
