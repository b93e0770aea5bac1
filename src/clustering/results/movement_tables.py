"""The tables of movement, drift, reconfirmation and overrides in a study folder."""

from clustering.schema import TableSpec
from clustering.schema import column as _c

MOVEMENT_TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "movement",
        "The segment of every account at every snapshot date, by the study's own model: one row an "
        "account and date. Accounts that come and go are there at every date.",
        (
            _c("account_id", "text", "Key."),
            _c("snapshot", "text", "Date of the snapshot."),
            _c("state", "text", "active, not yet, left, or no segment (nothing is known)."),
            _c("segment_name", "text", "Segment; missing where there is none.", nullable=True),
            _c("probability", "number", "Of the segment.", nullable=True),
            _c("margin", "number", "Probability less that of the runner-up.", nullable=True),
            _c("held_segment", "text", "Segment under hysteresis.", nullable=True),
            _c("waiting", "boolean", "The evidence is for another segment and has not lasted yet."),
        ),
        optional=True,
    ),
    TableSpec(
        "transitions",
        "Accounts by where they were and where they are: every step, and the whole window.",
        (
            _c("rule", "text", "none, or hysteresis."),
            _c(
                "span",
                "text",
                "step; window; or followed: the window, of the accounts with a segment at every "
                "date.",
            ),
            _c("from_date", "text", "Date."),
            _c("to_date", "text", "Date."),
            _c("from_segment", "text", "Segment, (entered) or (no segment)."),
            _c("to_segment", "text", "Segment, (left) or (no segment)."),
            _c("n_accounts", "integer", "Accounts."),
            _c("share_of_from", "number", "Share of those that were there."),
            _c("low", "number", "95 % Wilson interval."),
            _c("high", "number", "95 % Wilson interval."),
        ),
        optional=True,
    ),
    TableSpec(
        "moves",
        "Every change of segment from one snapshot to the next, and the features behind it.",
        (
            _c("account_id", "text", "Account."),
            _c("from_date", "text", "Snapshot before."),
            _c("to_date", "text", "Snapshot after."),
            _c("from_segment", "text", "Segment before."),
            _c("to_segment", "text", "Segment after."),
            _c("probability", "number", "Of the new segment."),
            _c("log_odds_change", "number", "Of the new segment against the old one."),
            _c("outcome", "text", "Under the rule: lasting, passing (taken back), back, or open."),
            _c("why", "text", "The features that moved it most, before and after."),
        ),
        more="driver_1 to driver_3 and driver_1_share to driver_3_share: those features and their "
        "shares of what spoke for the move.",
        optional=True,
    ),
    TableSpec(
        "segment_mix",
        "Share of every segment at every snapshot.",
        (
            _c("snapshot", "text", "Date."),
            _c("segment_name", "text", "Segment."),
            _c("n_accounts", "integer", "Accounts."),
            _c("share", "number", "Share of the accounts with a segment."),
            _c("low", "number", "95 % Wilson interval."),
            _c("high", "number", "95 % Wilson interval."),
        ),
        optional=True,
    ),
    TableSpec(
        "stability_over_time",
        "How many accounts have another label, by how far apart two snapshots are, for every "
        "labelling. What only wavers differs as often after a year as after a quarter.",
        (
            _c("labelling", "text", "Labelling."),
            _c("title", "text", "Its name for readers."),
            _c("days", "number", "Days between the two snapshots."),
            _c("n_accounts", "integer", "Accounts with both labels."),
            _c("differ", "number", "Share with another label."),
            _c("low", "number", "95 % interval."),
            _c("high", "number", "95 % interval."),
            _c("note", "text", "Where a labelling cannot change, or cannot be compared."),
        ),
        optional=True,
    ),
    TableSpec(
        "segment_fates",
        "What became of the segments of a model of the first date among those of today.",
        (
            _c("model", "text", "first, or latest."),
            _c("segment_name", "text", "Segment of that model."),
            _c("n_accounts", "integer", "Its accounts, of today."),
            _c("fate", "text", "survived, absorbed, split, disappeared; kept, emerged."),
            _c("overlaps", "text", "Segments of the other model that it shares accounts with."),
            _c("overlap", "number", "Share of its accounts in the first of them."),
        ),
        optional=True,
    ),
    TableSpec(
        "drift",
        "How far each feature is distributed otherwise than at the first snapshot.",
        (
            _c("feature", "text", "Feature."),
            _c("unit", "text", "Its unit."),
            _c("psi", "number", "Population stability index; from 0.1 moderate, from 0.25 large."),
            _c("null_high", "number", "95 % quantile when the dates are exchanged."),
            _c("p", "number", "Permutation of the dates."),
            _c("p_adjusted", "number", "Benjamini-Hochberg over the features."),
            _c("drifted", "boolean", "Index at least 0.1 and adjusted p at most 0.05."),
            _c("median_first", "number", "Median at the first snapshot.", nullable=True),
            _c("median_last", "number", "Median at the last snapshot.", nullable=True),
            _c("missing_first", "number", "Share missing at the first snapshot."),
            _c("missing_last", "number", "Share missing at the last snapshot."),
        ),
        optional=True,
    ),
    TableSpec(
        "reconfirmation",
        "Accounts whose segment people should confirm at the next executive review; also as a "
        "spreadsheet, `reconfirmation.csv`.",
        (
            _c("account_id", "text", "Account."),
            _c("assigned_segment", "text", "Segment by which it is served.", nullable=True),
            _c("segment_name", "text", "The model's own answer.", nullable=True),
            _c("runner_up", "text", "Second most probable segment.", nullable=True),
            _c("probability", "number", "Of the model's answer."),
            _c("margin", "number", "Probability less that of the runner-up."),
            _c("arr", "number", "ARR.", nullable=True),
            _c("n_reasons", "integer", "How many of the next five hold."),
            _c("near_boundary", "boolean", "Its margin is small."),
            _c("moved_lately", "boolean", "It moved at the last snapshot."),
            _c("waiting", "boolean", "The last snapshot says another segment than it holds."),
            _c("wavering", "boolean", "It went and came back within the window."),
            _c("override_due", "boolean", "Its override ends before the next snapshot."),
            _c("why", "text", "In words."),
        ),
        optional=True,
        spreadsheet=True,
    ),
    TableSpec(
        "overrides",
        "Decisions of people, those that have expired among them. Never tracked, never in the "
        "scorer, never in the fit.",
        (
            _c("account_id", "text", "Account."),
            _c("segment", "text", "The segment that was decided."),
            _c("decided_by", "text", "Who."),
            _c("reason", "text", "Why."),
            _c("decided_on", "text", "When."),
            _c("valid_until", "text", "Last day on which it holds."),
            _c("status", "text", "On the as-of date: in force, expired or not yet."),
            _c("model_segment", "text", "The model's own answer.", nullable=True),
        ),
        optional=True,
    ),
)
