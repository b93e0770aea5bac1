"""The tables of the plan in a study folder."""

from clustering.schema import TableSpec
from clustering.schema import column as _c

__all__ = ["PLAN_TABLES"]

_ASSUMED = "Hours and costs rest on the assumptions of the plan in study.json."

PLAN_TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "audit",
        f"Delivery audit: one row an account. {_ASSUMED}",
        (
            _c("account_id", "text", "Key."),
            _c("label", "text", "Label of the planned labelling.", nullable=True),
            _c("playbook", "text", "Its playbook.", nullable=True),
            _c("delivery", "text", "Its one status: over, under, bad_fit, as_needed, or unknown."),
            _c("needed_hours", "number", "Of the playbook at its size, a year.", nullable=True),
            _c("usual_hours", "number", "What its label gets at its size.", nullable=True),
            _c("event_hours", "number", "Hours of the event playbooks that run."),
            _c("delivered_hours", "number", "Of the trailing window, a year.", nullable=True),
            _c("gap_hours", "number", "Delivered minus usual; judged accounts.", nullable=True),
            _c("deviation", "number", "The gap in robust standard deviations.", nullable=True),
            _c("size_factor", "number", "Factor of its size on the playbook's hours."),
            _c("exposure_days", "number", "Days of the window in which it could be seen."),
            _c("arr", "number", "ARR.", nullable=True),
            _c("needed_cost", "number", "Cost of the hours needed.", nullable=True),
            _c("affordable_cost", "number", "Affordable share of its ARR.", nullable=True),
            _c("delivery_rule", "text", "What put it on a list, or why it cannot be told."),
        ),
        optional=True,
    ),
    TableSpec(
        "coverage",
        f"Coverage plan: one row a label of the planned labelling. {_ASSUMED}",
        (
            _c("label", "text", "Label."),
            _c("playbook", "text", "Its playbook."),
            _c("rule", "text", "What gave it the playbook."),
            _c("n_accounts", "integer", "Accounts."),
            _c("arr", "number", "Their ARR.", nullable=True),
            _c("touches", "number", "Touches a year, all accounts together."),
            _c("hours", "number", "Hours a year of the playbook."),
            _c("event_hours", "number", "Hours of the event playbooks that run."),
            _c("n_present", "integer", "Accounts that keep their present care."),
            _c("delivered_hours", "number", "What its accounts get today.", nullable=True),
            _c("csms", "number", "Full-time CSMs that those hours are."),
            _c("cost", "number", "Cost a year."),
            _c("cost_share", "number", "Cost as a share of ARR.", nullable=True),
            _c("over_limit", "boolean", "Whether it costs more than the affordable share."),
            _c("arr_per_account", "number", "ARR per account.", nullable=True),
            _c("accounts_per_csm", "number", "Accounts per CSM.", nullable=True),
            _c("note", "text", "What stands in the place of a number."),
            _c("need_arr_per_account", "number", "That alone meets the limit.", nullable=True),
            _c("need_accounts_per_csm", "number", "That alone meets the limit.", nullable=True),
            _c("need_cost_per_csm", "number", "That alone meets the limit.", nullable=True),
            _c("need_services_per_account", "number", "Price, likewise.", nullable=True),
            _c("bounded_reached", "boolean", "Whether the bounded mix meets the limit."),
        ),
        more="equal_* and bounded_*: the four levers in the mix in which each goes the same share "
        "(`*_moved`) of its way alone, or of its configured bound, and the `*_cost_share` that "
        "care then has. Missing within the limit.",
        optional=True,
    ),
    TableSpec(
        "books",
        "Level of touch and book of every account within the head count. Holds the names of "
        "CSMs, which are not tracked.",
        (
            _c("account_id", "text", "Key."),
            _c("label", "text", "Label of the planned labelling.", nullable=True),
            _c("level", "text", "high, medium, low or digital.", nullable=True),
            _c("hours", "number", "Hours a year at this level.", nullable=True),
            _c("revenue_at_risk", "number", "Revenue at risk.", nullable=True),
            _c("expansion_pipeline", "number", "Open expansion.", nullable=True),
            _c("value", "number", "What covering it is worth.", nullable=True),
            _c("covered", "number", "What its level covers of it (assumed).", nullable=True),
            _c("book", "text", "Its balanced book.", nullable=True),
            _c("csm", "text", "Who has it now.", nullable=True),
            _c("book_csm", "text", "Who keeps that book; missing for a new one.", nullable=True),
            _c("moved", "boolean", "Whether it changes from one CSM to another."),
        ),
        optional=True,
    ),
    TableSpec(
        "head_count",
        "The most value that other head counts can cover.",
        (
            _c("csms", "number", "Head count."),
            _c("covered", "number", "No allocation covers more.", nullable=True),
        ),
        optional=True,
    ),
    TableSpec(
        "playbook_runs",
        "Event playbooks that start, run or end now, beside the segment, which they do not change.",
        (
            _c("account_id", "text", "Key."),
            _c("playbook", "text", "Event playbook."),
            _c("state", "text", "starts, runs or ends."),
            _c("because", "text", "The condition that decided."),
        ),
        optional=True,
    ),
    TableSpec(
        "segment_value",
        "What each segment gives back, net of serving it, and the industries of the top segment. "
        "Groups of few accounts have their size alone.",
        (
            _c("kind", "text", "segment, or industry of the top segment."),
            _c("label", "text", "Label of the planned labelling."),
            _c("group", "text", "The label again, or the industry."),
            _c("n_accounts", "integer", "Accounts."),
            _c("suppressed", "boolean", "Whether there are too few to show more."),
            _c("arr", "number", "ARR.", nullable=True),
            _c("arr_share", "number", "Share of all ARR.", nullable=True),
            _c("nrr", "number", "NRR over the horizon, weighted by ARR.", nullable=True),
            _c("grr", "number", "GRR over the horizon, weighted by ARR.", nullable=True),
            _c("expansion_pipeline", "number", "Open expansion.", nullable=True),
            _c("champion_share", "number", "Share with a champion.", nullable=True),
            _c("promoter_share", "number", "Share of NPS answers of 9 or 10.", nullable=True),
            _c("sales_cycle_days", "number", "Mean days opened to closed.", nullable=True),
            _c("answers_per_account", "number", "Answers a year per account.", nullable=True),
            _c("cost_to_serve", "number", "Care and tickets a year.", nullable=True),
            _c("net", "number", "ARR less the cost to serve.", nullable=True),
        ),
        optional=True,
    ),
    TableSpec(
        "plan_costs",
        f"What care by each labelling would cost, on its playbooks. {_ASSUMED}",
        (
            _c("labelling", "text", "Labelling."),
            _c("title", "text", "Its name for readers."),
            _c("n_labels", "integer", "Labels."),
            _c("n_accounts", "integer", "Accounts with a label."),
            _c("hours", "number", "Hours a year, running event playbooks included."),
            _c("csms", "number", "Full-time CSMs that those hours are."),
            _c("cost", "number", "Cost a year."),
            _c("cost_share", "number", "Cost as a share of ARR.", nullable=True),
            _c("labels_over_limit", "integer", "Labels whose care costs more than is affordable."),
            _c(
                "accounts_over_limit",
                "integer",
                "Accounts whose needed care does; present care is not counted.",
            ),
            _c("fixed_playbooks", "boolean", "Whether the playbooks name every label."),
        ),
        optional=True,
    ),
)
