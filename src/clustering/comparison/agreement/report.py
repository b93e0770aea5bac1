"""The findings of `compare_partitions` and their JSON."""

from dataclasses import dataclass
from typing import Any

from clustering.arrays import Ints
from clustering.comparison.agreement.ordinal import OrdinalAgreement

Range = tuple[float, float]


@dataclass(frozen=True)
class AgreementInterval:
    """Ranges (low, high) of the two chance-corrected indices."""

    ami: Range
    ari: Range

    def to_json(self) -> dict[str, list[float]]:
        """As plain lists."""
        return {"ami": list(self.ami), "ari": list(self.ari)}


@dataclass(frozen=True)
class LabelMatch:
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


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of two labellings; see `compare_partitions`."""

    first: str
    second: str
    first_levels: tuple[str, ...]
    second_levels: tuple[str, ...]
    contingency: Ints
    n_accounts: int
    n_left_out: int
    ami: float
    ari: float
    nmi: float
    homogeneity: float
    completeness: float
    v_measure: float
    vi_nats: float
    interval: AgreementInterval | None
    permutation_p: float
    null_band: AgreementInterval
    per_label: tuple[LabelMatch, ...]
    per_label_second: tuple[LabelMatch, ...]
    ordinal: OrdinalAgreement | None
    n_bootstrap: int
    n_permutations: int
    seed: int
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON of `clustering agree`."""
        return {
            "first": self.first,
            "second": self.second,
            "n": self.n_accounts,
            "n_left_out": self.n_left_out,
            "labels": {"first": list(self.first_levels), "second": list(self.second_levels)},
            "contingency": self.contingency.tolist(),
            "ami": self.ami,
            "ari": self.ari,
            "nmi": self.nmi,
            "homogeneity": self.homogeneity,
            "completeness": self.completeness,
            "v_measure": self.v_measure,
            "vi_nats": self.vi_nats,
            "interval": None if self.interval is None else self.interval.to_json(),
            "permutation_p": self.permutation_p,
            "null_band": self.null_band.to_json(),
            "per_label": [vars(match) for match in self.per_label],
            "per_label_second": [vars(match) for match in self.per_label_second],
            "ordinal": None if self.ordinal is None else _ordinal_json(self.ordinal),
            "n_bootstrap": self.n_bootstrap,
            "n_permutations": self.n_permutations,
            "seed": self.seed,
            "notes": list(self.notes),
        }


def _ordinal_json(ordinal: OrdinalAgreement) -> dict[str, Any]:
    return {
        "tau_b": ordinal.tau_b,
        "gamma": ordinal.gamma,
        "first_order": list(ordinal.first_order),
        "second_order": list(ordinal.second_order),
        "note": ordinal.note,
    }
