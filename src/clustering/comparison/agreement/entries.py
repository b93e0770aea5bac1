"""What two labellings of the same accounts have in common: results of `compare_partitions`."""

from pydantic import Field

from clustering.comparison.base.entries import Range
from clustering.schema import Entry, TableSpec, column


class AgreementInterval(Entry):
    """Ranges (low, high) of the two chance-corrected indices."""

    ami: Range = Field(description="Of the adjusted mutual information.")
    ari: Range = Field(description="Of the adjusted Rand index.")


class LabelMatch(Entry):
    """The label of the other labelling that resembles one label most (largest Jaccard).

    Of the accounts with `label`, `recall` is the share that has `best_match`; of those with
    `best_match`, `precision` is the share that has `label`.
    """

    label: str
    n_accounts: int
    best_match: str
    precision: float
    recall: float
    jaccard: float


class OrdinalAgreement(Entry):
    """How far two ordered labellings rise together; from -1 to 1, None where it is undefined.

    `first_order` and `second_order` are the levels as they were ordered, lowest first; `note`
    says so where an order was taken from the labels and not declared.
    """

    tau_b: float | None
    gamma: float | None
    first_order: list[str]
    second_order: list[str]
    note: str = ""


class Indices(Entry):
    """How far two labellings agree, in numbers."""

    first: str = Field(description="Labelling.")
    second: str = Field(description="Labelling.")
    n: int = Field(description="Accounts that have both labels.")
    ami: float = Field(description="Adjusted mutual information (arithmetic); 0 is chance.")
    ari: float = Field(description="Adjusted Rand index; 0 is chance.")
    nmi: float = Field(description="Normalised mutual information; not corrected for chance.")
    homogeneity: float = Field(
        description="Share of the entropy of `first` that `second` explains."
    )
    completeness: float = Field(
        description="Share of the entropy of `second` that `first` explains."
    )
    interval: AgreementInterval | None = Field(
        description="95 % interval, labels fixed: ami (by inverting a test), ari (resampling, bias "
        "corrected). Null where one labelling has one group."
    )
    permutation_p: float = Field(description="p-value of the AMI when labels are permuted.")


class Labels(Entry):
    """Levels of two labellings, in order."""

    first: list[str]
    second: list[str]


class Agreement(Indices):
    """Agreement of two labellings, as the JSON of `clustering agree` has it.

    Attributes
    ----------
    contingency : accounts by level of the first labelling (rows) and of the second
    vi_nats : variation of information
    null_band : the middle 95 % of what permuted labels give
    """

    n_left_out: int
    labels: Labels
    contingency: list[list[int]]
    v_measure: float
    vi_nats: float
    null_band: AgreementInterval
    per_label: list[LabelMatch]
    per_label_second: list[LabelMatch]
    ordinal: OrdinalAgreement | None
    n_bootstrap: int
    n_permutations: int
    seed: int
    notes: list[str]


class StudyAgreement(Indices):
    """Agreement of two labellings of a study, with its segments refitted where they are one."""

    null_high: float = Field(description="97.5 % quantile of the AMI under permutation.")
    ceiling: float | None = Field(None, description="AMI of the segments with their own refits.")
    refitted_interval: AgreementInterval | None = Field(
        None, description="95 % interval with the model refitted on every draw: ami, ari."
    )
    refits: int = Field(0, description="Refits behind the ceiling and the refitted interval.")


AGREEMENTS = TableSpec(
    "agreements",
    "One row a pair of labellings; the columns of `agreements` in study.json.",
    (
        column("first", "text", "Labelling."),
        column("second", "text", "Labelling."),
        column("n", "integer", "Accounts that have both labels."),
        column("ami", "number", "Adjusted mutual information."),
        column("ari", "number", "Adjusted Rand index."),
        column("permutation_p", "number", "p-value of the AMI under permutation."),
    ),
    more="ami_low, ami_high, ari_low, ari_high: the 95 % interval.",
)

CROSSWALK = TableSpec(
    "crosswalk",
    "Two labellings against each other, in accounts and in ARR.",
    (
        column("first", "text", "Labelling."),
        column("second", "text", "Labelling."),
        column("first_label", "text", "Its label."),
        column("second_label", "text", "Its label."),
        column("n_accounts", "integer", "Accounts with both labels."),
        column("arr", "number", "Their ARR.", nullable=True),
        column("share_of_first", "number", "Share of the accounts with the first label."),
        column("share_of_second", "number", "Share of the accounts with the second label."),
    ),
)

DISAGREEMENTS = TableSpec(
    "disagreements",
    "Accounts whose other label is rarer in their segment than chance allows; may be empty.",
    (
        column("account_id", "text", "Key."),
        column("second", "text", "The other labelling."),
        column("label", "text", "Its label."),
        column("segment_name", "text", "Segment."),
        column("arr", "number", "ARR.", nullable=True),
        column("why", "text", "In words."),
        column("surprise", "number", "How far the pair of labels is rarer than chance."),
    ),
)
