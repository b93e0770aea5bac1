"""The contract of the source tables, declared once.

Opening, `clustering check`, `clustering init` and `docs/tables.md` all read the declarations
below; nothing else in the project says which columns a table has. Bounds are wide on purpose:
they refuse what cannot be (negative usage, a date in the year 20233), not what is rare.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from clustering.config import FeaturesConfig
from clustering.tables.declared import Column, Kind, Rule, Table

#: Dates outside these are slips of the keyboard or fillers such as 1900-01-01.
FIRST_DATE = date(1901, 1, 1)
LAST_DATE = date(2199, 12, 31)
#: Pattern of a date in a text; a time of day after it is cut off.
ISO_DATE = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"

#: How far `as_of` may lie after the last dated row of behaviour: a monthly extract may be a
#: month old; beyond that every recency and every window would measure the extract, not accounts.
AS_OF_SLACK_DAYS = 31

#: One of these must be there: without behaviour there is nothing to segment on.
BEHAVIOUR_TABLES = ("usage", "milestones", "outcomes")

#: Tables whose rows are counted over the look-back window: they must begin before it does.
COUNTED_TABLES = ("usage", "engagements", "tickets")

_OWN = "Of the company's own."
_MONEY = 1e12
_ANY_NUMBER = 1e15


def _optional(name: str, kind: Kind, meaning: str, *, maximum: float | None = None) -> Column:
    minimum = 0.0 if maximum is not None else None
    return Column(name, kind, meaning, required=False, minimum=minimum, maximum=maximum)


def _ends(name: str, meaning: str) -> Column:
    return Column(name, "date", meaning, required=False, open_ended=True)


def _currency(amount: str) -> Column:
    return _optional("currency", "text", f"Currency of `{amount}`: the study's, in every row.")


def _at_least_zero(name: str, kind: Kind, meaning: str, maximum: float) -> Column:
    return Column(name, kind, meaning, minimum=0.0, maximum=maximum)


_ACCOUNT = Column("account_id", "id", "The account, by the same id in every table (text).")
_RECORDED = _optional(
    "recorded_on", "date", "When the row was entered: all of it is invisible before this date."
)

ACCOUNTS = Table(
    "accounts",
    "an account",
    (
        _ACCOUNT,
        Column("started_on", "date", "When the customer relationship began."),
        _optional("name", "text", "Name for people; never tracked and never in the scorer."),
        _optional("industry", "text", "Industry, for description only."),
        _optional("region", "text", "Region or country, for description only."),
        _optional("employees", "integer", "Employees of the customer.", maximum=1e7),
        _optional("is_champion", "boolean", "A person at the customer argues for the product."),
        _optional("needs_segment", "text", "A needs-based segment assigned by people."),
        _optional("current_segment", "text", "The segment in force today, whatever its rule."),
        _optional("csm", "text", "Who looks after the account."),
        _optional(
            "parent_id",
            "text",
            "The account or company that it belongs to (`account_id` of the parent, where that is "
            "an account): accounts of one company are judged as one where chance is weighed.",
        ),
        _ends("ended_on", "First day on which it is no customer (its last: `accounts.end_is`)."),
    ),
    dated_by="started_on",
    key=("account_id",),
    in_order=(("started_on", "ended_on"),),
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    "a contract period; ARR at a date is the sum of those active",
    (
        _ACCOUNT,
        Column("started_on", "date", "First day of the period."),
        _ends("ended_on", "First day without the contract (its last: `subscriptions.end_is`)."),
        Column(
            "arr",
            "number",
            "Yearly amount of the line, in the one currency; below 0 for a credit or an amendment "
            "that cancels, since the lines of an account are summed.",
            minimum=-_MONEY,
            maximum=_MONEY,
        ),
        Column(
            "seats",
            "integer",
            "Seats of the line; below 0 where it takes some back.",
            required=False,
            minimum=-1e8,
            maximum=1e8,
        ),
        _optional("product", "text", "Product or plan."),
        _currency("arr"),
    ),
    dated_by="started_on",
    repeats_noted=True,
    in_order=(("started_on", "ended_on"),),
    behaviour_since="started_on",
)

USAGE = Table(
    "usage",
    "use of one feature in one day or week",
    (
        _ACCOUNT,
        Column("used_on", "date", "The day, or the first day of the week."),
        Column("feature", "text", "What was used."),
        _at_least_zero("events", "integer", "How often it was used.", 1e12),
        _optional("active_users", "integer", "How many people used it.", maximum=1e8),
        _optional("module", "text", "Part of the product that the feature belongs to."),
    ),
    dated_by="used_on",
    repeats_noted=True,
    behaviour_since="used_on",
)

MILESTONES = Table(
    "milestones",
    "an adoption milestone of the journey",
    (
        _ACCOUNT,
        Column("milestone", "text", "Name of the milestone."),
        _optional("projected_on", "date", "When it was planned to be reached; empty: no plan."),
        _optional("achieved_on", "date", "When it was reached; empty: not yet."),
        _RECORDED,
        _optional(
            "achieved_recorded_on",
            "date",
            "When it was entered that it was reached: before this date it counts as not reached, "
            "and its plan is visible.",
        ),
        _optional("is_expand_trigger", "boolean", "Reaching it opens a talk about expansion."),
    ),
    dated_by="achieved_on",
    key=("account_id", "milestone"),
    in_order=(("achieved_on", "achieved_recorded_on"),),
    behaviour_since="achieved_on",
)

OUTCOMES = Table(
    "outcomes",
    "a measured result the customer wanted",
    (
        _ACCOUNT,
        Column("outcome", "text", "What is measured."),
        Column("measured_on", "date", "The day that the value is of."),
        Column("value", "number", "The value.", minimum=-_ANY_NUMBER, maximum=_ANY_NUMBER),
        Column("target", "number", "What was aimed at.", minimum=-_ANY_NUMBER, maximum=_ANY_NUMBER),
        _optional("higher_is_better", "boolean", "False where a lower value is the aim."),
        _RECORDED,
    ),
    dated_by="measured_on",
    key=("account_id", "outcome", "measured_on"),
    in_order=(("measured_on", "recorded_on"),),
    behaviour_since="measured_on",
)

OPPORTUNITIES = Table(
    "opportunities",
    "a sales opportunity",
    (
        _ACCOUNT,
        Column("opened_on", "date", "When it was opened."),
        Column(
            "kind",
            "choice",
            "Kind of opportunity.",
            choices=("expansion", "renewal", "new_use_case"),
        ),
        _at_least_zero("amount", "number", "Yearly amount, in the one currency.", _MONEY),
        _ends("closed_on", "When it was won or lost."),
        _optional("stage", "text", "Stage in the pipeline."),
        _currency("amount"),
    ),
    dated_by="opened_on",
    in_order=(("opened_on", "closed_on"),),
    repeats_noted=True,
    behaviour_since="opened_on",
)

ENGAGEMENTS = Table(
    "engagements",
    "time that people spent on the account",
    (
        _ACCOUNT,
        Column("held_on", "date", "The day."),
        Column("kind", "text", "Meeting, training, review, ..."),
        _at_least_zero("hours", "number", "Hours of one entry, at most a month of hours.", 744.0),
    ),
    dated_by="held_on",
    repeats_noted=True,
    behaviour_since="held_on",
)

TICKETS = Table(
    "tickets",
    "a support ticket",
    (
        _ACCOUNT,
        Column("opened_on", "date", "When it was opened."),
        _ends("closed_on", "When it was closed."),
        _optional("severity", "text", "Severity or priority."),
        _optional(
            "score", "number", "Satisfaction with this ticket; empty: not asked.", maximum=100
        ),
    ),
    dated_by="opened_on",
    in_order=(("opened_on", "closed_on"),),
    behaviour_since="opened_on",
)

SURVEYS = Table(
    "surveys",
    "one answer",
    (
        _ACCOUNT,
        Column("answered_on", "date", "The day of the answer."),
        Column("kind", "choice", "Kind of question.", choices=("nps", "csat", "ces")),
        _at_least_zero("score", "number", "The answer: nps 0 to 10, others on their scale.", 100.0),
    ),
    dated_by="answered_on",
    behaviour_since="answered_on",
    rules=(Rule("kind = 'nps' AND score > 10", "an nps score above 10", ("kind", "score")),),
)

OVERRIDES = Table(
    "overrides",
    "a person's decision",
    (
        _ACCOUNT,
        Column("segment", "text", "The segment that was decided."),
        Column("decided_by", "text", "Who decided."),
        Column("reason", "text", "Why."),
        Column("decided_on", "date", "When."),
        Column("valid_until", "date", "Until when the decision holds."),
    ),
    dated_by="decided_on",
    in_order=(("decided_on", "valid_until"),),
)

#: Kept beside the source like the overrides, and no source table: only its own file is read.
SEGMENT_NAMES = Table(
    "segment_names",
    "a name that a person gave to a segment",
    (
        Column("segment_id", "text", "The segment's lasting id."),
        Column("name", "text", "What it is called from now on; of two rows the later one holds."),
        Column("decided_by", "text", "Who decided."),
        Column("reason", "text", "Why."),
        Column("decided_on", "date", "When."),
    ),
    dated_by="decided_on",
)

#: Beside the mappings of several systems, and no source table: its rows are counted and said.
UNMATCHED = Table(
    "unmatched",
    "an account of one system that was not found in another",
    (
        Column("found_in", "text", "The system that has it."),
        Column("missing_in", "text", "The system that has it not, or in which it cannot be told."),
        Column("id", "id", "Its id in the system that has it."),
        _optional("name", "text", "Its name there."),
        Column("consequence", "text", "What follows for the study, in words."),
    ),
    dated_by="",
)

TABLES: tuple[Table, ...] = (
    ACCOUNTS,
    SUBSCRIPTIONS,
    USAGE,
    MILESTONES,
    OUTCOMES,
    OPPORTUNITIES,
    ENGAGEMENTS,
    TICKETS,
    SURVEYS,
    OVERRIDES,
)


def with_columns(
    tables: tuple[Table, ...], name: str, columns: Iterable[Column]
) -> tuple[Table, ...]:
    """The tables with further columns in one of them; what it has already stays.

    A company's own scheme or feature may be a column that the contract does not know.

    Examples
    --------
    >>> with_columns(TABLES, "accounts", own_texts(["plan", "region"]))[0].columns[-1].name
    'plan'
    """

    def extended(table: Table) -> Table:
        known = {column.name for column in table.columns}
        more: dict[str, Column] = {}
        for column in columns:
            if column.name not in known:
                more.setdefault(column.name, column)
        return replace(table, columns=(*table.columns, *more.values()))

    return tuple(extended(table) if table.name == name else table for table in tables)


def own_texts(names: Iterable[str]) -> list[Column]:
    """Texts of the company's own, which schemes and conditions read."""
    return [_optional(name, "text", _OWN) for name in names]


def own_columns(features: FeaturesConfig) -> list[Column]:
    """Columns of `accounts` that features of the company's own read: numbers with their dates."""
    columns = []
    for one in features.own:
        if one.column is not None and one.known_on is not None:
            number = Column(one.column, "number", _OWN, False, -_ANY_NUMBER, _ANY_NUMBER)
            columns += [number, _optional(one.known_on, "date", _OWN)]
    return columns


TABLES_BY_NAME = {table.name: table for table in TABLES}
