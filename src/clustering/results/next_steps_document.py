"""How the tables and the entry on single accounts and on sensitivity are described."""

from pydantic import Field

from clustering.schema import Entry, TableSpec
from clustering.schema import column as _c


class NextStepsEntry(Entry):
    """Who counts as a champion, and why a list is empty."""

    champions_rule: str = Field(description="Who counts as a champion and as a growth account.")
    champions_absent: str = Field(description="Why champions.parquet is empty; else ''.")
    n_champions: int = Field(description="Champions among the accounts.")
    n_growth: int = Field(description="Growth accounts, each with its nearest champions.")
    misjudged_absent: str = Field(description="Why misjudged.parquet cannot be told; else ''.")
    settings_moved: int = Field(description="Settings that sensitivity.parquet moved by 20 %.")


NEXT_STEPS_TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "misjudged",
        "Accounts that ARR tiers get wrong: the tier asks for the opposite of the care that repays "
        "a CSM's time (Mansdorf 2020).",
        (
            _c("account_id", "text", "Key."),
            _c("tier", "text", "ARR tier."),
            _c("care", "text", "'too much' or 'too little' care by the tier."),
            _c("by_stage", "text", "Label of `lifecycle_touch`."),
            _c("arr", "number", "ARR."),
            _c("at_stake", "number", "Open expansion plus revenue at risk, a year.", nullable=True),
            _c("growth_potential", "number", "Axis, 0..1."),
            _c("churn_risk", "number", "Axis, 0..1."),
            _c("adopted_share", "number", "Share of the due milestones reached."),
            _c("expansion_pipeline", "number", "Open expansion, a year.", nullable=True),
            _c("why", "text", "In words."),
        ),
        optional=True,
    ),
    TableSpec(
        "champions",
        "Growth accounts with their nearest champions and the gaps to each: one row an account, "
        "champion and gap.",
        (
            _c("account_id", "text", "Growth account."),
            _c("champion_id", "text", "Champion."),
            _c("rank", "integer", "From 1, the nearest."),
            _c("distance", "number", "Distance in the matrix."),
            _c("gap", "integer", "From 1, the largest; 0 where no gap matters."),
            _c("feature", "text", "Feature in which the champion stands better.", nullable=True),
            _c("unit", "text", "Its unit.", nullable=True),
            _c("value", "number", "Value of the account.", nullable=True),
            _c("champion_value", "number", "Value of the champion.", nullable=True),
            _c("difference", "number", "In standard deviations of the matrix.", nullable=True),
            _c("words", "text", "In words."),
        ),
        optional=True,
    ),
    TableSpec(
        "discovery",
        "Accounts to interview, with a hypothesis each. `discovery.csv` (UTF-8 with a byte order "
        "mark) and `discovery.xlsx` are the same list for people, with names; both stay local.",
        (
            _c("segment", "integer", "Segment number."),
            _c("segment_name", "text", "Segment name."),
            _c("kind", "text", "medoid, boundary or misfit."),
            _c("rank", "integer", "From 1, within segment and kind."),
            _c("account_id", "text", "Key."),
            _c("arr", "number", "ARR.", nullable=True),
            _c("probability", "number", "Probability of the segment, given the model."),
            _c("runner_up", "text", "The second most probable segment.", nullable=True),
            _c("distance", "number", "Distance to the mean of the segment in the matrix."),
            _c("hypothesis", "text", "What the interview may refute."),
            _c("question", "text", "What to ask."),
        ),
        optional=True,
    ),
    TableSpec(
        "sensitivity",
        "Answers when one setting moves by 20 %, everything else as it is: one row an answer and "
        "setting.",
        (
            _c("answer", "text", "labels, agreement, closest, csms, cost_share, plan_csms, "
               "plan_cost_share or plan_label."),
            _c("subject", "text", "Scheme or label; 'all' or 'plan' where it is of the whole."),
            _c("setting", "text", "Setting, as in the configuration or the playbooks."),
            _c("kind", "text", "weight, threshold, cost or touches."),
            _c("base_setting", "number", "Its value today."),
            _c("low_setting", "number", "Moved down; missing where refused.", nullable=True),
            _c("high_setting", "number", "Moved up; missing where refused.", nullable=True),
            _c("base", "number", "The answer today."),
            _c("low", "number", "With the setting moved down.", nullable=True),
            _c("high", "number", "With the setting moved up.", nullable=True),
            _c("base_answer", "text", "The same in words; '' where it is a number."),
            _c("low_answer", "text", "With the setting moved down."),
            _c("high_answer", "text", "With the setting moved up."),
            _c("flips", "boolean", "Whether the words change: the answer is fragile."),
        ),
        optional=True,
    ),
)  # fmt: skip
