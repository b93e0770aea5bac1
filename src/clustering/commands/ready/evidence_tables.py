"""The tables that `clustering evidence` prints."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from clustering.structure.findings import Findings, MixtureDiagnostics


Cells = dict[str, Callable[[Any], str]]


def _table(title: str, columns: Cells, rows: Iterable[Any]) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), min_width=78)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(cell(row) for cell in columns.values()))
    return table


def _number(place: str, digits: int = 2) -> Callable[[Any], str]:
    """The number at a place of a row, as in "gap.pca.gap"; empty where there is none."""

    def cell(row: Any) -> str:
        for part in place.split("."):
            row = None if row is None else getattr(row, part)
        return "" if row is None else f"{row:.{digits}f}"

    return cell


def null_table(found: "Findings") -> Table:
    """The tests against data without clusters, and the descriptions of structure."""
    structure = found.structure
    assert structure.dip is not None  # the command measures all of it
    title = (
        f"Structure: Hopkins {structure.hopkins:.2f} (one Gaussian: "
        f"{structure.hopkins_null:.2f}), dip of PC1 p = {structure.dip.pc1.p:.3f}"
    )
    columns: Cells = {
        "null": lambda test: str(test.name),
        "observed": _number("observed", 3),
        "mean": _number("mean", 3),
        "sd": _number("sd", 3),
        "p": _number("p", 3),
        "draws": _number("replicates", 0),
    }
    return _table(title, columns, structure.nulls)


def kmeans_table(found: "Findings") -> Table:
    """Every criterion of k-means by k; `*` marks the admissible k."""
    title = (
        "k-means: * admissible, least: smallest cluster, sil: silhouette, null: its mean without "
        "clusters, PS: prediction strength, J: least Jaccard, dips: share of pairs with a valley"
    )
    columns: Cells = {
        "k": lambda row: f"{row.k}{'*' if row.k in found.admissible else ' '}",
        "least": lambda row: str(min(row.sizes)),
        "sil": _number("silhouette", 3),
        "null": _number("silhouette_null.mean", 3),
        "CH": _number("calinski_harabasz", 0),
        "DB": _number("davies_bouldin"),
        "gap pca": _number("gap.pca.gap"),
        "box": _number("gap.box.gap"),
        "PS": _number("prediction_strength"),
        "instab": _number("instability", 3),
        "seeds": _number("seed_ari"),
        "J": _number("least_jaccard"),
        "dips": _number("valley_share"),
        "saddle p": _number("saddle.p", 3),
    }
    return _table(title, columns, found.kmeans)


def mixture_table(found: "Findings") -> Table:
    """The best mixture of every covariance type by ICL, and how many were ruled out."""
    by_kind: dict[str, list[MixtureDiagnostics]] = {}
    for row in found.mixtures:
        by_kind.setdefault(row.covariance_type, []).append(row)
    fine = {
        kind: [row for row in rows if row.icl_hard is not None and row.ruled_out is None]
        for kind, rows in by_kind.items()
    }
    best = {
        kind: min(rows, key=lambda row: row.icl_hard or 0.0, default=None)
        for kind, rows in fine.items()
    }

    def of_best(place: str, digits: int = 1) -> Callable[[str], str]:
        cell = _number(place, digits)
        return lambda kind: cell(best[kind])

    columns: Cells = {
        "type": str,
        "k": of_best("k", 0),
        "log-lik": of_best("log_likelihood"),
        "BIC": of_best("bic"),
        "ICL": of_best("icl_hard"),
        "ruled out": lambda kind: f"{len(by_kind[kind]) - len(fine[kind])} of {len(by_kind[kind])}",
    }
    return _table("Mixtures, the best of each type by ICL (lower is better)", columns, by_kind)
